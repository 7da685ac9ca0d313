"""Carries reprocess jobs on, a piece at a time, so that newly landed files keep flowing beside them.

Each piece ends with a guarded write of how far the job is. A piece that was done and not recorded is done again, and that
changes nothing: a file remembers which job had it read again, a batch is named by its job and entity.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from shared.contracts.places import batch_id
from shared.errors import LedgerChanged, Retry
from shared.landing.ingest import Ingest
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import Batch, LandedFile, ReprocessJob
from shared.ledger.states import BatchState, ReprocessState
from shared.orchestration.selection import matches, parked, parts_again
from shared.ports import Clock, Hints

_FILES_AT_ONCE = 50  # read again between two records of the progress
_BATCHES_AT_ONCE = 50  # likewise queued, un-parked, looked at
_MOST_TOLD = 5  # batches that failed, by name
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
        """Queue the next of the batches that do it: one for each entity, or one that publishes; named first, all of them."""
        if not job.cursor:
            return self._named(job)
        some, more = _next(self.ledger, job)
        for name, entity in some:
            batch = Batch(
                batch_id=name,
                stage="silver" if entity else "gold",
                state="queued",
                entities=(entity,) if entity else (),
                created_at=job.created_at,
                reprocess=job.reprocess_id,
            )
            if self.ledger.batch(name) is None:
                self.ledger.record_batch(None, batch, at=self.clock(), detail=f"reprocess {job.reprocess_id}")
        return _behind(job, some) if more else replace(job, cursor="", listed=True)

    def _named(self, job: ReprocessJob) -> ReprocessJob:
        entities: set[str] = set() if job.stage == "silver" else {""}
        files = size = records = 0
        for part in parts_again(self.ledger, self.containers, job) if job.stage == "silver" else ():
            files, size, records = files + 1, size + part.end - part.start, records + part.rows
            entities.add(part.entity)
        names = [(batch_id(job.created_at, f"{job.reprocess_id} {entity}"), entity) for entity in sorted(entities)]
        self.ledger.name_batches(job.reprocess_id, names)
        return replace(job, cursor=json.dumps(""), files=files, size=size, records=records, batches=len(names))

    def _unpark(self, job: ReprocessJob) -> ReprocessJob:
        """Queue the next of the parked batches that the job names; they are named first, so that a crash forgets none."""
        if not job.cursor:
            batches = list(parked(self.ledger, job))
            self.ledger.name_batches(job.reprocess_id, ((batch.batch_id, "") for batch in batches))
            files, records = sum(batch.parts for batch in batches), sum(batch.rows for batch in batches)
            return replace(job, cursor=json.dumps(""), files=files, records=records, batches=len(batches))
        some, more = _next(self.ledger, job)
        for name, _ in some:
            known = self.ledger.batch(name)
            if known is not None and known.record.state == "parked":
                detail = f"reprocess {job.reprocess_id}"
                self.ledger.record_batch(known, known.record.unparked(), at=self.clock(), detail=detail)
        return _behind(job, some) if more else replace(job, cursor="", listed=True)

    # To the end -------------------------------------------------------------------------------------------------------

    def _follow(self, known: Known[ReprocessJob]) -> bool:
        """Look at the batches that have not ended yet, some at a time; end the job when all have."""
        job = known.record
        some, more = _next(self.ledger, job)
        found = [self.ledger.batch(name) for name, _ in some]
        batches = [batch.record for batch in found if batch is not None]
        if not all(batch.state in _ENDED for batch in batches):
            return False
        wrong = [batch.batch_id for batch in batches if batch.state != "succeeded"]
        told = [name for name in (*job.detail.split(", "), *wrong) if name][:_MOST_TOLD]
        after = replace(job, failed=job.failed + len(wrong), detail=", ".join(told))
        if more:
            self.ledger.record_reprocess(known, _behind(after, some), at=self.clock(), detail=after.detail)
            return True
        state: ReprocessState = "failed" if after.failed else "succeeded"
        others = f" and {after.failed - len(told)} more" if after.failed > len(told) else ""
        detail = f"{after.detail}{others}: see there" if after.failed else ""
        ended = replace(after, state=state, detail=detail, cursor="", ended_at=self.clock())
        self.ledger.record_reprocess(known, ended, at=self.clock(), detail=detail)
        return False


def _next(ledger: Ledger, job: ReprocessJob) -> tuple[list[tuple[str, str]], bool]:
    """Return the next batches of a job, each with its entity, and whether there are more behind them."""
    after = json.loads(job.cursor) if job.cursor else ""
    found = list(islice(ledger.batches_of(job.reprocess_id, after=after), _BATCHES_AT_ONCE + 1))
    return found[:_BATCHES_AT_ONCE], len(found) > _BATCHES_AT_ONCE


def _behind(job: ReprocessJob, done: Sequence[tuple[str, str]]) -> ReprocessJob:
    return replace(job, cursor=json.dumps(done[-1][0]))
