"""What a cell looks like: a number, a date, or text. Only to tell a header from values: no value is ever changed by it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

UNTOLD: Final = "\ue000"
"""In front of what stands for a value that a workbook does not tell; private use, so in no text that is stored."""
Kind = Literal["nothing", "number", "date", "text"]

_NUMBER: Final = re.compile(
    r"[(]?[-+−]?\s*(?:[$€£¥]|[A-Z]{3}\s)?\s*[-+]?(?:\d[\d.,'’   _]*|[.,]\d+)(?:[eE][-+]?\d+)?[)]?\s*(?:[%$€£¥‰-]|[A-Z]{3})?"
)
_DATE: Final = re.compile(
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}[- /.][A-Za-z]{3,9}\.?[- /.]\d{2,4}|[A-Z][a-z]{2,8} \d{1,2},? \d{4})(?:[ T].*)?"
    r"|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?"
)
_NOTHING: Final = frozenset(
    ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "---", ".", "..", "...", "?", "*", "\\n", "inf", "-inf")
)
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_DIGITS: Final = re.compile(r"\d+")
_SHORT: Final = 64  # characters of what is remembered
_RULE: Final = frozenset("-=+_:")
_MOST: Final = 0.9  # of a column's cells, for it to be of a kind: one typing error does not make it text


def kind(cell: str | None) -> Kind:
    """Tell what a cell holds."""
    text = (cell or "").strip()
    return _often(text) if len(text) <= _SHORT else _kind(text)


def _kind(text: str) -> Kind:
    if text.casefold() in _NOTHING or text.startswith(UNTOLD):
        return "nothing"
    if text[0].isalpha() and not text[-1].isdigit():
        return "text"
    if _DATE.fullmatch(text):
        return "date"
    return "number" if _NUMBER.fullmatch(text) else "text"


_often: Final = lru_cache(maxsize=4096)(_kind)  # a cell is asked about up to ten times


def column_kind(cells: Sequence[str | None]) -> Kind:
    """Tell what most cells of a column hold, of those that hold something."""
    kinds = [found for cell in cells if (found := kind(cell)) != "nothing"]
    if not kinds:
        return "nothing"
    if kinds.count("number") >= _MOST * len(kinds):
        return "number"
    return "date" if kinds.count("date") >= _MOST * len(kinds) else "text"


def is_typed(cells: Sequence[str | None]) -> bool:
    """Tell whether most cells of a column hold numbers, or dates."""
    return column_kind(cells) in ("number", "date")


def shape(cell: str | None) -> str:
    """Return a cell with its letters and digits alike: `C001` and `C002` have one shape."""
    return _DIGITS.sub("9", _LETTERS.sub("a", (cell or "").strip()))


def common_shape(cells: Sequence[str | None]) -> str | None:
    """Return the shape of all cells of a column that hold something, where it is one and has a digit in it."""
    shapes = {shape(cell) for cell in cells if cell}
    found = shapes.pop() if len(shapes) == 1 else ""
    return found if "9" in found and len([cell for cell in cells if cell]) > 1 else None


def code_length(cells: Sequence[str | None]) -> int:
    """Return how many capitals all cells of a column have that hold something, 0 where they are no codes: `DE`, `EUR`."""
    held = [cell.strip() for cell in cells if cell]
    lengths = {len(cell) for cell in held}
    same = len(held) > 1 and len(lengths) == 1 and all(cell.isalpha() and cell.isupper() for cell in held)
    return lengths.pop() if same else 0


def is_ruled(cells: Sequence[str | None]) -> bool:
    """Tell whether a record is a line drawn below a header: `---`, `===`."""
    held = [text for cell in cells if (text := (cell or "").strip())]
    return len(held) > 1 and all(set(cell) <= _RULE for cell in held) and max(map(len, held)) > 2
