"""What the API answers, as typed documents: the answers are encoded from them, and `shared/api/openapi.py` describes them.

All fields are always there; what there is none of is null. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, overload

from msgspec import Meta, Struct

from shared.ledger.states import (
    AttentionKind,
    BatchStage,
    BatchState,
    CallbackResult,
    FileReason,
    FileState,
    RefreshState,
    ReprocessState,
    Source,
    Unset,
)

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Count = Annotated[int, Meta(ge=0)]


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer, or a part of one."""


class ProblemDocument(Document, frozen=True, kw_only=True):
    """What went wrong (RFC 9457); names and reasons only."""

    type: str = "about:blank"
    status: Count
    title: str
    detail: str


class HealthDocument(Document, frozen=True, kw_only=True):
    """The app answers."""

    status: Literal["healthy"] = "healthy"


class ReadyDocument(Document, frozen=True, kw_only=True):
    """Settings and `customer360.toml` can be used, and storage answers."""

    status: Literal["ready"] = "ready"


class CallbackDocument(Document, frozen=True, kw_only=True):
    """What became of a webhook."""

    result: CallbackResult


class FileDocument(Document, frozen=True, kw_only=True):
    """Where a landed file stands."""

    file: str
    state: FileState
    reason: FileReason | Unset
    detail: str
    source: Source | None
    table: str | None
    entity: str
    generation: Count
    bytes: Count
    committed: Count  # bytes of it that are in bronze
    records: Count
    rejects: Count
    held_back: Count  # bytes after the last complete record
    held_back_since: Time | None
    landed_at: Time | None
    changed_at: Time | None


class RejectsDocument(Document, frozen=True, kw_only=True):
    """A part's rejects: how many, of what, and where they lie."""

    part_id: str
    file: str
    table: str
    entity: str
    generation: Count
    start: Count  # of its slice, in bytes
    records: Count
    rejects: Count
    reasons: dict[str, int]
    rejects_path: str | None
    landed_at: Time
    batch_id: str | None


class BatchDocument(Document, frozen=True, kw_only=True):
    """How a batch stands."""

    batch_id: str
    stage: BatchStage
    state: BatchState
    attempt: Count
    run_id: Count | None
    run_url: str | None
    entities: tuple[str, ...]
    parts: Count
    rows: Count
    created_at: Time
    submitted_at: Time | None
    ended_at: Time | None
    recorded_at: Time | None
    retry_at: Time | None
    publication: str | None
    cause: str | None
    landed_from: Time | None  # when the oldest of its new files did; of one that succeeded, as the next five
    landed_until: Time | None
    applied: Count
    superseded: Count
    duplicates: Count
    rejected: Count
    holds_its_entities: bool
    parent: str | None
    reprocess: str | None


class StepDocument(Document, frozen=True, kw_only=True):
    """One step that a batch took."""

    at: Time
    event: str
    detail: str


class TimingsDocument(Document, frozen=True, kw_only=True):
    """How long a batch was open, ran, and was over before that was known."""

    open_seconds: float | None
    run_seconds: float | None
    recorded_after_seconds: float | None


class LinksDocument(Document, frozen=True, kw_only=True):
    """Where there is more of a batch."""

    run: str | None
    manifest: str | None
    outcome: str | None
    parent: str | None
    reprocess: str | None


class PartDocument(Document, frozen=True, kw_only=True):
    """A part that a batch lists."""

    part_id: str
    source_file: str
    entity: str
    rows: Count
    rejects: Count
    rejects_path: str | None


class BatchDetailDocument(BatchDocument, frozen=True, kw_only=True):
    """All that is known of a batch, with a page of its parts."""

    steps: tuple[StepDocument, ...]
    called_back_at: Time | None  # when the workspace told that the run ended
    counts: dict[str, Any]  # of its outcome, by entity
    gold: dict[str, Any]  # likewise
    failed: dict[str, str]  # gold models that failed, with their causes
    warnings: tuple[dict[str, Any], ...]  # what Customer Insights will trip on, and what a person should know
    timings: TimingsDocument
    links: LinksDocument
    listed: tuple[PartDocument, ...]
    next: str | None


class FileCountsDocument(Document, frozen=True, kw_only=True):
    """How many landed files are in each state, how many wait, and what they hold."""

    seen: Count
    ingested: Count
    held_back: Count
    rejected: Count
    ignored: Count
    poison: Count
    records: Count
    rejects: Count
    waiting: Count


class PublicationDocument(Document, frozen=True, kw_only=True):
    """What gold shows."""

    id: str
    published_at: Time | None
    batch_id: str


class RefreshDocument(Document, frozen=True, kw_only=True):
    """How the refresh of Customer Insights stands."""

    publication: str
    state: RefreshState
    job_id: str | None
    requested_at: Time | None
    begins_at: Time | None  # not before, where it waits for its time
    ended_at: Time | None
    detail: str


class AttentionDocument(Document, frozen=True, kw_only=True):
    """Something that waits for a person."""

    kind: AttentionKind
    what: str  # a batch, an entity, a landed file, a publication
    why: str


class StatusDocument(Document, frozen=True, kw_only=True):
    """What is going on."""

    idle: bool
    needs_attention: tuple[AttentionDocument, ...]
    is_complete: bool  # False: so much waits that the counts of it are lower bounds
    files: FileCountsDocument
    parts_pending: Count
    parts_held: Count
    parts_discarded: Count  # of batches that were set aside
    batches_queued: Count
    reprocess: tuple[str, ...]
    active_run: BatchDocument | None
    batches: dict[str, Count]  # the newest, by state
    publication: PublicationDocument | None
    refresh: RefreshDocument | None
    models_failed: tuple[str, ...]  # gold models whose tables are older than the rest; the publication's run says why


class ExtentDocument(Document, frozen=True, kw_only=True):
    """How much a request comes to; nothing was done."""

    dry_run: Annotated[bool, Meta(extra_json_schema={"const": True})] = True
    files: Count
    bytes: Count
    records: Count
    is_complete: bool  # False: there is more than one request has the time to look at, and these are lower bounds


class ReprocessJobDocument(Document, frozen=True, kw_only=True):
    """How far a reprocess job is."""

    reprocess_id: str
    state: ReprocessState
    asked: dict[str, str]
    listed: bool
    files: Count
    bytes: Count
    records: Count
    entities: tuple[str, ...]
    batches: tuple[str, ...]  # the first hundred, as their entities
    batches_in_all: Count
    created_at: Time
    ended_at: Time | None
    detail: str | None
    progress: str


class FilesPage(Document, frozen=True, kw_only=True):
    """A page of landed files."""

    files: tuple[FileDocument, ...]
    next: str | None


class RejectsPage(Document, frozen=True, kw_only=True):
    """A page of parts that have rejects."""

    rejects: tuple[RejectsDocument, ...]
    next: str | None


class RunsPage(Document, frozen=True, kw_only=True):
    """A page of batches."""

    runs: tuple[BatchDocument, ...]
    next: str | None


@overload
def time_text(at: datetime) -> str: ...
@overload
def time_text(at: datetime | None) -> str | None: ...
def time_text(at: datetime | None) -> str | None:
    """Spell a time as the API does: ISO 8601, UTC."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
