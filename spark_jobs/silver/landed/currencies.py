"""Which currency symbol the amounts of a column carry: one for all records, or none of them is read.

`$5` and `€5` are two currencies, and no column of one number. A symbol is read only in columns whose type is configured, in a
data set that says `accounting`; the one that a column had first is remembered with its table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.contracts.entity import Entity
from shared.contracts.outcome import Finding
from shared.contracts.sql_types import decimal_type
from shared.contracts.values.numbers import CURRENCY
from spark_jobs.names import literal, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

#: In front of a column's name: the property of a silver table that says which symbol the amounts of the column carry.
PROPERTY = "customer360.currency."


def amounts(entity: Entity) -> frozenset[str]:
    """Return the columns whose values may carry a symbol, in silver's names, in lower case."""
    if not entity.notation.accounting:
        return frozenset()
    numbers = {name.lower() for name, kind in entity.types.items() if kind in {"bigint", "int", "double"} or decimal_type(kind)}
    return frozenset(numbers - {key.lower() for key in entity.keys})


def remembered(properties: Mapping[str, str]) -> dict[str, str]:
    """Return column -> symbol, of the properties of a table."""
    return {name.removeprefix(PROPERTY): symbol for name, symbol in properties.items() if name.startswith(PROPERTY)}


def symbols(text: DataFrame) -> dict[str, frozenset[str]]:
    """Return column -> the symbols in its texts."""
    found = (
        f"collect_set(nullif(regexp_extract({quoted(name)}, {literal(CURRENCY)}, 0), '')) as s{place}"
        for place, name in enumerate(text.columns)
    )
    row = text.selectExpr(*found).collect()[0]
    return {name: frozenset(row[place]) for place, name in enumerate(text.columns)}


def settled(found: Mapping[str, frozenset[str]], held: Mapping[str, str]) -> dict[str, str]:
    """Return column -> the symbol that is read in it: the one that it had, or has alone; empty: none."""
    return {name: held.get(name) or (next(iter(seen)) if len(seen) == 1 else "") for name, seen in found.items()}


def findings(entity: Entity, found: Mapping[str, frozenset[str]], read: Mapping[str, str]) -> list[Finding]:
    """Return a warning for each column in which amounts of another currency landed."""
    listed = []
    for name, seen in sorted(found.items()):
        others = len(seen - {read[name]})
        if others:
            kept = f"other than {read[name]!r}, which it had" if read[name] else "and nothing says which of them it holds"
            detail = (
                f"amounts carry {others} currency symbols {kept}; their records are rejected: land each currency in a column "
                f"or a data set of its own, or take the column out of `types` in [finance.{entity.table}] to have it as text"
            )
            listed.append(Finding(trap="currencies", table=entity.name, where=name, detail=detail, severity="warning"))
    return listed


def alone(text: str, value: str, symbol: str) -> str:
    """Return the SQL expression of a value that is null where its text carries another symbol."""
    own = f" or instr({text}, {literal(symbol)}) > 0" if symbol else ""
    return f"case when not ({text} rlike {literal(CURRENCY)}){own} then {value} end"
