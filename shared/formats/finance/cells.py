"""The cells of an `.xlsx` workbook as text, streamed: only those that its XML holds, whatever size the sheet claims.

After ECMA-376, part 1 (SpreadsheetML): cells 18.3.1.4, number formats 18.8.30, dates 18.17.4, sheets 18.2.19.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.etree import ElementTree as ET

from shared.errors import Internal
from shared.formats.finance.shapes import UNTOLD
from shared.formats.finance.text.elements import elements_of

_SPACES: Final = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
WIDEST: Final = 16_384
"""Columns of a sheet."""
_LARGEST: Final = 16 << 20  # bytes of a part that is not streamed
_DATES: Final = frozenset((14, 15, 16, 17, 22, 27, 30, 36, 45, 46, 47, 50, 57, 18, 19, 20, 21))
_TIMES: Final = frozenset((18, 19, 20, 21, 45, 46, 47))
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_ZEROS: Final = re.compile(r"0{2,}")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TEXTS: Final = ("v", "t")  # elements that hold the text of a cell
_LONGEST: Final = 32_767  # characters of a cell, and so the most pieces that its text can have
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]+)")


class TooManyCellsError(Internal):
    """A sheet has more cells than are read, or one where no sheet has any."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell that is written down."""

    column: int  # from 0
    text: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet of cells; charts and macros are none."""

    name: str
    path: str  # in the archive
    hidden: bool


class Strings:
    """The texts that cells share, by number: as bytes, since as objects millions of short ones take ten times as much."""

    def __init__(self) -> None:
        """Begin with none."""
        self._texts, self._ends = bytearray(), array("Q")

    def __len__(self) -> int:
        """Count them."""
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        """Return a text by its number, from 0; raises IndexError."""
        end = self._ends[number]
        return self._texts[self._ends[number - 1] if number else 0 : end].decode("utf-8", "surrogatepass")

    def append(self, text: str) -> None:
        """Take one more."""
        self._texts += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._texts))


@dataclass(frozen=True, kw_only=True)
class Workbook:
    """What the cells of all sheets refer to."""

    sheets: tuple[Sheet, ...]
    strings: Strings = field(repr=False)
    formats: tuple[str, ...] = field(repr=False)  # number format of each style
    day_zero: datetime  # day 0 of its dates


def open_workbook(archive: zipfile.ZipFile, *, most: int) -> Workbook:
    """Read what a workbook's sheets are called, and what their cells refer to; raises whatever zipfile and the parsers do.

    Raises TooManyCellsError where more than `most` texts are shared.
    """
    book = _part(archive, "xl/workbook.xml")
    links = _part(archive, "xl/_rels/workbook.xml.rels")
    targets = {link.get("Id"): (link.get("Target", ""), link.get("Type", "")) for link in links}
    sheets = []
    for sheet in _all(book, "sheet"):
        target, kind = targets.get(next((value for key, value in sheet.items() if key.endswith("}id")), ""), ("", ""))
        if kind.endswith("/worksheet"):
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            sheets.append(Sheet(name=sheet.get("name", ""), path=path, hidden=sheet.get("state", "visible") != "visible"))
    old = any(_is_true(properties.get("date1904")) for properties in _all(book, "workbookPr"))
    names = set(archive.namelist())
    return Workbook(
        sheets=tuple(sheets),
        strings=_strings(archive, most) if "xl/sharedStrings.xml" in names else Strings(),
        formats=tuple(_formats(archive)) if "xl/styles.xml" in names else (),
        day_zero=datetime(1904, 1, 1) if old else datetime(1899, 12, 30),  # noqa: DTZ001  workbooks know no zones
    )


def cells_of(archive: zipfile.ZipFile, workbook: Workbook, sheet: Sheet, *, most: int) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the rows that are written down, by number from 1, with their cells that hold something.

    Raises TooManyCellsError behind the `most`th cell, whether it holds something or not, and for a column that no sheet has.
    """
    number, place, count = 0, -1, 0
    held: list[Cell] = []
    cell = _Read(attributes={})
    with archive.open(sheet.path) as part:
        for name, begun, text in elements_of(part, _SPACES, ("row", "c", "v", "f", "t"), _TEXTS):
            if name == "row" and begun is not None:
                number, place, held = int(begun.get("r") or number + 1), -1, []
            elif name == "row":
                yield number, held
                held = []
            elif name == "c" and begun is not None:
                reference = _REFERENCE.fullmatch(begun.get("r") or "")
                place = _column(reference[1]) if reference else place + 1
                count += 1
                if count > most or place >= WIDEST or len(held) >= WIDEST:
                    raise TooManyCellsError
                cell = _Read(attributes=begun)
            elif name == "c":
                value = _cell_text(cell, workbook)
                if value is not None:
                    held.append(Cell(column=place, text=value))
            elif begun is None:
                cell.take(name, text)


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What was read of a cell."""

    attributes: Mapping[str, str]
    values: list[str] = field(default_factory=list)  # of `v`, of which a cell has one
    runs: list[str] = field(default_factory=list)  # of text that stands in the cell itself
    formulas: list[str] = field(default_factory=list)

    def take(self, name: str, text: str) -> None:
        {"v": self.values, "t": self.runs, "f": self.formulas}[name].append(text)
        if len(self.values) + len(self.runs) + len(self.formulas) > _LONGEST:
            raise TooManyCellsError


def _cell_text(cell: _Read, workbook: Workbook) -> str | None:
    kind, value = cell.attributes.get("t", "n"), cell.values[0] if cell.values else None
    if kind == "inlineStr":
        return "".join(map(_unescaped, cell.runs)) or None
    if kind == "e":
        return f"{UNTOLD}{value or '#ERROR'}"
    if value is None or (value == "" and kind != "str"):
        return f"{UNTOLD}formula without a value" if cell.formulas else None
    match kind:
        case "s":
            return workbook.strings[int(value)] or None
        case "str":
            return _unescaped(value) or None
        case "b":
            return "True" if value == "1" else "False"
        case "d":
            return value
        case _:
            style = int(cell.attributes.get("s") or 0)
            return number_text(value, workbook.formats[style] if style < len(workbook.formats) else "", workbook.day_zero)


def number_text(value: str, number_format: str, day_zero: datetime) -> str:
    """Write a number as its cell shows it, as far as that says what it is: a date, or one with zeros in front."""
    shown = _LITERAL.sub("", number_format.split(";", maxsplit=1)[0])
    if re.search(r"[ymdhs]", shown.casefold()):
        try:
            return _date_text(value, shown.casefold(), day_zero)
        except (OverflowError, ValueError):
            return f"{UNTOLD}no date"
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    whole = number == number.to_integral_value()
    text = str(int(number)) if whole and abs(number) < Decimal(2) ** 53 else value
    if whole and _ZEROS.fullmatch(shown.strip()):  # such as 00000: what is shown is a code, not an amount
        return f"{'-' if number < 0 else ''}{text.lstrip('-').zfill(len(shown.strip()))}"
    return text


def _date_text(value: str, shown: str, day_zero: datetime) -> str:
    days = float(value)
    has_day = any(letter in shown for letter in "yd") or "mmm" in shown
    seconds = round(days * 86400, 3)
    if not has_day:
        whole = round(seconds)
        if "[" in shown or not 0 <= days < 1:
            return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
        return (day_zero + timedelta(seconds=whole)).time().isoformat()
    if day_zero.year == 1899 and days < 61:  # Excel counts a day in 1900 that never was; before it, days differ by one
        days += 1 if days < 60 else 0
    at = day_zero + timedelta(days=int(days), milliseconds=round((days - int(days)) * 86_400_000))
    return at.date().isoformat() if at.time() == time() else at.isoformat()


def _part(archive: zipfile.ZipFile, name: str) -> ET.Element:
    if archive.getinfo(name).file_size > _LARGEST:
        raise TooManyCellsError
    return ET.fromstring(archive.read(name))  # noqa: S314  expat knows no external entities, and bounds the others


def _strings(archive: zipfile.ZipFile, most: int) -> Strings:
    strings, runs = Strings(), list[str]()
    with archive.open("xl/sharedStrings.xml") as part:
        for name, begun, text in elements_of(part, _SPACES, ("si", "t"), _TEXTS):
            if begun is not None:
                continue
            if name == "t":
                runs.append(_unescaped(text))
            else:
                strings.append("".join(runs))
                runs.clear()
            if len(strings) > most or len(runs) > _LONGEST:
                raise TooManyCellsError
    return strings


def _formats(archive: zipfile.ZipFile) -> Iterator[str]:
    styles = _part(archive, "xl/styles.xml")
    own = {one.get("numFmtId"): one.get("formatCode", "") for one in _all(styles, "numFmt")}
    for group in _all(styles, "cellXfs"):
        for style in group:
            number = style.get("numFmtId", "0")
            yield own.get(number) or _builtin(int(number))


def _builtin(number: int) -> str:
    """Return a format that says of a built-in one whether it is a date, a time or neither."""
    if number in _TIMES:
        return "h:mm:ss"
    return "yyyy-mm-dd" if number in _DATES else "General"


def _all(element: ET.Element, name: str) -> Iterator[ET.Element]:
    for space in _SPACES:
        yield from element.iter(f"{{{space}}}{name}")


def _is_true(value: str | None) -> bool:
    return value in ("1", "true", "on")


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1
