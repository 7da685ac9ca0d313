"""The forecast: how many pairs of different people the rules will join by accident, without knowing who is who.

Pairs that the rules do not join are of different people, nearly all of them; those that agree in several columns which do not
depend on what is measured are of one person whom the rules miss, and left out. How often such a pair agrees is measured for the
conditions of a rule that depend on each other together (first and last name, the parts of an address); what does not depend on
each other is multiplied, and the share that is left is scaled to all pairs of the target. A rule whose conditions all depend on
each other cannot be forecast so: whatever agrees is joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.insights.unify.conditions import every, holds
from spark_jobs.insights.unify.edges import Comparing
from spark_jobs.names import quoted

if TYPE_CHECKING:
    from spark_jobs.insights.rules.switches import Switches
    from spark_jobs.insights.rules.vocabulary import InsightsRules, UnificationRule
    from spark_jobs.insights.unify.groups import Grouped
    from spark_jobs.insights.unify.prepared import Profiles

#: Pairs that are looked at for each set of conditions; of more, a sample of the rows is taken.
PAIRS = 500_000
#: Accidents from which on a rule is flagged.
FLAGGED = 0.5

#: Values that a column has at least where agreement in it says something of two people.
TELLING = 100
#: Columns beside those that are measured in which two people do not agree by accident.
SEVERAL = 2

Places = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class RuleForecast:
    """What is expected of one rule."""

    table: str
    rule: str
    accidents: float | None  # pairs; None: cannot be forecast
    target: int  # rows that this is for

    @property
    def flagged(self) -> bool:
        """Whether somebody should look at the rule."""
        return self.accidents is None or self.accidents >= FLAGGED


@dataclass(frozen=True, kw_only=True)
class _Set:
    """Conditions of a rule that depend on each other."""

    exact: tuple[str, ...]  # columns
    condition: str  # SQL over a pair of rows
    others: tuple[str, ...] = ()  # columns that do not depend on these, by `_evidence`


def forecast(
    rules: InsightsRules, grouped: Sequence[Grouped], members: DataFrame, switches: Switches, *, pairs: int = PAIRS
) -> list[RuleForecast]:
    """Return what is expected of each rule of deduplication, for the target of the rules, or for as many rows as there are."""
    found: list[RuleForecast] = []
    for one in grouped:
        table = one.prepared.profiles.table
        if not table.deduplication.rules or one.prepared.count < 2:
            continue
        comparing = Comparing(first=one.prepared, second=one.prepared, switches=switches)
        target = rules.forecast.profiles or one.prepared.count
        evidence = _evidence(one.prepared.profiles)
        sets = {rule.name: _sets(rule, rules.forecast.dependent, comparing, evidence) for rule in table.deduplication.rules}
        # A profile of more rows than anybody may have is of many people, whose pairs count as those of different ones.
        known = f"if(count(*) over (partition by profile) > {rules.guards.largest_profile}, id, profile) as profile"
        own = members.where(F.col("place") == one.prepared.profiles.place).selectExpr("id", known)
        rows = one.prepared.rows.join(own, "id")
        if evidence:
            rows = rows.join(_told_apart(one.prepared.profiles, evidence), "key")
        shares = _shares(sorted({one for of in sets.values() for one in of}, key=str), rows, one.prepared.count, pairs)
        for rule in table.deduplication.rules:
            found.append(
                RuleForecast(
                    table=table.name, rule=rule.name, accidents=expected(sets[rule.name], shares, target), target=target
                )
            )
    return found


def expected(sets: Sequence[_Set], shares: Mapping[_Set, float], target: int) -> float | None:
    """Return the pairs that a rule is expected to join by accident among `target` rows."""
    if len(sets) < 2:
        return None
    return reduce(lambda share, one: share * shares[one], sets, target * (target - 1) / 2)


def together(columns: Sequence[str], dependent: Sequence[Sequence[str]]) -> list[Places]:
    """Return the places of columns that depend on each other, directly or through others."""
    sets = _closed(dependent)
    found: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        name = next((f"set {number}" for number, one in enumerate(sets) if column in one), f"column {column}")
        found.setdefault(name, []).append(place)
    return [tuple(places) for places in found.values()]


def _closed(dependent: Sequence[Sequence[str]]) -> list[set[str]]:
    sets: list[set[str]] = []
    for group in dependent:
        touching = [one for one in sets if one & set(group)]
        sets = [one for one in sets if one not in touching] + [set(group).union(*touching)]
    return sets


def _evidence(profiles: Profiles) -> dict[str, str]:
    """Return the columns that tell people apart, each with the name that `_told_apart` gives it."""
    columns = [name for name in profiles.rows.columns if name != profiles.table.key]
    if len(columns) < SEVERAL:
        return {}
    counts = [f"approx_count_distinct({_text(name)}) as n{number}" for number, name in enumerate(columns)]
    row = profiles.rows.selectExpr(*counts).first()
    values = list(row) if row is not None else []
    telling = (name for name, many in zip(columns, values, strict=True) if many >= TELLING)
    return {name: f"e{number}" for number, name in enumerate(telling)}


def _told_apart(profiles: Profiles, evidence: Mapping[str, str]) -> DataFrame:
    """Return `key` and a digest of each column that tells people apart, null where nothing stands."""
    told = [f"if({_text(column)} is null, null, xxhash64({_text(column)})) as {name}" for column, name in evidence.items()]
    return profiles.rows.selectExpr(f"cast({quoted(profiles.table.key)} as string) as key", *told)


def _text(column: str) -> str:
    return f"nullif(lower(trim(cast({quoted(column)} as string))), '')"


def _sets(
    rule: UnificationRule, dependent: Sequence[Sequence[str]], comparing: Comparing, evidence: Mapping[str, str]
) -> list[_Set]:
    compared = [one.column for one in rule.conditions]

    def of(places: Places) -> _Set:
        conditions = [rule.conditions[place] for place in places]
        exact = sorted({comparing.columns(one)[0][2:] for one in conditions if one.percent == 100})
        fuzzy = [holds(one.percent, *comparing.columns(one), comparing.switches) for one in conditions if one.percent < 100]
        own = {compared[place] for place in places}
        related = own.union(*(group for group in _closed(dependent) if own & group))
        others = tuple(name for column, name in evidence.items() if column not in related)
        return _Set(exact=tuple(exact), condition=every(fuzzy), others=others)

    return [of(places) for places in together(compared, dependent)]


def _shares(sets: Sequence[_Set], rows: DataFrame, count: int, pairs: int) -> dict[_Set, float]:
    """Return the share of the pairs of different profiles for which each set of conditions holds."""
    if not sets:
        return {}
    sizes = reduce(DataFrame.unionByName, (_size(number, one, rows) for number, one in enumerate(sets))).collect()
    candidates = {row["number"]: float(row["candidates"] or 0) for row in sizes}
    parts = dict(_sampled(sets, rows, candidates, pairs))
    found = reduce(DataFrame.unionByName, (frame for frame, _ in parts.values())).collect()
    counted = {row["number"]: int(row["pairs"]) for row in found}
    every_pair = count * (count - 1) / 2
    return {one: counted[number] / (parts[number][1] ** 2 * every_pair) for number, one in enumerate(sets)}


def _size(number: int, one: _Set, rows: DataFrame) -> DataFrame:
    keys = list(one.exact) or [f"c_{number}"]
    kept = rows.selectExpr(*(one.exact or [f"1 as c_{number}"])).where(every(f"{key} is not null" for key in keys))
    blocks = kept.groupBy(*keys).agg(F.count("*").alias("n"))
    return blocks.selectExpr("n").agg(F.expr("sum(n * (n - 1) div 2)").alias("candidates")).selectExpr(
        f"{number} as number", "candidates"
    )  # fmt: skip


def _sampled(
    sets: Sequence[_Set], rows: DataFrame, candidates: Mapping[int, float], pairs: int
) -> Iterator[tuple[int, tuple[DataFrame, float]]]:
    """Yield the pairs of each set that agree, counted, and the share of the rows that was looked at."""
    for number, one in enumerate(sets):
        share = min(1.0, (pairs / max(1.0, candidates[number])) ** 0.5)
        thousandths = max(1, round(share * 1000))
        # Ids are hashes: which rows are taken depends on nothing but their keys.
        some = rows if thousandths >= 1000 else rows.where(f"pmod(xxhash64(id, 'sample'), 1000) < {thousandths}")
        on = [f"a.{column} = b.{column}" for column in one.exact]
        on += ["a.id < b.id", "a.profile <> b.profile", one.condition]
        if len(one.others) >= SEVERAL:
            agreeing_in = " + ".join(f"int(coalesce(a.{name} = b.{name}, false))" for name in one.others)
            on.append(f"{agreeing_in} < {SEVERAL}")
        agreeing = some.alias("a").join(some.alias("b"), F.expr(every(on)))
        counted = agreeing.agg(F.count("*").alias("pairs")).selectExpr(f"{number} as number", "pairs")
        yield number, (counted, min(thousandths, 1000) / 1000)
