"""Which dialect a file is written in, found from its records: the one in which they have one width and no fault."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from shared.formats.dialect import Dialect
from shared.formats.finance.options import FinanceConfig

DELIMITERS: Final = (b";", b"\t", b"|", b",")
"""Tried in this order; of two that fit alike the first is taken, since a comma is in numbers and names as well."""
_SAMPLE: Final = 64 * 1024  # bytes in which marks are looked for
_LOOKED_AT: Final = 50  # records; the widths of more tell no more
_FIELDS: Final = 8_000  # likewise
_LINES: Final = 8  # in which a comma may stand before a fraction
_ODD: Final = 0.3  # of the records from the header on: more of another width, or with a fault, and a dialect does not fit
_FEW: Final = 10  # records; of so few, half may be odd
_DECIMAL: Final = re.compile(rb"[-+]?\d{1,3}(?:\.?\d{3})*,\d+")
_SPACES: Final = re.compile(" +")
_IN_NAMES: Final = " .,;|-_'\"/&()\t"  # that stand in names and values of one column, or are tried before
_LONE: Final = re.compile(rb"'.+'", re.DOTALL)
_BACKSLASHES: Final = re.compile(rb"\\+")


@dataclass(frozen=True, kw_only=True)
class FoundRecord:
    """One record of the head of a file, in some dialect."""

    start: int
    after: int  # where the text goes on
    fields: tuple[bytes | None, ...]
    in_doubt: bool  # its quotes leave open where its values end

    @property
    def is_blank(self) -> bool:
        """Whether no field holds anything."""
        return not any(self.fields)

    @property
    def cells(self) -> tuple[str | None, ...]:
        """Its fields as text; where they are none, as it shows."""
        return tuple(None if value is None else value.decode("utf-8", "replace") for value in self.fields)

    def values(self, nulls: Sequence[str]) -> tuple[str | None, ...]:
        """Return its cells as they are judged: what stands for no value is none."""
        return tuple(None if cell is None or cell.strip() in nulls else cell for cell in self.cells) if nulls else self.cells


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a dialect fits the head of a file."""

    dialect: Dialect
    width: int  # fields of most records
    first: int  # place of the first record from which on most have that width
    odd: int  # records from there on that have another, or a fault
    records: int
    read: tuple[FoundRecord, ...]  # those that were looked at, blank ones too

    @property
    def share(self) -> float:
        """Return the share of the records from the first on that are not odd."""
        return 1 - self.odd / max(1, self.records - self.first)

    @property
    def fits(self) -> bool:
        """Whether the records are those of a table."""
        return self.width > 1 and self.first < self.records and _few(self.odd, self.records - self.first)


def records(head: bytes, start: int, dialect: Dialect, *, whole: bool, most: int, fields: int) -> Iterator[FoundRecord]:
    """Yield the complete records of a head; its last is complete only where the head is the whole file."""
    for _ in range(most):
        found = dialect.record(head, start, len(head))
        if found is None or (found[2] >= len(head) and not whole):
            return
        raw = head[found[0] : found[1]]
        values, fault = dialect.read(raw)
        yield FoundRecord(start=found[0], after=found[2], fields=tuple(values), in_doubt=fault is not None)
        start = found[2]
        fields -= len(values)
        if fields < 0:
            return


def find_dialect(head: bytes, start: int, config: FinanceConfig, *, whole: bool) -> Fit:
    """Return the dialect that fits best; it may not fit."""
    sample = head[start : start + _SAMPLE]
    best: tuple[tuple[object, ...], Fit] | None = None
    for delimiter in _delimiters(config, sample):
        for dialect in _variants(delimiter, config, sample):
            fit = _fit(head, start, dialect, whole=whole)
            key = _rank(fit, head, start, whole=whole)
            if best is None or key > best[0]:
                best = (key, fit)
    assert best is not None, "some delimiter is always tried"  # noqa: S101  for the type checker
    return best[1]


def read_on(fit: Fit, head: bytes, start: int, *, whole: bool, most: int, fields: int) -> tuple[FoundRecord, ...]:
    """Return the records that a dialect was found by, and those behind them, up to so many records or fields."""
    left = fields - sum(len(one.fields) for one in fit.read)
    if left <= 0:
        return fit.read
    after = fit.read[-1].after if fit.read else start
    return (*fit.read, *records(head, after, fit.dialect, whole=whole, most=most - len(fit.read), fields=left))


def other_delimiter(cells: Sequence[bytes | None]) -> str | None:
    """Return what may separate the fields of a file of one column: a mark that comes equally often in each record.

    A space stands for one or more; empty: the file may be of fixed width. None: nothing speaks for more than one column.
    """
    texts = [cell.decode("utf-8", "replace").strip() for cell in cells if cell]
    if len(texts) < 2:
        return None
    for mark in dict.fromkeys(sign for sign in texts[0] if not (sign.isalnum() or sign in _IN_NAMES)):
        if len({text.count(mark) for text in texts}) == 1:
            return mark
    if sum(1 for text in texts if "  " in text) * 2 > len(texts):
        return ""
    parts = {len(_SPACES.split(text)) for text in texts}
    return " " if len(parts) == 1 and parts.pop() > 1 else None


def marks_in_doubt(
    fit: Fit, rows: Sequence[Sequence[bytes | None]], sample: bytes, config: FinanceConfig
) -> tuple[str, dict[str, object]] | None:
    """Return what marks of a file may be quotes or escapes, or belong to the values, and what would settle it."""
    if config.quote is None and _lone_quotes(fit, rows, sample):
        return "some values stand between single quotes, which may belong to them; say quote", {"quote": "'"}
    if not (fit.dialect.escape or fit.dialect.unescaped) and b"\\\\" in sample[:_SAMPLE]:
        return "each backslash is doubled: it escapes another one, or both belong to the value; say escape", {"escape": ""}
    return None


def _lone_quotes(fit: Fit, rows: Sequence[Sequence[bytes | None]], sample: bytes) -> bool:
    """Tell whether some values stand between single quotes, which may be none of them: no `"` in the text opens a value."""
    if b"'" not in sample:
        return False
    mark = re.escape(fit.dialect.delimiter)
    opens = rb'(?:\A|[\r\n]|%b%b)"[^"]*"[\r\n%b]' % (mark, b" ?" if fit.dialect.spaced else b"", mark)
    if fit.dialect.quote != b'"' or re.search(opens, sample):
        return False
    lone = any(_LONE.fullmatch(value.strip()) for row in rows for value in row if value)
    odd = (pair for pair in pairwise(rows) if any(len(row) != fit.width for row in pair))
    return lone or any(_is_cut(before[-1], after[0]) for before, after in odd)


def _is_cut(end: bytes | None, begin: bytes | None) -> bool:
    """Tell whether a line break between two records may stand inside single quotes."""
    return (end or b"").strip().startswith(b"'") and (begin or b"").strip().endswith(b"'")


def _are_data(sample: bytes, mark: bytes) -> bool:
    """Tell whether some backslash is data for sure: it is neither doubled nor in front of what an escape stands before."""
    lone = (found for found in _BACKSLASHES.finditer(sample) if (found.end() - found.start()) % 2)
    return any(sample[found.end() : found.end() + 1] not in (b'"', b"'", mark, b"\r", b"\n", b"") for found in lone)


def _delimiters(config: FinanceConfig, sample: bytes) -> list[bytes]:
    if config.delimiter is not None:
        return [config.delimiter.encode()]
    return [mark for mark in DELIMITERS if mark in sample] or [b","]


def _variants(delimiter: bytes, config: FinanceConfig, sample: bytes) -> Iterator[Dialect]:
    """Yield the dialects with a delimiter that the text gives reason to try, the plain one first."""
    unescaped = config.escape is not None or _are_data(sample, delimiter[:1])
    plain = Dialect(delimiter=delimiter[:1], spaced=delimiter[1:] == b" ", unescaped=unescaped, strict=True)
    quotes = [config.quote.encode()] if config.quote else [b'"']
    if not config.quote and re.search(rb"(?:^|[\r\n%b]) ?'" % re.escape(plain.delimiter), sample):
        quotes.append(b"'")
    escapes = [b""] if config.escape is None else [config.escape.encode()]
    if config.escape is None and any(b"\\" + mark in sample for mark in (b'"', b"'", plain.delimiter)):
        escapes.append(b"\\")
    spaced = [plain.spaced]
    if config.delimiter is None and sample.count(plain.delimiter + b" ") > sample.count(plain.delimiter) // 2:
        spaced.append(True)
    for quote in quotes:
        for escape in escapes:
            for space in dict.fromkeys(spaced):
                yield replace(plain, quote=quote, escape=escape, spaced=space)


def _fit(head: bytes, start: int, dialect: Dialect, *, whole: bool) -> Fit:
    read = tuple(records(head, start, dialect, whole=whole, most=_LOOKED_AT, fields=_FIELDS))
    found = [one for one in read if not one.is_blank]
    widths = [len(one.fields) for one in found]
    width, first = 0, 0
    if widths:
        behind = widths[len(widths) // 2 :]  # what stands above the table has other widths
        overall = Counter(widths)
        width = max(Counter(behind).items(), key=lambda item: (item[1], overall[item[0]], item[0]))[0]
        while first < len(widths) and not (widths[first] == width and _mostly(widths[first:], width)):
            first += 1
    rest = found[first:]
    odd = sum(1 for one in rest if len(one.fields) != width or one.in_doubt)
    return Fit(dialect=dialect, width=width, first=first, odd=odd, records=len(found), read=read)


def _mostly(widths: Sequence[int], width: int) -> bool:
    return _few(len(widths) - widths.count(width), len(widths))


def _few(odd: int, records: int) -> bool:
    """Tell whether so few are odd that the others are right; of few records, half may be."""
    return odd <= records * (0.5 if records <= _FEW else _ODD) and (odd == 0 or records > 2)


def _rank(fit: Fit, head: bytes, start: int, *, whole: bool) -> tuple[object, ...]:
    """Order dialects: those that fit, then those with no lines above the table, then those that read marks as what they are."""
    dialect = fit.dialect
    exotic = 0
    if dialect.quote != b'"' or dialect.spaced or dialect.escape:
        exotic = 1 if _is_so(fit, head, start, whole=whole) else -1
    commas = -1 if dialect.delimiter == b"," and fit.fits and _splits_decimals(head, start) else 0
    return (
        fit.fits,
        exotic >= 0,
        fit.first == 0,
        commas,
        -round(fit.odd / max(1, fit.records), 1),
        exotic,
        fit.width if fit.fits else -fit.width,
    )


def _is_so(fit: Fit, head: bytes, start: int, *, whole: bool) -> bool:
    """Tell whether every record speaks for a quote, an escape or a space that is not the usual one."""
    dialect = fit.dialect
    plain = replace(dialect, quote=b'"', escape=b"", spaced=False, strict=True)
    raw = list(records(head, start, plain, whole=whole, most=_LOOKED_AT, fields=_FIELDS))
    rows = [one.fields for one in raw if len(one.fields) > 1]
    if dialect.spaced:
        behind = [value for row in rows for value in row[1:] if value]
        if not behind or not all(value.startswith(b" ") for value in behind):
            return False
    if dialect.escape:
        return any(one.in_doubt or len(one.fields) != fit.width for one in raw) and fit.odd == 0
    if dialect.quote != b'"':
        mark = dialect.quote
        if any((value or b"").strip()[:1] == b'"' for row in rows for value in row):
            return False
        if fit.odd == 0 and any(len(row) != fit.width for row in rows):
            return True
        columns = list(zip(*[one.fields for one in _table(fit, head, start, plain, whole=whole)], strict=False))
        return any(_is_wrapped(column, mark) for column in columns) or any(one.in_doubt for one in raw)
    return True


def _table(fit: Fit, head: bytes, start: int, plain: Dialect, *, whole: bool) -> list[FoundRecord]:
    found = records(head, start, plain, whole=whole, most=_LOOKED_AT, fields=_FIELDS)
    return [one for one in found if len(one.fields) == fit.width]


def _is_wrapped(column: tuple[bytes | None, ...], mark: bytes) -> bool:
    held = [value.strip() for value in column if value]
    return len(held) > 1 and all(len(value) > 1 and value.startswith(mark) and value.endswith(mark) for value in held)


def _splits_decimals(head: bytes, start: int) -> bool:
    """Tell whether another delimiter would leave whole numbers with decimal commas where a comma splits them."""
    line = head[start : start + 4096].splitlines()[1:_LINES]
    return any(_DECIMAL.fullmatch(cell.strip()) for text in line for mark in b";\t|" for cell in text.split(bytes([mark]))[:-1])
