"""Every state of every thing in the ledger, and every step between them, as one table.

The ledger refuses a step that is not here, names the step's event in its log, and `docs/architecture.md` shows this very
table (a test compares them).
"""

from __future__ import annotations

from typing import Literal

Thing = Literal["file", "part", "batch", "refresh"]

TRANSITIONS: dict[tuple[Thing, str, str], str] = {
    # A version of a landed file. Most go from seen to their end in one step; `seen` is only written where one waits.
    ("file", "seen", "seen"): "file.waiting",
    ("file", "seen", "ingested"): "file.ingested",
    ("file", "seen", "rejected"): "file.rejected",
    ("file", "seen", "ignored"): "file.ignored",
    # A bronze part. Whether a batched part is published or parked is told by its batch.
    ("part", "", "pending"): "part.written",
    ("part", "pending", "batched"): "part.batched",
    # A batch. Its runs are its attempts.
    ("batch", "", "open"): "batch.opened",
    ("batch", "open", "submitted"): "batch.submitted",
    ("batch", "open", "failed"): "batch.not_started",
    ("batch", "open", "parked"): "batch.parked",
    ("batch", "submitted", "running"): "batch.running",
    ("batch", "submitted", "succeeded"): "batch.succeeded",
    ("batch", "submitted", "failed"): "batch.failed",
    ("batch", "submitted", "parked"): "batch.parked",
    ("batch", "running", "succeeded"): "batch.succeeded",
    ("batch", "running", "failed"): "batch.failed",
    ("batch", "running", "parked"): "batch.parked",
    ("batch", "failed", "open"): "batch.retried",  # the next attempt
    ("batch", "failed", "parked"): "batch.parked",
    ("batch", "parked", "open"): "batch.unparked",
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
}


def event_of(thing: Thing, before: str, after: str) -> str:
    """Name the event of a step; raises `ValueError` for a step that does not exist."""
    event = TRANSITIONS.get((thing, before, after))
    if event is None:
        raise ValueError(f"a {thing} cannot go from {before or 'nothing'} to {after}")
    return event
