"""Asks Customer Insights to read the newest publication, and follows that refresh to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from shared.errors import LedgerChanged, ServiceRefused
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import Pipeline, Refresh
from shared.ports import Clock, CustomerInsights, RefreshJobState


@dataclass(frozen=True, kw_only=True)
class FollowRefresh:
    """Moves the active refresh on by one look."""

    ledger: Ledger
    customer_insights: CustomerInsights
    clock: Clock
    longest: timedelta = timedelta(hours=24)  # from when it was asked for; several times what a large instance needs

    def __call__(self) -> None:
        """Ask for the refresh that is due, or look how it stands; raises `Retry` errors where the service fails."""
        pipeline = self.ledger.pipeline()
        known = self.ledger.refresh(pipeline.record.active_refresh) if pipeline.record.active_refresh else None
        if known is None:
            return
        try:
            self._look(pipeline, known)
        except LedgerChanged:
            return  # somebody else looked in this very moment

    def _look(self, pipeline: Known[Pipeline], known: Known[Refresh]) -> None:
        record = known.record
        if self.clock() - record.requested_at > self.longest:
            told = f"{record.state}{f': {record.detail}' if record.detail else ''}"
            hours = int(self.longest.total_seconds() // 3600)
            self._end(pipeline, known, "failed", f"did not end within {hours} hours ({told}); look in Customer Insights")
            return
        try:
            if record.state == "requested":
                job = self.customer_insights.refresh(since=record.requested_at)
                if job is None:
                    return  # an older refresh is under way; it may have read the publication before ours
                running = replace(record, state="running", job_id=job.job_id, attempts=record.attempts + 1)
                self.ledger.record_refresh(known, running)
                return
            job = self.customer_insights.job(record.job_id)
        except ServiceRefused as error:
            self._end(pipeline, known, "failed", str(error))
            return
        if job is None:
            self._end(pipeline, known, "failed", f"refresh {record.job_id} is gone")
        elif job.state != "running":
            self._end(pipeline, known, job.state, job.detail)
        elif job.detail != record.detail:
            self.ledger.record_refresh(known, replace(record, detail=job.detail))  # a status that nobody knows is told

    def _end(self, pipeline: Known[Pipeline], known: Known[Refresh], state: RefreshJobState, detail: str) -> None:
        ended = replace(known.record, state=state, detail=detail, ended_at=self.clock())
        after = replace(pipeline.record, active_refresh="", refresh_state=state, refresh_detail=detail)
        if state == "successful":  # what it read: nothing newer is published while a refresh is active
            publication, until = known.record.publication, pipeline.record.gold_until
            after = replace(after, refreshed=publication, refreshed_at=ended.ended_at, refreshed_until=until)
        self.ledger.record_refresh(known, ended, pipeline=(pipeline, after))
