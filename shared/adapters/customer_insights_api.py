"""The refresh call of Customer Insights - Data, over azure-core's pipeline.

The documented form of each call is a setting, because older forms are still about (reference: Customer Insights, section 7).
There is no idempotency key: a refresh that is queued or running is found and taken for ours before a new one is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from azure.core import PipelineClient
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, HeadersPolicy, RetryPolicy
from azure.core.rest import HttpRequest

from shared.errors import ServiceRefused, ServiceUnavailable
from shared.ports import RefreshJob, RefreshJobState

_SCOPE = "https://api.ci.ai.microsoft.com/.default"  # not the host of the API
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


class StaticToken:
    """A bearer token from a setting: for the local emulator, which has no Entra."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return the token, for ever valid."""
        return AccessToken(self._token, 2**31 - 1)


class CustomerInsightsApi:
    """One Customer Insights instance behind the port."""

    def __init__(self, call: RefreshCall, credential: Any) -> None:
        self._call = call
        self._jobs = f"{call.root.rstrip('/')}/instances/{call.instance_id}/{call.workflows}/main/jobs"
        self._client: PipelineClient[Any, Any] = PipelineClient(
            base_url=call.root,
            policies=[
                HeadersPolicy({"Ocp-Apim-Subscription-Key": call.subscription_key}),
                RetryPolicy(retry_total=2, retry_backoff_factor=0.2),
                BearerTokenCredentialPolicy(credential, _SCOPE, enforce_https=call.root.startswith("https")),
            ],
        )

    def refresh(self, *, since: datetime) -> RefreshJob | None:
        """See `CustomerInsights.refresh`."""
        for job in self._send("GET", self._jobs) or []:
            if _job(job).state == "running" and self._is_same(job):
                return _job(job) if _asked_at(job) >= since else None
        source = self._call.data_source_id
        query = f"operationType=Ingestion&identifiers='{quote(source)}'" if source else "operationType=all"
        return _job(self._send("POST", f"{self._jobs}?{query}&forceRunRequested=true"))

    def job(self, job_id: str) -> RefreshJob | None:
        """See `CustomerInsights.job`."""
        # Without its tasks a job that failed does not say why.
        found = self._send("GET", f"{self._jobs}/{quote(job_id, safe='')}?includeTasks=true", absent_is_none=True)
        return None if found is None else _job(found)

    def _is_same(self, job: dict[str, Any]) -> bool:
        source = self._call.data_source_id
        return source in (job.get("idList") or []) if source else str(job.get("operationType")).lower() == "all"

    def _send(self, method: str, url: str, *, absent_is_none: bool = False) -> Any:
        # enforce_https is read per request
        request = HttpRequest(method, url, headers={"Accept": "application/json"})
        try:
            response = self._client.send_request(request, enforce_https=url.startswith("https"))
        except AzureError as error:
            raise ServiceUnavailable("Customer Insights", type(error).__name__) from error
        if response.status_code == 404 and absent_is_none:
            return None
        if response.status_code in {408, 429} or response.status_code >= 500:
            after = response.headers.get("Retry-After", "")
            raise ServiceUnavailable(
                "Customer Insights", str(response.status_code), retry_after=float(after) if after.isdigit() else None
            )
        if response.status_code >= 400:
            raise ServiceRefused("Customer Insights", str(response.status_code), _error_code(response))
        return response.json()


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


def _error_code(response: Any) -> str:
    try:
        return str(cast("dict[str, Any]", response.json()).get("errorCode", ""))
    except ValueError:
        return "no error code"
