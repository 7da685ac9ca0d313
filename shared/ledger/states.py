"""Every state of every thing in the ledger, and every step between them, as one table.

The ledger refuses a step that is not here, names the step's event in its log, and `docs/architecture.md` shows this very
table (a test compares them).
"""

from __future__ import annotations

from typing import Literal

Thing = Literal["file", "part", "batch", "refresh", "reprocess"]

TRANSITIONS: dict[tuple[Thing, str, str], str] = {
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
}


def event_of(thing: Thing, before: str, after: str) -> str:
    """Name the event of a step; raises `ValueError` for a step that does not exist."""
    event = TRANSITIONS.get((thing, before, after))
    if event is None:
        raise ValueError(f"a {thing} cannot go from {before or 'nothing'} to {after}")
    return event
