"""The refresh call of Customer Insights - Data.

The documented form of each call is a setting, because older forms are still about (reference: Customer Insights, section 7).
There is no idempotency key: a refresh that is queued or running is found and taken for ours before a new one is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from shared.adapters.customer_insights_http import CustomerInsightsHttp
from shared.ports import RefreshJob, RefreshJobState

_STATES: dict[str, RefreshJobState] = {
    "queued": "running",
    "needsupdate": "running",
    "running": "running",
    "successful": "successful",
    "skipped": "skipped",
    "failed": "failed",
    "timedout": "failed",
    "aborted": "failed",
    "deleted": "failed",
}
_MOST_TOLD = 10  # tasks that failed; a refresh of everything has some dozens


@dataclass(frozen=True, kw_only=True)
class RefreshCall:
    """Which refresh to ask for, and where."""

    root: str  # https://api.ci.ai.dynamics.com/v1
    instance_id: str
    subscription_key: str
    data_source_id: str = ""  # one source; empty refreshes everything
    workflows: str = "manage/workflows"  # older environments: workflows

    def __repr__(self) -> str:
        """Leave the key out of logs and tracebacks."""
        return f"RefreshCall(root={self.root!r}, instance_id={self.instance_id!r})"


class CustomerInsightsApi:
    """One Customer Insights instance behind the port."""

    def __init__(self, call: RefreshCall, credential: Any) -> None:
        self._call = call
        self._http = CustomerInsightsHttp(
            root=call.root, instance_id=call.instance_id, subscription_key=call.subscription_key, credential=credential
        )
        self._jobs = f"{call.workflows}/main/jobs"

    def refresh(self, *, since: datetime) -> RefreshJob | None:
        """See `CustomerInsights.refresh`."""
        for job in self._http.send("GET", self._jobs) or []:
            if _job(job).state == "running" and self._is_same(job):
                return _job(job) if _asked_at(job) >= since else None
        source = self._call.data_source_id
        query = f"operationType=Ingestion&identifiers='{quote(source)}'" if source else "operationType=all"
        return _job(self._http.send("POST", f"{self._jobs}?{query}&forceRunRequested=true"))

    def job(self, job_id: str) -> RefreshJob | None:
        """See `CustomerInsights.job`."""
        # Without its tasks a job that failed does not say why.
        found = self._http.send("GET", f"{self._jobs}/{quote(job_id, safe='')}?includeTasks=true", absent_is_none=True)
        return None if found is None else _job(found)

    def _is_same(self, job: dict[str, Any]) -> bool:
        source = self._call.data_source_id
        return source in (job.get("idList") or []) if source else str(job.get("operationType")).lower() == "all"


def _asked_at(answer: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(answer.get("submittedTimestamp")))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)  # says nothing: take it for an older one
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _job(answer: Any) -> RefreshJob:
    status = str(answer.get("jobStatus", "")).lower()
    failed = ", ".join([told for task in answer.get("tasks") or [] if (told := _failure(task))][:_MOST_TOLD])
    return RefreshJob(
        job_id=str(answer.get("jobId", "")),
        state=_STATES.get(status, "running"),
        detail=failed or (status if status in _STATES else f"unknown status {status!r}"[:200]),
    )


def _failure(task: dict[str, Any]) -> str:
    """Return which process failed and by which errors; empty for one that did not. Messages and parameters may hold values."""
    errors = [*(task.get("ciErrors") or []), task.get("ciError") or {}]
    errors += [inner for error in errors for inner in error.get("ciResults") or []]
    codes = list(dict.fromkeys(code for error in errors if (code := str(error.get("errorCode") or ""))))
    status = str(task.get("taskStatus", ""))
    if not codes and _STATES.get(status.lower()) != "failed":
        return ""
    return f"{task.get('operationType') or 'a task'}: {' '.join(codes) or status}"[:200]
