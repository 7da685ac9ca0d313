"""Which landed files are not settled: what landing holds, compared with what the ledger knows.

A process remembers what it found settled, as eight bytes per file version, so only versions that are new to it cost a
question to the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.ledger.ledger import Ledger
from shared.ledger.records import LandedFile
from shared.ports import BlobVersion, Lake

_BEING_WRITTEN = frozenset({"folder_open", "initial_sync"})  # by Synapse Link: not landed yet
_MANY = 100  # questions to the ledger for which one listing of it is cheaper


@dataclass(frozen=True, kw_only=True)
class Unsettled:
    """A landed file of which something is left to do."""

    blob: BlobVersion
    record: LandedFile | None  # None: never seen

    @property
    def has_landed(self) -> bool:
        """Whether it waits for us, and not for its exporter."""
        return self.record is None or self.record.reason not in _BEING_WRITTEN


class Survey:
    """The landed files as the ledger knows them, with a memory of what is settled: a settled version stays so."""

    def __init__(self, lake: Lake, ledger: Ledger, containers: tuple[str, ...]) -> None:
        self._lake = lake
        self._ledger = ledger
        self._containers = containers
        self._settled: set[bytes] = set()

    def unsettled(self) -> Iterator[Unsettled]:
        """Yield the landed files whose newest version is not settled, those last that are to be read again."""
        named: set[tuple[str, str]] = set()
        for container in self._containers:
            new = [blob for blob in self._lake.list(container) if _mark(blob) not in self._settled]
            for blob, record in self._known(container, new):
                if record is not None and record.version == blob.etag:
                    self._settled.add(_mark(blob))
                else:
                    named.add((container, blob.path))
                    yield Unsettled(blob=blob, record=record)
        for container, path in self._ledger.backlog(self._containers).files:
            if (container, path) not in named:
                found = self._lake.head(container, path)
                record = self._ledger.file(container, path).record
                if found is not None and record.version != found.etag:
                    yield Unsettled(blob=found, record=record)

    def _known(self, container: str, blobs: Sequence[BlobVersion]) -> Iterator[tuple[BlobVersion, LandedFile | None]]:
        if len(blobs) > _MANY:
            records = {known.record.path: known.record for known in self._ledger.files(container)}
            yield from ((blob, records.get(blob.path)) for blob in blobs)
            return
        for blob in blobs:
            known = self._ledger.file(container, blob.path)
            yield blob, known.record if known.etag else None


def _mark(blob: BlobVersion) -> bytes:
    return hashlib.blake2b(f"{blob.container}/{blob.path} {blob.etag}".encode(), digest_size=8).digest()
