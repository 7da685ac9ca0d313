"""The Databricks job, over databricks-sdk.

The SDK retries a run-now by itself, so the idempotency token is what keeps one batch attempt one run (reference:
Databricks, section 1.2). It is imported on first use: it takes about a second.

The workspace's own words go nowhere: those of a run can be what its code raised, with a value of a row in it. Told are its
codes, which call it was, and the id of a request where it gave one; a run's page in the workspace has the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from shared.errors import PipelineError, ServiceRefused, ServiceUnavailable, SettingsInvalid
from shared.ports import JobRun, RunState, Termination

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.jobs import Run

T = TypeVar("T")

_RETRY_SECONDS = 30  # the SDK's default of 300 outlives a function; ours come back by hint and timer
_DATABRICKS_APPLICATION = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default"  # Entra id of Azure Databricks
_LARGEST_ID = 2**63 - 1
_ACTIVE: dict[str, RunState] = {
    "BLOCKED": "queued",
    "PENDING": "queued",
    "QUEUED": "queued",
    "WAITING": "queued",
    "RUNNING": "running",
    "TERMINATING": "running",
}
_TERMINATIONS: dict[str, Termination] = {
    "SUCCESS": "success",
    "CLIENT_ERROR": "client_error",
    "INTERNAL_ERROR": "internal_error",
    "CLOUD_FAILURE": "cloud_failure",
}
_CODES: dict[str, Termination] = {
    # Told by code rather than by type: nobody is at fault, and the batch still has to run.
    "USER_CANCELED": "cancelled",
    # learn.microsoft.com, Jobs API, termination codes: "canceled during execution by the Databricks platform; for example, if
    # the maximum run duration was exceeded". Nobody asked for it.
    "CANCELED": "internal_error",
    "SKIPPED": "skipped",
    "MAX_CONCURRENT_RUNS_EXCEEDED": "skipped",
    "MAX_JOB_QUEUE_SIZE_EXCEEDED": "skipped",
}
#: The deprecated `state` knows one word for a cancel, a person's, and another for a run that exceeded its time (TIMEDOUT).
_LEGACY: dict[str, Termination] = _CODES | {"CANCELED": "cancelled", "FAILED": "client_error"}


class DatabricksJobs:
    """One job of one workspace behind the jobs port."""

    def __init__(self, client: Callable[[], WorkspaceClient], job_id: int) -> None:
        self._make_client = client
        self._client: WorkspaceClient | None = None
        self._job_id = job_id

    def start(self, parameters: Mapping[str, str], *, token: str) -> int:
        """See `Jobs.start`."""
        from databricks.sdk.service.jobs import QueueSettings

        answer: Any = self._call(  # the SDK's waiter does not say what it carries
            f"job {self._job_id}",
            lambda client: (
                client.jobs.run_now(
                    self._job_id,
                    job_parameters=dict(parameters),
                    idempotency_token=token,
                    queue=QueueSettings(enabled=True),
                ).response
            ),
        )
        if answer.run_id is None:
            raise ServiceUnavailable("Databricks", "run-now answered without a run id")
        return int(answer.run_id)

    def run(self, run_id: int) -> JobRun | None:
        """See `Jobs.run`."""
        from databricks.sdk.errors import NotFound

        if not 0 < run_id <= _LARGEST_ID:
            return None
        try:
            return _run(self._call(f"run {run_id}", lambda client: client.jobs.get_run(run_id)), self._job_id)
        except ServiceRefused as error:
            if isinstance(error.__cause__, NotFound):
                return None
            raise

    def _call(self, asked: str, call: Callable[[WorkspaceClient], T]) -> T:
        from databricks.sdk.errors.base import DatabricksError

        try:
            if self._client is None:
                self._client = self._make_client()
            return call(self._client)
        except DatabricksError as error:
            raise _translated(error, asked) from error
        except (TimeoutError, OSError) as error:  # requests' errors are OSErrors
            # The SDK retries by itself, and wraps what it met last: a 429 that outlived its patience still says how long.
            met = getattr(error, "__cause__", None)
            detail = f"{type(error).__name__} after {type(met).__name__}" if met else type(error).__name__
            raise ServiceUnavailable("Databricks", detail, retry_after=getattr(met, "retry_after_secs", None)) from error
        except ValueError as error:  # the SDK's word for "no way to authenticate is configured"
            raise SettingsInvalid("DATABRICKS_HOST", "a workspace and one way to authenticate") from error


def workspace_client(host: str, token: str | None, credential: Callable[[], Any]) -> WorkspaceClient:
    """Make the client: with a token where one is set, else with what azure-identity finds.

    azure-identity covers managed identity, service principal and Azure CLI; the SDK itself has no managed identity
    (reference: Databricks, section 1.5).
    """
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.core import Config

    common: dict[str, Any] = {
        "host": host,
        "retry_timeout_seconds": _RETRY_SECONDS,
        "http_timeout_seconds": 10,
        "product": "customer360",
        "product_version": "0.1.0",
    }
    if token:
        return WorkspaceClient(config=Config(token=token, auth_type="pat", **common))

    from databricks.sdk.credentials_provider import CredentialsStrategy

    class AzureIdentity(CredentialsStrategy):
        def auth_type(self) -> str:
            return "azure-identity"

        def __call__(self, _cfg: Config) -> Callable[[], dict[str, str]]:
            identity = credential()
            return lambda: {"Authorization": f"Bearer {identity.get_token(_DATABRICKS_APPLICATION).token}"}

    return WorkspaceClient(config=Config(credentials_strategy=AzureIdentity(), **common))


def _translated(error: Any, asked: str) -> PipelineError:
    from databricks.sdk.errors import (
        BadRequest,
        DeadlineExceeded,
        InternalError,
        NotFound,
        PermissionDenied,
        TemporarilyUnavailable,
        TooManyRequests,
        Unauthenticated,
    )

    request = error.get_error_details().request_info
    told = (error.error_code or type(error).__name__, asked, f"request {request.request_id}" if request else "")
    detail = ", ".join(filter(None, told))
    if isinstance(error, TooManyRequests | TemporarilyUnavailable | InternalError | DeadlineExceeded):
        return ServiceUnavailable("Databricks", detail, retry_after=getattr(error, "retry_after_secs", None))
    for kind, reason in (
        (Unauthenticated, "not_authenticated"),
        (PermissionDenied, "no_permission"),
        (NotFound, "not_found"),
        (BadRequest, "not_valid"),
    ):
        if isinstance(error, kind):
            return ServiceRefused("Databricks", reason, detail)
    return ServiceUnavailable("Databricks", detail)


def _run(run: Run, job_id: int) -> JobRun | None:
    if run.job_id is not None and run.job_id != job_id:
        return None  # another job's run: none of ours
    parameters = {parameter.name: parameter.value for parameter in run.job_parameters or []}
    state, termination, code = _outcome(run)
    return JobRun(
        run_id=run.run_id or 0,
        state=state,
        termination=termination,
        code=code,
        batch_id=parameters.get("batch_id") or "",
        url=run.run_page_url or "",
        started_at=_time(run.start_time),
        ended_at=_time(run.end_time),
    )


def _outcome(run: Run) -> tuple[RunState, Termination | None, str]:
    """Read `status`, which tells a failure's type; fall back on the deprecated `state` (reference: Databricks, section 1.3)."""
    if run.status is not None and run.status.state is not None:
        active = _ACTIVE.get(run.status.state.value)
        if active is not None:
            return active, None, ""
        details = run.status.termination_details
        code = details.code.value if details and details.code else ""
        kind = details.type.value if details and details.type else ""
        if code in _CODES:
            return "failed", _CODES[code], code
        if kind == "SUCCESS" or (not kind and code == "SUCCESS"):
            return "succeeded", "success", code
        return "failed", _TERMINATIONS.get(kind, "internal_error"), code
    if run.state is None or run.state.life_cycle_state is None:
        return "running", None, ""
    active = _ACTIVE.get(run.state.life_cycle_state.value)
    if active is not None or run.state.life_cycle_state.value == "WAITING_FOR_RETRY":
        return active or "running", None, ""
    result = run.state.result_state.value if run.state.result_state else run.state.life_cycle_state.value
    if result in {"SUCCESS", "SUCCESS_WITH_FAILURES"}:
        return "succeeded", "success", result
    return "failed", _LEGACY.get(result, "internal_error"), result


def _time(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
