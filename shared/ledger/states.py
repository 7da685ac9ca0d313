"""Every state of every thing in the ledger, every step between them as one table, and every reason that a state has.

All of it is typed, and said here alone or, where a lower room finds it out, there: the records' fields, the API's documents
and filters and its description derive from these names. The ledger refuses a step that is not here, names the step's event in
its log, and `docs/architecture.md` shows this very table (a test compares them).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args

from shared.contracts import entity, manifest
from shared.formats.finance.errors import FinanceReason
from shared.formats.landed_paths import IgnoredReason
from shared.ports import RefreshJobState

Unset = Literal[""]
"""Stands for "none yet" in a record, and for "whichever" in a filter."""

Source = entity.Source
Stage = Literal["bronze", "silver", "gold"]
BatchStage = manifest.Stage

FileState = Literal["seen", "ingested", "held_back", "rejected", "ignored", "poison"]
PartState = Literal["pending", "batched"]
BatchState = Literal[
    "queued", "open", "submitted", "running", "succeeded", "failed", "dissolved", "parked", "discarded", "cancelled"
]
RefreshState = Literal["requested", RefreshJobState, "disabled"]
ReprocessState = Literal["running", "succeeded", "failed", "cancelled"]
ErasureState = Literal["searching", "rewriting", "clearing", "guarding", "succeeded", "failed"]
ReprocessStatus = Literal["rejected", "poison", "parked"]
"""What a request for reprocessing may be narrowed to: landed files in a state, or batches that are parked."""

WaitReason = Literal["folder_open", "initial_sync", "model_pending", "model_missing", "just_written"]
"""Why a landed file is not read yet."""
StepReason = Literal["being_read", "restarted", "reprocess", "given_up"]
"""Why a landed file is seen and will be read on."""
TailReason = Literal["open_quote", "record_too_long", "incomplete_record"]
"""What waits at the end of a growing file that is ingested."""
WholeReason = Literal["labels", "same_content"]
"""Why no part came of a file that is ingested."""
IgnoreReason = Literal[IgnoredReason, "metadata", "empty", "folder_abandoned", "gone"]
"""Why a landed file is not read at all."""
RejectReason = Literal[
    FinanceReason,
    "metadata_too_large",
    "labels_unreadable",
    "columns_moved",
    "columns_unknown",
    "name_taken",
    "in_place_export",
    "model_unusable",
    "model_missing",
]
"""Why a landed file cannot be used."""
FileReason = Literal[WaitReason, StepReason, TailReason, WholeReason, IgnoreReason, RejectReason, "poison"]

AttentionKind = Literal[
    "misconfigured",
    "refused",
    "parked",
    "held",
    "poison",
    "rejected",
    "held_back",
    "tried",
    "refresh_failed",
    "model_failed",
    "erasure",
    "stale",
    "late",
    "unusual",
]
"""What waits for a person, and, last, what a person should look at: gold is old, data is overdue, a file is unlike others."""

BEING_WRITTEN: frozenset[FileReason] = frozenset({"folder_open", "initial_sync"})
"""Why a landed file waits for its exporter, and not for us."""

SOURCES: tuple[Source, ...] = get_args(Source)
STAGES: tuple[Stage, ...] = get_args(Stage)
BATCH_STAGES: tuple[BatchStage, ...] = get_args(BatchStage)
FILE_STATES: tuple[FileState, ...] = get_args(FileState)
BATCH_STATES: tuple[BatchState, ...] = get_args(BatchState)
REFRESH_STATES: tuple[RefreshState, ...] = get_args(RefreshState)
REPROCESS_STATES: tuple[ReprocessState, ...] = get_args(ReprocessState)
REPROCESS_STATUSES: tuple[ReprocessStatus, ...] = get_args(ReprocessStatus)


class CallbackResult(StrEnum):
    """What came of a webhook that says that a run ended."""

    NOTED = "noted"
    NOT_AN_END = "not the end of a run"
    ANOTHER_WORKSPACE = "another workspace"
    NO_RUN_ID = "no run id"
    NOT_ACTIVE = "not the active run"


class PoisonResult(StrEnum):
    """What came of a message about a landed file that nobody could take."""

    RECORDED = "recorded"
    SETTLED = "settled"
    GONE = "gone"
    CHANGED = "changed since"
    NOT_LANDING = "not a landing container"


Thing = Literal["file", "part", "batch", "refresh", "reprocess", "erasure"]
Step = (
    tuple[Literal["file"], FileState | Unset, FileState | Unset]
    | tuple[Literal["part"], PartState | Unset, PartState | Unset]
    | tuple[Literal["batch"], BatchState | Unset, BatchState | Unset]
    | tuple[Literal["refresh"], RefreshState | Unset, RefreshState | Unset]
    | tuple[Literal["reprocess"], ReprocessState | Unset, ReprocessState | Unset]
    | tuple[Literal["erasure"], ErasureState | Unset, ErasureState | Unset]
)
"""Which thing goes from which state (unset: it is new) to which."""

Event = Literal[
    "file.waiting",
    "file.ingested",
    "file.held_back",
    "file.rejected",
    "file.ignored",
    "file.poisoned",
    "part.written",
    "part.batched",
    "part.rewritten",
    "batch.queued",
    "batch.turned",
    "batch.cancelled",
    "batch.opened",
    "batch.deferred",
    "batch.submitted",
    "batch.parked",
    "batch.running",
    "batch.succeeded",
    "batch.failed",
    "batch.dissolved",
    "batch.retried",
    "batch.unparked",
    "batch.discarded",
    "batch.restored",
    "refresh.requested",
    "refresh.disabled",
    "refresh.running",
    "refresh.successful",
    "refresh.failed",
    "refresh.skipped",
    "reprocess.accepted",
    "reprocess.continued",
    "reprocess.succeeded",
    "reprocess.failed",
    "reprocess.cancelled",
    "erasure.accepted",
    "erasure.found",
    "erasure.continued",
    "erasure.rewritten",
    "erasure.cleared",
    "erasure.waiting",
    "erasure.searched_again",
    "erasure.succeeded",
    "erasure.failed",
]
"""What the log calls a step."""

TRANSITIONS: dict[Step, Event] = {
    # A version of a landed file. Most go from seen to their end in one step; `seen` is only written where one waits.
    ("file", "seen", "seen"): "file.waiting",
    ("file", "seen", "ingested"): "file.ingested",
    ("file", "seen", "held_back"): "file.held_back",  # ingested, but for a tail that waits for too long to be complete
    ("file", "seen", "rejected"): "file.rejected",
    ("file", "seen", "ignored"): "file.ignored",
    ("file", "seen", "poison"): "file.poisoned",  # taking it raised what nobody foresaw, again and again
    # A bronze part. Whether a batched part is published or parked is told by its batch.
    ("part", "", "pending"): "part.written",
    ("part", "pending", "batched"): "part.batched",
    ("part", "pending", "pending"): "part.rewritten",  # rows that are to be erased were taken out, here and in the next line
    ("part", "batched", "batched"): "part.rewritten",
    # A batch. Its runs are its attempts. One that waits for its turn is queued; one made of new parts opens at once.
    ("batch", "", "queued"): "batch.queued",
    ("batch", "queued", "open"): "batch.turned",
    ("batch", "queued", "cancelled"): "batch.cancelled",
    ("batch", "", "open"): "batch.opened",
    ("batch", "open", "open"): "batch.deferred",  # the workspace did not take it now
    ("batch", "open", "submitted"): "batch.submitted",
    ("batch", "open", "parked"): "batch.parked",
    ("batch", "submitted", "running"): "batch.running",
    ("batch", "submitted", "succeeded"): "batch.succeeded",
    ("batch", "submitted", "failed"): "batch.failed",
    ("batch", "submitted", "dissolved"): "batch.dissolved",
    ("batch", "submitted", "parked"): "batch.parked",
    ("batch", "running", "succeeded"): "batch.succeeded",
    ("batch", "running", "failed"): "batch.failed",
    ("batch", "running", "dissolved"): "batch.dissolved",  # into one batch per entity: which of them is at fault?
    ("batch", "running", "parked"): "batch.parked",
    ("batch", "failed", "open"): "batch.retried",  # the next attempt
    ("batch", "parked", "queued"): "batch.unparked",
    ("batch", "parked", "discarded"): "batch.discarded",  # its parts are set aside
    ("batch", "discarded", "queued"): "batch.restored",
    # A refresh of Customer Insights.
    ("refresh", "", "requested"): "refresh.requested",
    ("refresh", "", "disabled"): "refresh.disabled",
    ("refresh", "requested", "running"): "refresh.running",
    ("refresh", "requested", "successful"): "refresh.successful",
    ("refresh", "requested", "failed"): "refresh.failed",
    ("refresh", "requested", "skipped"): "refresh.skipped",
    ("refresh", "running", "successful"): "refresh.successful",
    ("refresh", "running", "failed"): "refresh.failed",
    ("refresh", "running", "skipped"): "refresh.skipped",
    # A reprocess job. What it caused goes on by itself when it is cancelled.
    ("reprocess", "", "running"): "reprocess.accepted",
    ("reprocess", "running", "running"): "reprocess.continued",
    ("reprocess", "running", "succeeded"): "reprocess.succeeded",
    ("reprocess", "running", "failed"): "reprocess.failed",
    ("reprocess", "running", "cancelled"): "reprocess.cancelled",
    # An erasure. From its first search to its end, rows of its key are kept out of silver.
    ("erasure", "", "searching"): "erasure.accepted",
    ("erasure", "searching", "rewriting"): "erasure.found",
    ("erasure", "searching", "succeeded"): "erasure.succeeded",  # a dry run
    ("erasure", "searching", "failed"): "erasure.failed",  # a person discarded its batch
    ("erasure", "rewriting", "rewriting"): "erasure.continued",
    ("erasure", "rewriting", "clearing"): "erasure.rewritten",  # what is left lies under other names
    ("erasure", "clearing", "guarding"): "erasure.cleared",  # what lay under the old ones is deleted
    ("erasure", "clearing", "succeeded"): "erasure.succeeded",  # the last search found nothing any more
    ("erasure", "guarding", "guarding"): "erasure.waiting",  # for a person, who has to take files out of landing
    ("erasure", "guarding", "searching"): "erasure.searched_again",
}


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One step of one thing, never changed."""

    at: datetime
    thing: Thing
    name: str  # which one
    step: int
    event: Event
    detail: str = ""


def event_of(step: Step) -> Event:
    """Name the event of a step; raises `ValueError` for a step that does not exist."""
    event = TRANSITIONS.get(step)
    if event is None:
        thing, before, after = step
        raise ValueError(f"a {thing} cannot go from {before or 'nothing'} to {after or 'nothing'}")
    return event
