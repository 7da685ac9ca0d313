"""Asks Customer Insights to read the newest publication, and follows that refresh to its end.

One refresh at a time: what is published while one is under way waits, and of several that wait the newest is asked for
(`shared/orchestration/conclude.py`). It begins outside of quiet hours, and not too soon after the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from shared.config.refresh_settings import RefreshSettings
from shared.errors import LedgerChanged, ServiceRefused
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import Pipeline, Refresh
from shared.orchestration.when import refresh_from
from shared.ports import Clock, CustomerInsights, RefreshJobState


@dataclass(frozen=True, kw_only=True)
class FollowRefresh:
    """Moves the active refresh on by one look."""

    ledger: Ledger
    customer_insights: CustomerInsights
    clock: Clock
    settings: RefreshSettings

    def __call__(self) -> None:
        """Ask for the refresh that is due, or look how it stands; raises `Retry` errors where the service fails."""
        for _ in range(2):  # where one ended, the one that waited behind it has its turn
            pipeline = self.ledger.pipeline()
            known = self.ledger.refresh(pipeline.record.active_refresh) if pipeline.record.active_refresh else None
            if known is None:
                return
            try:
                self._look(pipeline, known)
            except LedgerChanged:
                return  # somebody else looked in this very moment
            if not pipeline.record.waiting_refresh:
                return

    def _look(self, pipeline: Known[Pipeline], known: Known[Refresh]) -> None:
        record, now = known.record, self.clock()
        due = record.started_at or refresh_from(record.requested_at, pipeline.record.refresh_started_at, self.settings)
        if now - due > self.settings.longest:
            told = f"{record.state}{f': {record.detail}' if record.detail else ''}"
            allowed = _spelled(self.settings.longest)
            self._end(pipeline, known, "failed", f"did not end within {allowed} ({told}); look in Customer Insights")
            return
        try:
            if record.state == "requested":
                self._begin(pipeline, known)
                return
            job = self.customer_insights.job(record.job_id)
        except ServiceRefused as error:
            self._end(pipeline, known, "failed", str(error))
            return
        if job is None:
            self._end(pipeline, known, "failed", f"refresh {record.job_id} is gone")
        elif job.state != "running":
            self._end(pipeline, known, job.state, job.detail)
        else:
            self._tell(known, job.detail)  # a status that nobody knows is told

    def _begin(self, pipeline: Known[Pipeline], known: Known[Refresh]) -> None:
        now = self.clock()
        begins = refresh_from(now, pipeline.record.refresh_started_at, self.settings)
        if begins > now:
            if begins != known.record.begins_at:
                self.ledger.record_refresh(known, replace(known.record, begins_at=begins, detail="waits for its time"))
            return
        job = self.customer_insights.refresh(since=known.record.requested_at)
        if job is None:  # it may have read the publication before ours
            self._tell(known, "a refresh that was asked for earlier is under way")
            return
        attempts = known.record.attempts + 1
        running = replace(known.record, state="running", job_id=job.job_id, attempts=attempts, started_at=now, detail="")
        self.ledger.record_refresh(known, running, pipeline=(pipeline, replace(pipeline.record, refresh_started_at=now)))

    def _tell(self, known: Known[Refresh], detail: str) -> None:
        if detail != known.record.detail:
            self.ledger.record_refresh(known, replace(known.record, detail=detail))

    def _end(self, pipeline: Known[Pipeline], known: Known[Refresh], state: RefreshJobState, detail: str) -> None:
        ended = replace(known.record, state=state, detail=detail, ended_at=self.clock())
        before, publication = pipeline.record, known.record.publication
        after = replace(before, active_refresh=before.waiting_refresh, waiting_refresh="")
        is_newest = publication == before.publication
        if is_newest:
            after = replace(after, refresh_state=state, refresh_detail=detail)
        if state == "successful":
            until = before.gold_until if is_newest else known.record.gold_until
            after = replace(after, refreshed=publication, refreshed_at=ended.ended_at, refreshed_until=until)
        self.ledger.record_refresh(known, ended, pipeline=(pipeline, after))


def _spelled(time: timedelta) -> str:
    hours, seconds = divmod(int(time.total_seconds()), 3600)
    return f"{hours} hours" if not seconds else f"{int(time.total_seconds())} seconds"
