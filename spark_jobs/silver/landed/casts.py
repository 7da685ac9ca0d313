"""Landed text to typed values: one SQL expression per CDM type, null where the text does not say such a value.

What the formats are: reference: Synapse Link, section 6. An empty text is a value for a string column and null for any
other type, since neither `""` nor nothing is a number or a date.
"""

from __future__ import annotations

from shared.contracts.columns import Column
from shared.contracts.sql_types import MOST_DIGITS, DecimalType, decimal_type

_GREATEST_DOUBLE = "1.7976931348623157E308"
_INTEGER_DIGITS = {"int": 10, "bigint": 19}
_PLAIN = {
    "guid": "string",
    "string": "string",
    "int64": "bigint",
    "int32": "int",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "dateTime": "timestamp",
    "dateTimeOffset": "timestamp",
}


def sql_type(column: Column) -> str:
    """Return the SQL type of a CDM column; what is not known stays text."""
    if column.type.lower() == "decimal":
        precision = min(column.precision or MOST_DIGITS, MOST_DIGITS)
        scale = min(column.scale if column.scale is not None else 10, precision)
        return str(DecimalType(precision=precision, scale=scale))
    by_name = {name.lower(): value for name, value in _PLAIN.items()}
    return by_name.get(column.type.lower(), "string")


def cast(expression: str, kind: str, *, guid: bool = False) -> str:
    """Return the SQL expression that reads a text expression as a SQL type; null where it cannot."""
    if kind == "string":
        return f"lower({expression})" if guid else expression
    text = f"trim({expression})"
    if kind == "timestamp":
        return _timestamp(text)
    if kind == "date":
        return f"cast({_timestamp(text)} as date)"
    if kind == "double":
        # `NaN` and `Infinity` are texts that Java reads as numbers, and 1e999 becomes one of them; no column means them.
        return f"case when abs(try_cast({text} as double)) <= {_GREATEST_DOUBLE}D then try_cast({text} as double) end"
    return f"try_cast({text} as {kind})"


def widened(old: str, new: str) -> str | None:
    """Return the type that holds the values of both, or None where the new values have to fit the old type.

    Text takes no part: a column that was a number stays one, and what is none is rejected and reported.
    """
    if old == new:
        return old
    if {old, new} == {"date", "timestamp"}:
        return "timestamp"
    one, other = _digits(old), _digits(new)
    if one is None or other is None:
        return "double" if _is_number(old) and _is_number(new) else None
    if old in _INTEGER_DIGITS and new in _INTEGER_DIGITS:
        return max(old, new, key=lambda kind: _INTEGER_DIGITS[kind])
    integer, scale = max(one[0], other[0]), max(one[1], other[1])
    return str(DecimalType(precision=integer + scale, scale=scale)) if integer + scale <= MOST_DIGITS else "double"


def _timestamp(text: str) -> str:
    # Few nodes on purpose: a table has many such columns, and the planner's time grows with the size of expressions. The
    # last form is the documentation's `H:mm:ss tt`, whose hour is of 24, so that AM and PM add nothing.
    american = f"try_to_timestamp({text}, 'M/d/yyyy h:mm:ss a')"
    of_24_hours = f"try_to_timestamp(regexp_replace({text}, ' [AP]M$', ''), 'M/d/yyyy H:mm:ss')"
    return f"coalesce(try_cast({text} as timestamp), {american}, {of_24_hours})"


def _is_number(kind: str) -> bool:
    return kind == "double" or _digits(kind) is not None


def _digits(kind: str) -> tuple[int, int] | None:
    """Return how many digits stand before and behind the point, None where the type does not say."""
    if kind in _INTEGER_DIGITS:
        return _INTEGER_DIGITS[kind], 0
    found = decimal_type(kind)
    return (found.precision - found.scale, found.scale) if found else None
