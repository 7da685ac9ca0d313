"""What the records of a finance file are looked through for: records that hold nothing, and records that may be none.

Dataverse exports are not screened. Finance files are written by people and for people: they have blank rows, the header again
on each page, delimiters behind the last column, and a total below.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from shared.formats.blocks import Parsed
from shared.formats.dialect import Dialect
from shared.formats.finance.totals import last_totals, no_records
from shared.formats.rejects import NONE, RAW_LIMIT, SCHEMA, RecordReason, Reject, joined, table_of

_TOLD: Final[dict[RecordReason, str]] = {
    "total_row": "a total: skip_footer leaves out as many at the end of the file, skip_footer = 0 takes all",
    "note_row": "one value where the others have many, as a note, a section's title or a sum: skip_footer = 0 takes it",
    "cut_off": "the line below holds the rest of its last value: a line break stands in it without quotes",
}
_PAIR: Final = 2  # columns
_LINE_ENDS: Final = (b"\r\n", b"\n", b"\r")
_UNTOLD: Final = "a value that the workbook does not tell: a formula that was never computed, or an error"


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What to look for in the records of one file."""

    header: tuple[str | None, ...] = ()  # fields of the header; a record equal to it is passed over
    spare: int = 0  # columns behind the named ones, which every record has and leaves empty
    untold: str = ""  # what values begin with that the file does not tell; empty: it tells all
    totals: bool = True  # whether records that hold a total, or a note, are set aside


def screened(parsed: Parsed, data: memoryview, *, screen: Screen, dialect: Dialect) -> Parsed:
    """Return a block's columns without those that only separate, and its rows without what is no record.

    A row without any value, and one that repeats the header, is passed over like an empty line: it has no number. A value
    behind the named columns makes the row a reject. What would be totals if the file ended here is told beside the rows.
    """
    table = parsed.table
    width = table.num_columns - screen.spare
    named, behind = table.select(range(width)), table.select(range(width, table.num_columns))
    passed = _or(_is_blank(table), _repeats(table, screen.header))
    beyond, untold = _holds_a_value(behind), _begins(named, screen.untold)
    gone = _or(_or(passed, beyond), untold)
    kept = named if gone is None else named.filter(pc.invert(gone))
    last = last_totals(kept) if screen.totals else 0
    apart = no_records(kept) if screen.totals else {}
    cut = _cut_off(parsed, data, dialect) if parsed.rejects.num_rows and parsed.table.num_rows else set()
    if gone is None and not (last or apart or cut):
        return replace(parsed, table=named)
    before: list[int] = parsed.numbers.to_pylist()
    dropped = {before[row] for row in _indices(passed)}
    spoiled = dict.fromkeys((before[row] for row in _indices(untold)), _UNTOLD)
    beyond_width = {before[row] for row in _indices(beyond)}
    numbers = [number for number in before if not (number in dropped or number in beyond_width or number in spoiled)]
    summed = set(numbers[len(numbers) - last :])
    told: dict[int, RecordReason] = {number: "cut_off" for number in numbers if number in cut}
    told = {numbers[row]: reason for row, reason in apart.items()} | told
    told = {number: reason for number, reason in told.items() if number not in summed}
    if told:
        kept = kept.filter(pa.array([number not in told for number in numbers]))
        numbers = [number for number in numbers if number not in told]
    shift = list(accumulate(int(number in dropped) for number in range(parsed.records)))
    rejects: list[Reject] = []
    totals: list[Reject] = []
    for number, start, raw in _places(data, beyond_width | summed | spoiled.keys() | told.keys(), dialect):
        if number in summed:
            totals.append(_reject(number - shift[number], start, raw, "total_row", _TOLD["total_row"]))
        elif number in told:
            rejects.append(_reject(number - shift[number], start, raw, told[number], _TOLD[told[number]]))
        elif number in spoiled:
            rejects.append(_reject(number - shift[number], start, raw, "untold_value", spoiled[number]))
        else:
            detail = f"a value behind the last of {width} named columns"
            rejects.append(_reject(number - shift[number], start, raw, "too_wide", detail))
    return replace(
        parsed,
        table=kept,
        numbers=pa.array([number - shift[number] for number in numbers], pa.int64()),
        rejects=joined(_renumbered(parsed.rejects, shift), table_of(sorted(rejects, key=lambda reject: reject.number))),
        records=parsed.records - len(dropped),
        totals=table_of(totals),
    )


def _renumbered(rejects: pa.Table, shift: Sequence[int]) -> pa.Table:
    """Return rejects without counting the records before each that are none."""
    if not rejects.num_rows or not shift[-1]:
        return rejects
    less = pa.array(shift, pa.int64()).take(rejects["number"].combine_chunks())
    return rejects.set_column(0, SCHEMA.field(0), pc.subtract(rejects["number"], less))


def _cut_off(parsed: Parsed, data: memoryview, dialect: Dialect) -> set[int]:
    """Return the numbers of the rows that a line break inside their last value may have cut off.

    Below stands one field alone. In a table of two columns it may be a record without its delimiter, and at the end of a file
    a note, unless the two lines end in other line breaks.
    """
    lone = set(parsed.rejects.filter(pc.starts_with(parsed.rejects["detail"], "fields=1 "))["number"].to_pylist())
    rows = set(parsed.numbers.to_pylist()) if lone else set()
    wanted = {number for number in lone if number - 1 in rows}
    found: set[int] = set()
    after = max(rows, default=0)
    ends: dict[int, int] = {}
    for number, start, raw in _places(data, wanted | {number - 1 for number in wanted}, dialect):
        ends[number] = start + len(raw)
        if number in wanted:
            between = bytes(data[ends[number - 1] : start])
            behind = bytes(data[ends[number] : ends[number] + 2])
            differs = not behind.startswith(between) or between == b"\r" != behind[:2]
            if between in _LINE_ENDS and (differs or (number < after and parsed.table.num_columns > _PAIR)):
                found.add(number - 1)
    return found


def without_totals(parsed: Parsed) -> Parsed:
    """Return the last block of a file with its totals as rejects."""
    if not parsed.totals.num_rows:
        return parsed
    kept = parsed.table.num_rows - parsed.totals.num_rows
    rejects = joined(parsed.rejects, parsed.totals)
    return replace(
        parsed, table=parsed.table.slice(0, kept), numbers=parsed.numbers.slice(0, kept), rejects=rejects, totals=NONE
    )


def _is_blank(table: pa.Table) -> pa.ChunkedArray | None:
    """Mark the rows in which no field holds anything; in a table of one column `""` is a value."""
    blank = None
    for column in table.columns:
        empty = pc.is_null(column)
        if table.num_columns > 1:
            empty = pc.or_(empty, pc.fill_null(pc.equal(column, ""), fill_value=False))
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            return None
    return blank


def _repeats(table: pa.Table, header: tuple[str | None, ...]) -> pa.ChunkedArray | None:
    same = None
    for column, name in zip(table.columns, header, strict=False):
        equal = pc.is_null(column) if name is None else pc.fill_null(pc.equal(column, name), fill_value=False)
        same = equal if same is None else pc.and_(same, equal)
        if not pc.any(same).as_py():
            return None
    return same


def _begins(table: pa.Table, mark: str) -> pa.ChunkedArray | None:
    found = None
    for column in table.columns if mark else ():
        begins = pc.fill_null(pc.starts_with(column, mark), fill_value=False)
        found = begins if found is None else pc.or_(found, begins)
    return found if found is not None and pc.any(found).as_py() else None


def _holds_a_value(table: pa.Table) -> pa.ChunkedArray | None:
    held = None
    for column in table.columns:
        if column.null_count < len(column):
            held = pc.is_valid(column) if held is None else pc.or_(held, pc.is_valid(column))
    return held


def _or(left: pa.ChunkedArray | None, right: pa.ChunkedArray | None) -> pa.ChunkedArray | None:
    if left is None or right is None:
        return left if right is None else right
    return pc.or_(left, right)


def _indices(mask: pa.ChunkedArray | None) -> list[int]:
    if mask is None:
        return []
    return [int(row) for row in pc.indices_nonzero(mask.combine_chunks()).to_pylist()]


def _places(data: memoryview, wanted: set[int], dialect: Dialect) -> Iterator[tuple[int, int, bytes]]:
    """Find where the records of those numbers, as they were before any was passed over, stand in the block."""
    at, number, left = 0, 0, len(wanted)
    while left and (found := dialect.record(data, at, len(data))) is not None:
        start, end, at = found
        if number in wanted:
            left -= 1
            yield number, start, bytes(data[start:end])
        number += 1


def _reject(number: int, offset: int, raw: bytes, reason: RecordReason, detail: str) -> Reject:
    return Reject(number=number, offset=offset, reason=reason, detail=detail, raw=raw[:RAW_LIMIT])
