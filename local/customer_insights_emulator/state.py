"""What the emulator remembers: refreshes, and how far each has come."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from local.customer_insights_emulator.gold import RefreshFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

Status = Literal["queued", "running", "successful", "failed"]


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """One refresh; the API calls it a job."""

    job_id: str
    operation: str
    sources: tuple[str, ...]
    submitted: datetime
    status: Status = "queued"
    ended: datetime | None = None
    error: RefreshFailed | None = None


class Refreshes:
    """The refreshes of one instance. Times come from `now`; each takes `seconds`, and reads gold by `take` at its end."""

    def __init__(self, *, take: Callable[[], object], now: Callable[[], datetime], seconds: float) -> None:
        self._take, self._now, self._seconds = take, now, seconds
        self._known: dict[str, Refresh] = {}
        self._lock = threading.Lock()

    def submit(self, operation: str, sources: tuple[str, ...]) -> Refresh:
        """Begin a new refresh, queued."""
        refresh = Refresh(job_id=str(uuid.uuid4()), operation=operation, sources=sources, submitted=self._now())
        with self._lock:
            self._known[refresh.job_id] = refresh
        return refresh

    def all(self) -> list[Refresh]:
        """Return all as they stand now, newest first."""
        with self._lock:
            self._known = {job_id: self._advanced(refresh) for job_id, refresh in self._known.items()}
            return list(reversed(self._known.values()))

    def get(self, job_id: str) -> Refresh | None:
        """Return one as it stands now, or None."""
        return next((refresh for refresh in self.all() if refresh.job_id == job_id), None)

    def _advanced(self, refresh: Refresh) -> Refresh:
        if refresh.ended is not None:
            return refresh
        age = (self._now() - refresh.submitted).total_seconds()
        if age < self._seconds:
            return replace(refresh, status="queued" if age < self._seconds / 2 else "running")
        try:
            self._take()
        except RefreshFailed as error:
            return replace(refresh, status="failed", ended=self._now(), error=error)
        return replace(refresh, status="successful", ended=self._now())
