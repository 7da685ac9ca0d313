"""What the ledger remembers: landed files, bronze parts, batches, refreshes, reprocess jobs.

Frozen; a change is a copy (`dataclasses.replace`) that the ledger writes under the tag of the version it was read at.
Every datetime is aware and in UTC; the empty string stands for "none yet".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from shared.errors import shown
from shared.ledger.states import (
    BatchStage,
    BatchState,
    ErasureState,
    FileReason,
    FileState,
    PartState,
    RefreshState,
    ReprocessState,
    ReprocessStatus,
    Source,
    Stage,
    Unset,
)


@dataclass(frozen=True, kw_only=True)
class LandedFile:
    """Where the pipeline stands with one landed file."""

    container: str
    path: str
    state: FileState | Unset = ""
    reason: FileReason | Unset = ""  # why it is ignored, rejected, or still waiting
    detail: str = ""  # the reason in words
    source: Source | Unset = ""
    table: str = ""  # as landed, as crc33_customer
    entity: str = ""  # as in silver, as customer
    version: str = ""  # ETag of the newest version that is settled: nothing of it is left to do
    reading: str = ""  # ETag of the version that is being read, while a file is taken as a whole; its parts wait for its end
    size: int = 0  # bytes of the version last looked at
    modified_at: datetime | None = None  # of that version, as the next two
    created_at: datetime | None = None
    content_md5: str = ""  # where storage keeps one
    generation: int = 0
    offset: int = 0  # bytes committed to bronze in this generation
    records: int = 0  # records committed in this generation
    rejects: int = 0  # of them, rejected
    parts: int = 0  # bronze parts counted in this generation
    width: int = 0  # fields of the widest row of this generation
    fingerprint: str = ""  # growing file: hash of the last bytes before `offset`; whole file: hash of its content
    schema_version: str = ""  # columns that the last slice was bound to
    read_as: str = ""  # finance: `<version of the contract>-<hash of the file's own dialect>`, by which this generation is read
    held_back: int = 0  # bytes after the last complete record
    held_back_since: datetime | None = None  # when what begins at `offset` was first held back
    held_back_told: bool = False  # it was reported: `shared/landing/tails.py`
    changed_at: datetime | None = None  # when this record was written: what files are listed by
    reprocessed_by: str = ""  # the last reprocess job that had it read again
    step: int = 0  # number of the last entry in this file's log

    @property
    def name(self) -> str:
        """The file as people and lineage columns name it."""
        return f"{self.container}/{self.path}"

    @property
    def shown(self) -> str:
        """The file as a log names it."""
        return shown(self.name)

    @property
    def contract_version(self) -> int | None:
        """Which version of its data set's contract a finance file was read by."""
        version, _, _ = self.read_as.partition("-")
        return int(version) if version else None

    def given_up(self) -> LandedFile:
        """Return the record for reading another version from its first byte, with nothing of this one counted."""
        return replace(self.from_start(), generation=self.generation, state="seen", reason="restarted", detail="")

    def from_start(self) -> LandedFile:
        """Return the record for reading the file from its first byte, as a new generation."""
        return replace(
            self,
            version="",
            reading="",
            generation=self.generation + 1,
            offset=0,
            records=0,
            rejects=0,
            parts=0,
            width=0,
            fingerprint="",
            schema_version="",
            read_as="",
            held_back=0,
            held_back_since=None,
            held_back_told=False,
        )


@dataclass(frozen=True, kw_only=True)
class Part:
    """One bronze part and the slice it was made from."""

    part_id: str  # `<container>/<table>/<slug>/g000001-000000000000000`
    container: str  # of the landed file
    source_path: str  # of the landed file, in its container
    path: str  # `bronze/….parquet`
    rejects_path: str = ""  # `bronze/_rejected/….parquet`, where there are rejects
    state: PartState = "pending"
    whole: bool = False  # of a file that is taken as a whole: no batch takes it before its file is settled, and then all
    source: Source
    table: str
    entity: str
    generation: int
    start: int
    end: int
    records: int
    rows: int
    rejects: int
    erased: int = 0  # records that an erasure took out: records = rows + rejects + erased
    reasons: tuple[str, ...] = ()  # of the rejects: `<reason>=<how many>`
    schema_version: str
    contract_version: int = 0  # finance: by which version of its data set's contract it was read
    landed_at: datetime
    written_at: datetime
    batch_id: str = ""

    @property
    def source_file(self) -> str:
        """The landed file as people and lineage columns name it."""
        return f"{self.container}/{self.source_path}"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Bronze parts that go through one run, and how that went."""

    batch_id: str
    stage: BatchStage = "silver"  # gold: a publication without new parts; erasure: a search for what is to leave
    state: BatchState = "open"
    attempt: int = 1
    counted_from: int = 1  # the attempt at which the count of attempts began: un-parking begins it anew
    run_id: int = 0  # of the current attempt, once the workspace gave one
    run_url: str = ""
    entities: tuple[str, ...] = ()
    parts: int = 0
    rows: int = 0
    created_at: datetime
    submitted_at: datetime | None = None
    ended_at: datetime | None = None  # of the run, as the workspace tells it
    recorded_at: datetime | None = None  # when this app knew
    retry_at: datetime | None = None
    publication: str = ""
    cause: str = ""  # of the last failure, or of the parking
    landed_from: datetime | None = None  # when the oldest of its landed files did that were new; known once it succeeded
    landed_until: datetime | None = None  # when the newest did
    applied: int = 0  # rows that silver did not hold before
    superseded: int = 0
    duplicates: int = 0
    rejected: int = 0  # by silver
    holds: bool = False  # while parked: later parts of its entities wait, because the cause is its own
    parent: str = ""  # the batch that it was dissolved from, whose parts of its entities are its parts
    reprocess: str = ""  # the reprocess job that it was made for, which says what its parts are
    erasure: str = ""  # the erasure that it searches for
    deferrals: int = 0  # how often in a row the workspace did not take it
    step: int = 0

    @property
    def is_of_new_parts(self) -> bool:
        """Whether its parts are what waited when it opened."""
        return not (self.parent or self.reprocess or self.erasure)

    @property
    def listing(self) -> int:
        """Which listing of its parts counts.

        What is done again is listed for each attempt, since more is there by then; any other batch when it opens and when it is
        un-parked, since an erasure may have given its parts other names meanwhile.
        """
        return self.attempt if self.reprocess or self.erasure else self.counted_from

    def unparked(self) -> Batch:
        """Return a parked batch as it waits for its next attempt; a new one, because a token that was used up stays so."""
        following = self.attempt + 1
        return replace(
            self,
            state="queued",
            attempt=following,
            counted_from=following,
            run_id=0,
            run_url="",
            retry_at=None,
            deferrals=0,
            holds=False,
        )

    @property
    def tries(self) -> int:
        """How often it was tried, with the current attempt, since it was opened or un-parked."""
        return self.attempt - self.counted_from + 1


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """One request to Customer Insights to read a publication."""

    publication: str
    state: RefreshState = "requested"
    job_id: str = ""
    detail: str = ""
    requested_at: datetime
    begins_at: datetime | None = None  # not before: the interval is not over, or hours are quiet
    started_at: datetime | None = None  # when Customer Insights took it
    gold_until: datetime | None = None  # when the newest landed file did that is in the publication
    attempts: int = 0
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The one record that says what is going on: at most one batch is active, and this names it."""

    active_batch: str = ""
    active_refresh: str = ""  # publication whose refresh is asked for or under way
    waiting_refresh: str = ""  # the newest publication, where that of an older one is under way still
    refresh_started_at: datetime | None = None  # when the last one began
    was_queued: bool = False  # the last batch that had its turn came from the queue
    publication: str = ""
    published_at: datetime | None = None
    published_batch: str = ""
    models_failed: tuple[str, ...] = ()  # gold models that failed in the newest run that succeeded
    refresh_state: RefreshState | Unset = ""  # of the newest publication, when it was asked for and when it ended
    refresh_detail: str = ""
    silver_until: datetime | None = None  # when the newest landed file did that is in silver
    gold_until: datetime | None = None  # likewise, in gold
    refreshed: str = ""  # the publication that Customer Insights read last
    refreshed_at: datetime | None = None
    refreshed_until: datetime | None = None  # when the newest landed file did that it read


@dataclass(frozen=True, kw_only=True)
class ReprocessJob:
    """One request to do something again, and how far that is."""

    reprocess_id: str
    stage: Stage  # bronze: read landed files; silver: merge parts; gold: publish
    source: Source | Unset = ""  # empty here and below: whichever
    table: str = ""  # as landed or as in silver
    container: str = ""
    prefix: str = ""  # of the landed path in its container
    since: datetime | None = None  # landed at or after
    until: datetime | None = None  # landed before
    status: ReprocessStatus | Unset = ""  # rejected, poison: only such files; parked: un-parks batches
    state: ReprocessState = "running"
    cursor: str = ""  # JSON: where its work goes on
    listed: bool = False  # everything that the request names was found
    files: int = 0  # found so far, with their
    size: int = 0  # bytes, and
    records: int = 0  # records as they were read before
    batches: int = 0  # made, or un-parked; each is named in a row of its own
    failed: int = 0  # of them, found so far
    created_at: datetime
    ended_at: datetime | None = None
    detail: str = ""
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """One request to erase what there is of a key, and how far that is; the key itself is nowhere."""

    erasure_id: str
    source: Source
    table: str  # as landed
    entity: str
    digests: tuple[str, ...]  # of the key's texts (`shared/contracts/erasure`)
    dry_run: bool = False
    state: ErasureState = "searching"
    searches: int = 1  # with the current one
    batch: str = ""  # of the newest search
    cursor: int = 0  # how many of the parts that it found are rewritten
    silver: int = 0  # rows taken out of silver, of its whole history
    rejected: int = 0  # rows taken out of its rejected rows
    parts: int = 0  # bronze parts rewritten
    records: int = 0  # records taken out of them
    files: int = 0  # in landing that would bring it back
    kept_until: datetime | None = None  # when what the lake keeps of its own (old files of silver, old publications) is gone
    look_at: datetime | None = None  # when landing is looked at again
    created_at: datetime
    ended_at: datetime | None = None
    detail: str = ""
    step: int = 0
