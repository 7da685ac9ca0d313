"""Records that are set aside as rejects, as columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from shared.formats.at_once.arrays import Flags, Numbers
from shared.formats.at_once.bounds import Records, spans
from shared.formats.at_once.fields import fields_of
from shared.formats.dialect import Dialect
from shared.formats.rejects import RAW_LIMIT, SCHEMA, WHOLE, RecordReason


def set_aside(
    records: Records, chosen: Flags, *, kinds: Numbers, told: Sequence[tuple[RecordReason, str]], dialect: Dialect
) -> pa.Table:
    """Return some records as rejects; what is wrong with each is an index into a few reasons and details."""
    starts, ends = records.starts[chosen], records.ends[chosen]
    has_fields = np.array([dialect.strict and reason in WHOLE for reason, _ in told], np.bool_)[kinds]
    has_fields &= ends - starts < RAW_LIMIT
    return pa.table(
        [
            pa.array(np.flatnonzero(chosen), pa.int64()),
            pa.array(starts, pa.int64()),
            pa.array([reason for reason, _ in told], pa.string()).take(pa.array(kinds)),
            pa.array([detail for _, detail in told], pa.string()).take(pa.array(kinds)),
            spans(records.text, starts, np.minimum(ends, starts + RAW_LIMIT)),
            _fields(records, chosen, has_fields, dialect),
        ],
        schema=SCHEMA,
    )


def _fields(records: Records, chosen: Flags, has_fields: Flags, dialect: Dialect) -> pa.Array:
    if not has_fields.any():
        return pa.nulls(len(has_fields), SCHEMA.field("fields").type)
    split = chosen.copy()
    split[chosen] = has_fields
    offsets = np.append([0], np.cumsum(np.where(has_fields, records.widths[chosen], 0)))
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), fields_of(records, split, dialect), mask=pa.array(~has_fields)
    )
