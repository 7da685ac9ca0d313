"""The build of one gold table: of what changed where that can be told, else of everything.

What changed is read off silver: each row tells in `__version` which commit wrote it last. The values of the model's
`rebuilt by` column that such rows touch are computed again; the gold files that hold one of them are written anew
without them, all others are referenced again. In the layout `incremental` no file is: what is computed again is written beside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, reduce
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import VERSION
from shared.contracts.manifest import Manifest
from shared.contracts.outcome import Finding, GoldCounts
from shared.contracts.places import GOLD, entity_document, whole
from shared.contracts.publication import PUBLISHED_AT, GoldFile, GoldTable
from spark_jobs.catalog.published import PublishedTable
from spark_jobs.documents import may_have_findings, write_findings
from spark_jobs.errors import ModelError
from spark_jobs.findings import NUMBERS_LOST, column_left_out, increments_end, numbers_lost
from spark_jobs.gold.basis import Basis
from spark_jobs.gold.cdm import FORM, cdm_entity
from spark_jobs.gold.models.definition import Input, Model
from spark_jobs.gold.models.inputs import InputRows
from spark_jobs.gold.models.phones import edition
from spark_jobs.gold.models.query import Query
from spark_jobs.gold.parquet.hours import may_have_begun
from spark_jobs.gold.parquet.increments import Increment, at_time, is_due
from spark_jobs.gold.parquet.layouts import data_folder
from spark_jobs.gold.parquet.touched import Touched, found_touched
from spark_jobs.gold.parquet.writing import FreshKeys, Writing
from spark_jobs.names import quoted
from spark_jobs.repeated import MOST, WORTH_A_PASS, Repeated
from spark_jobs.tables import Totals

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake

#: A table of more files than this is built anew: each batch may add one, and Customer Insights reads at most 1,000 of a
#: folder (reference: Customer Insights, section 2).
_MOST_FILES = 500


@dataclass(frozen=True, kw_only=True)
class Built:
    """What became of one gold table."""

    table: GoldTable
    changed: bool
    rewritten: int  # files written
    findings: tuple[Finding, ...] = ()

    def counts(self) -> GoldCounts:
        """Return what the outcome document says of it."""
        return GoldCounts(rows=self.table.rows, files=len(self.table.files), rewritten=self.rewritten)


@dataclass(frozen=True, kw_only=True)
class Build:
    """What one gold table is built of."""

    spark: SparkSession
    lake: Lake
    batch: Manifest
    model: Model
    publication: str
    basis: Basis
    at: datetime  # what rows say of when they were published, in the layout `incremental`

    @cached_property
    def _query(self) -> Query:
        return Query(spark=self.spark, model=self.model, tables=self.basis.tables)

    def run(self) -> Built:
        """Build the table; raises `ModelError` before anything is written where the model cannot run."""
        built = self._built()
        told = (column_left_out(self.model.name, name) for names in self._query.left_out.values() for name in names)
        return replace(built, findings=(*built.findings, *told))

    def _built(self) -> Built:
        base = self.basis.base.record
        old = base.tables.get(self.model.name) if base and base.layout == self.batch.gold.layout else None
        if old is not None and self._is_as_now(old) and not self._changed_inputs:
            return Built(table=old, changed=False, rewritten=0)  # its columns follow from what did not change either
        columns = self._columns()
        if old is None:
            return self._whole(columns)
        if not self._is_incremental(old, columns):
            built = self._whole(columns)
            if not self._has_increments:
                return built
            if old.digest == self.digest:
                self._increment(old, columns).write_gone(built.table)
            return replace(built, findings=(*built.findings, increments_end(self.model.name)))
        place, landed = f"{self.batch.folder}/touched/{self.model.name}", sum(part.rows for part in self.batch.parts)
        with found_touched(self.spark, self.lake, self._touched_values(), place, changed=landed) as touched:
            return self._updated(old, columns, touched)

    @property
    def _has_increments(self) -> bool:
        return self.batch.gold.layout == "incremental"

    def _columns(self) -> dict[str, str]:
        columns = self._query.plan()
        if not self._has_increments:
            return columns
        if PUBLISHED_AT in {name.lower() for name in columns}:
            problem = f"has a column {PUBLISHED_AT}, which the layout `incremental` adds. Name it otherwise."
            raise ModelError(self.model.name, problem)
        return columns | {PUBLISHED_AT: "timestamp"}

    def _timed(self, rows: DataFrame) -> DataFrame:
        return at_time(rows, self.at) if self._has_increments else rows

    def _whole(self, columns: Mapping[str, str]) -> Built:
        place = f"{self.batch.folder}/repeated/{self.model.name}"
        try:
            repeated = self._repeated(place)
            inputs = InputRows(query=self._query, rows=self._rows_of_inputs() or None, repeated=repeated)
            with inputs.phones(self.lake, self._phones_place, self.batch.gold.phone_region) as phones:
                rows = self._timed(self._query.rows(None, repeated, phones))
                writing = self._writing(columns)
                table = self._table(columns, writing.write(rows, self._folder, expected=self._rows_of_inputs()))
            built = Built(table=table, changed=True, rewritten=len(table.files))
            return self._told(built, inputs.findings())
        finally:
            self.lake.delete(place)

    @cached_property
    def _totals(self) -> Mapping[str, Totals | None]:
        """What silver noted, by entity, of how many rows the inputs have."""
        tables, versions = self.basis.tables, self.basis.versions
        return {name: tables[name].totals(versions[name]) for name in {one.entity for one in self.model.inputs} & tables.keys()}

    def _rows_of_inputs(self) -> int:
        """Return how many rows the inputs show; 0 where that was not noted of all."""
        noted = [totals.shown for totals in self._totals.values() if totals is not None]
        return sum(noted) if len(noted) == len(self._totals) else 0

    def _repeated(self, place: str) -> dict[str, Repeated]:
        """Find what several rows share of the inputs of which only the newest count, where that beats ordering all rows."""
        found = {}
        for one in self.model.inputs:
            totals = self._totals.get(one.entity) if one.newest_by else None
            if totals is not None and totals.current > WORTH_A_PASS:
                found[one.view] = Repeated.find(self.spark, self.lake, f"{place}/{one.view}", self._query.digests(one))
        return {view: repeated for view, repeated in found.items() if repeated.count <= MOST}

    def _updated(self, old: GoldTable, columns: Mapping[str, str], touched: Touched) -> Built:
        if not touched.count:
            return Built(table=old, changed=False, rewritten=0)
        inputs = InputRows(query=self._query, touched=touched, rows=touched.count)
        with inputs.phones(self.lake, self._phones_place, self.batch.gold.phone_region) as phones:
            fresh = self._timed(self._query.rows(touched, phones=phones)).select(*map(quoted, columns))
            changed = self._incremented if self._has_increments else self._replaced
            built = changed(old, columns, touched, fresh)
        if not built.changed:
            return built
        found = inputs.findings()
        if found or may_have_findings(self.lake, old, besides=NUMBERS_LOST):
            found = InputRows(query=self._query).findings()  # what stands beside the table is true of all of it
        return self._told(built, found)

    def _replaced(self, old: GoldTable, columns: Mapping[str, str], touched: Touched, fresh: DataFrame) -> Built:
        stale = self._holding(old, touched)
        if self.batch.gold.layout == "full_data" and (stale or not fresh.isEmpty()):
            stale = {file.place for file in old.files}  # a folder is one publication's
        kept = tuple(file for file in old.files if file.rows and file.place not in stale)
        writing, keys = self._writing(columns), FreshKeys(model=self.model, touched=touched, observed=Observation())
        fresh = keys.watched(fresh)
        if stale:
            rows = writing.read(stale)
            fresh = touched.rows_besides(rows.select(*map(quoted, columns)), self._rebuilt_by).unionByName(fresh)
        rewritten = sum(file.rows for file in old.files if file.place in stale)
        files = writing.write(fresh, self._folder, expected=rewritten + touched.count, are_unique=keys.are_unique)
        if not stale and not any(file.rows for file in files):
            self.lake.delete(whole(GOLD, self._folder))  # what changed is nobody's row
            return Built(table=old, changed=False, rewritten=0)
        return Built(table=self._table(columns, (*kept, *files)), changed=True, rewritten=len(files))

    def _incremented(self, old: GoldTable, columns: Mapping[str, str], touched: Touched, fresh: DataFrame) -> Built:
        writing, files = self._writing(columns), self._increment(old, columns).write(fresh, touched)
        if not files:
            return Built(table=old, changed=False, rewritten=0)
        table, written = self._table(columns, (*old.files, *files)), len(files)
        if is_due(table, share=self.batch.gold.compaction_share, most_files=_MOST_FILES):
            rows = PublishedTable.of(table, lambda place: self.lake.path(whole(GOLD, place))).read(self.spark)
            compacted = writing.write(
                rows.select(*map(quoted, columns)), self._folder, expected=table.rows, are_unique=lambda: True
            )
            table, written = replace(table, files=compacted), written + len(compacted)
        return Built(table=table, changed=True, rewritten=written)

    def _increment(self, old: GoldTable, columns: Mapping[str, str]) -> Increment:
        increment = Increment(writing=self._writing(columns), old=old, publication=self.publication, at=self.at)
        if may_have_begun(self.batch.created_at, self.at):
            increment.forget_earlier()
        return increment

    def _told(self, built: Built, found: tuple[Finding, ...]) -> Built:
        found = (*found, *self._numbers_lost(built.table))
        write_findings(self.lake, built.table, found)
        return replace(built, findings=found)

    def _numbers_lost(self, table: GoldTable) -> Iterator[Finding]:
        """Find how many telephone numbers of the table are none: each file was counted when it was written."""
        for name, text in self._writing(table.columns).phones.items():
            many = sum(file.lost.get(name, 0) for file in table.files)
            if many:
                yield numbers_lost(table.name, name, text, many)

    @property
    def _phones_place(self) -> str:
        return f"{self.batch.folder}/phones/{self.model.name}"

    @property
    def _folder(self) -> str:
        return data_folder(self.batch.gold.layout, self.model.name, self.publication)

    def _writing(self, columns: Mapping[str, str]) -> Writing:
        return Writing(spark=self.spark, lake=self.lake, model=self.model, columns=columns)

    def _table(self, columns: Mapping[str, str], files: tuple[GoldFile, ...]) -> GoldTable:
        """Write the entity document of the table that these files are; returns it."""
        document, model = entity_document(self.model.name, self.publication), self.model
        means = dict(model.semantic_types) | ({PUBLISHED_AT: "Calendar.Date"} if self._has_increments else {})
        entity = cdm_entity(model.name, model.description, model.primary_key, columns, means)
        self.lake.write_json(whole(GOLD, document), entity)
        return GoldTable(
            name=model.name,
            description=model.description,
            primary_key=model.primary_key,
            digest=self.digest,
            document=document,
            columns=columns,
            files=files,
        )

    @property
    def digest(self) -> str:
        """What the table's rows and its document depend on beside silver: where that changes, it is built anew."""
        parts = [self.model.digest, FORM]
        if any(one.phones for one in self.model.inputs):
            parts += [self.batch.gold.phone_region or "", edition()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _is_as_now(self, old: GoldTable) -> bool:
        """Say whether the table was made as it would be made now, and is not to be made anew for another reason."""
        return self.batch.stage != "gold" and len(old.files) <= _MOST_FILES and old.digest == self.digest

    def _is_incremental(self, old: GoldTable, columns: Mapping[str, str]) -> bool:
        if not self._is_as_now(old) or dict(old.columns) != dict(columns):
            return False
        return all(
            self.basis.tables[one.entity].changed_only_by_merge(
                self.basis.base.silver(one.entity), self.basis.versions[one.entity]
            )
            and one.by is not None
            for one in self._changed_inputs
        )

    @property
    def _changed_inputs(self) -> list[Input]:
        return [one for one in self.model.inputs if self.basis.has_changed(one.entity)]

    def _touched_values(self) -> DataFrame:
        found = []
        for one in self._changed_inputs:
            rows = self._query.stored[one.entity].where(F.col(VERSION) > self.basis.base.silver(one.entity))
            found.append(self._query.view(one, rows).selectExpr(f"cast({one.by} as string)"))
        return reduce(lambda one, other: one.union(other), found)

    @property
    def _rebuilt_by(self) -> str:
        return f"cast({quoted(self.model.rebuilt_by)} as string)"

    def _holding(self, old: GoldTable, touched: Touched) -> set[str]:
        """Return which files of the table hold a row of these values."""
        placed = self._writing(old.columns).read([file.place for file in old.files])
        placed = placed.selectExpr(f"{self._rebuilt_by} as value", "_metadata.file_path as path")
        found = touched.rows_of(placed, "value").select("path").distinct().collect()
        # A reader names a file by its full address; the end of it is the place that the publication names.
        parts = {PurePosixPath(file.place).parts: file.place for file in old.files}
        deep = {len(each) for each in parts}
        ends = {PurePosixPath(row["path"]).parts[-length:] for row in found for length in deep}
        return {place for each, place in parts.items() if each in ends}
