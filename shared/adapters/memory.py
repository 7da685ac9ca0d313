"""Memory twins of the ports: exact about versions and atomicity, so that what passes here passes on the real thing.

The contract suite in `tests/contract/` runs on these and on Azurite.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.adapters.table_limits import check
from shared.errors import LandedFileChanged, LedgerChanged
from shared.ports import BlobVersion, JobRun, Opened, RefreshJob, Row, Write


class MemoryClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """Tell the time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._now += timedelta(seconds=seconds)


class MemoryLake:
    """Blobs in a dictionary; a version is the hash of how often and with what a blob was written."""

    def __init__(self, clock: MemoryClock | None = None, *, chunk_size: int = 1 << 20) -> None:
        self._clock = clock or MemoryClock()
        self._chunk_size = chunk_size
        self._writes = 0
        self._lock = threading.RLock()
        self._blobs: dict[tuple[str, str], tuple[BlobVersion, bytes]] = {}

    def put(self, container: str, path: str, data: bytes, *, metadata: Mapping[str, str] | None = None) -> BlobVersion:
        """Land a file as a foreign system would: unconditionally."""
        with self._lock:
            return self._put(container, path, data, metadata)

    def _put(self, container: str, path: str, data: bytes, metadata: Mapping[str, str] | None) -> BlobVersion:
        self._writes += 1
        before = self._blobs.get((container, path))
        version = BlobVersion(
            container=container,
            path=path,
            etag=f"0x{hashlib.sha256(data + str(self._writes).encode()).hexdigest()[:15].upper()}",
            size=len(data),
            created_at=before[0].created_at if before else self._clock(),
            modified_at=self._clock(),
            content_md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
            metadata=dict(metadata or {}),
        )
        self._blobs[container, path] = (version, data)
        return version

    def append(self, container: str, path: str, data: bytes) -> BlobVersion:
        """Let a landed file grow."""
        return self.put(container, path, self.content(container, path) + data)

    def remove(self, container: str, path: str) -> None:
        """Take a blob away, as a foreign system would."""
        with self._lock:
            self._blobs.pop((container, path), None)

    def content(self, container: str, path: str) -> bytes:
        """Return a blob's bytes; raises `KeyError` where there is none."""
        return self._blobs[container, path][1]

    def head(self, container: str, path: str) -> BlobVersion | None:
        """See `Lake.head`."""
        found = self._blobs.get((container, path))
        return found[0] if found else None

    def read(
        self, container: str, path: str, *, start: int = 0, end: int | None = None, if_match: str | None = None
    ) -> Iterator[bytes]:
        """See `Lake.read`; like the real thing it checks the version again at every chunk."""
        found = self._blobs.get((container, path))
        if found is None or (if_match is not None and found[0].etag != if_match):
            raise LandedFileChanged(f"{container}/{path}", if_match or "any")
        size = len(found[1])
        if size < start and (end is None or start < end):
            raise LandedFileChanged(f"{container}/{path}", if_match or "any")
        return self._chunks(found[0], found[1], start, size if end is None else min(end, size))

    def _chunks(self, version: BlobVersion, data: bytes, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, self._chunk_size):
            if self.head(version.container, version.path) != version:
                raise LandedFileChanged(f"{version.container}/{version.path}", version.etag)
            yield data[at : min(at + self._chunk_size, end)]

    def open(self, container: str, path: str, *, start: int = 0, unless: str = "") -> Opened | None:
        """See `Lake.open`."""
        found = self._blobs.get((container, path))
        if found is None or found[0].etag == unless:
            return None
        return Opened(blob=replace(found[0], metadata={}), chunks=self._chunks(*found, start, len(found[1])))

    def create(self, container: str, path: str, data: bytes, *, metadata: Mapping[str, str] | None = None) -> bool:
        """See `Lake.create`."""
        with self._lock:
            if (container, path) in self._blobs:
                return False
            self.put(container, path, data, metadata=metadata)
            return True

    def replace(self, container: str, path: str, data: bytes, *, if_match: str | None) -> bool:
        """See `Lake.replace`."""
        with self._lock:
            found = self._blobs.get((container, path))
            if (found[0].etag if found else None) != if_match:
                return False
            self.put(container, path, data)
            return True

    def delete(self, container: str, path: str) -> None:
        """See `Lake.delete`."""
        self.remove(container, path)

    def list(self, container: str, prefix: str = "") -> Iterator[BlobVersion]:
        """See `Lake.list`."""
        with self._lock:  # what is listed is of one moment, whoever else writes
            found = {
                path: blob for (home, path), (blob, _) in self._blobs.items() if home == container and path.startswith(prefix)
            }
        for path in sorted(found):
            yield replace(found[path], metadata={})


class MemoryTables:
    """Entities in a dictionary of partitions, within the limits of the real store."""

    def __init__(self) -> None:
        self._writes = 0
        self._lock = threading.Lock()
        self._rows: dict[str, dict[str, Row]] = {}

    @property
    def partitions(self) -> list[str]:
        """The names of all partitions that were written to."""
        return list(self._rows)

    def get(self, partition: str, key: str) -> Row | None:
        """See `Tables.get`."""
        return self._rows.get(partition, {}).get(key)

    def range(self, partition: str, start: str, end: str, *, at_once: int = 1000) -> Iterator[Row]:  # noqa: ARG002 - no calls
        """See `Tables.range`."""
        for key in sorted(key for key in list(self._rows.get(partition, {})) if start <= key < end):
            if (row := self.get(partition, key)) is not None:
                yield row

    def commit(self, partition: str, writes: Iterable[Write]) -> None:
        """See `Tables.commit`."""
        with self._lock:
            self._commit(partition, list(writes))

    def _commit(self, partition: str, writes: list[Write]) -> None:
        check(partition, writes)
        rows = self._rows.setdefault(partition, {})
        for write in writes:
            found = rows.get(write.key)
            if write.kind == "insert" and found is not None:
                raise LedgerChanged(partition, write.key)
            if write.kind == "replace" and (found is None or found.etag != write.etag):
                raise LedgerChanged(partition, write.key)
            if write.kind == "delete" and write.etag and (found is None or found.etag != write.etag):
                raise LedgerChanged(partition, write.key)
            if write.kind == "delete" and found is None and len(writes) > 1:  # alone, it may be repeated
                raise LedgerChanged(partition, write.key)
        for write in writes:
            self._writes += 1
            if write.kind == "delete":
                rows.pop(write.key, None)
            else:
                rows[write.key] = Row(partition=partition, key=write.key, values=dict(write.values), etag=f"W/{self._writes}")


class MemoryJobs:
    """A workspace whose runs end when the test says so."""

    def __init__(self) -> None:
        self.runs: dict[int, JobRun] = {}
        self.parameters: dict[int, Mapping[str, str]] = {}
        self._lock = threading.Lock()
        self._tokens: dict[str, int] = {}

    def start(self, parameters: Mapping[str, str], *, token: str) -> int:
        """See `Jobs.start`."""
        with self._lock:
            if token not in self._tokens:
                run_id = len(self.runs) + 1001
                self._tokens[token] = run_id
                self.parameters[run_id] = dict(parameters)
                self.runs[run_id] = JobRun(run_id=run_id, state="running", batch_id=parameters.get("batch_id", ""))
            return self._tokens[token]

    def run(self, run_id: int) -> JobRun | None:
        """See `Jobs.run`."""
        return self.runs.get(run_id)

    def end(self, run_id: int, run: JobRun) -> None:
        """Let a run end as given."""
        self.runs[run_id] = replace(run, run_id=run_id, batch_id=self.runs[run_id].batch_id)


class MemoryCustomerInsights:
    """A Customer Insights whose refreshes end when the test says so."""

    def __init__(self, clock: MemoryClock | None = None) -> None:
        self._clock = clock or MemoryClock()
        self._asked_at: dict[str, datetime] = {}
        self.jobs: dict[str, RefreshJob] = {}

    def refresh(self, *, since: datetime) -> RefreshJob | None:
        """See `CustomerInsights.refresh`."""
        for job in self.jobs.values():
            if job.state == "running":
                return job if self._asked_at[job.job_id] >= since else None
        job = RefreshJob(job_id=f"job-{len(self.jobs) + 1}", state="running")
        self._asked_at[job.job_id] = self._clock()
        self.jobs[job.job_id] = job
        return job

    def job(self, job_id: str) -> RefreshJob | None:
        """See `CustomerInsights.job`."""
        return self.jobs.get(job_id)

    def end(self, job_id: str, job: RefreshJob) -> None:
        """Let a refresh end as given."""
        self.jobs[job_id] = replace(job, job_id=job_id)


class MemoryHints:
    """Hints kept in a list, in the order in which they were sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, float]] = []

    def send(self, name: str, *, after_seconds: float = 0) -> None:
        """See `Hints.send`."""
        self.sent.append((name, after_seconds))
