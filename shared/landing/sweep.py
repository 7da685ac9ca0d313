"""Looks for landed files that are not settled, and takes them: state decides, and this is where it is asked.

Two looks. The frequent one reads the rows of the files that wait (`shared/ledger/waiting.py`), and costs nothing where none
does. The rare one lists landing and finds what no event ever told of; a process remembers what it found settled, as eight bytes
per file version, so only versions that are new to it cost a question to the ledger.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from shared.errors import Retry
from shared.formats.landed_paths import DataFile, TimeFolder, classify_dataverse
from shared.landing.ingest import Ingest
from shared.landing.poison import Poison
from shared.ledger.ledger import Ledger
from shared.ledger.records import LandedFile
from shared.ports import BlobVersion, Clock, Lake

_BEING_WRITTEN = frozenset({"folder_open", "initial_sync"})  # by Synapse Link: not landed yet
_BEING_READ_FOR = timedelta(seconds=60)  # by somebody who counts a slice in less; later, nobody reads it any more
_MANY = 100  # questions to the ledger for which one listing of it is cheaper
_log = logging.getLogger("customer360.sweep")


@dataclass(frozen=True, kw_only=True)
class Unsettled:
    """A landed file of which something is left to do."""

    blob: BlobVersion
    record: LandedFile | None  # None: never seen

    @property
    def has_landed(self) -> bool:
        """Whether it waits for us, and not for its exporter."""
        return self.record is None or self.record.reason not in _BEING_WRITTEN


class Landings:
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
        for container, path in self._ledger.waiting(self._containers).files:
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


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Ingests what is unsettled, for as long as it is given."""

    landings: Landings
    lake: Lake
    ledger: Ledger
    ingest: Ingest
    poison: Poison
    clock: Clock
    containers: tuple[str, ...]
    at_most: timedelta = timedelta(minutes=5)  # of one call: the next one goes on

    def __call__(self) -> int:
        """Look at all of landing and return how many files were looked at; one failing file does not stop the others."""
        for container in self.containers:
            self.ledger.fold_tallies(container, self.clock())
        written_now = self._written_now()
        return self._take(
            (left.blob.container, left.blob.path)
            for left in self.landings.unsettled()
            if left.has_landed or not self._is_open(left.blob.container, left.blob.path, written_now)
        )

    def waiting(self, files: Sequence[tuple[str, str]]) -> int:
        """Look at files that wait, beginning somewhere else each time, so that none starves behind slow ones.

        An incremental export always has a folder that is being written: one call per container tells which, and its files
        cost no other.
        """
        written_now = self._written_now()
        landed = [file for file in files if not self._is_open(*file, written_now)]
        first = int(self.clock().timestamp()) % len(landed) if landed else 0
        return self._take([*landed[first:], *landed[:first]])

    def _written_now(self) -> Callable[[str], TimeFolder | None]:
        return cache(self.ingest.models.written_now)

    def _is_open(self, container: str, path: str, written_now: Callable[[str], TimeFolder | None]) -> bool:
        file = None if container == self.ingest.finance_container else classify_dataverse(path)
        if not isinstance(file, DataFile) or file.folder is None:
            return False
        now = written_now(container)
        return now is None or file.folder.at >= now.at

    def _take(self, files: Iterable[tuple[str, str]]) -> int:
        until = self.clock() + self.at_most
        looked = 0
        failed: Retry | None = None
        for container, path in files:
            try:
                self._look(container, path)
            except Retry as error:
                failed = error
            except Exception as error:  # one file that nobody can take must not keep the others from being taken
                _log.exception("sweep.failed %s/%s", container, path)
                self.poison.record(container, path, type(error).__name__)
            looked += 1
            if self.clock() >= until:
                break
        if failed is not None:
            raise failed
        return looked

    def _look(self, container: str, path: str) -> None:
        known = self.ledger.file(container, path)
        record = known.record
        if record.reason == "being_read" and record.changed_at and self.clock() - record.changed_at < _BEING_READ_FOR:
            return
        if known.etag and record.state == "seen" and self.lake.head(container, path) is None:
            gone = replace(record, state="ignored", reason="gone", detail="it was taken away before it was read", version="")
            self.ledger.record_file(known, gone, at=self.clock(), detail="gone")
            return
        self.ingest(container, path)


def _mark(blob: BlobVersion) -> bytes:
    return hashlib.blake2b(f"{blob.container}/{blob.path} {blob.etag}".encode(), digest_size=8).digest()
