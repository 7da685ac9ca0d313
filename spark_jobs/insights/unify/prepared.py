"""Rows of a profile table as rules compare them: id, key, and each column normalised in each way that a rule asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_jobs.errors import RulesError
from spark_jobs.insights.intermediate import Intermediate, digest
from spark_jobs.insights.rules.lint import Spread
from spark_jobs.insights.rules.reading import FILE
from spark_jobs.names import literal, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from spark_jobs.insights.rules.vocabulary import Condition, InsightsRules, ProfileTable
    from spark_jobs.insights.unify.normalising import Normalising

Compared = tuple[str, tuple[str, ...]]
"""A column and its normalisations in order."""


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """One profile table as it is given."""

    table: ProfileTable
    place: int  # in the order of matching, from 0
    rows: DataFrame
    version: str  # what its rows are: another one where any of them changed


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One profile table as it is compared."""

    profiles: Profiles
    rows: DataFrame  # id, key, filled, recent, and one column for each `Compared`
    names: Mapping[Compared, str]
    count: int
    spreads: Mapping[tuple[str, str], Spread]  # of what is compared exactly, by table and column

    def column(self, column: str, condition: Condition) -> str:
        """Return the column that holds what a condition compares."""
        return self.names[compared(column, condition)]


def compared(column: str, condition: Condition) -> Compared:
    """Return what a condition compares of a column."""
    return column, tuple(sorted(set(condition.normalise)))


def wanted(rules: InsightsRules, table: str) -> list[Compared]:
    """Return what all rules compare of a table, in an order of its own."""
    return sorted(set(_wanted(rules, table)))


def _wanted(rules: InsightsRules, table: str) -> Iterator[Compared]:
    own = rules.table(table)
    for rule in own.deduplication.rules if own else ():
        for condition in (*rule.conditions, *rule.exceptions):
            yield compared(condition.column, condition)
            yield compared(condition.other, condition)
    for matching in rules.match:
        for rule in matching.rules:
            for condition in (*rule.conditions, *rule.exceptions):
                if matching.table == table:
                    yield compared(condition.column, condition)
                if matching.to == table:
                    yield compared(condition.other, condition)


def prepare(profiles: Profiles, rules: InsightsRules, normalising: Normalising, stages: Intermediate) -> Prepared:
    """Normalise the rows of a table; raises `RulesError` where a column is not there, or the key is null or not unique."""
    table = profiles.table
    columns = wanted(rules, table.name)
    by = table.deduplication.by
    known = set(profiles.rows.columns)
    for name in (table.key, *(name for name, _ in columns), *((by,) if by else ())):
        if name not in known:
            raise RulesError(FILE, f"the table has no column {name}", where=f"tables {table.name!r}")
    names = {one: f"c{number}" for number, one in enumerate(columns)}
    filled = " + ".join(f"int(nullif(trim(cast({quoted(name)} as string)), '') is not null)" for name in profiles.rows.columns)
    texts = {name: normalising.expression(one[0], quoted(one[0]), one[1]) for one, name in names.items()}
    made = {
        # Of table and key alone, so that it is the same in every run and on every cluster.
        "id": f"xxhash64({literal(table.name)}, cast({quoted(table.key)} as string))",
        "key": f"cast({quoted(table.key)} as string)",
        "filled": filled,
        "recent": f"cast({quoted(by)} as string)" if by else "cast(null as string)",
        **texts,
    }
    if by and dict(profiles.rows.dtypes)[by] not in {"string", "date", "timestamp"}:
        made["recent"] = f"lpad(cast({quoted(by)} as decimal(38, 6)), 40, '0')"
    made_of = digest(profiles.version, made)
    rows = stages.keep(
        f"prepared-{table.name}",
        made_of,
        lambda: profiles.rows.selectExpr(*(f"{expression} as {name}" for name, expression in made.items())),
    )
    told = stages.note(f"counts-{table.name}", made_of, lambda: _counted(rows, sorted(names.values())))
    count = told["rows"]
    if shared := count - min(told["ids"], told["keys"]):
        problem = f"{shared} of its {count} rows have no key {table.key}, or that of another row"
        raise RulesError(FILE, problem, where=f"tables {table.name!r}")
    spreads = {
        (table.name, column): Spread(rows=told[f"{names[column, how]}_there"], values=told[f"{names[column, how]}_values"])
        for column, how in columns
    }
    return Prepared(profiles=profiles, rows=rows, names=names, count=count, spreads=spreads)


def _counted(rows: DataFrame, columns: list[str]) -> dict[str, int]:
    """Count rows and keys, and of each column the rows that have a value, and the values, these about."""
    told = ["count(*) as rows", "count(distinct id) as ids", "count(key) as keys"]
    for name in columns:
        told += [f"count({name}) as {name}_there", f"approx_count_distinct({name}) as {name}_values"]
    (seen,) = rows.selectExpr(*told).collect()
    return {name: int(count) for name, count in seen.asDict().items()}
