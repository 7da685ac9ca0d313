"""Which landed files are not settled: what landing holds, compared with what the ledger knows.

Both are passed through, a page at a time, whatever their size. A process remembers what it found settled, in eight to sixteen
bytes per file version (`Marks`), so only versions that are new to it cost a question to the ledger.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from shared.concurrency import in_parallel
from shared.ledger.ledger import Ledger
from shared.ledger.records import LandedFile
from shared.ledger.states import BEING_WRITTEN
from shared.ledger.waiting import Backlog
from shared.ports import BlobVersion, Lake

_FIRST_SIZE = 1 << 12  # places; a power of two
_PAGE = 1000  # blobs that are compared at a time
_SMALL = 5000  # blobs, of all containers: one call of a listing
_MANY = 100  # questions to the ledger for which one pass over it is cheaper


@dataclass(frozen=True, kw_only=True)
class Unsettled:
    """A landed file of which something is left to do."""

    blob: BlobVersion
    record: LandedFile | None  # None: never seen

    @property
    def has_landed(self) -> bool:
        """Whether it waits for us, and not for its exporter."""
        return self.record is None or self.record.reason not in BEING_WRITTEN


class Survey:
    """The landed files as the ledger knows them, with a memory of what is settled: a settled version stays so."""

    def __init__(self, lake: Lake, ledger: Ledger, containers: tuple[str, ...]) -> None:
        self._lake = lake
        self._ledger = ledger
        self._containers = containers
        self._settled = Marks()
        self._passed: set[str] = set()  # containers whose record in the ledger was passed through

    def unsettled(self, backlog: Backlog | None = None) -> Iterator[Unsettled]:
        """Yield the landed files whose newest version is not settled, those last that are to be read again."""
        backlog = self._ledger.backlog(self._containers) if backlog is None else backlog
        named = Marks()
        for left in self._listed():
            named.add(f"{left.blob.container}/{left.blob.path}")
            yield left
        for container, path in backlog.files:
            if f"{container}/{path}" not in named:
                found = self._lake.head(container, path)
                record = self._ledger.file(container, path).record
                if found is not None and record.version != found.etag:
                    yield Unsettled(blob=found, record=record)

    def of_small(self) -> list[Unsettled] | None:
        """Return what differs from the ledger where landing is so small that one call lists it; None where it is not."""
        listed: dict[str, list[BlobVersion]] = {}
        left = _SMALL
        for container in self._containers:
            listed[container] = list(islice(self._lake.list(container), left + 1))
            left -= len(listed[container])
            if left < 0:
                return None
        return [one for container, blobs in listed.items() for one in self._of_blobs(container, blobs)]

    def _listed(self) -> Iterator[Unsettled]:
        for container in self._containers:
            yield from self._of_blobs(container, self._lake.list(container))

    def _of_blobs(self, container: str, blobs: Iterable[BlobVersion]) -> Iterator[Unsettled]:
        blobs = iter(blobs)
        while page := list(islice(blobs, _PAGE)):
            yield from self._of_page(container, page)

    def _of_page(self, container: str, page: Sequence[BlobVersion]) -> Iterator[Unsettled]:
        new = [blob for blob in page if _version(container, blob.path, blob.etag) not in self._settled]
        if len(new) > _MANY and container not in self._passed:
            for known in self._ledger.files(container):
                if known.record.version:
                    self._settled.add(_version(container, known.record.path, known.record.version))
            self._passed.add(container)
            new = [blob for blob in new if _version(container, blob.path, blob.etag) not in self._settled]
        found = in_parallel(lambda blob: self._ledger.file(container, blob.path), new)
        for blob, known in zip(new, found, strict=True):
            if known.etag and known.record.version == blob.etag:
                self._settled.add(_version(container, blob.path, blob.etag))
            else:
                yield Unsettled(blob=blob, record=known.record if known.etag else None)


def _version(container: str, path: str, etag: str) -> str:
    return f"{container}/{path} {etag}"


class Marks:
    """Remembers many names in few bytes; forgets all where it would hold more than `most`.

    A table of 64-bit hashes: a million landed files cost sixteen megabytes. Two names of one hash are taken for the same; among
    a million names that happens once in thirty million times.
    """

    def __init__(self, most: int = 4_000_000) -> None:
        self._most = most
        self._held = 0
        self._places = _empty(_FIRST_SIZE)

    def __len__(self) -> int:
        """How many names it holds."""
        return self._held

    def __contains__(self, name: str) -> bool:
        """Whether a name was added and not forgotten since."""
        return self._places[self._place(_mark(name))] != 0

    def add(self, name: str) -> None:
        """Remember a name."""
        mark = _mark(name)
        place = self._place(mark)
        if self._places[place]:
            return
        if self._held >= self._most:
            self._held, self._places = 0, _empty(_FIRST_SIZE)
            place = self._place(mark)
        self._places[place] = mark
        self._held += 1
        if self._held * 2 > len(self._places):
            self._grow()

    def _place(self, mark: int) -> int:
        """Return where a mark stands, or the free place where it would."""
        last = len(self._places) - 1
        place = mark & last
        while self._places[place] not in {0, mark}:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        held = self._places
        self._places = _empty(len(held) * 2)
        for mark in held:
            if mark:
                self._places[self._place(mark)] = mark


def _empty(size: int) -> array[int]:
    return array("Q", bytes(8 * size))


def _mark(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=8).digest()) or 1
