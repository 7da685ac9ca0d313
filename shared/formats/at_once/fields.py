"""The fields of many records, as lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shared.formats.at_once.bounds import records_of
from shared.formats.at_once.parsing import parsed_rows
from shared.formats.dialect import Dialect
from shared.formats.rejects import field_type


def fields_of(raw: pa.Array, dialect: Dialect) -> pa.Array:
    """Split records, each of them whole and UTF-8, into their fields: a list of strings for each."""
    text = b"\n".join(raw.to_pylist())
    found = records_of(memoryview(text), dialect)
    if found is None or len(found.starts) != len(raw):
        one_by_one = (
            [None if value is None else value.decode() for value in dialect.fields(record)] for record in raw.to_pylist()
        )
        return pa.array(one_by_one, pa.list_(field_type()))
    lists, places = [], []
    for width in np.flatnonzero(np.bincount(found.widths)).tolist():
        chosen = found.widths == width
        rows = int(chosen.sum())
        lines = found.lines(chosen, np.zeros(rows, np.int64), dialect.delimiter)
        table = parsed_rows(lines, dialect=dialect, width=width, legal=range(0), odd=None)
        values = pa.concat_arrays([column.combine_chunks() for column in table.columns])
        by_row = np.arange(width * rows).reshape(width, rows).T.ravel()
        offsets = pa.array(np.arange(rows + 1) * width, pa.int32())
        lists.append(pa.ListArray.from_arrays(offsets, values.take(pa.array(by_row))))
        places.append(np.flatnonzero(chosen))
    return pa.concat_arrays(lists).take(pa.array(np.argsort(np.concatenate(places))))
