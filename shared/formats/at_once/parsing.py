"""Text of complete records to columns, by pyarrow's own CSV parser: the rows of one width; others are set aside or refused."""

from __future__ import annotations

from typing import Final, overload

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from shared.formats.dialect import Dialect
from shared.formats.rejects import field_type

_MANY: Final = 2_000  # odd rows of a block: reading more of them one by one takes memory and time

OddRow = tuple[int, int, bytes]
"""A row of another width: its number from 0, its fields, its text."""


@overload
def parsed_rows(data: bytes | memoryview, *, dialect: Dialect, width: int, legal: range, odd: None) -> pa.Table: ...


@overload
def parsed_rows(
    data: bytes | memoryview, *, dialect: Dialect, width: int, legal: range, odd: list[OddRow] | None
) -> pa.Table | None: ...


def parsed_rows(
    data: bytes | memoryview, *, dialect: Dialect, width: int, legal: range, odd: list[OddRow] | None
) -> pa.Table | None:
    """Return a table of the rows with `width` fields; others of a legal width go to `odd`.

    None where these are too many, or a row has another. Without `odd` none may have.
    """
    names = [str(column) for column in range(width)]
    if data[-1] not in b"\r\n":
        data = bytes(data) + b"\n"  # pyarrow 26 reads an empty last field behind a quoted one as "" where none follows

    refused: list[int] = []
    most = max(_MANY, len(data) // 256)

    def set_aside(row: csv.InvalidRow) -> str:
        if odd is None or len(odd) > most or row.actual_columns not in legal:
            refused.append(row.number)
            return "error"
        odd.append((row.number - 1, row.actual_columns, row.text.encode()))
        return "skip"

    try:
        table = csv.read_csv(
            pa.BufferReader(pa.py_buffer(data)),
            # One block and one thread: row numbers are exact then, and the slices keep the other core busy.
            read_options=csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            parse_options=csv.ParseOptions(
                delimiter=dialect.delimiter.decode(),
                quote_char=dialect.quote.decode(),
                newlines_in_values=True,
                invalid_row_handler=set_aside,
            ),
            convert_options=csv.ConvertOptions(
                check_utf8=False,  # the block as a whole was checked, which is faster and the same
                column_types=dict.fromkeys(names, field_type()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        if odd is not None and refused:
            return None
        raise
    return _unspaced(table) if dialect.spaced else table


def _unspaced(table: pa.Table) -> pa.Table:
    """Take the space that belongs to the delimiter off each value; in the block are no quotes that would keep it."""
    bare = [pc.replace_substring_regex(column, "^ ", "") for column in table.columns[1:]]
    columns = [pc.if_else(pc.equal(column, ""), pa.scalar(None, field_type()), column) for column in bare]
    return pa.table([table.column(0), *columns], names=table.column_names)


def is_utf8(data: bytes | memoryview) -> bool:
    """Tell what `data.decode()` would, without making a second copy of the block."""
    ends = pa.array([0, len(data)], pa.int32()).buffers()[1]
    try:
        pa.StringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
