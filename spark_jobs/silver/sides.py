"""The two sides of a merge in one form: the events that a batch brings and those that are stored; and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import DELETED, END, ERRORS, KEPT_LINEAGE, START
from spark_jobs.silver.history import NEW, intervals, read_off
from spark_jobs.silver.landed.bronze import BronzeRows
from spark_jobs.silver.landed.shape import Shape
from spark_jobs.silver.snapshots import closing_times, with_presence
from spark_jobs.silver.stored import Stored
from spark_jobs.silver.unique import Collisions

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from shared.contracts.entity import Entity
    from spark_jobs.repeated import Repeated
    from spark_jobs.silver.observed import Observed

#: Up to this many rows, the keys of a batch are sent to every task, and the stored table is not shuffled to meet them.
_MOST_BROADCAST = 500_000


@dataclass(frozen=True, kw_only=True)
class Sides:
    """What meets in the merge of one entity; nothing here writes."""

    entity: Entity
    bronze: BronzeRows
    shape: Shape
    stored: Stored
    collisions: Collisions | None = None  # what breaks a rule `unique`; None where there is no such rule

    def landed(self, *, keep_row: bool = False, only: Repeated | None = None, without: Repeated | None = None) -> DataFrame:
        """Return the batch's typed events, rejected ones too."""
        rows = self.bronze.typed(self.shape, keep_row=keep_row, only=only, without=without)
        return self.collisions.mark(rows) if self.collisions else rows

    def new(self, landed: DataFrame) -> DataFrame:
        """Return the side of the batch: those of its events that can be used."""
        unknown = F.lit(None).cast(self.shape.plan.sequence_type)
        good = landed.where(F.size(ERRORS) == 0).select(*self.shape.stored, DELETED)
        return self._with_presence(good.withColumns({START: unknown, END: unknown, NEW: F.lit(True)}))

    def old(self) -> DataFrame:
        """Return the side of the table: all that it holds."""
        return self._with_presence(self.held())

    def held(self) -> DataFrame:
        """Return what the table holds, in the shape of the events that land."""
        rows, there = self.stored.table.read(), self.stored.columns
        missing = {name: F.lit(None).cast(kind) for name, kind in self.shape.types.items() if name not in there}
        if missing:
            rows = rows.withColumns(missing)
        return rows.select(*self.shape.stored, DELETED, START, END, F.lit(False).alias(NEW))

    def touched(self) -> DataFrame:
        """Return the side of the table as far as the batch's keys go."""
        keys = self.bronze.keys(self.shape)
        few = self.bronze.count <= _MOST_BROADCAST
        return self.old().join(F.broadcast(keys) if few else keys, list(self.shape.plan.keys), "left_semi")

    def reconciled(self, rows: DataFrame, observed: Observed, snapshots: Column | None) -> DataFrame:
        """Return the rows that change, with their intervals."""
        ordered = read_off(rows, self.shape.plan, versionless=self._is_versionless())
        return intervals(observed.became(ordered), self.shape.plan, snapshots)

    def snapshots(self) -> Column | None:
        """Return the times of all snapshots that can close a row, ascending; None where the entity's files are no snapshots."""
        if self.entity.mode != "snapshot":
            return None
        landed = [part.landed_at for part in self.bronze.parts]
        stored = None if self.stored.is_new else self.stored.table.read()
        return closing_times(landed, stored, self.stored.kept_rejects(), self.shape.plan)

    def _with_presence(self, rows: DataFrame) -> DataFrame:
        if self.entity.mode != "snapshot":
            return rows
        kinds = {**self.shape.types, **KEPT_LINEAGE}
        keys = {key: kinds[key] for key in self.shape.plan.keys}
        return with_presence(rows, self.landed().where(F.size(ERRORS) > 0), self.stored.kept_rejects(), keys)

    def _is_versionless(self) -> bool:
        """Say whether any delete of the entity lacks its version: only then is the order of events worth a second sort."""
        if self.entity.source != "dataverse":
            return False
        if self.bronze.count <= _MOST_BROADCAST:
            return True  # finding out costs more than sorting little twice
        first = self.shape.plan.sequence[0]
        if self.bronze.has_versionless(first):
            return True
        stored = self.stored
        return not stored.is_new and first in stored.columns and bool(stored.table.read().where(F.col(first).isNull()).take(1))
