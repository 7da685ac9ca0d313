"""What the records of a finance file are looked through for: records that hold nothing, and records that may be none.

Dataverse exports are not screened. Finance files are written by people and for people: they have blank rows, the header again
on each page, delimiters behind the last column, and a total below.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from shared.formats.blocks import RAW_LIMIT, Parsed, RecordReason, Reject
from shared.formats.dialect import Dialect

_TOTALS: Final = frozenset(
    (
        "total",
        "totals",
        "total general",
        "total général",
        "grand total",
        "subtotal",
        "sub total",
        "sub-total",
        "sum",
        "summe",
        "gesamt",
        "gesamtsumme",
        "zwischensumme",
        "endsumme",
        "insgesamt",
        "somme",
        "totale",
        "totaal",
        "eindtotaal",
        "suma",
        "suma total",
        "razem",
        "celkem",
        "összesen",
        "yhteensä",
        "totalt",
        "i alt",
        "итого",
        "всего",
        "合計",
        "总计",
        "合计",
    )
)
"""What stands in front of a sum of the records above, in the languages that finance files came in so far."""
_TOTAL: Final = "the last record begins with the word for a total: skip_footer = 1 leaves it out, skip_footer = 0 takes it"
_UNTOLD: Final = "a value that the workbook does not tell: a formula that was never computed, or an error"
_MOST_TOTALS: Final = 5  # at the end of a file: a sum for each of a few currencies, and one of all


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What to look for in the records of one file."""

    header: tuple[str | None, ...] = ()  # fields of the header; a record equal to it is passed over
    spare: int = 0  # columns behind the named ones, which every record has and leaves empty
    untold: str = ""  # what values begin with that the file does not tell; empty: it tells all
    totals: bool = True  # whether the file's last records are no records where they begin with the word for a total


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
    last = _totals(kept) if screen.totals else 0
    if gone is None and not last:
        return replace(parsed, table=named)
    before: list[int] = parsed.numbers.to_pylist()
    dropped = {before[row] for row in _indices(passed)}
    spoiled = dict.fromkeys((before[row] for row in _indices(untold)), _UNTOLD)
    beyond_width = {before[row] for row in _indices(beyond)}
    numbers = [number for number in before if not (number in dropped or number in beyond_width or number in spoiled)]
    summed = set(numbers[len(numbers) - last :])
    shift = list(accumulate(number in dropped for number in range(parsed.records)))
    rejects = [replace(reject, number=reject.number - shift[reject.number]) for reject in parsed.rejects]
    totals = []
    for number, start, raw in _places(data, beyond_width | summed | spoiled.keys(), dialect):
        if number in summed:
            totals.append(_reject(number - shift[number], start, raw, "total_row", _TOTAL))
        elif number in spoiled:
            rejects.append(_reject(number - shift[number], start, raw, "untold_value", spoiled[number]))
        else:
            detail = f"a value behind the last of {width} named columns"
            rejects.append(_reject(number - shift[number], start, raw, "too_wide", detail))
    return replace(
        parsed,
        table=kept,
        numbers=pa.array([number - shift[number] for number in numbers], pa.int64()),
        rejects=tuple(sorted(rejects, key=lambda reject: reject.number)),
        records=parsed.records - len(dropped),
        totals=tuple(totals),
    )


def _totals(table: pa.Table) -> int:
    """Count the last rows that begin with the word for a total."""
    found = 0
    while found < min(table.num_rows, _MOST_TOTALS):
        row = table.num_rows - 1 - found
        if not is_total(next((value for column in table.columns if (value := column[row].as_py())), "")):
            break
        found += 1
    return found


def without_totals(parsed: Parsed) -> Parsed:
    """Return the last block of a file with its totals as rejects."""
    if not parsed.totals:
        return parsed
    kept = parsed.table.num_rows - len(parsed.totals)
    rejects = sorted((*parsed.rejects, *parsed.totals), key=lambda reject: reject.number)
    return replace(
        parsed, table=parsed.table.slice(0, kept), numbers=parsed.numbers.slice(0, kept), rejects=tuple(rejects), totals=()
    )


def is_total(value: str) -> bool:
    """Tell whether a value is the word for a total."""
    return unicodedata.normalize("NFC", value).strip().rstrip(":").rstrip().casefold() in _TOTALS


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
