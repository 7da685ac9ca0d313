"""Tables of typed values, and the ways in which finance systems write them: what a file means is known before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from shared.contracts.values.notation import Notation

Value = str | int | Decimal | date | datetime | bool | None

KINDS = ("text", "code", "whole", "amount", "day", "moment", "flag")
_NAMES = ("Kunde", "Name", "Betrag", "Datum", "IBAN", "Ort", "Währung", "Amount", "Client No.", "note", "2026", "Qté")
_TEXTS = (
    *("Zürich", "Müller & Söhne", "Genf", "a b", "O'Neil", 'the "Inn"', '5" pipe', "x;y", "x,y", "x|y", "x\ty", "two\nlines"),
    *(" padded", "A\\B", "C:\\", "Total", "Name", "=SUM(A1)", "n/a b", "été", "Łódź", "東京", "1 %", "10.000 km", "É", "-x-"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMATS = {"dd.MM.yyyy": "%d.%m.%Y", "MM/dd/yyyy": "%m/%d/%Y", "yyyyMMdd": "%Y%m%d"}


@dataclass(frozen=True, kw_only=True)
class Written:
    """How one file spells values, and where its records stand."""

    delimiter: str
    quote: str
    escape: str  # empty: a quote inside quotes is doubled
    quoted: str  # least, text or all: which values stand between quotes
    line_end: str
    encoding: str
    bom: bool
    above: tuple[str, ...]  # lines above the header
    trailing: bool  # a delimiter behind every record
    ends: bool  # the last record ends in a line break
    blanks: frozenset[int]  # records behind which an empty line stands
    again: int | None  # the record behind which the header comes again


@dataclass(frozen=True, kw_only=True)
class Spelled:
    """How all files of a data set spell numbers and dates, and whether the configuration says so."""

    decimal: str
    thousands: str
    date_format: str  # empty: ISO 8601
    negative: str  # minus, trailing or parentheses
    currency: str
    said: bool
    typed: bool  # the types are configured, and so are strict

    @property
    def notation(self) -> Notation:
        """Return what the configuration says of it."""
        if not self.said:
            return Notation()
        accounting = self.negative != "minus" or bool(self.currency)
        formats = (self.date_format, f"{self.date_format} HH:mm:ss") if self.date_format else ()
        return Notation(decimal=self.decimal, thousands=self.thousands or None, accounting=accounting, date_formats=formats)

    def text(self, value: Value) -> str:
        """Return a value as it is written, without quotes."""
        match value:
            case None:
                return ""
            case bool():
                return "true" if value else "false"
            case str():
                return value
            case datetime():
                return value.strftime(f"{_FORMATS.get(self.date_format, '%Y-%m-%d')} %H:%M:%S")
            case date():
                return value.strftime(_FORMATS.get(self.date_format, "%Y-%m-%d"))
        return self._number(Decimal(value), is_amount=isinstance(value, Decimal))

    def _number(self, value: Decimal, *, is_amount: bool) -> str:
        whole, _, fraction = f"{abs(value):f}".partition(".")
        if self.thousands:
            whole = f"{int(whole):,}".replace(",", self.thousands)
        text = whole + (self.decimal + fraction if fraction else "")
        text = f"{self.currency}{text}" if is_amount and self.currency else text
        if value >= 0:
            return text
        return {"minus": f"-{text}", "trailing": f"{text}-", "parentheses": f"({text})"}[self.negative]


def encoded(names: Sequence[str], rows: Sequence[Sequence[str]], kinds: Sequence[str], how: Written) -> bytes | None:
    """Return a file; None where its encoding has no signs for it, or the dialect cannot say a value."""
    lines = [*how.above]
    header = _record(names, ["text"] * len(names), how)
    lines.append(header)
    for place, row in enumerate(rows):
        lines.append(_record(row, kinds, how))
        lines += [""] * (place in how.blanks) + [header] * (place == how.again)
    text = how.line_end.join(lines) + (how.line_end if how.ends else "")
    try:
        return (("\ufeff" if how.bom else "") + text).encode(how.encoding)
    except UnicodeEncodeError:
        return None


def _record(values: Sequence[str], kinds: Sequence[str], how: Written) -> str:
    special = {how.delimiter, how.quote, "\n", "\r"} | ({how.escape} if how.escape else set())
    fields = []
    for value, kind in zip(values, kinds, strict=True):
        wanted = how.quoted == "all" or (how.quoted == "text" and kind in {"text", "code"})
        if value and (wanted or special & set(value)):
            inner = value.replace(how.escape, how.escape * 2) if how.escape else value
            inner = inner.replace(how.quote, (how.escape or how.quote) + how.quote)
            fields.append(how.quote + inner + how.quote)
        else:
            fields.append(value)
    return how.delimiter.join(fields) + (how.delimiter if how.trailing else "")


def _values(kind: str) -> st.SearchStrategy[Value]:
    """Return the values of a column of a kind; some records have none."""
    held: st.SearchStrategy[Value]
    match kind:
        case "text":
            held = st.sampled_from(_TEXTS)
        case "code":
            held = st.from_regex(r"\A(?:0[0-9]{3}|[A-Z]{2}[0-9]{2}|[0-9]{4})\Z")
        case "whole":
            held = st.integers(-(10**6), 10**6) | st.integers(-(10**18), 10**18)
        case "amount":
            held = st.tuples(st.integers(-(10**8), 10**8), st.integers(0, 4)).map(lambda it: Decimal(it[0]).scaleb(-it[1]))
        case "day":
            held = st.dates(date(1890, 1, 1), date(2210, 1, 1))
        case "moment":
            held = st.integers(-2_524_608_000, 7_573_824_000).map(lambda seconds: _EPOCH + timedelta(seconds=seconds))
        case _:
            held = st.booleans()
    return st.one_of(held, held, held, st.none())


@st.composite
def _tables(draw: st.DrawFn) -> tuple[tuple[str, ...], tuple[str, ...], list[list[Value]]]:
    width = draw(st.integers(1, 5))
    # Of one column below a title, a year may name it or be its first value.
    names = tuple(draw(st.permutations(_NAMES if width > 1 else [name for name in _NAMES if name != "2026"]))[:width])
    kinds = tuple(draw(st.lists(st.sampled_from(KINDS), min_size=width, max_size=width)))
    count = draw(st.integers(1, 12))
    columns = [draw(st.lists(_values(kind), min_size=count, max_size=count)) for kind in kinds]
    return names, kinds, [list(row) for row in zip(*columns, strict=True) if any(value is not None for value in row)]


tables = _tables().filter(lambda table: bool(table[2]))
spelled = st.builds(
    Spelled,
    decimal=st.sampled_from((".", ",")),
    thousands=st.sampled_from(("", "", "'", " ", ".", ",")),
    date_format=st.sampled_from(("", "", *_FORMATS)),
    negative=st.sampled_from(("minus", "minus", "trailing", "parentheses")),
    currency=st.sampled_from(("", "", "€", "$")),
    said=st.booleans(),
    typed=st.booleans(),
).filter(lambda how: how.decimal != how.thousands)
written = st.builds(
    Written,
    delimiter=st.sampled_from((",", ";", "\t", "|")),
    quote=st.sampled_from(('"', '"', '"', "'")),
    escape=st.sampled_from(("", "", "", "\\")),
    quoted=st.sampled_from(("least", "text", "all")),
    line_end=st.sampled_from(("\n", "\r\n", "\r")),
    encoding=st.sampled_from(("utf-8", "utf-8", "utf-16-le", "cp1252")),
    bom=st.booleans(),
    above=st.sampled_from(((), (), (), ("Report",), ("Umsatz 2026", "", "Stand: 01.11.2026"))),
    trailing=st.sampled_from((False, False, True)),
    ends=st.booleans(),
    blanks=st.frozensets(st.integers(0, 11), max_size=2),
    again=st.none() | st.none() | st.integers(0, 11),
).map(lambda how: replace(how, bom=how.encoding != "cp1252" and (how.bom or how.encoding.startswith("utf-16"))))
