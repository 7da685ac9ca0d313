"""The fields of many records, as one array of values."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.formats.at_once.arrays import Bytes, Flags, Numbers
from shared.formats.at_once.bounds import Records, spans
from shared.formats.dialect import Dialect

_SPACE: Final = ord(" ")


def fields_of(records: Records, chosen: Flags, dialect: Dialect) -> pa.StringArray:
    """Return the fields of some records, one after the other; each of these is UTF-8 and has no fault."""
    text = records.text
    taken = np.zeros(len(records.lines), np.bool_)
    taken[np.flatnonzero(records.is_record)[chosen]] = True
    of_field = np.repeat(taken, records.lines)
    begins, ends = np.append([0], records.separators[:-1] + 1)[of_field], records.separators[of_field]
    is_null = begins == ends
    if dialect.spaced:
        behind_another = np.ones(len(of_field), np.bool_)
        behind_another[np.cumsum(records.lines) - records.lines] = False
        begins = begins + (behind_another[of_field] & ~is_null & (_bytes_at(text, begins) == _SPACE))
        is_null = begins == ends
    quoted = np.zeros(len(begins), np.bool_)
    if records.quotes is not None:
        quoted = ~is_null & (_bytes_at(text, begins) == ord(dialect.quote))
        begins, ends = begins + quoted, ends - quoted
    spelled = spans(text, begins, ends)
    valid = pa.array(~is_null).buffers()[1]
    values = pa.StringArray.from_buffers(len(spelled), *spelled.buffers()[1:], valid)
    quote = dialect.quote.decode()
    doubled = pc.and_(pa.array(quoted), pc.match_substring(values, quote * 2)) if quoted.any() else None
    if doubled is None or not pc.any(doubled).as_py():
        return values
    return pc.if_else(doubled, pc.replace_substring(values, quote * 2, quote), values)


def _bytes_at(text: Bytes, places: Numbers) -> Bytes:
    found: Bytes = text[np.minimum(places, len(text) - 1)]
    return found
