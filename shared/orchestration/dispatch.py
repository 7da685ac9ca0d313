"""Turns bronze parts that wait into one batch and one run, never more than one at a time.

Called after each ingest, after each run, by hints and by the timer; any two calls may overlap. The claim is one guarded
write of the record that names the active batch; after it, everything is named by the batch and may be done twice.

What a call of run-now comes to (reference: Databricks, sections 1.2 and 1.6):

| answer | outcome |
| --- | --- |
| a run id | the batch is submitted |
| lost on its way | the batch stays open; the same token finds the same run |
| 429, 5xx, none | the batch stays open, and is tried again after `Retry-After`, or after a wait that doubles |
| no such job, no permission, not valid | the batch is parked with the cause; un-parked, it gets a new token |

A batch whose manifest cannot be read, or not be made, is parked too: un-parked, it is listed anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.config.settings import DispatchSettings
from shared.contracts.arguments import Arguments
from shared.contracts.errors import ContractError
from shared.contracts.places import PIPELINE, batch_id, batch_manifest, whole
from shared.errors import LedgerChanged, ServiceRefused, ServiceUnavailable, SettingsInvalid
from shared.ledger.ledger import Known, Ledger, Pending
from shared.ledger.records import Batch, Part, Pipeline
from shared.orchestration.listing import ColumnsMissing, Listing
from shared.orchestration.when import chosen, deferred_to, is_turn_of_queue, time_left
from shared.ports import Clock, Hints, Jobs


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Opens batches and submits them."""

    ledger: Ledger
    listing: Listing
    containers: tuple[str, ...]  # where parts may wait
    jobs: Jobs
    hints: Hints
    clock: Clock
    settings: DispatchSettings
    lake_for_spark: str

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
                self._submit(active, ())
            return
        backlog = self.ledger.backlog(self.containers)
        free = self._free(backlog.parts) if backlog.parts else []
        wait = time_left(self.clock(), [pending.since for pending in free for _ in range(pending.parts)], self.settings)
        was_queued = pipeline.record.was_queued
        queue_first = is_turn_of_queue(queued=bool(backlog.batches), is_due=not wait, was_queued=was_queued)
        if queue_first and self._turn(pipeline, backlog.batches):
            return
        if free and wait:
            self.hints.send("dispatch", after_seconds=wait.total_seconds())
        elif free:
            self._open(pipeline, free)

    def _turn(self, pipeline: Known[Pipeline], queue: Sequence[str]) -> bool:
        """Give the oldest batch in the queue its turn, unless it is not wanted any more; whether one had it."""
        for name in queue:
            queued = self.ledger.batch(name)
            if queued is None or queued.record.state != "queued":
                continue  # somebody else was faster
            job = self.ledger.reprocess_job(queued.record.reprocess) if queued.record.reprocess else None
            if job is not None and job.record.state == "cancelled":
                self.ledger.record_batch(queued, replace(queued.record, state="cancelled"), at=self.clock())
                continue
            claim = replace(pipeline.record, active_batch=name, was_queued=True)
            opened = replace(queued.record, state="open")
            self.ledger.record_batch(queued, opened, at=self.clock(), pipeline=(pipeline, claim))
            self._submit_active(name, ())
            return True
        return False

    def _open(self, pipeline: Known[Pipeline], free: Sequence[Pending]) -> None:
        """Make a batch of the parts that are due."""
        now = self.clock()
        parts = self.ledger.pending_parts(free)
        if not parts:
            return
        opened = Batch(
            batch_id=batch_id(now, parts[0].record.part_id),
            entities=tuple(sorted({part.record.entity for part in parts})),
            parts=len(parts),
            rows=sum(part.record.rows for part in parts),
            created_at=now,
        )
        claim = replace(pipeline.record, active_batch=opened.batch_id, was_queued=False)
        self.ledger.record_batch(None, opened, at=now, pipeline=(pipeline, claim), detail=f"{len(parts)} parts")
        self._submit_active(opened.batch_id, parts)

    def _free(self, waits: Sequence[Pending]) -> list[Pending]:
        held = self.ledger.held_entities()
        return chosen([pending for pending in waits if pending.entity not in held], self.settings.most_parts)

    def _submit_active(self, name: str, parts: Sequence[Known[Part]]) -> None:
        batch = self.ledger.batch(name)
        if batch:
            self._submit(batch, parts)

    def _submit(self, batch: Known[Batch], parts: Sequence[Known[Part]]) -> None:
        record = batch.record
        if record.retry_at and self.clock() < record.retry_at:
            return
        try:
            listed = self.listing.listed(record)
            is_new = listed is None
            if listed is None:
                if record.is_of_new_parts and not parts:
                    parts = self.ledger.pending_parts(self._free(self.ledger.backlog(self.containers).parts))
                listed = self.listing.list(record, [part.record for part in parts])
        except (ColumnsMissing, ContractError) as error:
            self._park(batch, error, holds=record.is_of_new_parts)
            return
        if record.is_of_new_parts and (is_new or (record.attempt == 1 and not record.deferrals)):  # later, they are claimed
            self.listing.claim(record, listed, parts)
        token = hashlib.sha256(f"{record.batch_id}:{record.attempt}".encode()).hexdigest()
        manifest = whole(PIPELINE, batch_manifest(record.batch_id, record.listing))
        arguments = Arguments(batch_id=record.batch_id, attempt=record.attempt, manifest=manifest, lake=self.lake_for_spark)
        try:
            run_id = self.jobs.start(arguments.parameters(), token=token)
        except ServiceUnavailable as error:
            self._defer(batch, error)
            raise
        except (ServiceRefused, SettingsInvalid) as error:
            self._park(batch, error)
            return
        extents = listed.extents
        submitted = replace(
            record,
            state="submitted",
            run_id=run_id,
            submitted_at=self.clock(),
            retry_at=None,
            deferrals=0,
            cause="",
            entities=tuple(sorted(extents)),
            parts=sum(one.parts for one in extents.values()),
            rows=sum(one.rows for one in extents.values()),
        )
        self.ledger.record_batch(batch, submitted, at=self.clock(), detail=f"run {run_id}, attempt {record.attempt}")

    def _defer(self, batch: Known[Batch], error: ServiceUnavailable) -> None:
        now, record = self.clock(), batch.record
        again = deferred_to(now, record.deferrals, error.retry_after, self.settings)
        deferred = replace(record, retry_at=again, deferrals=record.deferrals + 1, cause=str(error), recorded_at=now)
        self.ledger.record_batch(batch, deferred, at=now, detail=str(error))
        self.hints.send("dispatch", after_seconds=(again - now).total_seconds())

    def _park(
        self,
        batch: Known[Batch],
        error: ServiceRefused | ColumnsMissing | ContractError | SettingsInvalid,
        *,
        holds: bool = False,
    ) -> None:
        now, pipeline = self.clock(), self.ledger.pipeline()
        parked = replace(batch.record, state="parked", cause=str(error), holds=holds, recorded_at=now)
        freed = replace(pipeline.record, active_batch="")
        self.ledger.record_batch(batch, parked, at=now, pipeline=(pipeline, freed), detail=str(error))
