"""Groups: rows of one table that are duplicates of each other, and the winner that stands for all of them.

Every rule looks at every row, and what rules join through a third row is one group (reference: Customer Insights, section 8).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.errors import CandidatesError
from spark_jobs.insights.intermediate import Intermediate, digest
from spark_jobs.insights.unify.components import components
from spark_jobs.insights.unify.edges import BlockCount, Comparing

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from spark_jobs.insights.rules.switches import Switches
    from spark_jobs.insights.rules.vocabulary import Deduplication, InsightsRules, UnificationRule
    from spark_jobs.insights.unify.custom import CustomPairs
    from spark_jobs.insights.unify.edges import Block
    from spark_jobs.insights.unify.prepared import Prepared

#: The place of a rule that stands above all others.
ALWAYS = -1
EDGE = "a bigint, b bigint, rule int, score int"


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What the rules of a comparison joined."""

    edges: DataFrame  # a, b, rule, score
    counts: tuple[BlockCount, ...]
    made_of: str  # names the edges: the same for the same rules over the same rows


@dataclass(frozen=True, kw_only=True)
class Grouped:
    """A deduplicated table."""

    prepared: Prepared
    joined: Joined
    groups: DataFrame  # id, root, winner: of rows that have duplicates, and no others


@dataclass(frozen=True, kw_only=True)
class GroupBuild:
    """Deduplicates tables."""

    spark: SparkSession
    stages: Intermediate
    rules: InsightsRules
    switches: Switches
    custom: CustomPairs

    def group(self, prepared: Prepared) -> Grouped:
        """Deduplicate one table; raises `CandidatesError` where its rules let too much through."""
        table = prepared.profiles.table
        joined = self.join(prepared, prepared, table.deduplication.rules)
        preference = (table.deduplication.winner, table.deduplication.by, self.switches.keys_compare)
        groups = self.stages.keep(
            f"groups-{table.name}",
            digest(joined.made_of, preference),
            lambda: self._groups(prepared, joined, table.deduplication),
        )
        return Grouped(prepared=prepared, joined=joined, groups=groups)

    def join(self, one: Prepared, other: Prepared, rules: tuple[UnificationRule, ...]) -> Joined:
        """Return the edges of rules, each block of them a stage of its own, and what is always and never matched."""
        comparing = Comparing(first=one, second=other, switches=self.switches, pairwise=self.custom.never is not None)
        first, second = one.profiles, other.profiles
        version = (first.table.name, first.version, second.table.name, second.version, self.switches.told(), comparing.pairwise)

        def look(block: Block) -> tuple[str, BlockCount, DataFrame]:
            columns = {
                name for rule in block.rules for one in (*rule.conditions, *rule.exceptions) for name in (one.column, one.other)
            }
            lists = {name: (self.rules.alias.get(name), self.rules.bypass.get(name)) for name in sorted(columns)}
            made_of = digest(version, block.rules, block.places, lists)
            count = self._count(comparing, block, made_of)
            return made_of, count, self.stages.keep("edges", made_of, partial(comparing.edges, block))

        with ThreadPoolExecutor(max_workers=4) as pool:  # of a small table, most of each is planning
            seen = list(pool.map(look, comparing.blocks(rules)))
        parts = [edges for _, _, edges in seen]
        found = reduce(DataFrame.unionByName, parts) if parts else self.spark.createDataFrame([], EDGE)
        found = self.custom.applied(found, comparing)
        made = digest(version, [made_of for made_of, _, _ in seen], self.custom.version)
        return Joined(edges=found, counts=tuple(count for _, count, _ in seen), made_of=made)

    def _count(self, comparing: Comparing, block: Block, made_of: str) -> BlockCount:
        """Count the candidates of a block before anything is joined; raises `CandidatesError` where they are too many."""
        told = self.stages.note("candidates", made_of, lambda: comparing.count(block))
        names = tuple(rule.name for rule in block.rules)
        count = BlockCount(rules=names, columns=tuple(comparing.named(block)), **told)
        most = self.rules.guards.candidates
        if count.candidates > most and not comparing.is_star(block):
            raise CandidatesError(count.rules, count.columns, count.candidates, count.largest, most)
        return count

    def _groups(self, prepared: Prepared, joined: Joined, deduplication: Deduplication) -> DataFrame:
        def keep(name: str, rows: DataFrame) -> DataFrame:
            return self.stages.keep(f"components-{name}", joined.made_of, lambda: rows)

        found = components(self.spark, joined.edges, keep)
        best = self._preferred(deduplication)
        winners = found.join(prepared.rows, "id").groupBy("root").agg(F.expr(f"max_by(id, {best})").alias("winner"))
        return found.join(winners, "root").select("id", "root", "winner")

    def _preferred(self, deduplication: Deduplication) -> str:
        """Return the SQL by which the greatest row of a group is its winner."""
        key = "key" if self.switches.keys_compare == "as_text" else "struct(try_cast(key as decimal(38, 6)), key)"
        if deduplication.winner == "most_filled":
            return f"struct(filled, {key})"
        if deduplication.winner == "most_recent":
            return f"struct(recent, {key})"
        # The least recent one is the greatest where what is recent is turned round: digits and signs of a date or number.
        turned = "translate(recent, '0123456789', '9876543210')"
        return f"struct(recent is not null, {turned}, {key})"
