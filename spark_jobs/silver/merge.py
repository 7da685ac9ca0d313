"""The merge of one entity of one batch.

In this order, so that a crash between any two steps and a second attempt come to the same table and the same counts:

1. type and check the bronze rows, reconcile them with the stored events of the same keys (`history`), and stage the rows
   of the table that change;
2. check that rows given = rows accounted for, and note the counts;
3. merge the staged rows in one Delta commit, which is safe to repeat; keep the rejected rows; note that it is done.

A table that is new (or is built again) is written in one pass, without staging.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.batch import Batch, Counts, Entity
from spark_jobs.columns import DELETED, END, KEPT_LINEAGE, START, VERSION
from spark_jobs.errors import ConservationError, IdentityConflictError
from spark_jobs.repeated import MOST, WORTH_A_PASS, Repeated
from spark_jobs.silver.bronze import BronzeRows
from spark_jobs.silver.history import NEW, alone, intervals, read_off
from spark_jobs.silver.labels import Labelling
from spark_jobs.silver.landed import ERRORS, Shape
from spark_jobs.silver.observed import Observed
from spark_jobs.silver.snapshots import closing_times, key_of, with_presence
from spark_jobs.silver.unique import Collisions, unique_rules
from spark_jobs.tables import Table, Totals

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from spark_jobs.lake import Lake

#: Up to this many rows, the keys of a batch are sent to every task, and the stored table is not shuffled to meet them.
_MOST_BROADCAST = 500_000


@dataclass(frozen=True, kw_only=True)
class Merge:
    """What is merged into what."""

    spark: SparkSession
    lake: Lake
    batch: Batch
    entity: Entity

    def run(self, note: Callable[[dict[str, Any]], None]) -> None:
        """Carry it out; `note` writes down the counts, before and after the merge."""
        before = Totals() if self._is_new else self._table.totals()
        self._labels.release(self._version)
        observed = Observed(self.entity, self._shape.types)
        counts = self._build(observed) if self._is_new else self._stage(observed)
        note(_entry(counts, merged=False))
        self._labels.add_columns(self._shape.types)
        if not self._is_new and self.lake.exists(self._staged):
            self._merge()
        self._labels.bring_up_to_date(self._shape.types, self._version)
        if counts.rejected:
            counts = replace(counts, rules=self._keep_rejected() | dict(counts.rules))
        if self._collisions:
            self.lake.delete(f"{self.batch.folder}/shared")
        totals = self._table.count_totals() if before is None else observed.totals(before)
        if self._table.totals() != totals:
            self._table.note_totals(totals)
        note(_entry(counts, merged=True) | {"current": totals.current, "history": totals.shown})

    @cached_property
    def _table(self) -> Table:
        return Table(self.spark, self.lake, self.entity.name)

    @cached_property
    def _rejected(self) -> Table:
        return Table(self.spark, self.lake, f"{self.entity.name}_rejected")

    @cached_property
    def _is_new(self) -> bool:
        return self.entity.name in self.batch.full_rebuild or not self._table.exists()

    @cached_property
    def _bronze(self) -> BronzeRows:
        return BronzeRows(spark=self.spark, lake=self.lake, batch=self.batch, entity=self.entity)

    @cached_property
    def _stored(self) -> dict[str, str]:
        return self._labels.data

    @cached_property
    def _labels(self) -> Labelling:
        return Labelling(
            lake=self.lake,
            table=self._table,
            entity=self.entity,
            listed=[document for document in self.batch.labels if document.entity == self.entity.name],
            landed=self._bronze.columns,
            columns_there={} if self._is_new else self._table.columns(),
        )

    @cached_property
    def _version(self) -> int:
        return self._table.version() + 1

    @cached_property
    def _shape(self) -> Shape:
        return self._bronze.shape(self._stored)

    @property
    def _staged(self) -> str:
        return f"{self.batch.folder}/staged/{self.entity.name}"

    def _landed(self, *, keep_row: bool = False, only: Repeated | None = None, without: Repeated | None = None) -> DataFrame:
        rows = self._bronze.typed(self._shape, keep_row=keep_row, only=only, without=without)
        return self._collisions.mark(rows) if self._collisions else rows

    @cached_property
    def _collisions(self) -> Collisions | None:
        """What breaks a rule `unique`, found with a pass of its own; None where there is no such rule."""
        rules = unique_rules(self.entity.rules, self._shape.types)
        if not rules:
            return None
        path = self.lake.path(f"{self.batch.folder}/shared/{self.entity.name}")
        found = Collisions(spark=self.spark, plan=self._shape.plan, rules=rules, path=path)
        stored = None if self._is_new else self._old()
        found.find(self._bronze.typed(self._shape), stored, snapshot=self.entity.mode == "snapshot")
        return found

    def _new(self, landed: DataFrame) -> DataFrame:
        unknown = F.lit(None).cast(self._shape.plan.sequence_type)
        good = landed.where(F.size(ERRORS) == 0).select(*self._shape.stored, DELETED)
        return self._with_presence(good.withColumns({START: unknown, END: unknown, NEW: F.lit(True)}))

    def _old(self) -> DataFrame:
        rows = self._table.read()
        missing = {name: F.lit(None).cast(kind) for name, kind in self._shape.types.items() if name not in self._stored}
        if missing:
            rows = rows.withColumns(missing)
        return self._with_presence(rows.select(*self._shape.stored, DELETED, START, END, F.lit(False).alias(NEW)))

    def _with_presence(self, rows: DataFrame) -> DataFrame:
        if self.entity.mode != "snapshot":
            return rows
        kinds = {**self._shape.types, **KEPT_LINEAGE}
        keys = {key: kinds[key] for key in self._shape.plan.keys}
        return with_presence(rows, self._landed().where(F.size(ERRORS) > 0), self._kept_rejects(), keys)

    def _kept_rejects(self) -> DataFrame | None:
        return self._rejected.read() if self._rejected.exists() else None

    def _reconciled(self, rows: DataFrame, observed: Observed, snapshots: Column | None) -> DataFrame:
        ordered = read_off(rows, self._shape.plan, versionless=self._is_versionless())
        return intervals(observed.became(ordered), self._shape.plan, snapshots)

    def _stamped(self, rows: DataFrame) -> DataFrame:
        version = F.lit(self._version).cast("bigint").alias(VERSION)
        return rows.select(*self._shape.stored, START, END, DELETED, version, *self._labels.columns(self._shape.types))

    def _build(self, observed: Observed) -> Counts:
        before = self._table.version()
        self._table.write(observed.written(self._built(observed)), self._shape.plan.identity)
        counts = observed.counts()
        self.lake.delete(f"{self.batch.folder}/repeated/{self.entity.name}")
        try:
            counts.check(self.entity.name, self._bronze.count)
        except ConservationError:  # nothing that does not add up stays
            if before < 0:
                self.lake.delete(self._table.place)
            else:
                self._table.restore(before)
            raise
        return counts

    def _built(self, observed: Observed) -> DataFrame:
        """Return the rows of a new table. Most keys of a first load have one event, which takes no order and no shuffle."""
        snapshots, rows = self._snapshots(), self._bronze.count
        repeated = self._bronze.repeated_keys(self._shape) if rows > WORTH_A_PASS else None
        if repeated is None or repeated.count > min(rows // 4, MOST):
            return self._stamped(self._reconciled(self._new(observed.landed(self._landed())), observed, snapshots))
        single = self._new(observed.landed(self._landed(without=repeated), alone=True))
        built = self._stamped(alone(single, self._shape.plan, snapshots))
        if not repeated.count:
            return built
        several = self._new(observed.landed(self._landed(only=repeated)))
        return built.unionByName(self._stamped(self._reconciled(several, observed, snapshots)))

    def _stage(self, observed: Observed) -> Counts:
        self._refuse_drift()
        self._widen()
        new, old, snapshots = self._new(observed.landed(self._landed())), self._old(), self._snapshots()
        if snapshots is None:
            keys = self._bronze.keys(self._shape)
            few = self._bronze.count <= _MOST_BROADCAST
            old = old.join(F.broadcast(keys) if few else keys, list(self._shape.plan.keys), "left_semi")
        changed = observed.changed(self._reconciled(new.unionByName(old), observed, snapshots))
        self._stamped(changed).write.mode("overwrite").parquet(self.lake.path(self._staged))
        counts = observed.counts()
        if not observed.is_change():
            self.lake.delete(self._staged)
        counts.check(self.entity.name, self._bronze.count)
        return counts

    def _merge(self) -> None:
        self._table.add_columns({name: kind for name, kind in self._shape.types.items() if name not in self._stored})
        staged = self.spark.read.parquet(self.lake.path(self._staged))
        self._table.merge(staged, self._shape.plan.identity)
        self.lake.delete(self._staged)

    def _refuse_drift(self) -> None:
        """Raise `IdentityConflictError` where the table has other keys or sequences."""
        plan, stored = self._shape.plan, self._table.identity()
        same_type = self._table.columns()[START].lower() == plan.sequence_type.lower()
        if same_type and stored in (set(), set(plan.identity)):  # none: not told by whoever made the table
            return
        raise IdentityConflictError(self.entity.name, self.entity.table, stored, plan.identity)

    def _widen(self) -> None:
        wider = {
            name: F.col(name).cast(kind)
            for name, kind in self._shape.types.items()
            if name in self._stored and self._stored[name] != kind
        }
        if wider:
            rows = self._table.read().withColumns(wider).withColumn(VERSION, F.lit(self._version).cast("bigint"))
            self._table.write(rows, self._shape.plan.identity)

    def _keep_rejected(self) -> dict[str, int]:
        rejected = self._landed(keep_row=True).where(F.size(ERRORS) > 0)
        batch, key = F.lit(self.batch.batch_id).alias("_batch_id"), key_of(self._shape.plan)
        kept = rejected.select(batch, *KEPT_LINEAGE, key, ERRORS, "_row")
        table = self._rejected
        table.replace_batch(kept, self.batch.batch_id)
        reasons = table.read().where(F.col("_batch_id") == self.batch.batch_id).select(F.explode(ERRORS).alias("reason"))
        return {row[0]: row[1] for row in reasons.groupBy("reason").count().orderBy("reason").collect()}

    def _is_versionless(self) -> bool:
        """Say whether any delete of the entity lacks its version: only then is the order of events worth a second sort."""
        if self.entity.source != "dataverse":
            return False
        if self._bronze.count <= _MOST_BROADCAST:
            return True  # finding out costs more than sorting little twice
        first = self._shape.plan.sequence[0]
        if self._bronze.has_versionless(first):
            return True
        return not self._is_new and first in self._stored and bool(self._table.read().where(F.col(first).isNull()).take(1))

    def _snapshots(self) -> Column | None:
        """Return the times of all snapshots that can close a row, ascending; None where the entity's files are no snapshots."""
        if self.entity.mode != "snapshot":
            return None
        landed = [datetime.fromisoformat(part.landed_at) for part in self._bronze.parts]
        stored = None if self._is_new else self._table.read()
        return closing_times(landed, stored, self._kept_rejects(), self._shape.plan)


def _entry(counts: Counts, *, merged: bool) -> dict[str, Any]:
    rules: Mapping[str, int] = counts.rules
    return {**counts.to_json_counts(), "rules": dict(sorted(rules.items())), "merged": merged}
