"""Unified fields: which columns `Customer` has, and which rows of which tables they are taken from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_jobs.errors import RulesError
from spark_jobs.insights.rules.reading import FILE

if TYPE_CHECKING:
    from spark_jobs.insights.rules.vocabulary import InsightsRules, Policy


@dataclass(frozen=True, kw_only=True)
class Order:
    """What of several rows comes first."""

    ranks: Mapping[str, int]  # of tables, for importance
    policy: Policy = "importance"
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unified:
    """One column of `Customer`."""

    name: str
    columns: Mapping[str, str]  # table -> its column
    kind: str  # SQL type
    order: Order
    group: str | None = None  # fields of one group come from one row


def unified_fields(rules: InsightsRules, types: Mapping[str, Mapping[str, str]]) -> list[Unified]:
    """Return the columns of `Customer` in order; `types` has the SQL types of each table's columns.

    A column that the rules do not name is combined with those of its name by importance. Raises `RulesError` where a source is
    a column that is not there.
    """
    ranks = {table.name: place for place, table in enumerate(rules.tables)}
    keys = {f"{table.name}.{table.key}" for table in rules.tables}
    found: list[Unified] = []
    taken: set[str] = {*rules.exclude, *keys}
    for field in rules.fields:
        columns = dict(source.split(".") for source in field.sources)
        for source in field.sources:
            table, column = source.split(".")
            if column not in types.get(table, {}):
                raise RulesError(FILE, f"{source} is no column", where=f"fields {field.name!r}, sources")
        order = Order(ranks={table: place for place, table in enumerate(columns)}, policy=field.policy, by=field.by)
        found.append(Unified(name=field.name, columns=columns, kind=_kind(columns, types), order=order))
        taken |= set(field.sources)
    for group in rules.groups:
        order = Order(ranks={table: place for place, table in enumerate(group.sources)}, policy=group.policy, by=group.by)
        for name in group.fields:
            columns = {table: name for table in group.sources if name in types.get(table, {})}
            if not columns:
                raise RulesError(FILE, f"{name} is a column of none of its sources", where=f"groups {group.name!r}, fields")
            found.append(Unified(name=name, columns=columns, kind=_kind(columns, types), order=order, group=group.name))
            taken |= {f"{table}.{name}" for table in columns}
    default = Order(ranks=ranks)
    for name in dict.fromkeys(name for table in ranks for name in types[table]):
        columns = {table: name for table in ranks if name in types[table] and f"{table}.{name}" not in taken}
        if name in rules.separate:
            for table in columns:
                kind = types[table][name]
                found.append(Unified(name=f"{table}_{name}", columns={table: name}, kind=kind, order=default))
        elif columns:
            found.append(Unified(name=name, columns=columns, kind=_kind(columns, types), order=default))
    return found


def alternates(rules: InsightsRules) -> list[tuple[str, str, str]]:
    """Return table, and the columns of `Customer` that hold the key of its winner and all of its keys."""
    return [(table.name, f"{table.name}_{table.key}", f"{table.name}_{table.key}_Alternate") for table in rules.tables]


def _kind(columns: Mapping[str, str], types: Mapping[str, Mapping[str, str]]) -> str:
    kinds: Sequence[str] = sorted({types[table][column] for table, column in columns.items()})
    return kinds[0] if len(kinds) == 1 else "string"
