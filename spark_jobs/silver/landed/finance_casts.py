"""Finance text to typed values: one SQL expression per type, null where the text is not one value of that type.

A column whose type a person configured takes what has one reading; a column whose type was inferred takes only what survives
unchanged (`shared.contracts.values`), so that what does not widens it instead of becoming another value.
"""

from __future__ import annotations

from shared.contracts.sql_types import decimal_type
from shared.contracts.values import dates, numbers
from shared.contracts.values.notation import Notation
from spark_jobs.names import literal, trimmed

#: Of which a boolean may be inferred.
TRUE_FALSE = "(?i:true|false)"
_GREATEST_DOUBLE = "1.7976931348623157E308"


def fits(text: str, form: str) -> str:
    """Return the SQL condition that a whole text has a form."""
    return f"{text} rlike {literal(f'^(?:{form})$')}"


def present(expression: str, notation: Notation) -> str:
    """Return the SQL expression of a landed text, null where it is one of the words that stand for nothing."""
    if not notation.nulls:
        return expression
    words = ", ".join(literal(word.strip()) for word in notation.nulls)
    return f"case when {trimmed(expression)} in ({words}) then null else {expression} end"


def key_text(expression: str, notation: Notation, *, guid: bool = False) -> str:
    """Return the SQL expression of a key: padding is none of it, so that `C001   ` is `C001` wherever it is compared."""
    text = trimmed(present(expression, notation))
    return f"lower({text})" if guid else text


def read(expression: str, kind: str, notation: Notation, *, inferred: bool, rounds: bool = False) -> str:
    """Return the SQL expression that reads a text expression as a SQL type; null where it cannot."""
    if kind == "string":
        return present(expression, notation)
    text = trimmed(present(expression, notation))
    if kind in {"date", "timestamp"}:
        return _moment(text, kind, notation, inferred=inferred)
    if kind == "boolean":
        value = f"try_cast({text} as boolean)"
        # Spark takes `1`, `t` and `yes` too: said by a person they are true; inferred, they are another text.
        return f"case when {fits(text, TRUE_FALSE)} then {value} end" if inferred else value
    return _number(text, kind, notation, inferred=inferred, rounds=rounds)


def point_number(text: str, notation: Notation) -> str:
    """Return the SQL expression of a number's text as SQL spells it: a point, no groups, the sign in front."""
    if notation.decimal in {None, "."} and not notation.thousands and not notation.accounting:
        return text
    digits = f"regexp_replace({text}, {literal(numbers.ornaments(notation))}, '')"
    if notation.decimal == ",":
        digits = f"replace({digits}, ',', '.')"
    return f"concat(case when {text} rlike {literal(numbers.negative(notation))} then '-' else '' end, {digits})"


def _number(text: str, kind: str, notation: Notation, *, inferred: bool, rounds: bool) -> str:
    exact = decimal_type(kind)
    scale = exact.scale if exact else None if kind == "double" else 0
    if inferred:
        form = numbers.plain_whole(notation) if scale == 0 else numbers.plain_number(notation, scale=scale)
    else:
        is_bare = point_number("x", notation) == "x"
        form = numbers.readable(notation, scale=None if rounds else scale, exponent=kind == "double" and is_bare)
    plain = point_number(text, notation)
    if kind == "double":
        # 1e999 becomes infinite, which no column means.
        value = f"case when abs(try_cast({plain} as double)) <= {_GREATEST_DOUBLE}D then try_cast({plain} as double) end"
    else:
        value = f"try_cast({plain} as {kind})"
    return f"case when {fits(text, form)} then {value} end"


def _moment(text: str, kind: str, notation: Notation, *, inferred: bool) -> str:
    if notation.date_formats:
        found = ", ".join(f"try_to_timestamp({text}, {literal(pattern)})" for pattern in notation.date_formats)
        at = f"coalesce({found})"
        within = f"year({at}) between 1 and 9999"
        # A date would lose a time of day.
        return f"case when {within} then {at} end" if kind == "timestamp" else _without_time(at, within)
    if kind == "date":
        form = dates.NEAR_DATE if inferred else dates.DATE
        return f"case when {fits(text, form)} then try_cast(substring({text}, 1, 10) as date) end"
    form = f"{dates.NEAR_DATE}|{dates.NEAR_LOCAL}|{dates.NEAR_UTC}" if inferred else dates.TIMESTAMP
    return f"case when {fits(text, form)} then try_cast({text} as timestamp) end"


def _without_time(at: str, within: str) -> str:
    return f"case when {within} and {at} = date_trunc('DAY', {at}) then cast({at} as date) end"
