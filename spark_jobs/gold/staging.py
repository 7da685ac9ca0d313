"""Staging a publication: everything that it is, except what makes it visible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.contracts.outcome import Finding
from shared.contracts.places import GOLD, PIPELINE, staged_manifest, whole
from shared.contracts.publication import Publication
from spark_jobs.documents import write_record
from spark_jobs.errors import NotReadyError
from spark_jobs.findings import errors
from spark_jobs.gold.cdm import cdm_manifest
from spark_jobs.gold.delta import GoldDelta
from spark_jobs.gold.models.query import Query
from spark_jobs.gold.traps import findings
from spark_jobs.parquet_files import int96, int96_columns
from spark_jobs.session import tag

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts.manifest import Manifest
    from shared.contracts.publication import GoldTable
    from spark_jobs.gold.basis import Basis
    from spark_jobs.gold.models.definition import Model
    from spark_jobs.lake import Lake

_LONGEST_FOOTER = 1 << 20  # bytes; that of a file of 250,000 rows has some thousand


@dataclass(frozen=True, kw_only=True)
class StagedManifest:
    """A publication that waits for the functions to swap its manifest in."""

    place: str
    warnings: Sequence[Finding]


@dataclass(frozen=True, kw_only=True)
class Staging:
    """Stages the publications of one batch."""

    spark: SparkSession
    lake: Lake
    batch: Manifest
    models: Sequence[Model]
    basis: Basis

    def stage(self, publication: Publication, changed: Sequence[GoldTable]) -> StagedManifest:
        """Write a publication whose tables `changed` were written anew; raises `NotReadyError`, and writes nothing, with traps.

        The Delta tables come last: a staged manifest that they do not follow yet has no outcome (docs/adr/0012).
        """
        found = [*findings(publication, self.basis.base.record), *self._int96(publication, changed)]
        if errors(found):
            raise NotReadyError(errors(found))
        place = whole(PIPELINE, staged_manifest(self.batch.batch_id))
        write_record(self.lake, publication)
        self.lake.write_json(place, cdm_manifest(publication))
        if self.batch.gold.layout == "delta":
            tag(self.spark, self.batch.batch_id)
            waiting = (model for model in self.models if not self.basis.suffices(model))
            columns = {one.name: Query(spark=self.spark, model=one, tables=self.basis.tables).plan for one in waiting}
            GoldDelta(spark=self.spark, lake=self.lake).follow(publication, columns)
        return StagedManifest(place=place, warnings=found)

    def _int96(self, publication: Publication, changed: Sequence[GoldTable]) -> Iterator[Finding]:
        """Look at one file of each table that was written: what timestamps become is the cluster's setting, not ours alone."""
        for table in changed:
            new = [file for file in table.files if f"/{publication.name}/" in file.place]
            if new and "timestamp" in table.columns.values():
                end = self.lake.end(whole(GOLD, min(new, key=lambda file: file.size).place), _LONGEST_FOOTER)
                yield from (int96(table.name, column) for column in int96_columns(end))
