"""Asks Customer Insights to read the newest publication, and follows that refresh to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace

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

    def _end(self, pipeline: Known[Pipeline], known: Known[Refresh], state: RefreshJobState, detail: str) -> None:
        ended = replace(known.record, state=state, detail=detail, ended_at=self.clock())
        self.ledger.record_refresh(known, ended, pipeline=(pipeline, replace(pipeline.record, active_refresh="")))
