"""Guards: what a unification must not do. One that is broken fails the task before gold is published.

What is told names columns, rules and counts, never a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.names import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from spark_jobs.insights.judge.forecast import RuleForecast
    from spark_jobs.insights.preview import Given, Unification
    from spark_jobs.insights.rules.vocabulary import Guards, InsightsRules


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One guard, and what was found."""

    guard: str
    allowed: float
    found: float
    detail: str
    holds: bool

    def __str__(self) -> str:
        return f"{self.guard}: {self.detail} (allowed: {self.allowed:,g})"


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many profiles have how many rows, and what they disagree in."""

    profiles: int
    rows: int
    largest: int
    by_size: dict[int, int]  # rows of a profile -> profiles
    conflicts: dict[str, int]  # column that should have one value -> profiles with several


def guarded(rules: InsightsRules, unification: Unification, sizes: Sizes, forecasts: Sequence[RuleForecast]) -> list[Verdict]:
    """Return each guard with what was found."""
    guards = rules.guards
    largest = max(unification.matched.counts, key=lambda one: one.largest, default=None)
    told = [
        _most("largest_profile", guards.largest_profile, sizes.largest, f"the largest profile has {sizes.largest:,} rows"),
        *(
            _most(
                f"one_per_profile {column}",
                guards.conflicting_profiles,
                count,
                f"{count:,} profiles have several values of {column}",
            )
            for column, count in sizes.conflicts.items()
        ),
    ]
    if largest is not None:
        detail = f"{largest.largest:,} rows share {' and '.join(largest.columns) or 'nothing'}, by {', '.join(largest.rules)}"
        told.append(_most("repeated_value", guards.repeated_value, largest.largest, detail))
    return [*told, _accidents(guards, forecasts)]


def sizes(rules: InsightsRules, unification: Unification, given: Given) -> Sizes:
    """Count profiles by their rows, and those whose rows disagree in what should have one value."""
    members = unification.matched.members
    by_size = members.groupBy("profile").count().groupBy("count").agg(F.count("*").alias("profiles")).collect()
    counted = {int(row["count"]): int(row["profiles"]) for row in by_size}
    return Sizes(
        profiles=sum(counted.values()),
        rows=sum(size * count for size, count in counted.items()),
        largest=max(counted, default=0),
        by_size=dict(sorted(counted.items())),
        conflicts=_conflicts(rules, members, given),
    )


def conflicting(rules: InsightsRules, members: DataFrame, given: Given) -> DataFrame | None:
    """Return `profile`, `Field`: what the rows of a profile should have one value of and have several; None without columns."""
    parts: DataFrame | None = None
    for place, table in enumerate(rules.tables):
        columns = [name for name in rules.guards.one_per_profile if name in given.tables[table.name].columns]
        if not columns:
            continue
        values = ", ".join(
            f"named_struct('Field', '{name}', 'value', lower(trim(cast({quoted(name)} as string))))" for name in columns
        )
        rows = given.tables[table.name].selectExpr(
            f"cast({quoted(table.key)} as string) as key", f"explode(array({values})) as one"
        )
        own = rows.join(members.where(F.col("place") == place).select("key", "profile"), "key")
        told = own.selectExpr("profile", "one.Field as Field", "nullif(one.value, '') as value").where("value is not null")
        parts = told if parts is None else parts.unionByName(told)
    if parts is None:
        return None
    return parts.groupBy("profile", "Field").agg(F.count_distinct("value").alias("n")).where("n > 1").select("profile", "Field")


def _conflicts(rules: InsightsRules, members: DataFrame, given: Given) -> dict[str, int]:
    several = members.groupBy("profile").count().where("count > 1").select("profile")
    found = conflicting(rules, members.join(several, "profile", "left_semi"), given)
    counted = {row["Field"]: int(row["count"]) for row in found.groupBy("Field").count().collect()} if found is not None else {}
    return {name: counted.get(name, 0) for name in rules.guards.one_per_profile}


def _accidents(guards: Guards, forecasts: Sequence[RuleForecast]) -> Verdict:
    total = sum(one.accidents or 0.0 for one in forecasts)
    flagged = [one for one in forecasts if one.flagged and one.accidents is not None]
    worst = ", ".join(f"{one.rule} {one.accidents:,.1f}" for one in sorted(flagged, key=lambda one: -(one.accidents or 0))[:5])
    target = max((one.target for one in forecasts), default=0)
    detail = f"{total:,.1f} pairs of {target:,} rows are expected to be joined by accident{f': {worst}' if worst else ''}"
    unknown = [one.rule for one in forecasts if one.accidents is None]
    detail += f"; not foreseeable of {', '.join(unknown)}" if unknown else ""
    return _most("expected_accidents", guards.expected_accidents, round(total, 2), detail)


def _most(guard: str, allowed: float, found: float, detail: str) -> Verdict:
    return Verdict(guard=guard, allowed=allowed, found=found, detail=detail, holds=found <= allowed)
