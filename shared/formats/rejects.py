"""Records of a block that cannot be used, as columns: a block of nothing else takes memory by its bytes, not by its records."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from shared.formats.dialect import Dialect, Fault

RAW_LIMIT: Final = 1024 * 1024
"""Bytes of a rejected record that are kept; its place in the landed file says where the rest is."""

Width = Literal["too_wide", "too_narrow", "truncated"]
RecordReason = Literal[
    Width, Fault, "invalid_utf8", "open_quote", "too_long", "total_row", "note_row", "cut_off", "untold_value"
]
"""Why a record cannot be used."""
WHOLE: Final[frozenset[RecordReason]] = frozenset({"too_wide", "total_row", "untold_value"})
"""Why a record was rejected whose fields are values as they were written, though nobody can tell of which columns."""

SCHEMA: Final = pa.schema(
    [
        pa.field("number", pa.int64()),  # of the record, 0 for the block's first
        pa.field("offset", pa.int64()),  # of its first byte in the block
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),  # names, counts, positions; never content
        pa.field("raw", pa.binary()),  # its first bytes
        pa.field("fields", pa.list_(pa.string())),  # where the dialect is strict and they can be told: a key may be one of them
    ]
)
_RAW: Final = SCHEMA.get_field_index("raw")
NONE: Final = pa.Table.from_batches([], schema=SCHEMA)  # unlike `empty_table`, it does not import pandas


def field_type() -> pa.DataType:
    """Return the type of every bronze column that comes from the landed file."""
    return pa.string()


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A record that cannot be used: where it is, why, and its bytes."""

    number: int
    offset: int
    reason: RecordReason
    detail: str
    raw: bytes
    fields: Sequence[str | None] | None = None


def told_fields(raw: bytes, reason: RecordReason, dialect: Dialect) -> Sequence[str | None] | None:
    """Return the fields of a record that is rejected, where they can be told."""
    if not dialect.strict or reason not in WHOLE or len(raw) >= RAW_LIMIT:
        return None
    return [None if value is None else value.decode() for value in dialect.fields(raw)]


def table_of(rejects: Iterable[Reject]) -> pa.Table:
    """Return rejects as columns, in their order."""
    listed = list(rejects)
    if not listed:
        return NONE
    columns = [[getattr(reject, name) for reject in listed] for name in SCHEMA.names]
    columns[_RAW] = [raw[:RAW_LIMIT] for raw in columns[_RAW]]
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def joined(*tables: pa.Table) -> pa.Table:
    """Return the rejects of several tables by number."""
    held = [table for table in tables if table.num_rows]
    if len(held) < 2:
        return held[0] if held else NONE
    return pa.concat_tables(held).sort_by("number")


def moved(table: pa.Table, *, numbers: int = 0, offset: int = 0) -> pa.Table:
    """Return rejects whose block stands behind so many records and bytes of another."""
    if not table.num_rows:
        return table
    found = table.set_column(0, SCHEMA.field(0), pc.add(table["number"], numbers))
    return found.set_column(1, SCHEMA.field(1), pc.add(table["offset"], offset))


def in_doubt(fields: int) -> str:
    """Say that nobody can tell which values a record has."""
    return f"fields={fields}, of which quotes leave in doubt where they end"


def no_text(place: int, reason: str) -> str:
    """Say from which byte on a record is no UTF-8."""
    return f"byte {place} of the record: {reason}"


def invalid_utf8(number: int, offset: int, raw: bytes) -> Reject:
    """Return a record as a reject that is no text."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        detail = no_text(error.start, error.reason)
    return Reject(number=number, offset=offset, reason="invalid_utf8", detail=detail, raw=raw)
