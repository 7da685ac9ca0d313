"""Conditions of measures and segments as SQL: attribute, operator, value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_jobs.names import literal, quoted

if TYPE_CHECKING:
    from spark_jobs.insights.rules.vocabulary import Comparison, Scalar


def owner(comparison: Comparison) -> str:
    """Return the table that the attribute of a condition is a column of."""
    return comparison.attribute.partition(".")[0]


def column(comparison: Comparison) -> str:
    """Return the column of a condition."""
    table, dot, name = comparison.attribute.partition(".")
    return name if dot else table


def condition(comparison: Comparison) -> str:
    """Return the SQL of a condition over the rows of its table."""
    name, value = quoted(column(comparison)), comparison.value
    if comparison.operator == "is_null":
        return f"{name} is null"
    if comparison.operator == "is_not_null":
        return f"{name} is not null"
    if comparison.operator in {"contains", "starts_with"}:
        function = "contains" if comparison.operator == "contains" else "startswith"
        return f"{function}(cast({name} as string), {_spelled(value)})"
    if comparison.operator == "in":
        values = value if isinstance(value, tuple) else (value,)
        return f"{name} in ({', '.join(_spelled(one) for one in values)})"
    return f"{name} {'<>' if comparison.operator == '!=' else comparison.operator} {_spelled(value)}"


def _spelled(value: Scalar | tuple[Scalar, ...] | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    return literal(str(value if value is not None else ""))
