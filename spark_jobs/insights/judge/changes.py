"""What a change of the rules changes: profiles, the pairs of each rule, members of segments, measures.

Both sides are previews of the same rows, so that a profile is told by its rows alone, whatever its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.outcome import Finding
from spark_jobs.names import literal

if TYPE_CHECKING:
    from spark_jobs.insights.preview import Preview, Unification


@dataclass(frozen=True, kw_only=True)
class RulePairs:
    """The pairs that one rule joins, before and after."""

    table: str
    rule: str
    before: int
    after: int
    alone: int  # after, of no other rule


@dataclass(frozen=True, kw_only=True)
class ProfileChanges:
    """What became of profiles."""

    before: int
    after: int
    merged: int  # profiles that hold rows of several profiles from before
    split: int  # profiles from before whose rows are in several
    moved: int  # rows that are with other rows than before


@dataclass(frozen=True, kw_only=True)
class MemberChanges:
    """Who enters and leaves a segment, by profile."""

    segment: str
    before: int
    after: int
    entering: int
    leaving: int


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Everything that two sets of rules make of the same rows differently."""

    profiles: ProfileChanges
    rules: tuple[RulePairs, ...]
    segments: tuple[MemberChanges, ...] = ()
    measures: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)  # sums over all profiles
    unchanged: bool = False


def profile_changes(before: DataFrame, after: DataFrame) -> ProfileChanges:
    """Compare the members of two unifications."""
    both = before.selectExpr("id", "profile as old").join(after.selectExpr("id", "profile as new"), "id", "full")
    pairs = both.groupBy("old", "new").agg(F.count("*").alias("rows"))
    olds = (
        pairs.where("old is not null")
        .groupBy("old")
        .agg(F.count("new").alias("parts"), F.max("rows").alias("most"), F.sum("rows").alias("all"))
    )
    news = pairs.where("new is not null").groupBy("new").agg(F.count("old").alias("parts"))
    one = olds.selectExpr(
        "count(*) as before", "coalesce(count_if(parts > 1), 0) as split", "coalesce(sum(`all` - most), 0) as moved"
    )
    other = news.selectExpr("count(*) as after", "coalesce(count_if(parts > 1), 0) as merged")
    row = one.crossJoin(other).first()
    told = row.asDict() if row is not None else {}
    # Rows that came to others have moved as well as those that left them; of a merge, all but the largest part.
    came = pairs.where("old is not null and new is not null").groupBy("new").agg((F.sum("rows") - F.max("rows")).alias("came"))
    arrived = came.selectExpr("coalesce(sum(came), 0) as came").first()
    told["moved"] = int(told["moved"]) + int(arrived["came"] if arrived else 0)
    return ProfileChanges(**{name: int(value) for name, value in told.items()})


def rule_pairs(before: Unification, after: Unification) -> tuple[RulePairs, ...]:
    """Count the pairs of each rule of deduplication and matching, before and after; of one unification they are the same."""
    now = _counted(after).collect()
    was = now if before is after else _counted(before).collect()
    listed = [*_listed(before), *_listed(after), *((row["table"], row["rule"]) for row in (*was, *now))]
    found = {key: {"before": 0, "after": 0, "alone": 0} for key in listed}  # a rule that joins nothing is told, too
    for row in was:
        found[row["table"], row["rule"]]["before"] = int(row["pairs"])
    for row in now:
        found[row["table"], row["rule"]] |= {"after": int(row["pairs"]), "alone": int(row["alone"])}
    return tuple(RulePairs(table=table, rule=rule, **counts) for (table, rule), counts in found.items())


def useless(rules: Iterable[RulePairs]) -> list[Finding]:
    """Warn of rules that join nothing, or nothing that others do not join."""
    found = []
    for one in rules:
        detail = "joins no pair of these rows" if not one.after else "joins no pair that no other rule joins"
        if not one.alone:
            trap = "finds_nothing_alone" if one.after else "finds_nothing"
            found.append(Finding(trap=trap, table=one.table, where=one.rule, detail=detail, severity="warning"))
    return found


def changes(before: Preview, after: Preview) -> Changes:
    """Compare two previews of the same rows in full."""
    profiles = profile_changes(before.unification.matched.members, after.unification.matched.members)
    segments = {*before.segments, *after.segments}
    told = tuple(_member_changes(name, before, after) for name in sorted(segments))
    sums = {name: (_sum(before, name), _sum(after, name)) for name in sorted({*before.measures, *after.measures})}
    return Changes(profiles=profiles, rules=rule_pairs(before.unification, after.unification), segments=told, measures=sums)


def _listed(unification: Unification) -> Iterator[tuple[str, str]]:
    for one in unification.grouped:
        table = one.prepared.profiles.table
        yield from ((table.name, rule.name) for rule in table.deduplication.rules)
    for matching, _ in unification.matched.joined:
        yield from ((f"{matching.table} to {matching.to}", rule.name) for rule in matching.rules)


def _counted(unification: Unification) -> DataFrame:
    parts = []
    for one in unification.grouped:
        table = one.prepared.profiles.table
        parts.append(_named(one.joined.edges, table.name, [rule.name for rule in table.deduplication.rules]))
    for matching, joined in unification.matched.joined:
        parts.append(_named(joined.edges, f"{matching.table} to {matching.to}", [rule.name for rule in matching.rules]))
    return reduce(DataFrame.unionByName, parts)


def _named(edges: DataFrame, table: str, names: list[str]) -> DataFrame:
    # The star of exact rules joins the same pairs for all rules of its block, so pairs of two rules are found by the pair.
    alone = edges.selectExpr("rule", "count(*) over (partition by a, b) as rules")
    counted = alone.groupBy("rule").agg(F.expr("count(*) as pairs"), F.expr("count_if(rules = 1) as alone"))
    listed = f"array({', '.join(literal(name) for name in names) or literal('')})"
    rule = f"if(rule < 0, 'Always match', try_element_at({listed}, rule + 1)) as rule"
    return counted.selectExpr(f"{literal(table)} as table", rule, "pairs", "alone")


def _member_changes(name: str, before: Preview, after: Preview) -> MemberChanges:
    """Count members by the rows of profiles, so that a profile that only got another id neither enters nor leaves."""
    one, other = _member_rows(name, before), _member_rows(name, after)
    both = one.withColumn("was", F.expr("true")).join(other.withColumn("is", F.expr("true")), ["name", "key"], "full")
    row = both.selectExpr("count_if(was is null) as entering", "count_if(is is null) as leaving").first()
    counts = [side.tables[name].count() if name in side.tables else 0 for side in (before, after)]
    return MemberChanges(
        segment=name,
        before=counts[0],
        after=counts[1],
        entering=int(row["entering"] or 0) if row else 0,
        leaving=int(row["leaving"] or 0) if row else 0,
    )


def _member_rows(name: str, preview: Preview) -> DataFrame:
    rows = preview.identified.state.selectExpr("`Table` as name", "Key as key", "CustomerId")
    members = preview.tables[name].select("CustomerId") if name in preview.tables else rows.select("CustomerId").where("false")
    return rows.join(members, "CustomerId", "left_semi").select("name", "key")


def _sum(preview: Preview, measure: str) -> float | None:
    if measure not in preview.measures:
        return None
    row = preview.tables["Customer_Measure"].selectExpr(f"try_cast(sum(`{measure}`) as double) as total").first()
    return None if row is None or row["total"] is None else float(row["total"])
