"""What is going on, for people and for clients that wait: `GET /api/status`, `GET /api/runs`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from shared.ledger import Ledger
from shared.ports import Lake
from shared.records import Batch
from shared.sweep import unsettled

_RECENT = 100  # batches that the status counts


@dataclass(frozen=True, kw_only=True)
class Status:
    """Reads the state of the pipeline; changes nothing."""

    lake: Lake
    ledger: Ledger
    containers: tuple[str, ...]

    def __call__(self) -> dict[str, Any]:
        """Return the document of design section 9, and more.

        `idle` is true exactly when nothing landed waits to be ingested, no part waits for a run, and no run or refresh is
        active. It is decided by looking at landing before looking at what follows, so that no file slips through between.
        """
        waiting = sum(1 for left in unsettled(self.lake, self.ledger, self.containers) if left.has_landed)
        pending = sum(1 for _ in self.ledger.pending(self.containers))
        pipeline = self.ledger.pipeline().record
        active = self.ledger.batch(pipeline.active_batch) if pipeline.active_batch else None
        refresh_of = pipeline.active_refresh or pipeline.publication
        refresh = self.ledger.refresh(refresh_of) if refresh_of else None
        return {
            "idle": not (waiting or pending or pipeline.active_batch or pipeline.active_refresh),
            "files": self._files() | {"waiting": waiting},
            "parts_pending": pending,
            "active_run": batch_document(active.record) if active else None,
            "batches": dict(Counter(batch.state for batch in islice(self.ledger.batches(), _RECENT))),
            "publication": {
                "id": pipeline.publication,
                "published_at": time_text(pipeline.published_at),
                "batch_id": pipeline.published_batch,
            }
            if pipeline.publication
            else None,
            "refresh": {
                "publication": refresh.record.publication,
                "state": refresh.record.state,
                "job_id": refresh.record.job_id or None,
                "requested_at": time_text(refresh.record.requested_at),
                "ended_at": time_text(refresh.record.ended_at),
                "detail": refresh.record.detail,
            }
            if refresh
            else None,
        }

    def runs(self, *, limit: int, after: str = "") -> tuple[list[dict[str, Any]], str]:
        """Return a page of batches, newest first, and where the next page begins (empty: nowhere)."""
        found = list(islice(self.ledger.batches(after=after), limit + 1))
        page = [batch_document(batch) for batch in found[:limit]]
        return page, found[limit - 1].batch_id if len(found) > limit else ""

    def _files(self) -> dict[str, Any]:
        states: Counter[str] = Counter()
        records = rejects = 0
        for container in self.containers:
            for known in self.ledger.files(container):
                states[known.record.state] += 1
                records += known.record.records
                rejects += known.record.rejects
        return {
            **{state: states.get(state, 0) for state in ("seen", "ingested", "rejected", "ignored")},
            "records": records,
            "rejects": rejects,
        }

    def files(self) -> Iterator[dict[str, Any]]:
        """Yield every landed file with where it stands."""
        for container in self.containers:
            for known in self.ledger.files(container):
                record = known.record
                yield {
                    "file": record.name,
                    "state": record.state,
                    "reason": record.reason,
                    "detail": record.detail,
                    "entity": record.entity,
                    "generation": record.generation,
                    "bytes": record.size,
                    "committed": record.offset,
                    "records": record.records,
                    "rejects": record.rejects,
                    "held_back": record.held_back,
                }


def batch_document(batch: Batch) -> dict[str, Any]:
    """Return what the API says of a batch."""
    return {
        "batch_id": batch.batch_id,
        "stage": batch.stage,
        "state": batch.state,
        "attempt": batch.attempt,
        "run_id": batch.run_id or None,
        "run_url": batch.run_url or None,
        "entities": batch.entities.split(",") if batch.entities else [],
        "parts": batch.parts,
        "rows": batch.rows,
        "created_at": time_text(batch.created_at),
        "submitted_at": time_text(batch.submitted_at),
        "ended_at": time_text(batch.ended_at),
        "recorded_at": time_text(batch.recorded_at),
        "publication": batch.publication or None,
        "cause": batch.cause or None,
    }


def time_text(at: datetime | None) -> str | None:
    """Spell a time as the API does: ISO 8601, UTC."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
