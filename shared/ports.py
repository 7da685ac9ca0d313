"""What the use cases need from outside, as small protocols.

Each port has an adapter for the real service and a memory twin in `shared/adapters/`, and one contract suite in
`tests/contract/` runs on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Clock = Callable[[], datetime]
"""Tells the time, aware and in UTC."""

Value = str | int | float | bool | datetime
"""What one property of a row may hold."""


@dataclass(frozen=True, kw_only=True)
class BlobVersion:
    """One version of one blob, as a listing or a HEAD shows it."""

    container: str
    path: str
    etag: str  # without quotes
    size: int  # bytes
    created_at: datetime
    modified_at: datetime
    content_md5: str = ""  # of all its bytes, in hex; empty where storage keeps none, as for what is appended to
    is_append_blob: bool = False  # bytes that are there never change while it exists
    metadata: Mapping[str, str] = field(default_factory=dict)  # empty in listings


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A blob that is being read: which version, and its bytes from where it was opened at."""

    blob: BlobVersion  # without metadata
    chunks: Iterator[bytes]


class Lake(Protocol):
    """Blob storage: landing, bronze, gold and the pipeline's own documents."""

    def head(self, container: str, path: str) -> BlobVersion | None:
        """Return the blob's current version, with its metadata, or None where there is no such blob."""

    def read(
        self, container: str, path: str, *, start: int = 0, end: int | None = None, if_match: str | None = None
    ) -> Iterator[bytes]:
        """Stream the bytes `[start, end)`; raises `LandedFileChanged` when the version is not `if_match`, or gone.

        Also where `start` is behind the end of the blob: it was in it once. An empty range has no bytes.
        """

    def open(self, container: str, path: str, *, start: int = 0, unless: str = "") -> Opened | None:
        """Begin to read a blob as it is now, in one call; None where it is gone, or its version is `unless`.

        Its chunks end where the blob ended when it was opened; they raise `LandedFileChanged` when it changed since. A
        `start` behind the end gives no chunks.
        """

    def create(self, container: str, path: str, data: bytes, *, metadata: Mapping[str, str] | None = None) -> bool:
        """Write a blob that does not exist yet; False, and no change, where it exists."""

    def replace(self, container: str, path: str, data: bytes, *, if_match: str | None) -> bool:
        """Swap a blob in one step if its version is still `if_match` (None: absent); False, and no change, where not."""

    def delete(self, container: str, path: str) -> None:
        """Delete a blob, or find that it is gone: what an erasure has written anew under another name, and nothing else."""

    def list(self, container: str, prefix: str = "") -> Iterator[BlobVersion]:
        """Yield the blobs below a prefix in name order; nothing where the container does not exist."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table: its place, its properties, and the tag that guards a change."""

    partition: str
    key: str
    values: Mapping[str, Value]
    etag: str = ""


@dataclass(frozen=True, kw_only=True)
class Write:
    """One change in a transaction: `insert` fails where the row exists, `replace` and `delete` where its tag changed."""

    kind: Literal["insert", "replace", "upsert", "delete"]
    key: str  # of the row
    values: Mapping[str, Value] = field(default_factory=dict)
    etag: str = ""  # of the row as read; for replace, and for delete unless empty (any version)


class Tables(Protocol):
    """An ordered key-value store with atomic writes inside one partition: Azure Table Storage."""

    def get(self, partition: str, key: str) -> Row | None:
        """Return one row, or None."""

    def range(self, partition: str, start: str, end: str, *, at_once: int = 1000) -> Iterator[Row]:
        """Yield the rows with `start <= key < end`, in order of their keys; each call asks for `at_once` of them."""

    def commit(self, partition: str, writes: Iterable[Write]) -> None:
        """Do all writes or none; raises `LedgerChanged` naming the first row that was not as expected.

        At most 100 writes and 4 MB in one call; a row holds 252 properties and 1 MB, a text 64 KB of UTF-16, a key 1 KB. What
        is larger, or not permitted, raises `ServiceRefused`, and is not tried again.
        """


RunState = Literal["queued", "running", "succeeded", "failed"]
Termination = Literal["success", "client_error", "internal_error", "cloud_failure", "cancelled", "skipped"]


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """A run as the workspace tells it."""

    run_id: int
    state: RunState
    termination: Termination | None = None  # None until it ended
    code: str = ""  # the workspace's own code, as RUN_EXECUTION_ERROR
    batch_id: str = ""  # from the run's job parameters
    url: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Jobs(Protocol):
    """The Databricks job that merges silver and builds gold."""

    def start(self, parameters: Mapping[str, str], *, token: str) -> int:
        """Start a run, or find the one that this token started before; return its id.

        Raises `ServiceUnavailable` or `ServiceRefused`.
        """

    def run(self, run_id: int) -> JobRun | None:
        """Return the run as it stands now, or None where the workspace does not know it; raises as `start`."""


RefreshJobState = Literal["running", "successful", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class RefreshJob:
    """A refresh as Customer Insights tells it."""

    job_id: str
    state: RefreshJobState
    detail: str = ""


class CustomerInsights(Protocol):
    """The refresh call of Dynamics 365 Customer Insights - Data."""

    def refresh(self, *, since: datetime) -> RefreshJob | None:
        """Ask for a refresh, or find the one that was asked for after `since`.

        None while an older one is under way: it may have read what was there before, so ask again once it is over.
        Raises as `Jobs.start`.
        """

    def job(self, job_id: str) -> RefreshJob | None:
        """Return the refresh as it stands now, or None where it is not known; raises as `Jobs.start`."""


class Hints(Protocol):
    """Delayed nudges: a name comes back to the hint trigger, not before some seconds from now."""

    def send(self, name: str, *, after_seconds: float = 0) -> None:
        """Ask to be called back under `name`; a lost, late or doubled hint changes nothing but the time."""
