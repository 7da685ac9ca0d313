"""What silver makes of a landed text, in Python: the mirror of `spark_jobs/silver/landed/finance_casts.py`.

`tests/spark/test_inspected_values.py` compares the two.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final

from local.inspection.values import holds, spark_pattern
from shared.contracts.sql_types import decimal_type
from shared.contracts.values import dates, numbers
from shared.contracts.values.notation import Notation

_BLANKS: Final = " \t\r\n\u00a0"
_DIRECTIVES: Final = {"yyyy": "%Y", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


class Rejected(Exception):
    """The record is a reject: the type does not hold the value."""


def read(text: str | None, kind: str, notation: Notation, *, inferred: bool) -> object:
    """Return the value that a text is in a column of a type; raises `Rejected`."""
    if text is None or text.strip(_BLANKS) in {word.strip() for word in notation.nulls}:
        return None
    if kind == "string":
        return text
    text = text.strip(_BLANKS)
    if not text:
        return None
    if inferred and not holds(kind, text, notation):
        raise Rejected
    match kind:
        case "boolean":
            return _boolean(text)
        case "date" | "timestamp":
            return _moment(text, kind, notation)
    return _number(text, kind, notation, inferred=inferred)


def _number(text: str, kind: str, notation: Notation, *, inferred: bool) -> int | Decimal:
    exact = decimal_type(kind)
    scale = exact.scale if exact else 0
    if not inferred and not re.fullmatch(numbers.readable(notation, scale=scale), text):
        raise Rejected
    plain = text
    if notation.decimal == "," or notation.thousands or notation.accounting:
        digits = re.sub(numbers.ornaments(notation), "", text).replace(",", ".")
        plain = ("-" if re.search(numbers.negative(notation), text) else "") + digits
    value = Decimal(plain)
    if exact is None:
        if abs(value) >= 1 << 63:
            raise Rejected
        return int(value)
    if abs(value) >= 10 ** (exact.precision - exact.scale):
        raise Rejected
    return value


def _moment(text: str, kind: str, notation: Notation) -> date | datetime:
    found = next((at for pattern in notation.date_formats if (at := _formatted(text, pattern)) is not None), None)
    if found is None and not notation.date_formats:
        if not re.fullmatch(dates.DATE if kind == "date" else dates.TIMESTAMP, text):
            raise Rejected
        found = _iso(text)
    if found is None or (kind == "date" and found.time() != time()):
        raise Rejected
    return found.date() if kind == "date" else found


def _formatted(text: str, pattern: str) -> datetime | None:
    form = spark_pattern(pattern)
    if form is None or not form.fullmatch(text):
        return None
    directives = re.sub("[A-Za-z]+", lambda found: "".join(_split(found.group())), pattern)
    try:
        return datetime.strptime(text, directives).replace(tzinfo=UTC)
    except ValueError:
        return None


def _split(letters: str) -> list[str]:
    return [_DIRECTIVES[found.group()] for found in re.finditer(r"([A-Za-z])\1*", letters)]


def _iso(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _boolean(text: str) -> bool:
    if text.lower() in {"true", "t", "yes", "y", "1"}:
        return True
    if text.lower() in {"false", "f", "no", "n", "0"}:
        return False
    raise Rejected
