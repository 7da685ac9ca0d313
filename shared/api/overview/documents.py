"""What the overview answers, as typed documents.

It holds times and no ages, so that it is the same, byte for byte, until something happens.
"""

from __future__ import annotations

from typing import Literal

from shared.api.documents import AttentionDocument, BatchDocument, Count, Document, PublicationDocument, Time
from shared.ledger.states import RefreshState, Source
from shared.ledger.table_records import Layer

StageName = Literal["landing", "bronze", "silver", "gold", "insights"]


class StageDocument(Document, frozen=True, kw_only=True):
    """What one stage of the way holds."""

    stage: StageName
    holds: Count  # landed files; rows of bronze; current rows of silver and of gold; publications that were read
    waits: Count  # landed files; bronze parts; parts of the active run; publications that nobody read yet
    newest_at: Time | None  # when the newest landed file did that is in it


class DayDocument(Document, frozen=True, kw_only=True):
    """What happened on a day (in UTC)."""

    day: str
    files: int  # landed for the first time
    parts: int
    bytes: int
    records: int
    rejects: int
    reasons: dict[str, int]  # rejected records in bronze, by reason
    runs_well: int
    runs_badly: int
    run_p50_seconds: float | None  # to within a tenth, as the next three
    run_p95_seconds: float | None
    way_p50_seconds: float | None  # from the landing of a batch's oldest file to gold
    way_p95_seconds: float | None
    applied: int  # what became of rows in silver, as the next three
    superseded: int
    duplicates: int
    rejected: int
    publications: int
    refreshes_well: int
    refreshes_badly: int


class TableDocument(Document, frozen=True, kw_only=True):
    """What a table of silver or gold holds, and what its last batch made of it."""

    layer: Layer
    name: str
    source: Source | None
    table: str  # as landed
    rows: Count
    history: Count
    read: Count
    applied: Count
    superseded: Count
    duplicates: Count
    rejected: Count
    batch_id: str
    at: Time  # when that batch was concluded
    landed_until: Time | None
    newest_file: str
    volumes: tuple[Count, ...]  # records of each of its last finance files, the newest last
    expected_by: Time | None  # when the next file should have landed, where `expect_every` says so


class InsightsDocument(Document, frozen=True, kw_only=True):
    """What Customer Insights read."""

    state: RefreshState | None  # of the refresh that the newest publication asked for
    detail: str
    publication: str | None  # the last one that was read
    at: Time | None
    has_newest: bool


class OverviewDocument(Document, frozen=True, kw_only=True):
    """Is data flowing, how fresh is gold, what is stuck and why."""

    attention: tuple[AttentionDocument, ...]  # the gravest first
    stages: tuple[StageDocument, ...]  # in the order of the way
    files: dict[str, int]  # by state, and their records and rejects
    batches: dict[str, int]  # by state
    active_run: BatchDocument | None
    batches_queued: Count
    parts_held: Count
    reprocess: tuple[str, ...]  # jobs that go on
    publication: PublicationDocument | None
    insights: InsightsDocument
    days: tuple[DayDocument, ...]  # the last thirty, oldest first; those on which nothing happened are left out
    tables: tuple[TableDocument, ...]
    is_complete: bool  # False: so much waits that the counts of it are lower bounds
