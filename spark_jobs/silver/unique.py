"""The rule `unique`: no two keys may share a value of the column in their current rows.

Which event breaks it is a function of the batch and of what was stored *besides* it, so that a batch that is run again, even
after its merge, rejects and counts the same:

- A key is *settled* where its newest event is a delete, has no value, or one that no other key has or brings. It gives up
  every other value, so that one batch may take a value from one key and hand it to another.
- Of the other keys, a value belongs to the one that has it already, else to the one that brings it first in sequence. Any
  other key's event with that value breaks the rule.

No value (null, or only blanks) is never shared. Two keys that swap values in one batch are both rejected, since each needs
the other's change to be accepted first. In a snapshot only its own keys count: it closes all others. Environments of Dataverse
are apart, since one may be a copy of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.window import Window

from shared.contracts.columns import CONTAINER, DELETED, END, ERRORS, KEPT_LINEAGE
from spark_jobs.names import quoted, trimmed
from spark_jobs.silver.history.intervals import NEW, order_of
from spark_jobs.silver.history.plan import Plan, digest
from spark_jobs.silver.landed.events import WARNINGS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts.entity import Rule


@dataclass(frozen=True, kw_only=True)
class Unique:
    """One rule."""

    column: str  # silver name
    name: str  # `unique:<column>`
    rejects: bool


def unique_rules(rules: Mapping[str, Rule], columns: Mapping[str, str]) -> list[Unique]:
    """Return the rules of an entity; `columns` are its silver columns. A rule for a column that it lacks is never broken."""
    known = {name.lower(): name for name in columns}
    return [
        Unique(column=known[column.lower()], name=f"unique:{column}", rejects=rule.rejects)
        for column, rule in sorted(rules.items())
        if rule.unique and column.lower() in known
    ]


@dataclass(frozen=True, kw_only=True)
class Collisions:
    """The events of one batch that break such a rule, found once and kept in a folder for each pass over the batch."""

    spark: SparkSession
    plan: Plan
    rules: Sequence[Unique]
    path: str  # a folder of its own

    def find(self, landed: DataFrame, stored: DataFrame | None, *, snapshot: bool) -> None:
        """Find them: `landed` are the batch's typed events, `stored` the table's rows, None where there are none."""
        batch = self._kept("batch", self._slim(landed.where(F.size(ERRORS) == 0), F.lit(True)))
        rows = batch
        if stored is not None:
            held, keys = self._slim(stored, F.lit(False)), batch.select(*self.plan.keys).distinct()
            needed = [held.join(keys, list(self.plan.keys), "left_semi")]
            if not snapshot:
                others = self._slim(stored.where(F.col(END).isNull()), F.lit(False)).join(
                    keys, list(self.plan.keys), "left_anti"
                )
                values = [self._value(place) for place in range(len(self.rules))]
                needed += [others.join(batch.select(value).distinct(), value, "left_semi") for value in values]
            rows = batch.unionByName(self._kept("stored", reduce(lambda one, other: one.unionByName(other), needed)))
        found = [self._losers(rows, place) for place in range(len(self.rules))]
        losers = reduce(lambda one, other: one.union(other), found).groupBy(*KEPT_LINEAGE)
        names = {True: F.collect_set(F.when(F.col("rejects"), F.col("name"))).alias("__rejected")}
        names[False] = F.collect_set(F.when(~F.col("rejects"), F.col("name"))).alias("__warned")
        losers.agg(*names.values()).write.mode("overwrite").parquet(f"{self.path}/losers")

    def mark(self, landed: DataFrame) -> DataFrame:
        """Add what was found to the errors and warnings of the batch's typed events."""
        fields = ", ".join(f"{name} {kind}" for name, kind in KEPT_LINEAGE.items())
        losers = self.spark.read.schema(f"{fields}, __rejected array<string>, __warned array<string>")
        rows = landed.join(losers.parquet(f"{self.path}/losers"), list(KEPT_LINEAGE), "left")
        nothing = F.array().cast("array<string>")
        marked = {
            ERRORS: F.concat(ERRORS, F.array_sort(F.coalesce("__rejected", nothing))),
            WARNINGS: F.concat(WARNINGS, F.array_sort(F.coalesce("__warned", nothing))),
        }
        return rows.withColumns(marked).select(*landed.columns)

    def _kept(self, name: str, rows: DataFrame) -> DataFrame:
        # Each of the questions that follow goes over these rows more than once.
        rows.write.mode("overwrite").parquet(f"{self.path}/{name}")
        return self.spark.read.schema(rows.schema).parquet(f"{self.path}/{name}")

    @staticmethod
    def _value(place: int) -> str:
        return f"__value{place}"

    def _slim(self, rows: DataFrame, new: Any) -> DataFrame:
        # Environments are apart: one may be a copy of the other.
        within = f"{CONTAINER}, '/', " if CONTAINER in self.plan.keys else ""
        values = []
        for place, rule in enumerate(self.rules):
            text = trimmed(f"cast({quoted(rule.column)} as string)")
            value = f"case when not {DELETED} then concat({within}nullif({text}, '')) end"
            values.append(F.expr(f"{value} as {self._value(place)}"))
        needed = dict.fromkeys((*self.plan.keys, *self.plan.sequence, *KEPT_LINEAGE, DELETED))
        return rows.select(*needed, new.alias(NEW), digest(self.plan.content).alias("__content"), *values)

    def _losers(self, rows: DataFrame, place: int) -> DataFrame:
        rule, value, keys = self.rules[place], self._value(place), list(self.plan.keys)
        key = F.struct(*keys)
        rows = rows.withColumn("__key", key)
        # Few keys meet at all; the rest is done for their events only.
        met = rows.where(F.col(value).isNotNull()).groupBy(value).agg(F.min("__key").alias("low"), F.max("__key").alias("high"))
        met = met.where(F.col("low") != F.col("high"))
        rows = rows.join(rows.join(met, value, "left_semi").select(*keys).distinct(), keys, "left_semi")

        first, *others = self.plan.sequence
        by_key, by_value = Window.partitionBy(*keys), Window.partitionBy(value)
        rows = rows.withColumn("__order", order_of(self.plan, versionless=not self.plan.is_of_files))
        rows = rows.withColumn("__at", F.struct("__order", *others, F.col(first).isNull().alias("last"), DELETED, "__content"))
        same = Window.partitionBy(*self.plan.identity)
        known = F.max(~F.col(NEW)).over(Window.partitionBy(*self.plan.identity, DELETED, "__content"))
        rows = rows.select("*", F.max(NEW).over(same).alias("__again"), known.alias("__known"))
        rows = rows.where(F.col(NEW) | ~F.col("__again"))
        rows = rows.withColumn("__held", F.max(F.when(~F.col(NEW), F.col("__at"))).over(by_key))
        rows = rows.where(F.col(NEW) | (F.col("__at") == F.col("__held")))

        shared = F.col(value).isNotNull() & (F.min("__key").over(by_value) != F.max("__key").over(by_value))
        rows = rows.withColumn("__shared", shared)
        rows = rows.withColumn("__contested", F.max_by("__shared", "__at").over(by_key))
        rows = rows.where(F.col("__shared") & F.col("__contested"))
        # What is only counted is stored as well, so that whether it is stored must not matter.
        known = F.col("__known") if rule.rejects else F.lit(False)
        first_come = F.first("__key").over(by_value.orderBy(F.col(NEW), (~known).alias("new"), F.col("__at"), F.col("__key")))
        rows = rows.withColumn("__owner", first_come)
        losers = rows.where(F.col(NEW) & ~known & (F.col("__key") != F.col("__owner")))
        return losers.select(*KEPT_LINEAGE, F.lit(rule.name).alias("name"), F.lit(rule.rejects).alias("rejects"))
