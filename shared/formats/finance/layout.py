"""Where in a file its table stands, how it is written, and what its columns are called.

Found from the head of the text, or refused with the TOML that would say it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from shared.formats.dialect import BOM, Dialect
from shared.formats.finance.errors import (
    AnotherTableError,
    EmptyFileError,
    FinanceError,
    HeaderError,
    HeaderMissingError,
    LayoutError,
)
from shared.formats.finance.fit import Fit, FoundRecord, find_dialect, marks_in_doubt, other_delimiter, read_on
from shared.formats.finance.header import (
    Cells,
    Headed,
    another_header,
    find_header,
    fitted,
    is_strong,
    merged,
    tellable,
    unique,
)
from shared.formats.finance.options import FinanceConfig, limit, section, written
from shared.formats.finance.shapes import column_kind, is_typed, kind

_RECORDS: Final = 200  # that are looked at below the header
_FIELDS: Final = 6_000
_JUDGED: Final = 40  # of which the cells are judged
_SEP: Final = re.compile(rb'"?sep=([^\r\n"])"?(?:\r\n?|\n)', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the text of one file is to be read."""

    dialect: Dialect
    names: tuple[str, ...]
    header: tuple[str | None, ...]  # the header's fields as they are written; empty: it has none
    header_row: int | None  # its record number, from 1
    above: int = 0  # records above it
    spare: int = 0  # columns behind the named ones, empty in every record
    data_at: int  # byte of the text behind the header
    evidence: dict[str, str] = field(default_factory=dict)  # by what was found: why


@dataclass(frozen=True, kw_only=True)
class _Head:
    """The head of a file, read in the dialect that fits best."""

    file: str
    data_set: str
    config: FinanceConfig
    fit: Fit
    found: tuple[FoundRecord, ...]
    text: bytes  # from its first record on
    start: int
    known: tuple[str, ...]  # names that are the data set's; what else stands in a header may be values

    def said(self, **more: object) -> str:
        """Return the TOML that says the dialect, and more."""
        return section(self.data_set, **written(self.fit.dialect), **more)

    def named(self, names: Cells) -> tuple[str, ...]:
        """Return names as a refusal may tell them."""
        return tellable(names, self.known)


def find_layout(
    head: bytes, config: FinanceConfig, *, file: str, data_set: str, whole: bool, known: tuple[str, ...] = ()
) -> Layout:
    """Find out from the head of a file's text how all of it is read; `known` are names of the data set; raises FinanceError."""
    start = len(BOM) * head.startswith(BOM)
    sep = _SEP.match(head, start)
    if sep is not None and config.delimiter is None and sep[1] < b"\x80" and sep[1] not in b'"':
        start, config = sep.end(), replace(config, delimiter=sep[1].decode())
    fit = find_dialect(head, start, config, whole=whole)
    found = read_on(fit, head, start, whole=whole, most=_RECORDS, fields=_FIELDS)
    if not found:
        raise _nothing_found(head, start, file)
    known += config.names
    at = _Head(file=file, data_set=data_set, config=config, fit=fit, found=found, text=head[start:], start=start, known=known)
    _refuse_wide(at, max(fit.width, len(found[0].fields)))
    if (doubt := marks_in_doubt(fit, [one.fields for one in found], at.text, config)) is not None:
        said = written(fit.dialect) | {"columns": config.columns, "header_row": config.header_row}
        raise LayoutError(file, doubt[0], section(data_set, **(said | doubt[1])))
    layout = _said(at) if config.columns or config.header_row is not None else _found(at)
    _refuse_another_table(at, layout)
    evidence = {"dialect": f"{fit.share:.0%} of {fit.records} records have {fit.width} fields", **layout.evidence}
    return replace(layout, evidence=evidence)


def _refuse_wide(at: _Head, columns: int) -> None:
    if columns > (most := at.config.limits.columns):
        detail = f"{columns} columns, more than {most}; if that is right, raise the limit"
        raise HeaderError(at.file, detail, limit(columns=columns))


def _nothing_found(head: bytes, start: int, file: str) -> FinanceError:
    if not head[start:].strip(b"\r\n"):
        return EmptyFileError(file, "no header")
    return HeaderError(file, "a quote in the header does not close, or no record ends within the first megabyte")


def _said(at: _Head) -> Layout:
    """Read the header where the configuration says it is, or that there is none."""
    config, row = at.config, at.config.header_row
    header: FoundRecord | None = None
    if row is not None:
        if not 1 <= row <= len(at.found):
            raise HeaderError(at.file, f"header_row is {row}; the first {len(at.found)} records were looked at")
        header = at.found[row - 1]
    cells = header.cells if header else ()
    if config.columns:
        names = config.columns
        if header is None and _same(at.found[0].cells, names):
            header, row, cells = at.found[0], 1, at.found[0].cells
    else:
        names = _names(cells, at)
    if config.columns and at.fit.width > 1 and len(names) != at.fit.width and at.fit.fits:
        raise LayoutError(at.file, f"columns has {len(names)} names; most records have {at.fit.width} fields")
    below = [one for one in at.found if header is None or one.start > header.start]
    spare = 0 if config.columns else _spare(cells, below)
    return Layout(
        dialect=at.fit.dialect,
        names=names[: len(names) - spare] if spare else names,
        header=cells,
        header_row=row,
        above=(row or 1) - 1,
        spare=spare,
        data_at=header.after if header else at.start,
        evidence={"header": "configured"},
    )


def _found(at: _Head) -> Layout:
    """Find the header from the records."""
    fit, held = at.fit, [one for one in at.found if not one.is_blank]
    if not held:
        raise EmptyFileError(at.file, "no record holds a value")
    _refuse_odd_widths(at, held)
    first = fit.first if fit.width > 1 else 0
    table = [one for one in held[first:] if len(one.fields) == fit.width]
    rows = [one.values(at.config.nulls) for one in table[:_JUDGED]]
    headed = find_header(rows)
    number = at.found.index(table[headed.place]) + 1
    if headed.judgement != "header":
        raise _no_header(at, held, first, headed)
    if first and not headed.place:
        above = held[first - 1]
        if (
            len(above.fields) > 1
            and len(above.fields) >= fit.width - 1
            and not any(map(is_typed, zip(*rows[1:], strict=False)))
        ):
            raise _other_width(at, above, number - 1)
    below_it = rows[headed.place + 1 :]
    if first and not (below_it and is_strong(rows[headed.place], below_it)):
        detail = f"record {number} may be the header, or a value below record {number - 1}; say which with header_row"
        raise LayoutError(at.file, detail, at.said(header_row=number))
    if headed.rows > 1:
        lines = rows[headed.place : headed.place + headed.rows]
        names = at.named(merged(lines)) if any(line != lines[0] for line in lines) else ()
        last = at.found.index(table[headed.place + headed.rows - 1]) + 1
        detail = f"{headed.rows} header rows, the last of them record {last}"
        raise AnotherTableError(at.file, detail, at.said(header_row=last, columns=names))
    header = table[headed.place]
    if header.in_doubt:
        raise HeaderError(at.file, "the quotes of the header leave in doubt where its names end")
    cells = header.cells
    below = [one for one in held if one.start > header.start]
    spare = _spare(cells, below)
    return Layout(
        dialect=fit.dialect,
        names=_names(cells[: len(cells) - spare], at, number),
        header=cells,
        header_row=number,
        above=number - 1,
        spare=spare,
        data_at=header.after,
        evidence={"header": headed.why} | ({"above": f"{number - 1} records above it are no table"} if number > 1 else {}),
    )


def _refuse_odd_widths(at: _Head, held: Sequence[FoundRecord]) -> None:
    """Refuse a file in which no delimiter gives most records one width, or one that may have columns between other marks."""
    fit = at.fit
    alike = sum(1 for one in held[: fit.first] if len(one.fields) == fit.width)
    if fit.fits and not (fit.width > 1 and 3 * alike > fit.first):  # else what stands above belongs to the table
        return
    widths = {len(one.fields) for one in held}
    if fit.width <= 1 and widths == {1} and not any(one.in_doubt for one in held):
        cells = [one.fields[0] for one in held]
        marked = any(mark in (cell or b"") for cell in cells for mark in (b",", b";", b"\t", b"|"))
        mark = other_delimiter(cells)
        if at.config.delimiter is not None or (mark is None and not marked):
            return
        if mark is not None:
            raise _other_mark(at, mark)
    if len(held) == 1 and not held[0].in_doubt and (len(held[0].fields) > 1 or at.config.delimiter is not None):
        return  # a header alone
    quoted = "; quotes leave in doubt where values end" if any(one.in_doubt for one in held) else ""
    detail = f"with no delimiter do most of {len(held)} records have one width{quoted}; say delimiter, quote or escape"
    raise LayoutError(at.file, detail)


def _other_mark(at: _Head, mark: str) -> FinanceError:
    """Say what may separate the fields of a file that has one column otherwise."""
    if not mark:
        return LayoutError(at.file, "columns of fixed width, between spaces; land it with a delimiter")
    toml = section(at.data_set, delimiter=mark) if mark.isascii() else ""
    told = "a space" if mark == " " else f"U+{ord(mark):04X}"
    return LayoutError(at.file, f"{told} comes equally often in each record, and may separate fields; say delimiter", toml)


def _no_header(at: _Head, held: Sequence[FoundRecord], first: int, headed: Headed) -> FinanceError:
    """Say that the table begins with values; what stands directly above it may name its columns, in another width."""
    width = at.fit.width
    if first:
        above = held[first - 1]
        row = at.found.index(above) + 1
        if len(above.fields) > 1:
            return _other_width(at, above, row)
        toml = at.said(columns=unique([None] * width), header_row=row)
        return HeaderMissingError(at.file, f"no header above the values ({headed.why})", toml)
    names = [(cell or "").strip() for cell in held[0].cells]
    is_named = headed.judgement == "unclear" and all(names) and len(unique(names)) == len(set(names))
    toml = at.said(header_row=1) if is_named else at.said(columns=unique([None] * width))
    return HeaderMissingError(at.file, f"the first record holds values ({headed.why})", toml)


def _other_width(at: _Head, above: FoundRecord, row: int) -> FinanceError:
    width, names = at.fit.width, above.cells
    is_last_held = any(one.fields[-1] for one in at.found if len(one.fields) == width)
    columns = fitted(names, width, is_last_held=is_last_held)
    # A quote that was lost or added makes a name of the records below.
    is_cut = above.in_doubt or any("\n" in name for name in columns)
    toml = "" if is_cut else at.said(columns=at.named(columns), header_row=row)
    return HeaderError(at.file, f"the header has {len(names)} columns, the records have {width}", toml)


def _names(cells: Cells, at: _Head, row: int = 0) -> tuple[str, ...]:
    """Return the names of a header: one that lacks is called by its place; more, or one that comes twice, is refused."""
    _refuse_wide(at, len(cells))
    names = [(cell or "").strip() for cell in cells]
    toml = at.said(columns=at.named(names), header_row=row or at.config.header_row)
    nameless = [place for place, name in enumerate(names, 1) if not name]
    if len(nameless) > 1 or (nameless and len(names) == 1):
        raise HeaderError(at.file, f"no name for column {', '.join(map(str, nameless))} of {len(names)}", toml)
    times = Counter(name.casefold() for name in names if name)
    again = [place for place, name in enumerate(names, 1) if times[name.casefold()] > 1]
    if again:
        listed = ", ".join(map(str, again))
        raise HeaderError(at.file, f"columns whose names differ in no more than case: {listed} of {len(names)}", toml)
    return unique(names)


def _spare(cells: Cells, below: Sequence[FoundRecord]) -> int:
    """Count the columns at the end that have neither name nor value, in the header and every record looked at."""
    spare = 0
    while spare < len(cells) - 1 and not (cells[-1 - spare] or "").strip():
        at = len(cells) - 1 - spare
        if any(len(one.fields) != len(cells) or one.fields[at] for one in below if not one.is_blank):
            return spare
        spare += 1
    return spare


def _refuse_another_table(at: _Head, layout: Layout) -> None:
    below = [one for one in at.found if one.start >= layout.data_at]
    rows = [one.values(at.config.nulls) for one in below]
    if not layout.header or not rows:
        return
    for place, (one, row) in enumerate(zip(below, rows, strict=True)):
        if one.is_blank or one.in_doubt or row == layout.header or any(kind(cell) in ("number", "date") for cell in row):
            continue
        before = rows[max(0, place - _JUDGED) : place]
        kinds = [column_kind([cells[column] for cells in before if column < len(cells)]) for column in range(len(layout.names))]
        # An empty line, or a record that holds nothing, stands before it.
        apart = place > 0 and (below[place - 1].is_blank or one.start > below[place - 1].after)
        if another_header(layout.header, row, kinds, apart=apart):
            number = at.found.index(one) + 1
            detail = f"record {number} looks like the header of another table; land each table as a file of its own"
            raise AnotherTableError(at.file, detail)


def _same(cells: Cells, names: Sequence[str]) -> bool:
    return [(cell or "").strip().casefold() for cell in cells] == [name.casefold() for name in names]
