"""Turns bronze parts that wait into one batch and one run, never more than one at a time.

Called after each ingest, after each run, by hints and by the timer; any two calls may overlap. The claim is one guarded
write of the record that names the active batch; after it, everything is named by the batch and may be done twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from shared.batch_manifest import read_parts, write_manifest
from shared.bronze import Bronze
from shared.dispatching import waits_for
from shared.entities import Configuration
from shared.errors import LedgerChanged, ServiceRefused
from shared.ledger import Known, Ledger, Pending
from shared.paths import PIPELINE, batch_id, batch_manifest
from shared.ports import Clock, Hints, Jobs, Lake
from shared.records import Batch, Part
from shared.settings import Dispatching


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Opens batches and submits them."""

    lake: Lake
    ledger: Ledger
    bronze: Bronze
    jobs: Jobs
    hints: Hints
    clock: Clock
    configuration: Configuration
    settings: Dispatching
    lake_for_spark: str
    containers: tuple[str, ...]  # where parts may wait

    def __call__(self) -> None:
        """Open a batch if parts are due and none is active, and submit the active one if it is not yet.

        Raises `Retry` errors where a service fails; the next call goes on from there.
        """
        try:
            self._dispatch()
        except LedgerChanged:
            return  # somebody else is at it in this very moment

    def _dispatch(self) -> None:
        pipeline = self.ledger.pipeline()
        if pipeline.record.active_batch:
            active = self.ledger.batch(pipeline.record.active_batch)
            if active and active.record.state == "open":
                self._submit(active)
            return
        waiting = list(self.ledger.pending(self.containers))
        now = self.clock()
        wait = waits_for(now, [pending.since for pending in waiting], self.settings)
        if wait:
            if waiting:
                self.hints.send("dispatch", after_seconds=wait.total_seconds())
            return
        parts = self._verified(waiting[: self.settings.most_parts])
        if not parts:
            return
        opened = Batch(
            batch_id=batch_id(now, parts[0].record.part_id),
            entities=",".join(sorted({part.record.entity for part in parts})),
            parts=len(parts),
            rows=sum(part.record.rows for part in parts),
            created_at=now,
        )
        claim = replace(pipeline.record, active_batch=opened.batch_id)
        self.ledger.record_batch(None, opened, at=now, pipeline=(pipeline, claim), detail=f"{len(parts)} parts")
        batch = self.ledger.batch(opened.batch_id)
        if batch:
            self._submit(batch)

    def _verified(self, waiting: list[Pending]) -> list[Known[Part]]:
        return [part for pending in waiting if (part := self.ledger.part(pending)) is not None]

    def _submit(self, batch: Known[Batch]) -> None:
        record = batch.record
        manifest = self._manifest(record)
        if manifest is not None:
            for listed in read_parts(manifest):
                part = self.ledger.part_at(listed.container, listed.source_path, listed.generation, listed.start)
                if part is not None:
                    self.ledger.batch_part(part, record.batch_id)
        token = hashlib.sha256(f"{record.batch_id}:{record.attempt}".encode()).hexdigest()
        parameters = {
            "batch_id": record.batch_id,
            "manifest": f"{PIPELINE}/{batch_manifest(record.batch_id)}",
            "lake": self.lake_for_spark,
        }
        now = self.clock()
        try:
            run_id = self.jobs.start({name: value for name, value in parameters.items() if value}, token=token)
        except ServiceRefused as error:
            pipeline = self.ledger.pipeline()
            parked = replace(record, state="parked", cause=str(error), recorded_at=now)
            freed = replace(pipeline.record, active_batch="")
            self.ledger.record_batch(batch, parked, at=now, pipeline=(pipeline, freed), detail=error.reason)
            return
        submitted = replace(record, state="submitted", run_id=run_id, submitted_at=self.clock())
        self.ledger.record_batch(batch, submitted, at=self.clock(), detail=f"run {run_id}, attempt {record.attempt}")

    def _manifest(self, batch: Batch) -> bytes:
        path = batch_manifest(batch.batch_id)
        if self.lake.head(PIPELINE, path) is None:
            parts = [
                known.record for known in self._verified(list(self.ledger.pending(self.containers))[: self.settings.most_parts])
            ]
            self.lake.create(PIPELINE, path, self._written(batch, parts))
        return b"".join(self.lake.read(PIPELINE, path))

    def _written(self, batch: Batch, parts: list[Part]) -> bytes:
        schemas = {}
        columns: dict[tuple[str, str], tuple[str, ...]] = {}
        for part in parts:
            if part.schema_version not in schemas:
                schema = self.bronze.schemas(part.container, part.table)[part.schema_version]
                schemas[part.schema_version] = schema.to_json()
                columns[part.source, part.table] = schema.names
        return write_manifest(
            batch.batch_id,
            batch.created_at,
            stage=batch.stage,
            parts=parts,
            schemas=schemas,
            entities=self.configuration.resolved(columns),
        )
