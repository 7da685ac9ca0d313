"""Matches: which group of a higher table the groups of each table belong to, and so the rows of each profile.

A group of a table takes one group of a table above it: that of the first rule, in order, which finds one for any of its rows,
duplicates included. Rows of the first table are never joined through a row of the second one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.insights.intermediate import Intermediate, digest
from spark_jobs.insights.unify.edges import BlockCount
from spark_jobs.insights.unify.groups import ALWAYS, GroupBuild, Grouped, Joined
from spark_jobs.names import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_jobs.insights.rules.vocabulary import InsightsRules, Matching

#: Places of the rules of one pair of tables, so that those of the next pair come after them.
_PAIR = 1000


@dataclass(frozen=True, kw_only=True)
class MatchedRows:
    """All rows of all tables, and the profile that each belongs to."""

    members: DataFrame  # id, place, name (of the table), key, root (of its group), winner (of its group), profile
    joined: tuple[tuple[Matching, Joined], ...]
    counts: tuple[BlockCount, ...]
    made_of: str


@dataclass(frozen=True, kw_only=True)
class MatchingTables:
    """Matches tables in their order."""

    grouping: GroupBuild
    stages: Intermediate
    rules: InsightsRules

    def match(self, grouped: Sequence[Grouped]) -> MatchedRows:
        """Return the members of each profile; raises `CandidatesError` where rules let too much through."""
        by_name = {one.prepared.profiles.table.name: one for one in grouped}
        joined = [(one, self._joined(one, by_name)) for one in self.rules.match]
        told = [
            (one.prepared.profiles.table.name, one.prepared.profiles.table.include_all, one.joined.made_of) for one in grouped
        ]
        winners = [one.prepared.profiles.table.deduplication for one in grouped]
        made_of = digest(told, [one.made_of for _, one in joined], [(one.winner, one.by) for one in winners])
        members = self.stages.keep("members", made_of, lambda: self._members(grouped, joined))
        counts = (
            *(count for one in grouped for count in one.joined.counts),
            *(count for _, one in joined for count in one.counts),
        )
        return MatchedRows(members=members, joined=tuple(joined), counts=counts, made_of=made_of)

    def _joined(self, matching: Matching, by_name: dict[str, Grouped]) -> Joined:
        return self.grouping.join(by_name[matching.to].prepared, by_name[matching.table].prepared, matching.rules)

    def _members(self, grouped: Sequence[Grouped], joined: Sequence[tuple[Matching, Joined]]) -> DataFrame:
        tables: list[DataFrame] = []
        for one in grouped:
            rows = _rows(one)
            own = [(place, edges) for place, edges in enumerate(joined) if edges[0].table == one.prepared.profiles.table.name]
            if not own:
                tables.append(rows.withColumn("profile", F.col("root")))
                continue
            above = reduce(DataFrame.unionByName, tables)
            found = reduce(
                DataFrame.unionByName,
                (
                    edges.edges.withColumn("rule", F.expr(f"if(rule = {ALWAYS}, rule, rule + {place * _PAIR})"))
                    for place, (_, edges) in own
                ),
            )
            parents = self._parents(found, rows, above)
            kept = rows.join(parents, "root", "left" if one.prepared.profiles.table.include_all else "inner")
            tables.append(kept.selectExpr(*rows.columns, "coalesce(parent, root) as profile"))
        return reduce(DataFrame.unionByName, tables)

    def _parents(self, edges: DataFrame, rows: DataFrame, above: DataFrame) -> DataFrame:
        """Return `root` of a group, and `parent`: the profile of the group above that the first rule which finds one finds."""
        first = above.selectExpr("id as a", "key as of", "profile")
        found = edges.join(rows.selectExpr("id as b", "root"), "b").join(first, "a")
        tie = "of" if self.grouping.switches.several_found == "smallest_key" else "translate(of, '0123456789', '9876543210')"
        return found.groupBy("root").agg(F.expr(f"min_by(profile, struct(rule, -score, {tie}))").alias("parent"))


def _rows(grouped: Grouped) -> DataFrame:
    """Return all rows of a table, with those that have no duplicates as groups of their own."""
    profiles = grouped.prepared.profiles
    rows = grouped.prepared.rows.select("id", "key").join(grouped.groups, "id", "left")
    return rows.selectExpr(
        "id", f"{profiles.place} as place", f"{literal(profiles.table.name)} as name", "key",
        "coalesce(root, id) as root", "coalesce(winner, id) as winner",
    )  # fmt: skip
