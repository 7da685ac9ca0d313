"""The build of one gold table: of what changed where that can be told, else of everything.

What changed is read off silver: each row tells in `__version` which commit wrote it last. The values of the model's
`rebuilt by` column that such rows touch are computed again; the gold files that hold one of them are written anew
without them, all others are referenced again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import VERSION
from shared.contracts.manifest import Manifest
from shared.contracts.outcome import Finding, GoldCounts
from shared.contracts.places import GOLD, divided, entity_document, whole
from shared.contracts.publication import GoldFile, GoldTable
from spark_jobs.documents import may_have_findings, write_findings
from spark_jobs.errors import ModelError
from spark_jobs.findings import NUMBERS_LOST, column_left_out, numbers_lost
from spark_jobs.gold.basis import Basis
from spark_jobs.gold.cdm import FORM, cdm_entity
from spark_jobs.gold.layouts import data_folder
from spark_jobs.gold.models.definition import Input, Model
from spark_jobs.gold.models.inputs import InputRows
from spark_jobs.gold.models.phones import edition
from spark_jobs.gold.models.query import Query
from spark_jobs.gold.touched import Touched, found_touched
from spark_jobs.names import quoted, trimmed
from spark_jobs.repeated import MOST, WORTH_A_PASS, Repeated, digests, has_repeated
from spark_jobs.tables import Totals

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from spark_jobs.lake import File, Lake

#: A table of more files than this is built anew: each batch may add one, and Customer Insights reads at most 1,000 of a
#: folder (reference: Customer Insights, section 2).
_MOST_FILES = 500
#: reference: Customer Insights, section 2: only what writer version 1 makes is read.
_WRITING = {"compression": "snappy", "parquet.writer.version": "v1"}
#: Up to this many rows are written as one file; 16 MB and more are what Customer Insights likes.
_ROWS_OF_ONE_FILE = 250_000


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

    @cached_property
    def _query(self) -> Query:
        return Query(spark=self.spark, model=self.model, tables=self.basis.tables)

    def run(self) -> Built:
        """Build the table; raises `ModelError` before anything is written where the model cannot run."""
        built = self._built()
        told = (column_left_out(self.model.name, name) for names in self._query.left_out.values() for name in names)
        return replace(built, findings=(*built.findings, *told))

    def _built(self) -> Built:
        columns = self._query.plan()
        base = self.basis.base.record
        old = base.tables.get(self.model.name) if base and base.layout == self.batch.gold.layout else None
        if old is None or not self._is_incremental(old, columns):
            return self._whole(columns)
        if not self._changed_inputs:
            return Built(table=old, changed=False, rewritten=0)
        place, landed = f"{self.batch.folder}/touched/{self.model.name}", sum(part.rows for part in self.batch.parts)
        with found_touched(self.spark, self.lake, self._touched_values(), place, changed=landed) as touched:
            return self._updated(old, columns, touched)

    def _whole(self, columns: Mapping[str, str]) -> Built:
        place = f"{self.batch.folder}/repeated/{self.model.name}"
        try:
            inputs = InputRows(query=self._query, rows=self._rows_of_inputs() or None)
            with inputs.phones(self.lake, self._phones_place, self.batch.gold.phone_region) as phones:
                rows = self._query.rows(None, self._repeated(place), phones)
                built = self._written(rows, columns, kept=(), added=self._rows_of_inputs())
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
            fresh = self._query.rows(touched, phones=phones).select(*columns)
            return self._replaced(old, columns, touched, fresh, inputs)

    def _replaced(
        self, old: GoldTable, columns: Mapping[str, str], touched: Touched, fresh: DataFrame, inputs: InputRows
    ) -> Built:
        stale = self._holding(old, touched)
        if self.batch.gold.layout == "full_data" and (stale or not fresh.isEmpty()):
            stale = {file.place for file in old.files}  # a folder is one publication's
        kept = tuple(file for file in old.files if file.rows and file.place not in stale)
        if stale:
            rows = self._read(columns, sorted(stale))
            fresh = touched.rows_besides(rows.select(*columns), self._rebuilt_by).unionByName(fresh)
        rewritten = sum(file.rows for file in old.files if file.place in stale)
        built = self._written(fresh, columns, kept=kept, added=rewritten + touched.count)
        if not stale and not any(file.rows for file in built.table.files[len(kept) :]):
            self.lake.delete(whole(GOLD, f"{self.model.name}/{self.publication}"))  # what changed is nobody's row
            return Built(table=old, changed=False, rewritten=0)
        found = inputs.findings()
        if found or may_have_findings(self.lake, old, besides=NUMBERS_LOST):
            found = InputRows(query=self._query).findings()  # what stands beside the table is true of all of it
        return self._told(built, found)

    def _told(self, built: Built, found: tuple[Finding, ...]) -> Built:
        found = (*found, *self._numbers_lost(built.table))
        write_findings(self.lake, built.table, found)
        return replace(built, findings=found)

    @property
    def _phones(self) -> dict[str, str]:
        """The columns of telephone numbers, each with that whose texts they are."""
        return {name: text for one in self.model.inputs for name, text in one.phones.items()}

    def _numbers_lost(self, table: GoldTable) -> Iterator[Finding]:
        """Find how many telephone numbers of the table are none: each file was counted when it was written."""
        for name, text in self._phones.items():
            many = sum(file.lost.get(name, 0) for file in table.files)
            if many:
                yield numbers_lost(table.name, name, text, many)

    def _losses(self) -> list[Column]:
        lost = (f"{trimmed(quoted(text))} <> '' and {quoted(name)} is null" for name, text in self._phones.items())
        return [F.count_if(F.expr(condition)).alias(f"lost{at}") for at, condition in enumerate(lost)]

    def _lost(self, told: Mapping[str, Any]) -> dict[str, int]:
        return {name: int(many) for at, name in enumerate(self._phones) if (many := told[f"lost{at}"])}

    @property
    def _phones_place(self) -> str:
        return f"{self.batch.folder}/phones/{self.model.name}"

    def _written(self, rows: DataFrame, columns: Mapping[str, str], *, kept: tuple[GoldFile, ...], added: int) -> Built:
        place = data_folder(self.batch.gold.layout, self.model.name, self.publication)
        is_one_file = 0 < added <= _ROWS_OF_ONE_FILE
        observed = Observation()
        if is_one_file:
            key = F.col(quoted(self.model.primary_key))
            counts = F.count(F.lit(1)).alias("rows"), F.count(key).alias("keys")
            digests_told = F.size(F.collect_set(F.xxhash64(key))).alias("digests")
            rows = rows.coalesce(1).observe(observed, *counts, digests_told, *self._losses())
        rows.write.mode("overwrite").options(**_WRITING).parquet(self.lake.path(whole(GOLD, place)))
        files = self._one_file(place, columns, observed) if is_one_file else self._files(place, columns)
        document = entity_document(self.model.name, self.publication)
        model = self.model
        entity = cdm_entity(model.name, model.description, model.primary_key, columns, model.semantic_types)
        self.lake.write_json(whole(GOLD, document), entity)
        table = GoldTable(
            name=self.model.name,
            description=self.model.description,
            primary_key=self.model.primary_key,
            digest=self.digest,
            document=document,
            columns=columns,
            files=(*kept, *files),
        )
        return Built(table=table, changed=True, rewritten=len(files))

    def _one_file(self, place: str, columns: Mapping[str, str], observed: Observation) -> tuple[GoldFile, ...]:
        """Return the file just written, of which the write told all; raises as `_files` does."""
        listed = self._listed(place)
        told = observed.get
        if not told or len(listed) != 1 or told["digests"] < told["keys"] or told["keys"] < told["rows"]:
            return self._files(place, columns)  # which looks at the keys themselves; a plan known to be empty tells nothing
        place, size = divided(listed[0].place)[1], listed[0].size
        return (GoldFile(place=place, rows=int(told["rows"]), size=size, lost=self._lost(told)),)

    def _files(self, place: str, columns: Mapping[str, str]) -> tuple[GoldFile, ...]:
        """Return the files just written with their rows; raises `ModelError` where the primary key is none."""
        key = F.col(quoted(self.model.primary_key))
        read = self._read(columns, [place])
        counts = F.count(F.lit(1)).alias("rows"), F.count(key).alias("keys"), *self._losses()
        found = [row.asDict() for row in read.groupBy(F.col("_metadata.file_name").alias("file")).agg(*counts).collect()]
        written = read.select(key.alias("key"))
        if any(row["rows"] != row["keys"] for row in found):
            raise ModelError(self.model.name, f"the primary key {self.model.primary_key} is null in some rows")
        # Digests are quicker to count than keys; that two keys have the same one is as good as never.
        by_digest = digests(written, [F.col("key")])
        if has_repeated(by_digest, *by_digest.columns) and has_repeated(written, "key"):
            raise ModelError(self.model.name, f"the primary key {self.model.primary_key} has one value in several rows")
        by_name, files = {row["file"]: row for row in found}, []
        for file in self._listed(place):
            told = by_name.get(PurePosixPath(file.place).name)
            rows, lost = (int(told["rows"]), self._lost(told)) if told else (0, {})
            files.append(GoldFile(place=divided(file.place)[1], rows=rows, size=file.size, lost=lost))
        return tuple(files)

    def _listed(self, place: str) -> list[File]:
        return [file for file in self.lake.files(whole(GOLD, place)) if file.place.endswith(".parquet")]

    def _read(self, columns: Mapping[str, str], places: Sequence[str]) -> DataFrame:
        # A schema that is given spares the job that would read it from the files.
        schema = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
        return self.spark.read.schema(schema).parquet(*(self.lake.path(whole(GOLD, place)) for place in places))

    @property
    def digest(self) -> str:
        """What the table's rows and its document depend on beside silver: where that changes, it is built anew."""
        parts = [self.model.digest, FORM]
        if any(one.phones for one in self.model.inputs):
            parts += [self.batch.gold.phone_region or "", edition()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _is_incremental(self, old: GoldTable, columns: Mapping[str, str]) -> bool:
        if self.batch.stage == "gold" or len(old.files) > _MOST_FILES:
            return False
        if old.digest != self.digest or dict(old.columns) != dict(columns):
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
        tables, before = self.basis.tables, self.basis.base.silver
        found = [
            self._query.view(one, tables[one.entity].read().where(F.col(VERSION) > before(one.entity))).selectExpr(
                f"cast({one.by} as string)"
            )
            for one in self._changed_inputs
        ]
        return reduce(lambda one, other: one.union(other), found)

    @property
    def _rebuilt_by(self) -> str:
        return f"cast({quoted(self.model.rebuilt_by)} as string)"

    def _holding(self, old: GoldTable, touched: Touched) -> set[str]:
        """Return which files of the table hold a row of these values."""
        placed = self._read(old.columns, [file.place for file in old.files])
        placed = placed.selectExpr(f"{self._rebuilt_by} as value", "_metadata.file_path as path")
        found = touched.rows_of(placed, "value").select("path").distinct().collect()
        # A reader names a file by its full address; the end of it is the place that the publication names.
        parts = {PurePosixPath(file.place).parts: file.place for file in old.files}
        deep = {len(each) for each in parts}
        ends = {PurePosixPath(row["path"]).parts[-length:] for row in found for length in deep}
        return {place for each, place in parts.items() if each in ends}
