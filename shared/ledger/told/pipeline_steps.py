"""Steps of batches, refreshes, reprocess jobs and erasures, told once they are stored."""

from __future__ import annotations

from datetime import datetime

from shared.ledger.records import Batch, Erasure, Pipeline, Refresh, ReprocessJob
from shared.ledger.states import BatchState, Event
from shared.ledger.waiting import Backlog
from shared.telemetry.log_events import tell

_ENDED: frozenset[BatchState] = frozenset({"succeeded", "failed", "parked", "dissolved"})


def tell_batch(event: Event, batch: Batch, detail: str) -> None:
    """Tell a batch's step; one that ends a run with its times, of which durations and traces are made."""
    has_ended, is_well = batch.state in _ENDED, batch.state == "succeeded"
    tell(
        event,
        batch=batch.batch_id,
        stage=batch.stage,
        attempt=batch.attempt,
        run=batch.run_id or None,
        publication=batch.publication,
        detail=detail,
        parts=batch.parts,
        rows=batch.rows,
        applied=batch.applied if is_well else None,
        superseded=batch.superseded if is_well else None,
        duplicates=batch.duplicates if is_well else None,
        rejected=batch.rejected if is_well else None,
        parent=batch.parent,
        reprocess=batch.reprocess,
        erasure=batch.erasure,
        landed_from=batch.landed_from,
        created_at=batch.created_at if has_ended else None,
        submitted_at=batch.submitted_at if has_ended else None,
        ended_at=batch.ended_at if has_ended else None,
        recorded_at=batch.recorded_at if has_ended else None,
        run_seconds=_seconds(batch.submitted_at, batch.ended_at) if has_ended else None,
        way_seconds=_seconds(batch.landed_from, batch.recorded_at) if is_well else None,
    )


def tell_refresh(event: Event, refresh: Refresh) -> None:
    """Tell a refresh's step."""
    tell(
        event,
        publication=refresh.publication,
        job=refresh.job_id,
        detail=refresh.detail,
        requested_at=refresh.requested_at,
        ended_at=refresh.ended_at,
        refresh_seconds=_seconds(refresh.started_at or refresh.requested_at, refresh.ended_at),
    )


def tell_reprocess(event: Event, job: ReprocessJob, detail: str) -> None:
    """Tell a reprocess job's step."""
    tell(
        event,
        reprocess=job.reprocess_id,
        stage=job.stage,
        files=job.files,
        records=job.records,
        batches=job.batches,
        failed=job.failed,
        detail=detail or job.detail,
    )


def tell_erasure(event: Event, erasure: Erasure, detail: str) -> None:
    """Tell an erasure's step: counts, and nothing of the key."""
    tell(
        event,
        erasure=erasure.erasure_id,
        entity=erasure.entity,
        dry_run=erasure.dry_run,
        searches=erasure.searches,
        parts=erasure.parts,
        records=erasure.records,
        rows=erasure.silver,
        detail=detail,
    )


def tell_waiting(pipeline: Pipeline, backlog: Backlog, now: datetime) -> None:
    """Tell what waits, for how long, and how old the newest data is in gold and in Customer Insights: only measured."""
    waits = [pending.since for pending in backlog.parts]
    tell(
        "pipeline.seen",
        files=len(backlog.files) - backlog.exported,
        parts=sum(pending.parts for pending in backlog.parts),
        batches=len(backlog.batches) + bool(pipeline.active_batch),
        waiting_seconds=_seconds(min(waits, default=now), now),
        gold_seconds=_seconds(pipeline.gold_until, now),
        insights_seconds=_seconds(pipeline.refreshed_until, now),
    )


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    return round(max(0.0, (end - begin).total_seconds()), 3) if begin and end else None
