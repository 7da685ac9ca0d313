"""What a reprocess job names: landed files, bronze parts, parked batches; and what there is of a table at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from shared.ledger.ledger import Ledger
from shared.ledger.records import Batch, LandedFile, Part, ReprocessJob
from shared.ledger.states import Source

T = TypeVar("T")

_AGAIN = frozenset({"ingested", "held_back", "rejected", "poison"})
_ABANDONED = "folder_abandoned"  # its model may have come after all


def matches(job: ReprocessJob, file: LandedFile) -> bool:
    """Tell whether a job names a landed file."""
    return (
        (file.state == job.status if job.status else file.state in _AGAIN or file.reason == _ABANDONED)
        and job.container in {"", file.container}
        and job.source in {"", file.source}
        and (not job.table or job.table in {file.table, file.entity})
        and file.path.startswith(job.prefix)
        and (job.since is None or (file.modified_at is not None and file.modified_at >= job.since))
        and (job.until is None or (file.modified_at is not None and file.modified_at < job.until))
    )


def parked(ledger: Ledger, job: ReprocessJob) -> Iterator[Batch]:
    """Yield the parked batches that a job names."""
    for batch in ledger.batches(state="parked"):
        if not job.table or job.table in batch.entities:
            yield batch


class Bound:
    """Lets a look pass so many records of the ledger and no more; tells whether it was stopped."""

    def __init__(self, most: int | None = None) -> None:
        self._left = most
        self.was_met = False

    def within(self, records: Iterable[T]) -> Iterator[T]:
        """Yield the records for as long as the bound allows."""
        for record in records:
            if self._left == 0:
                self.was_met = True
                return
            self._left = None if self._left is None else self._left - 1
            yield record


def parts_again(ledger: Ledger, containers: Iterable[str], job: ReprocessJob, bound: Bound | None = None) -> Iterator[Part]:
    """Yield every part that a reprocess job names and a batch took, but those that were set aside."""
    bound = bound or Bound()
    aside = ledger.discarded()
    for container in (job.container,) if job.container else containers:
        for known in bound.within(ledger.parts_in(container, prefix=job.prefix)):
            part = known.record
            if part.state == "pending":  # it goes its own way: into a batch of new parts, once its file is settled
                continue
            if (part.batch_id, part.entity) in aside:
                continue
            if job.source not in {"", part.source} or (job.table and job.table not in {part.table, part.entity}):
                continue
            if (job.since and part.landed_at < job.since) or (job.until and part.landed_at >= job.until):
                continue
            yield part


def every_part(ledger: Ledger, containers: Iterable[str], source: Source, table: str) -> Iterator[Part]:
    """Yield every part of a table that the ledger knows, whatever became of it."""
    for container in containers:
        for known in ledger.parts_in(container):
            if (known.record.source, known.record.table) == (source, table):
                yield known.record
