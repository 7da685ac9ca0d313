"""What the records of a finance file are looked through for: records that hold nothing, and records that may be none.

Dataverse exports are not screened. Finance files are written by people and for people: they have blank rows, the header again
on each page, delimiters behind the last column, and a total below.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.formats.at_once.arrays import Numbers
from shared.formats.at_once.bounds import Records, records_of
from shared.formats.at_once.set_aside import set_aside
from shared.formats.blocks import Parsed
from shared.formats.dialect import Dialect
from shared.formats.finance.totals import last_totals, no_records
from shared.formats.rejects import NONE, RAW_LIMIT, SCHEMA, RecordReason, Reject, joined, table_of, told_fields

_TOLD: Final[dict[RecordReason, str]] = {
    "total_row": "a total: skip_footer leaves out as many at the end of the file, skip_footer = 0 takes all",
    "note_row": "one value where the others have many, as a note, a section's title or a sum: skip_footer = 0 takes it",
    "untold_value": "a value that the workbook does not tell: a formula that was never computed, or an error",
    "cut_off": "the line below holds the rest of its last value: a line break stands in it without quotes",
}
_PAIR: Final = 2  # columns
_BREAK: Final = np.zeros(256, np.int8)
_BREAK[[ord("\n"), ord("\r")]] = 1, 2
_LONGEST_END: Final = 3  # bytes looked at beside a record for its line break
_REASONS: Final[tuple[RecordReason, ...]] = ("too_wide", "untold_value", "total_row", "note_row", "cut_off")
_KEPT: Final = -1
_PASSED: Final = -2


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What to look for in the records of one file."""

    header: tuple[str | None, ...] = ()  # fields of the header; a record equal to it is passed over
    spare: int = 0  # columns behind the named ones, which every record has and leaves empty
    untold: str = ""  # what values begin with that the file does not tell; empty: it tells all
    totals: bool = True  # whether records that hold a total, or a note, are set aside


def screened(parsed: Parsed, data: memoryview, *, screen: Screen, dialect: Dialect, is_followed: bool = False) -> Parsed:
    """Return a block's columns without those that only separate, and its rows without what is no record.

    A row without any value, and one that repeats the header, is passed over like an empty line: it has no number. A value
    behind the named columns makes the row a reject. What would be totals if the file ended here is told beside the rows.
    `is_followed` says that a row stands behind the block.
    """
    table = parsed.table
    width = table.num_columns - screen.spare
    named, behind = table.select(range(width)), table.select(range(width, table.num_columns))
    passed = _or(_is_blank(table), _repeats(table, screen.header))
    beyond, untold = _holds_a_value(behind), _begins(named, screen.untold)
    gone = _or(_or(passed, beyond), untold)
    kept = named if gone is None else named.filter(pc.invert(gone))
    last = last_totals(kept) if screen.totals else 0
    apart = {reason: rows for reason, rows in (no_records(kept) if screen.totals else {}).items() if len(rows)}
    cut = _cut_off(parsed, data, is_followed=is_followed)
    if gone is None and not (last or apart or len(cut)):
        return replace(parsed, table=named, found=None)
    numbers = parsed.numbers.to_numpy()
    reasons = np.full(parsed.records, _KEPT)  # by record, an index into `_REASONS`; what is written last counts
    reasons[numbers[_indices(beyond)]] = _REASONS.index("too_wide")
    reasons[numbers[_indices(untold)]] = _REASONS.index("untold_value")
    reasons[numbers[_indices(passed)]] = _PASSED
    still = numbers[reasons[numbers] == _KEPT]
    for reason, rows in apart.items():
        reasons[still[rows]] = _REASONS.index(reason)
    is_cut = np.zeros(parsed.records, bool)
    is_cut[cut] = True
    reasons[still[is_cut[still]]] = _REASONS.index("cut_off")
    ending = np.full(parsed.records, _KEPT)  # likewise, where the file ends here
    summed = still[len(still) - last :]
    reasons[summed], ending[summed] = _KEPT, _REASONS.index("total_row")
    stays = reasons[still] == _KEPT
    kept = kept if stays.all() else kept.filter(pa.array(stays))
    shift = np.cumsum(reasons == _PASSED)
    found = parsed.found or (records_of(data, dialect) if ((reasons >= 0) | (ending >= 0)).any() else None)

    def rejects(why: Numbers) -> pa.Table:
        return _rejects(found, data, dialect, why, shift, width)

    return replace(
        parsed,
        table=kept,
        numbers=pa.array(_shifted(still[stays], shift), pa.int64()),
        rejects=joined(_renumbered(parsed.rejects, shift), rejects(reasons)),
        records=parsed.records - int(shift[-1]) if len(shift) else 0,
        totals=rejects(ending),
        found=None,
    )


def _shifted(numbers: Numbers, shift: Numbers) -> Numbers:
    """Return the numbers that records have where those passed over have none."""
    found: Numbers = numbers - shift[numbers]
    return found


def _rejects(
    found: Records | None, data: memoryview, dialect: Dialect, reasons: Numbers, shift: Numbers, width: int
) -> pa.Table:
    """Return as rejects the records that have a reason, an index into `_REASONS`."""
    wanted = reasons >= 0
    if not wanted.any():
        return NONE
    told = [
        (reason, f"a value behind the last of {width} named columns" if reason == "too_wide" else _TOLD[reason])
        for reason in _REASONS
    ]
    if found is not None:
        rejects = set_aside(found, wanted, kinds=reasons[wanted], told=told, dialect=dialect)
        return rejects.set_column(0, SCHEMA.field(0), pa.array(_shifted(np.flatnonzero(wanted), shift), pa.int64()))
    places = _places(data, set(np.flatnonzero(wanted).tolist()), dialect)
    return table_of(
        _reject(number - int(shift[number]), start, raw, told[reasons[number]], dialect) for number, start, raw in places
    )


def _renumbered(rejects: pa.Table, shift: Numbers) -> pa.Table:
    """Return rejects without counting the records before each that are none."""
    if not rejects.num_rows or not shift[-1]:
        return rejects
    return rejects.set_column(0, SCHEMA.field(0), pa.array(_shifted(rejects["number"].to_numpy(), shift), pa.int64()))


def _cut_off(parsed: Parsed, data: memoryview, *, is_followed: bool) -> Numbers:
    """Return the numbers of the rows that a line break inside their last value may have cut off.

    Below stands one field alone. In a table of two columns it may be a record without its delimiter, and at the end of a file
    a note, unless the two lines end in other line breaks.
    """
    if not (parsed.rejects.num_rows and parsed.table.num_rows):
        return np.empty(0, np.int64)
    lone = parsed.rejects.filter(pc.starts_with(parsed.rejects["detail"], "fields=1 "))
    numbers = lone["number"].to_numpy()
    rows = np.zeros(parsed.records + 1, bool)
    rows[parsed.numbers.to_numpy() + 1] = True
    below = rows[numbers]
    numbers, starts = numbers[below], lone["offset"].to_numpy()[below]
    ends = starts + pc.binary_length(lone["raw"]).to_numpy()[below]
    if not len(numbers):
        return np.empty(0, np.int64)
    # What the line breaks around are made of: 1 and 2 for the two bytes, 0 where another stands, or none.
    padded = np.concatenate([np.zeros(_LONGEST_END, np.uint8), np.frombuffer(data, np.uint8), np.zeros(_LONGEST_END, np.uint8)])
    before = [_BREAK[padded[starts + _LONGEST_END - place]] for place in range(1, _LONGEST_END + 1)]
    behind = [_BREAK[padded[ends + _LONGEST_END + place]] for place in range(_LONGEST_END)]
    crlf = (before[0] == 1) & (before[1] == 2) & (before[2] == 0)
    cr_or_lf = (before[0] > 0) & (before[1] == 0)
    like = np.where(crlf, (behind[0] == 2) & (behind[1] == 1), behind[0] == before[0])
    differs = ~like | (cr_or_lf & (before[0] == 2) & (behind[0] == 2) & (behind[1] == 1))
    after = (numbers < int(parsed.numbers[-1].as_py())) | is_followed
    found: Numbers = numbers[(crlf | cr_or_lf) & (differs | (after & (parsed.table.num_columns > _PAIR)))] - 1
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


def _indices(mask: pa.ChunkedArray | None) -> Numbers:
    found: Numbers = (
        np.empty(0, np.int64) if mask is None else pc.indices_nonzero(mask.combine_chunks()).to_numpy().astype(np.int64)
    )
    return found


def _places(data: memoryview, wanted: set[int], dialect: Dialect) -> Iterator[tuple[int, int, bytes]]:
    """Find where the records of those numbers, as they were before any was passed over, stand in the block."""
    at, number, left = 0, 0, len(wanted)
    while left and (found := dialect.record(data, at, len(data))) is not None:
        start, end, at = found
        if number in wanted:
            left -= 1
            yield number, start, bytes(data[start:end])
        number += 1


def _reject(number: int, offset: int, raw: bytes, told: tuple[RecordReason, str], dialect: Dialect) -> Reject:
    reason, detail = told
    split = told_fields(raw, reason, dialect)
    return Reject(number=number, offset=offset, reason=reason, detail=detail, raw=raw[:RAW_LIMIT], fields=split)
