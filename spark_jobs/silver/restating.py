"""A table brought to what its events are told apart by now, or to types that widened: of its own rows, and bronze's text.

Every event that was accepted is a row, so that nothing else is needed to read their order off again. One commit; whoever comes
after a crash finds the table as it was, or as it is to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import CONTAINER, DELETED, END, KEPT_LINEAGE, START
from spark_jobs.silver.history import leaving_out
from spark_jobs.silver.history.intervals import NEW, intervals, read_off
from spark_jobs.silver.history.leaving_out import FileSet, LeftOut
from spark_jobs.silver.landed.bronze import BronzeRows, container_of
from spark_jobs.silver.landed.evidence import gives_text_back
from spark_jobs.silver.landed.shape import Shape
from spark_jobs.silver.landed.texts import with_texts
from spark_jobs.silver.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@dataclass(frozen=True, kw_only=True)
class Restating:
    """What is stored of an entity, and what it is to be."""

    stored: Stored
    bronze: BronzeRows
    shape: Shape
    columns: Mapping[str, str]  # those stored that hold data, with their types

    @property
    def is_needed(self) -> bool:
        """Whether the table cannot take the batch as it is."""
        return not self.stored.is_new and bool(self._wider or self.stored.is_older(self.shape.plan))

    def rows(self) -> DataFrame:
        """Return all rows as they are to be: data, lineage, interval, and whether each is a delete."""
        entity, plan = self.bronze.entity, self.shape.plan
        rows = self.stored.table.read().withColumn(CONTAINER, container_of())
        texts = [name for name, kind in self._wider.items() if kind == "string" and not self._gives_text_back(name)]
        if texts:
            container = self.bronze.parts[0].container
            rows = with_texts(self.bronze.spark, self.bronze.lake, rows, entity, texts, container=container)
        rows = rows.withColumns({name: F.col(name).cast(kind) for name, kind in self._wider.items() if name not in texts})
        missing = {name: F.lit(None).cast(kind) for name, kind in self.shape.types.items() if name not in self.columns}
        rows = rows.withColumns(missing).select(*self.shape.stored, DELETED, START, END)
        if not texts and not self.stored.is_older(plan):
            return rows
        events = rows.drop(START, END)
        unknown = F.lit(None).cast(plan.sequence_type)
        left_out = self._left_out(events)
        fresh = events.withColumns({START: unknown, END: unknown, NEW: F.lit(True)})
        fresh = left_out.marked(fresh) if left_out is not None else fresh
        ordered = read_off(fresh, plan, versionless=entity.source == "dataverse")
        return intervals(ordered, plan, closing=left_out is not None).select(*rows.columns)

    @cached_property
    def _wider(self) -> dict[str, str]:
        return {name: kind for name, kind in self.shape.types.items() if self.columns.get(name, kind) != kind}

    def _gives_text_back(self, name: str) -> bool:
        return gives_text_back(self.columns[name], self.bronze.entity.notation)

    def _left_out(self, events: DataFrame) -> LeftOut | None:
        entity, plan = self.bronze.entity, self.shape.plan
        files = FileSet(plan=plan, landed={}, stored=events, kept=self.stored.kept_rejects())
        if entity.mode == "snapshot":
            return leaving_out.of_snapshots(files, None, folders=entity.snapshot_of == "folder")
        if all(key in KEPT_LINEAGE for key in entity.keys):
            found = leaving_out.of_keyless(files)
            return found if found.schedule else None
        return None
