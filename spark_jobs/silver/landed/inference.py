"""The types of finance columns, told by their values on first sight; written down in the table, they are fixed from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_jobs.names import quoted
from spark_jobs.silver.landed.casts import cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame

#: SQL type -> form of its values; the first one that all values have is the column's.
_FORMS = {
    "bigint": r"-?(0|[1-9][0-9]{0,17})",
    "decimal(16,2)": r"-?(0|[1-9][0-9]{0,13})(\\.[0-9]{1,2})?",
    "double": r"-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*",
    "boolean": r"(?i)true|false",
}
_FIRST_LOOK = 1_000  # rows; what they rule out need not be asked of all


def inferred_types(text: DataFrame, columns: Sequence[str]) -> dict[str, str]:
    """Return the types of text columns by all their values; a column without any value is left for a later batch."""
    if not columns:
        return {}
    found = _possible(text.limit(_FIRST_LOOK), dict.fromkeys(columns, tuple(_FORMS)))
    undecided = {name: tuple(_FORMS) if kinds is None else kinds for name, kinds in found.items() if kinds != ()}
    if undecided:
        found |= _possible(text, undecided)
    return {name: (*kinds, "string")[0] for name, kinds in found.items() if kinds is not None}


def _possible(text: DataFrame, asked: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...] | None]:
    """Return which of the types asked of a column all its values have; None where it has no value, as far as is asked."""
    aggregates = []
    for place, (name, kinds) in enumerate(asked.items()):
        value = f"trim({quoted(name)})"
        aggregates.append(f"coalesce(bool_or({value} <> ''), false) as n{place}")
        for which, kind in enumerate(kinds):
            fits = f"{value} rlike '^({_FORMS[kind]})$' and {cast(value, kind)} is not null"
            aggregates.append(f"bool_and({value} = '' or {value} is null or ({fits})) as f{place}_{which}")
    found = text.selectExpr(*aggregates).collect()[0]
    return {
        name: tuple(kind for which, kind in enumerate(kinds) if found[f"f{place}_{which}"]) if found[f"n{place}"] else None
        for place, (name, kinds) in enumerate(asked.items())
    }
