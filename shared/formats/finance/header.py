"""Which record of a file is its header: told from the records below it, never from itself alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from shared.formats.finance.shapes import Kind, code_length, column_kind, common_shape, is_ruled, is_typed, kind, shape
from shared.formats.finance.words import are_names, is_name

Cells = Sequence[str | None]
Judgement = Literal["header", "values", "unclear"]
_YEARS = range(1900, 2101)
_FEW = 3  # columns, of which one without a name is odd
_ABOVE = 5  # records above a table, as a title and what it is of
_AGAIN = 6  # values of a column; of fewer nobody can tell that they come again


@dataclass(frozen=True, kw_only=True)
class Headed:
    """What was found of a header among the records of a table, by their places from 0."""

    place: int  # of the header, or of the first record of values
    judgement: Judgement
    why: str
    rows: int = 1  # of the header


def find_header(rows: Sequence[Cells]) -> Headed:
    """Judge which of some records of one width is the header. Records above it that hold a title are passed over."""
    place = next((place for place, row in enumerate(rows) if not is_title(row)), 0)
    if place and not is_strong(rows[place], rows[place + 1 :]):
        place = 0
    judgement, why = judge(rows[place], [row for row in rows[place + 1 :] if list(row) != list(rows[place])])
    spans = not all((cell or "").strip() for cell in rows[place])
    if judgement == "unclear" and spans and len(rows) > place + 2 and goes_on(rows[place + 1], rows[place + 2 :]):
        judgement, why = "header", "text, above names of columns of values"
    count = 1
    if judgement == "header":
        while place + count + 1 <= len(rows) - 1 and goes_on(rows[place + count], rows[place + count + 1 :]):
            count += 1
        if place + 1 < len(rows) and list(rows[place + 1]) == list(rows[place]):
            count = max(count, 2)
    return Headed(place=place, judgement=judgement, why=why, rows=count)


def judge(header: Cells, rows: Sequence[Cells]) -> tuple[Judgement, str]:
    """Tell whether a record names the columns below it, and why."""
    found = _judged(header, rows)
    if found[0] == "header" and len(header) == 1 and _may_be_a_title(rows):
        return "unclear", "one column, in which a name cannot be told from a title or a value: say header_row"
    return found


def _may_be_a_title(rows: Sequence[Cells]) -> bool:
    """Tell whether text stands below the first record of one column: a name below a title, or values."""
    return common_shape([row[0] for row in rows]) is None and any(kind(row[0]) == "text" for row in rows[:_ABOVE])


def _judged(header: Cells, rows: Sequence[Cells]) -> tuple[Judgement, str]:
    speaks_for, against, whole = 0, 0, []
    repeated = False
    for cell, column in zip(header, _columns(rows, len(header)), strict=True):
        text = (cell or "").strip()
        found, below = kind(cell), column_kind(column)
        if found in ("number", "date") or "://" in text or "@" in text.strip("@"):
            against += 1
            whole.append(int(text) if text.isdecimal() else -1)
        elif not text:
            continue
        elif below in ("number", "date"):
            speaks_for += 1
        elif (alike := _alike(cell, column)) is not None:
            speaks_for, against = speaks_for + (not alike), against + alike
        else:
            repeated |= below == "text" and sum(1 for value in column if value == cell) > 0
    if against and speaks_for and _are_names(whole, against):
        return "header", f"{speaks_for} names above numbers or dates, and {against} names that are years or counts"
    if against:
        return ("unclear" if speaks_for else "values"), f"{against} cells are values, {speaks_for} stand above values"
    if speaks_for:
        return "header", f"{speaks_for} names above numbers, dates or codes"
    if repeated:
        return "unclear", "a cell of the first record is also a value below it"
    if not rows:
        return "header", "nothing stands below it"
    if are_names(header) or _stands_out(header, rows):
        return "header", "names, above text"
    return "unclear", "text above text: header_row = 1 says that it names the columns"


def _alike(cell: str | None, column: Sequence[str | None]) -> bool | None:
    """Tell whether a cell looks as all values below it do, where these look alike: `C001`, `DE`; None: they do not."""
    if (common := common_shape(column)) is not None:
        return shape(cell) == common
    length = code_length(column)
    return code_length([cell, cell]) == length if length and not is_name(cell) else None


def _stands_out(header: Cells, rows: Sequence[Cells]) -> bool:
    """Tell whether a record of text differs from those below it as names do: in its capitals, or where values come again."""
    columns = _columns(rows, len(header))
    if all((cell or "").islower() for cell in header) and not any((cell or "").islower() for row in rows for cell in row):
        return len(rows) > 1
    for cell, column in zip(header, columns, strict=True):
        held = [value for value in column if value]
        if cell and len(held) >= _AGAIN and 3 * len(set(held)) <= len(held) and cell not in held:
            return True
    return False


def is_title(row: Cells) -> bool:
    """Tell whether a record as wide as the table holds no more than a title, or a label and its value."""
    held = [place for place, cell in enumerate(row) if (cell or "").strip()]
    if len(row) < 2 or len(held) == len(row):
        return False
    if len(held) == 1:
        return len(row) > 2 or held == [0]
    first, second = (row[0] or "").strip(), (row[1] or "").strip()
    return held == [0, 1] and (first.endswith(":") or any(letter.isdigit() for letter in second))


def is_strong(row: Cells, rows: Sequence[Cells]) -> bool:
    """Tell whether a record can only be a header: each cell a name, all different, and values below.

    One cell may lack where names stand above values in most other columns. Columns behind the last name that hold nothing
    are none.
    """
    while (
        len(row) > 1
        and not (row[-1] or "").strip()
        and not any((one[len(row) - 1] or "") for one in rows if len(one) >= len(row))
    ):
        row = row[:-1]
    names = [(cell or "").strip().casefold() for cell in row]
    named = [name for name in names if name]
    if len(set(named)) < len(named) or any(kind(cell) != "text" for cell in row if (cell or "").strip()):
        return False
    typed = sum(map(is_typed, _columns(rows, len(row))))
    if len(named) < len(names) and not (len(named) == len(names) - 1 and len(names) > _FEW and 2 * typed > len(names)):
        return False
    return judge(row, rows)[0] == "header" and (not rows or typed > 0)


def goes_on(row: Cells, rows: Sequence[Cells]) -> bool:
    """Tell whether a record below the header is a second line of it: names or units in every column of values."""
    if is_ruled(row):
        return True
    typed = [place for place, column in enumerate(_columns(rows, len(row))) if is_typed(column)]
    if not typed or any(kind(row[place]) in ("number", "date") for place in range(len(row))):
        return False
    named = [place for place in typed if kind(row[place]) == "text"]
    units = bool(named) and not any((row[place] or "").strip() for place in range(len(row)) if place not in typed)
    return len(named) == len(typed) or (len(named) > 1 and len(named) >= len(typed) - 1) or (units and len(typed) > 1)


def another_header(header: Cells, row: Cells, kinds: Sequence[Kind], *, apart: bool = False) -> bool:
    """Tell whether a record further down is the header of another table: text in every column of values, and no value.

    Where an empty record stands `apart` what follows, less has to speak for it.
    """
    typed = [place for place, found in enumerate(kinds) if found in ("number", "date")]
    again = bool(header[0]) and row[0] == header[0]
    if not again and not (apart and len(row) > 1) and not (typed and typed[-1] < len(row) and kind(row[typed[-1]]) == "text"):
        return False
    if any(kind(cell) in ("number", "date") for cell in row):
        return False
    if again and len(row) > 1 and sum(1 for cell in row if cell) > len(row) // 2:
        return True
    if apart and len(row) > 1 and all((cell or "").strip() for cell in row) and (typed or are_names(row)):
        return True
    return len(typed) > 1 and all(place < len(row) and kind(row[place]) == "text" for place in typed)


def merged(rows: Sequence[Cells]) -> tuple[str, ...]:
    """Return the names that several header rows make together: a cell that spans several columns is written in its first."""
    filled: list[list[str]] = []
    rows = [row for row in rows if not is_ruled(row)]
    for number, row in enumerate(rows):
        carried, line = "", []
        for cell in row:
            text = (cell or "").strip()
            carried = text or (carried if number < len(rows) - 1 else "")
            line.append(carried)
        filled.append(line)
    names = [" ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*filled, strict=True)]
    return unique(names)


def fitted(names: Cells, width: int, *, is_last_held: bool) -> tuple[str, ...]:
    """Return the names of a header of another width than its records, given whether the last column of those holds anything."""
    named = [name for name in names if (name or "").strip()]
    found = named if len(named) == width else list(names)
    if len(found) == width - 1 and is_last_held:
        found = [None, *found]  # an index, as R writes it; else a delimiter stands behind each record
    return unique((found + [None] * width)[:width])


def unique(names: Sequence[str | None]) -> tuple[str, ...]:
    """Return names that are all different in more than case: a number behind those that come again, and for those that lack."""
    found: list[str] = []
    taken = {(name or "").strip().casefold() for name in names}
    used: set[str] = set()
    for place, name in enumerate(names, 1):
        text = (name or "").strip() or f"column_{place}"
        wanted, again = text, 1
        while wanted.casefold() in used or (again > 1 and wanted.casefold() in taken):
            again += 1
            wanted = f"{text}_{again}"
        used.add(wanted.casefold())
        found.append(wanted)
    return tuple(found)


def tellable(names: Cells, known: Iterable[str]) -> tuple[str, ...]:
    """Return the names of a header as a refusal may tell them: those that are known; the others may be values, and have places.

    A file without a header has a record in its place, and nobody can tell for certain which of both it is.
    """
    certain = {name.casefold() for name in known}
    return unique([name if (name or "").strip().casefold() in certain else None for name in names])


def _columns(rows: Sequence[Cells], width: int) -> list[list[str | None]]:
    return [[row[place] for row in rows if place < len(row)] for place in range(width)]


def _are_names(whole: Sequence[int], count: int) -> bool:
    """Tell whether whole numbers in a header are names: years, or a count that goes up."""
    years = all(number in _YEARS for number in whole)
    counted = len(whole) > 1 and all(later == before + 1 for before, later in pairwise(whole))
    return len(whole) == count and (years or counted) and len(set(whole)) == len(whole)
