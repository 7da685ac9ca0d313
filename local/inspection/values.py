"""What the values of a column say of its type, told in Python by the grammar that the job's SQL is made of.

The decision is the job's own (`spark_jobs/silver/landed/evidence.py`); a test compares what the two find of the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from shared.contracts.sql_types import decimal_type
from shared.contracts.values import dates, numbers
from shared.contracts.values.notation import Notation
from shared.contracts.values.nothing import NULL_WORDS
from spark_jobs.silver.landed.evidence import Evidence

_BLANKS: Final = " \t\r\n\u00a0"
_PATTERN: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*|(.)")
#: Letters of Spark's patterns that are read here, by how many of them stand in a row.
_PARTS: Final = {
    "yyyy": r"(?P<year>[0-9]{4})",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "dd": r"(?P<day>[0-9]{2})",
    "d": r"(?P<day>[0-9]{1,2})",
    "HH": r"(?:[01][0-9]|2[0-3])",
    "mm": "[0-5][0-9]",
    "ss": "[0-5][0-9]",
}


def evidence_of(column: str, values: Sequence[str | None], notation: Notation, stored: str | None = None) -> Evidence:
    """Return what the landed values of a column say, given its name in silver and the type that it has there already."""
    nothing = {word.strip() for word in notation.nulls}
    texts = [text for value in values if value is not None and (text := value.strip(_BLANKS)) and text not in nothing]
    held = list(dict.fromkeys(text for text in texts if text.lower() not in NULL_WORDS))
    plain = re.compile(numbers.plain_number(notation))
    found = [_digits(text, notation) for text in held if plain.fullmatch(text)]
    formats = [pattern for pattern in map(spark_pattern, notation.date_formats) if pattern is not None]
    iso = not notation.date_formats

    def every(holds: Callable[[str], bool]) -> bool:
        return bool(held) and all(map(holds, held))

    def some(form: str) -> bool:
        return any(re.fullmatch(form, text) for text in held)

    doubts = {
        "leading_zero": some("[-+]?0[0-9].*"),
        "exponent": some(r"\+[0-9][0-9.,]*|[-+]?[0-9.,]+[eE][-+]?[0-9]+"),
        "many_digits": some(rf"-?[0-9]{{{numbers.WHOLE_DIGITS + 1},}}(?:[.,][0-9]+)?"),
        "point": not notation.decimal and some(numbers.TWO_READINGS),
        "comma": not notation.decimal and some(numbers.WITH_COMMA),
        "date_order": iso and some(dates.TWO_READINGS),
        "date_digits": any(_is_formatted(text, formats) and plain.fullmatch(text) for text in held),
        "offset": iso and some(dates.OFFSET),
    }
    return Evidence(
        column=column,
        values=sum(1 for text in texts if text.lower() not in NULL_WORDS),
        null_words=sum(1 for text in texts if text.lower() in NULL_WORDS),
        whole=every(lambda text: re.fullmatch(numbers.plain_whole(notation), text) is not None),
        number=every(lambda text: plain.fullmatch(text) is not None),
        proof=any(plain.fullmatch(text) and "." in text and not re.fullmatch(numbers.TWO_READINGS, text) for text in held),
        before=max((before for before, _ in found), default=0),
        behind=max((behind for _, behind in found), default=0),
        date=iso and every(lambda text: _is_moment(text, dates.NEAR_DATE)),
        local=iso and every(lambda text: _is_moment(text, f"{dates.NEAR_DATE}|{dates.NEAR_LOCAL}")),
        utc=iso and every(lambda text: _is_moment(text, dates.NEAR_UTC)),
        formatted=bool(formats) and every(lambda text: _is_formatted(text, formats)),
        boolean=every(lambda text: text.lower() in {"true", "false"}),
        fits=stored is None or all(holds(stored, text, notation) for text in held),
        doubts=tuple(doubt for doubt, holds in doubts.items() if holds),
    )


def holds(kind: str, text: str, notation: Notation) -> bool:
    """Tell whether a type, as inferred, holds a value unchanged."""
    if kind in {"date", "timestamp"}:
        if notation.date_formats:
            formats = [pattern for pattern in map(spark_pattern, notation.date_formats) if pattern is not None]
            return _is_formatted(text, formats)
        moment = f"{dates.NEAR_DATE}|{dates.NEAR_LOCAL}|{dates.NEAR_UTC}"
        return _is_moment(text, dates.NEAR_DATE if kind == "date" else moment)
    if kind == "boolean":
        return text.lower() in {"true", "false"}
    exact = decimal_type(kind)
    if exact is None:
        return kind == "string" or re.fullmatch(numbers.plain_whole(notation), text) is not None
    if re.fullmatch(numbers.plain_number(notation, scale=exact.scale), text) is None:
        return False
    return _digits(text, notation)[0] <= exact.precision - exact.scale


def spark_pattern(pattern: str) -> re.Pattern[str] | None:
    """Return one of Spark's date patterns as a regular expression; None where it has letters that only Spark reads."""
    parts = []
    for found in _PATTERN.finditer(pattern):
        text = found.group()
        if found[2]:
            if text not in _PARTS:
                return None
            parts.append(_PARTS[text])
        else:
            parts.append(re.escape(found[1] if text.startswith("'") else text))
    try:
        return re.compile("".join(parts))
    except re.error:  # a letter that comes twice
        return None


def _digits(text: str, notation: Notation) -> tuple[int, int]:
    """Count the digits of a plain number before and behind its point."""
    whole, _, fraction = text.partition(notation.decimal or ".")
    return len(re.sub("[^0-9]", "", whole)), len(fraction)


def _is_moment(text: str, form: str) -> bool:
    return re.fullmatch(form, text) is not None and _is_date(int(text[:4]), int(text[5:7]), int(text[8:10]))


def _is_formatted(text: str, formats: Sequence[re.Pattern[str]]) -> bool:
    for pattern in formats:
        found = pattern.fullmatch(text)
        if found is not None:
            parts = {name: int(value) for name, value in found.groupdict().items()}
            if _is_date(parts.get("year", 0), parts.get("month", 1), parts.get("day", 1)):
                return True
    return False


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
