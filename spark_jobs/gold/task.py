"""The gold task: publishes what changed, and says so in the outcome document.

It never writes `gold/default.manifest.cdm.json`: the manifest is staged beside the batch manifest and the functions swap it
in, since Spark cannot write conditionally (`docs/contracts.md`). The SQL files beside this module are the gold tables.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from spark_jobs.batch import Batch, read_arguments, read_batch
from spark_jobs.errors import NotReadyError
from spark_jobs.findings import Finding, errors
from spark_jobs.gold.build import Build, Built
from spark_jobs.gold.collection import collect
from spark_jobs.gold.delta import GoldDelta
from spark_jobs.gold.layouts import DELTA
from spark_jobs.gold.models.files import read_models
from spark_jobs.gold.models.model import Model
from spark_jobs.gold.models.query import Query
from spark_jobs.gold.publication import MANIFEST, Publication, cdm_manifest, from_json, place_of, to_json
from spark_jobs.gold.traps import findings
from spark_jobs.lake import Lake
from spark_jobs.parquet_files import int96, int96_columns
from spark_jobs.report import read_report
from spark_jobs.session import spark_session, tag
from spark_jobs.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyspark.sql import SparkSession

_LONGEST_FOOTER = 1 << 20  # bytes; that of a file of 250,000 rows has some thousand


def _utc_now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Run the task with the parameters of the command line; the wheel's entry point `gold`."""
    arguments = read_arguments(sys.argv[1:])
    spark = spark_session()
    lake = Lake(spark, arguments.lake)
    run(spark, lake, read_batch(lake.read_json(arguments.manifest), arguments.batch_id), read_models())


def run(
    spark: SparkSession, lake: Lake, batch: Batch, models: Sequence[Model], *, now: Callable[[], datetime] = _utc_now
) -> dict[str, Any]:
    """Publish a batch; returns the outcome document, which is written last.

    A batch whose outcome still stands (published, or built on what readers see now) is left as it is.
    """
    return _Run(spark=spark, lake=lake, batch=batch, models=models, now=now).outcome()


@dataclass(frozen=True, kw_only=True)
class _Run:
    spark: SparkSession
    lake: Lake
    batch: Batch
    models: Sequence[Model]
    now: Callable[[], datetime]

    def outcome(self) -> dict[str, Any]:
        started = time.monotonic()
        place = f"{self.batch.folder}/outcome.json"
        earlier: dict[str, Any] | None = self.lake.read_json(place)
        if earlier is not None and self._stands(earlier):
            return earlier
        silver = read_report(self.lake, self.batch)
        built = self._built()
        changed = [one for one in built if one.changed]
        staged: str | None = None
        found: list[Finding] = []
        if changed or {one.table.name for one in built} != set(self._base.tables if self._base else ()):
            staged, found = self._stage(built, changed)
        collect(
            self.lake,
            current=self._base_name,
            building=self._name,
            at=self.now(),
            grace=timedelta(days=self.batch.grace_days),
        )
        outcome = {
            "batch_id": self.batch.batch_id,
            "publication": self._name if staged else None,
            "base_publication": self._base_name,
            "staged_manifest": staged,
            "entities": {
                name: {field: value for field, value in entry.items() if field != "merged"}
                for name, entry in sorted(silver["entities"].items())
            },
            "gold": {one.table.name: one.summary() for one in built},
            "warnings": [asdict(finding) for finding in found],
            "seconds": {"silver": silver["seconds"], "gold": round(time.monotonic() - started, 1)},
        }
        self.lake.write_json(place, outcome)
        return outcome

    def _stage(self, built: Sequence[Built], changed: Sequence[Built]) -> tuple[str, list[Finding]]:
        """Write everything that a publication is, except what makes it visible; returns the manifest's place, and warnings.

        The Delta tables come last: a staged manifest that they do not follow yet has no outcome (docs/adr/0012).
        """
        publication = self._publication(built)
        found = [*findings(publication, self._base), *self._int96(changed)]
        if errors(found):
            raise NotReadyError(errors(found))
        staged = f"{self.batch.folder}/{MANIFEST.rpartition('/')[2]}"
        self.lake.write_json(publication.place, to_json(publication))
        self.lake.write_json(staged, cdm_manifest(publication))
        if self.batch.layout == DELTA:
            tag(self.spark, self.batch.batch_id)
            unusable = (model for model in self.models if model not in self._usable)
            waiting = {one.name: Query(spark=self.spark, model=one, tables=self._tables).plan for one in unusable}
            GoldDelta(spark=self.spark, lake=self.lake).follow(publication, waiting)
        return staged, found

    def _int96(self, changed: Sequence[Built]) -> Iterator[Finding]:
        """Look at one file of each table that was written: what timestamps become is the cluster's setting, not ours alone."""
        for table in (one.table for one in changed if "timestamp" in one.table.columns.values()):
            new = [file for file in table.files if f"/{self._name}/" in file.place]
            if new:
                end = self.lake.end(f"gold/{min(new, key=lambda file: file.size).place}", _LONGEST_FOOTER)
                yield from (int96(table.name, column) for column in int96_columns(end))

    @cached_property
    def _base_name(self) -> str | None:
        manifest = self.lake.read_json(MANIFEST)
        return (manifest.get("explanation") or None) if manifest else None

    @cached_property
    def _base(self) -> Publication | None:
        document = self.lake.read_json(place_of(self._base_name)) if self._base_name else None
        return from_json(document) if document else None

    @property
    def _name(self) -> str:
        return f"p{self.batch.batch_id[1:]}"

    @cached_property
    def _tables(self) -> dict[str, Table]:
        """The silver tables that exist, of those that a model reads."""
        names = sorted({one.entity for model in self.models for one in model.inputs})
        tables = (Table(self.spark, self.lake, name) for name in names)
        return {table.name: table for table in tables if table.exists()}

    @cached_property
    def _versions(self) -> dict[str, int]:
        return {name: table.version() for name, table in self._tables.items()}

    def _stands(self, earlier: dict[str, Any]) -> bool:
        """Say whether an earlier attempt's outcome is still the right one: nothing to publish, published, or publishable."""
        name = earlier["publication"]
        if name is None or self._base_name == name:
            return True
        if self._base_name == earlier["base_publication"]:
            return self.lake.read_json(place_of(name)) is not None  # else it waited so long that its files were collected
        ancestor = self._base
        while ancestor is not None and ancestor.name != name:
            document = self.lake.read_json(place_of(ancestor.base)) if ancestor.base else None
            if ancestor.base and document is None:
                return True  # the line of publications goes back further than records are kept: long since published
            ancestor = from_json(document) if document else None
        return ancestor is not None

    def _built(self) -> list[Built]:
        self._versions  # noqa: B018 - read once, before threads would each ask for it
        with ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(lambda model: self._build(model).run(), self._usable))

    def _build(self, model: Model) -> Build:
        return Build(
            spark=self.spark,
            lake=self.lake,
            batch=self.batch,
            model=model,
            publication=self._name,
            tables=self._tables,
            versions=self._versions,
            base=self._base,
        )

    @cached_property
    def _usable(self) -> list[Model]:
        """The models whose silver is there."""
        return [model for model in self.models if all(one.optional or one.entity in self._tables for one in model.inputs)]

    def _publication(self, built: Sequence[Built]) -> Publication:
        return Publication(
            name=self._name,
            batch_id=self.batch.batch_id,
            base=self._base_name,
            created_at=self.batch.created_at,
            layout=self.batch.layout,
            silver=self._versions,
            tables={one.table.name: one.table for one in built},
        )
