"""The two sides of a merge in one form: the events that a batch brings and those that are stored; and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import DELETED, DIGEST, END, ERRORS, KEPT_LINEAGE, KEYS, SOURCE_FILE, START
from spark_jobs.driver import again, fits, taken
from spark_jobs.names import quoted
from spark_jobs.silver.history import leaving_out
from spark_jobs.silver.history.closings import Closing
from spark_jobs.silver.history.intervals import NEW, alone, intervals, read_off
from spark_jobs.silver.history.leaving_out import FileSet, LeftOut
from spark_jobs.silver.landed.bronze import BronzeRows
from spark_jobs.silver.landed.rejects import bronze_rejects, told_keys
from spark_jobs.silver.landed.shape import Shape
from spark_jobs.silver.stored import Stored
from spark_jobs.silver.unique import Collisions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from shared.contracts.entity import Entity
    from spark_jobs.repeated import Repeated
    from spark_jobs.silver.effect.observed import Observed

#: Up to this many rows, the keys of a batch are sent to every task, and the stored table is not shuffled to meet them.
_MOST_BROADCAST = 500_000
#: So many snapshots of a batch are watched for what they end: a table that is built again has all that ever landed.
_MOST_WATCHED = 20


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
        return self._good(landed).withColumns({START: unknown, END: unknown, NEW: F.lit(True)})

    def held(self) -> DataFrame:
        """Return what the table holds, in the shape of the events that land."""
        rows, there = self.stored.table.read(), self.stored.columns
        missing = {name: F.lit(None).cast(kind) for name, kind in self.shape.types.items() if name not in there}
        if missing:
            rows = rows.withColumns(missing)
        return rows.select(*self.shape.stored, DELETED, START, END, F.lit(False).alias(NEW))

    def touched(self) -> DataFrame:
        """Return the side of the table as far as the batch reaches: its keys, its files, or all that a snapshot may end."""
        if self.entity.mode == "snapshot":
            return self.held()
        if self._is_keyless:
            return self.held().join(F.broadcast(self._files()), SOURCE_FILE, "left_semi")
        keys = self.bronze.keys(self.shape)
        are_few = self.bronze.count <= _MOST_BROADCAST
        return self.held().join(F.broadcast(keys) if are_few else keys.distinct(), list(self.shape.plan.keys), "left_semi")

    def together(self, landed: DataFrame) -> DataFrame:
        """Return both sides where they lie, of which `landed` are the batch's typed events."""
        return self.new(landed).unionByName(self.touched())

    def in_driver(self, landed: DataFrame) -> tuple[DataFrame, bool]:
        """Return the same through the driver, where the events are read once; and whether what changes fits it as well.

        The stored rows are found by the names of their keys. Unless these have many, all lie in one partition, and nothing is
        shuffled. Rows that are wide stay where they lie, as do those that they change.
        """
        if self._is_keyless:
            return self.together(landed), True
        key = f"xxhash64({', '.join(map(quoted, self.shape.plan.keys))})"
        found = landed.selectExpr("*", f"{key} as {DIGEST}").toArrow()
        new = self.new(again(found.drop_columns([DIGEST]), landed))
        names = ", ".join(str(name) for name in sorted(set(found.column(DIGEST).to_pylist())))
        # Keys that share a digest by chance bring rows that nothing happens to.
        held = self.held().where(f"{key} in ({names})" if names else "false")
        stored = taken(held)
        if stored is None or not fits(stored.num_rows, stored.nbytes):
            return new.unionByName(held), stored is not None
        return new.unionByName(again(stored, held)).coalesce(1), True

    def reconciled(self, rows: DataFrame, observed: Observed) -> DataFrame:
        """Return the rows that change, with their intervals."""
        ordered = read_off(self._marked(rows), self.shape.plan, versionless=self.is_versionless())
        dated = intervals(observed.became(ordered), self.shape.plan, closing=self.left_out is not None)
        return observed.ended(dated, self.shape.plan, self.watched)

    def alone(self, rows: DataFrame) -> DataFrame:
        """Return the new rows of keys that have one event only, with their intervals."""
        return alone(self._marked(rows), self.shape.plan, closing=self.left_out is not None)

    @cached_property
    def left_out(self) -> LeftOut | None:
        """What closes rows by leaving them out; None where nothing does."""
        if self.entity.mode != "snapshot" and not self._is_keyless:
            return None
        stored, plan = None if self.stored.is_new else self.held(), self.shape.plan
        landed = leaving_out.landed_points((part.landed_at, part.source_file) for part in self.bronze.parts if part.rows)
        if self.entity.mode == "snapshot":
            batch = lambda: self._good(self.landed())  # noqa: E731 - asked where a column orders the files
            files = FileSet(plan=plan, landed=landed, batch=batch, stored=stored, kept=self.stored.kept_rejects())
            return leaving_out.of_snapshots(files, self._rejected(), folders=self.entity.snapshot_of == "folder")
        if stored is not None:
            stored = stored.join(F.broadcast(self._files()), SOURCE_FILE, "left_semi").drop(END)
        found = leaving_out.of_keyless(FileSet(plan=plan, landed=landed, batch=self.landed, stored=stored))
        return found if found.schedule else None

    @cached_property
    def watched(self) -> list[Closing]:
        """The snapshots of this batch that are watched for how much they end."""
        if self.left_out is None or self.entity.mode != "snapshot":
            return []
        own = {*leaving_out.landed_points((part.landed_at, part.source_file) for part in self.bronze.parts)}
        return [one for one in self.left_out.schedule.of_all if own & set(one.versions)][-_MOST_WATCHED:]

    def is_versionless(self) -> bool:
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

    @property
    def _is_keyless(self) -> bool:
        return all(key in KEPT_LINEAGE for key in self.entity.keys)

    def _good(self, landed: DataFrame) -> DataFrame:
        return landed.where(F.size(ERRORS) == 0).select(*self.shape.stored, DELETED)

    def _marked(self, rows: DataFrame) -> DataFrame:
        return rows if self.left_out is None else self.left_out.marked(rows)

    def _files(self) -> DataFrame:
        names = sorted({part.source_file for part in self.bronze.parts})
        return self.bronze.spark.createDataFrame([(name,) for name in names], f"{SOURCE_FILE} string")

    def _rejected(self) -> DataFrame:
        """Return the batch's rejected records with the keys that they may have, null where that cannot be told."""
        silver = self.landed().where(F.size(ERRORS) > 0).withColumn(KEYS, F.array(self.shape.plan.key()))
        silver = silver.select(*KEPT_LINEAGE, F.expr(told_keys(KEYS)).alias(KEYS))
        bronze = bronze_rejects(self.bronze)
        return silver if bronze is None else silver.unionByName(bronze.select(*silver.columns))
