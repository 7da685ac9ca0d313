"""What people may ask to be done again: read from landing, merge from bronze, publish from silver.

What was there before stays; silver applies the same rows once, however often they come, so this is safe at any time.
A request is only recorded here; `shared/orchestration/reprocess_steps.py` carries it out, a piece at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from shared.errors import Conflict, LedgerChanged
from shared.ledger.ledger import Ledger
from shared.ledger.records import ReprocessJob
from shared.ledger.states import ReprocessStatus, Source, Stage, Unset
from shared.orchestration.selection import Bound, matches, parked, parts_again
from shared.ports import Clock, Hints

_MOST_NAMED = 100  # batches, in an answer
FILTERS = ("source", "table", "container", "prefix", "since", "until", "status")


class RequestConflicts(Conflict):
    """The client's id belongs to another request."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__("request_id: belongs to another request; choose a new one")


@dataclass(frozen=True, kw_only=True)
class ReprocessRequest:
    """What to do again."""

    stage: Stage = "bronze"
    source: Source | Unset = ""  # empty here and below: whichever
    table: str = ""  # a Dataverse table or a finance data set, as landed or as named in silver
    container: str = ""
    prefix: str = ""  # of the path in the container
    since: datetime | None = None  # landed at or after
    until: datetime | None = None  # landed before
    status: ReprocessStatus | Unset = ""
    dry_run: bool = False
    request_id: str = ""  # the client's: two requests with the same one are the same request


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much a request comes to."""

    files: int = 0
    size: int = 0  # bytes
    records: int = 0  # as they were read before; of parts: rows
    is_complete: bool = True  # False: there is more than was looked at


@dataclass(frozen=True, kw_only=True)
class Reprocess:
    """Takes requests, tells how they stand, cancels them."""

    ledger: Ledger
    hints: Hints
    clock: Clock
    new_id: Callable[[], str]
    containers: tuple[str, ...]
    most_looked_at: int = 100_000  # records of the ledger in one dry run: a hundred calls, some ten seconds

    def __call__(self, request: ReprocessRequest) -> ReprocessJob:
        """Record a request as a job, or find the job that it is already; raises `RequestConflicts`."""
        job = self._job(request)
        if self.ledger.reprocess_job(job.reprocess_id) is None:
            with suppress(LedgerChanged):  # the same request came twice at once
                self.ledger.record_reprocess(None, job, at=job.created_at, detail=json.dumps(asked(job)))
        known = self.ledger.reprocess_job(job.reprocess_id)
        found = known.record if known else job
        if asked(found) != asked(job):
            raise RequestConflicts(request.request_id)
        if found.state == "running":
            self.hints.send("reconcile")
        return found

    def extent(self, request: ReprocessRequest) -> Extent:
        """Say how much a request would come to, and change nothing.

        Looks at so many records as one request has the time for; where there are more, what is said is a lower bound.
        """
        bound = Bound(self.most_looked_at)
        job = self._job(request)
        if job.stage == "gold":
            return Extent()
        files = size = records = 0
        if job.status == "parked":
            for batch in parked(self.ledger, job):
                files, records = files + batch.parts, records + batch.rows
        elif job.stage == "silver":
            for part in parts_again(self.ledger, self.containers, job, bound):
                files, size, records = files + 1, size + part.end - part.start, records + part.rows
        else:
            for container in (job.container,) if job.container else self.containers:
                for known in bound.within(self.ledger.files(container, prefix=job.prefix)):
                    if matches(job, known.record):
                        files, size, records = files + 1, size + known.record.size, records + known.record.records
        return Extent(files=files, size=size, records=records, is_complete=not bound.was_met)

    def job(self, reprocess_id: str) -> ReprocessJob | None:
        """Return how a job stands, or None."""
        known = self.ledger.reprocess_job(reprocess_id)
        return known.record if known else None

    def batches(self, reprocess_id: str) -> list[tuple[str, str]]:
        """Return the first hundred batches that a job makes, or un-parks, each with its entity."""
        return list(islice(self.ledger.batches_of(reprocess_id), _MOST_NAMED))

    def cancel(self, reprocess_id: str) -> ReprocessJob | None:
        """Stop a job where it is; None where there is no such job. Its batches are cancelled when their turn comes."""
        while known := self.ledger.reprocess_job(reprocess_id):
            if known.record.state != "running":
                return known.record
            now = self.clock()
            try:
                cancelled = replace(known.record, state="cancelled", ended_at=now)
                self.ledger.record_reprocess(known, cancelled, at=now)
            except LedgerChanged:
                continue
        return None

    def _job(self, request: ReprocessRequest) -> ReprocessJob:
        name = hashlib.sha256(request.request_id.encode()).hexdigest()[:16] if request.request_id else self.new_id()
        return ReprocessJob(
            reprocess_id=f"r{name}",
            stage=request.stage,
            source=request.source,
            table=request.table,
            container=request.container,
            prefix=request.prefix,
            since=request.since,
            until=request.until,
            status=request.status,
            created_at=self.clock(),
        )


def asked(job: ReprocessJob) -> dict[str, str]:
    """Return what a job was asked for, in the words of its request: the stage, and each filter that is set."""
    given = {"stage": job.stage} | {name: getattr(job, name) for name in FILTERS if getattr(job, name)}
    return {name: value.isoformat() if isinstance(value, datetime) else str(value) for name, value in given.items()}
