"""Carries reprocess jobs on, a piece at a time, so that newly landed files keep flowing beside them.

Each piece ends with a guarded write of how far the job is. A piece that was done and not recorded is done again, and that
changes nothing: a file remembers which job had it read again, a batch is named by its job and entity.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.contracts.places import batch_id
from shared.errors import LedgerChanged, Retry
from shared.landing.ingest import Ingest
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import Batch, LandedFile, ReprocessJob
from shared.ledger.states import BatchStage, BatchState, ReprocessState
from shared.orchestration.selection import matches, parked, parts_again
from shared.ports import Clock, Hints

_FILES_AT_ONCE = 50  # read again between two records of the progress
_ENDED: frozenset[BatchState] = frozenset({"succeeded", "parked", "discarded", "cancelled", "dissolved"})


@dataclass(frozen=True, kw_only=True)
class ReprocessSteps:
    """Moves each job on for as long as it is given."""

    ledger: Ledger
    ingest: Ingest
    hints: Hints
    clock: Clock
    containers: tuple[str, ...]
    at_most: timedelta = timedelta(seconds=20)  # of one call: the next one goes on

    def __call__(self, ids: Sequence[str]) -> None:
        """Move the jobs on; raises the last `Retry` error after the others had their turn."""
        until = self.clock() + self.at_most
        failed: Retry | None = None
        for name in ids:
            try:
                while self._step(name):
                    if self.clock() >= until:
                        self.hints.send("reconcile")  # go on at once, but let others look first
                        return
            except LedgerChanged:
                continue  # somebody else is at it in this very moment, or it was cancelled
            except Retry as error:
                failed = error
        if failed is not None:
            raise failed

    def _step(self, name: str) -> bool:
        """Do one piece of a job; whether there is more to do now."""
        known = self.ledger.reprocess_job(name)
        if known is None or known.record.state != "running":
            return False
        job = known.record
        if job.listed:
            return self._follow(known)
        if job.stage == "bronze":
            after = self._read_again(job)
        elif job.status == "parked":
            after = self._unpark(job)
        else:
            after = self._queue(job)
        self.ledger.record_reprocess(known, after, at=self.clock(), detail=f"{after.files} files")
        return True

    # Landing again ----------------------------------------------------------------------------------------------------

    def _read_again(self, job: ReprocessJob) -> ReprocessJob:
        """Have the next files read again; each is marked as this job's, so that it is read once however often we come by."""
        done = 0
        for cursor, file in self._files(job):
            job = replace(job, cursor=json.dumps(cursor))
            if self._again(job, file.container, file.path):
                job = replace(job, files=job.files + 1, size=job.size + file.size, records=job.records + file.records)
                done += 1
                if done >= _FILES_AT_ONCE:
                    return job
        return replace(job, listed=True)

    def _files(self, job: ReprocessJob) -> Iterator[tuple[list[str], LandedFile]]:
        begin = json.loads(job.cursor) if job.cursor else ["", ""]
        for container in (job.container,) if job.container else self.containers:
            if container < begin[0]:
                continue
            after = begin[1] if container == begin[0] else ""
            for known in self.ledger.files(container, prefix=job.prefix, after=after):
                yield [container, known.record.path], known.record

    def _again(self, job: ReprocessJob, container: str, path: str) -> bool:
        known = self.ledger.file(container, path)
        record = known.record
        if record.reprocessed_by != job.reprocess_id:
            if not matches(job, record):
                return False
            # What was poisonous is taken up where it stood; everything else is read from its start, once more.
            anew = replace(record, version="") if record.state == "poison" else record.from_start()
            marked = replace(anew, state="seen", reason="reprocess", detail="", reprocessed_by=job.reprocess_id)
            self.ledger.record_file(known, marked, at=self.clock(), detail=f"reprocess {job.reprocess_id}")
        self.ingest(container, path)
        return True

    # Silver and gold again --------------------------------------------------------------------------------------------

    def _queue(self, job: ReprocessJob) -> ReprocessJob:
        """Queue the batches that do it: one for each entity, or one that publishes."""
        groups: list[tuple[str, ...]] = [()]
        files = size = records = 0
        stage: BatchStage = "gold"
        if job.stage == "silver":
            stage = "silver"
            names: set[str] = set()
            for part in parts_again(self.ledger, self.containers, job):
                files, size, records = files + 1, size + part.end - part.start, records + part.rows
                names.add(part.entity)
            groups = [(name,) for name in sorted(names)]
        batches = []
        for group in groups:
            batch = Batch(
                batch_id=batch_id(job.created_at, f"{job.reprocess_id} {''.join(group)}"),
                stage=stage,
                state="queued",
                entities=group,
                created_at=job.created_at,
                reprocess=job.reprocess_id,
            )
            if self.ledger.batch(batch.batch_id) is None:
                self.ledger.record_batch(None, batch, at=self.clock(), detail=f"reprocess {job.reprocess_id}")
            batches.append(batch.batch_id)
        return replace(
            job,
            listed=True,
            files=files,
            size=size,
            records=records,
            entities=tuple(name for group in groups for name in group),
            batches=tuple(batches),
        )

    def _unpark(self, job: ReprocessJob) -> ReprocessJob:
        """Queue the parked batches that the job names; they are named first, so that a crash forgets none."""
        if not job.cursor:
            batches = list(parked(self.ledger, job))
            return replace(
                job,
                cursor=json.dumps("named"),
                files=sum(batch.parts for batch in batches),
                records=sum(batch.rows for batch in batches),
                batches=tuple(batch.batch_id for batch in batches),
            )
        for name in job.batches:
            known = self.ledger.batch(name)
            if known is not None and known.record.state == "parked":
                self.ledger.record_batch(
                    known, known.record.unparked(), at=self.clock(), detail=f"reprocess {job.reprocess_id}"
                )
        return replace(job, listed=True)

    # To the end -------------------------------------------------------------------------------------------------------

    def _follow(self, known: Known[ReprocessJob]) -> bool:
        """End the job when what it caused has ended."""
        job = known.record
        found = [self.ledger.batch(name) for name in job.batches]
        batches = [batch.record for batch in found if batch is not None]
        if not all(batch.state in _ENDED for batch in batches):
            return False
        wrong = [batch.batch_id for batch in batches if batch.state != "succeeded"]
        state: ReprocessState = "failed" if wrong else "succeeded"
        detail = f"{', '.join(wrong)}: see there" if wrong else ""
        ended = replace(job, state=state, detail=detail, ended_at=self.clock())
        self.ledger.record_reprocess(known, ended, at=self.clock(), detail=detail)
        return False
