"""Values of silver as the type that a model declares: those that are one, and nothing else.

Silver keeps a column as text where its values have more than one reading; to read them here by guess would undo that. So text
becomes a number or a time only in a form that says one thing (`shared.contracts.values`). Numbers become each other as SQL
casts them: digits behind the declared scale are rounded, since whoever declares a scale asks for that.
"""

from __future__ import annotations

from shared.contracts.sql_types import decimal_type
from shared.contracts.values import dates, numbers
from shared.contracts.values.notation import Notation
from spark_jobs.names import literal, trimmed

_WHOLE_DIGITS = {"int": 10, "bigint": 19}
_NUMBERS = {"int", "bigint", "double"}


def declared(value: str, stored: str, kind: str) -> str:
    """Return the SQL expression of a stored value as a declared type; null where it is none."""
    if stored != "string" or not may_misfit(stored, kind):
        return f"try_cast({value} as {kind})"
    text, form = trimmed(value), _form(kind)
    if form is None:
        return f"try_cast({text} as {kind})"
    return f"case when {text} rlike {literal(f'^(?:{form})$')} then try_cast({text} as {kind}) end"


def misfit(value: str, stored: str, kind: str) -> str:
    """Return the SQL condition that there is a value, and that it is none of the declared type."""
    is_there = f"{trimmed(value)} <> ''" if stored == "string" else f"{value} is not null"
    return f"{is_there} and {declared(value, stored, kind)} is null"


def may_misfit(stored: str, kind: str) -> bool:
    """Say whether some value of a stored type is none of the declared one."""
    if kind in {stored, "string"}:
        return False
    held, wanted = _digits(stored), _digits(kind)
    if held is not None and wanted is not None:
        return held > wanted
    return not (stored in {"date", "timestamp"} and kind in {"date", "timestamp"}) and not (
        held is not None and kind == "double"
    )


def _form(kind: str) -> str | None:
    exact = decimal_type(kind)
    if kind == "date":
        return dates.DATE
    if kind == "timestamp":
        return dates.TIMESTAMP
    if exact is None and kind not in _NUMBERS:
        return None
    scale = exact.scale if exact else None if kind == "double" else 0
    number = numbers.readable(Notation(), scale=scale, exponent=kind == "double")
    return rf"(?!(?:{numbers.TWO_READINGS})$){number}"


def _digits(kind: str) -> int | None:
    """Return how many digits stand before the point, None where the type does not say."""
    if kind in _WHOLE_DIGITS:
        return _WHOLE_DIGITS[kind]
    found = decimal_type(kind)
    return found.precision - found.scale if found else None
