"""Looks at every landed file and takes what no event told of: state decides, and this is where it is asked.

One listing per landing container and one query of the ledger; a file that is settled costs nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import Retry
from shared.ingest import Ingest
from shared.ledger import Ledger
from shared.ports import BlobVersion, Clock, Lake
from shared.records import LandedFile

_FOLDER_OPEN = "folder_open"  # Synapse Link is still writing it: not landed yet


@dataclass(frozen=True, kw_only=True)
class Unsettled:
    """A landed file of which something may be left to do."""

    blob: BlobVersion
    record: LandedFile | None  # None: never seen

    @property
    def has_landed(self) -> bool:
        """Whether it waits for us, and not for its exporter."""
        return self.record is None or self.record.reason != _FOLDER_OPEN


def unsettled(lake: Lake, ledger: Ledger, containers: tuple[str, ...]) -> Iterator[Unsettled]:
    """Yield the landed files whose newest version is not settled in the ledger."""
    for container in containers:
        records = {known.record.path: known.record for known in ledger.files(container)}
        for blob in lake.list(container):
            record = records.get(blob.path)
            if record is None or record.version != blob.etag:
                yield Unsettled(blob=blob, record=record)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Ingests what is unsettled, for as long as it is given."""

    lake: Lake
    ledger: Ledger
    ingest: Ingest
    clock: Clock
    containers: tuple[str, ...]
    at_most: timedelta = timedelta(minutes=5)  # of one call: the next one goes on

    def __call__(self) -> int:
        """Take what is left and return how many files were looked at; one failing file does not stop the others."""
        until = self.clock() + self.at_most
        looked = 0
        failed: Retry | None = None
        for left in unsettled(self.lake, self.ledger, self.containers):
            try:
                self.ingest(left.blob.container, left.blob.path)
            except Retry as error:
                failed = error
            looked += 1
            if self.clock() >= until:
                break
        if failed is not None:
            raise failed
        return looked
