"""Runs and task runs: frozen records, and the two shapes in which the API shows how they stand.

`state` is the old shape, which the SDK's waiter reads; `status` the new one. A failed run is INTERNAL_ERROR in the one
and TERMINATED in the other (reference: Databricks, sections 0 and 1.3).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Life = Literal["QUEUED", "PENDING", "RUNNING", "TERMINATING", "TERMINATED"]
ACTIVE: frozenset[Life] = frozenset({"QUEUED", "PENDING", "RUNNING", "TERMINATING"})
SKIP_CODES = frozenset({"SKIPPED", "MAX_CONCURRENT_RUNS_EXCEEDED", "MAX_JOB_QUEUE_SIZE_EXCEEDED"})
CANCEL_CODES = frozenset({"CANCELED", "USER_CANCELED"})


@dataclass(frozen=True, kw_only=True)
class Termination:
    """How a run or a task ended."""

    code: str  # SUCCESS, RUN_EXECUTION_ERROR, …
    type: str  # SUCCESS, CLIENT_ERROR, INTERNAL_ERROR, CLOUD_FAILURE
    message: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether all is well."""
        return self.type == "SUCCESS"


SUCCESS = Termination(code="SUCCESS", type="SUCCESS")
CANCELED = Termination(code="USER_CANCELED", type="CLIENT_ERROR", message="Run was cancelled by the user.")
WORKLOAD_FAILED = Termination(
    code="RUN_EXECUTION_ERROR", type="CLIENT_ERROR", message="Workload failed, see run output for details"
)
UPSTREAM_FAILED = Termination(code="SKIPPED", type="CLIENT_ERROR", message="An upstream task failed.")
#: Treated as successful (docs.databricks.com, "Run tasks conditionally"); the code is not documented.
EXCLUDED = Termination(code="SUCCESS", type="SUCCESS", message="The condition of the task was not met.")
DRIVER_LOST = Termination(code="DRIVER_ERROR", type="INTERNAL_ERROR", message="The driver stopped while the task was running.")
RUNNER_FAILED = Termination(code="INTERNAL_ERROR", type="INTERNAL_ERROR", message="The task could not be run")
TOO_MANY_RUNS = Termination(
    code="MAX_CONCURRENT_RUNS_EXCEEDED",
    type="CLIENT_ERROR",
    message="The run was skipped: the job has as many active runs as it may have, and queueing is off.",
)


@dataclass(frozen=True, kw_only=True)
class TaskRun:
    """One task of one run."""

    task_key: str
    run_id: int
    life: Life = "PENDING"
    termination: Termination | None = None
    start_time: int = 0  # milliseconds since 1970, 0 until it starts
    end_time: int = 0
    attempt_number: int = 0
    error: str = ""  # last line of the traceback
    error_trace: str = ""
    outcome: str = ""  # of a condition: true or false


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One repair of a run."""

    id: int
    start_time: int
    task_run_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the job."""

    run_id: int
    job_id: int
    life: Life
    parameters: dict[str, str]  # as the tasks get them
    overriding: dict[str, str]  # as the caller gave them
    tasks: tuple[TaskRun, ...]
    token: str = ""  # idempotency token
    termination: Termination | None = None
    start_time: int = 0
    end_time: int = 0
    repairs: tuple[Repair, ...] = field(default=())

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.life in ACTIVE

    def with_task(self, task: TaskRun) -> Run:
        """Return a copy with one task run replaced."""
        return replace(self, tasks=tuple(task if task.task_key == one.task_key else one for one in self.tasks))

    def record(self) -> dict[str, Any]:
        """Return plain data, for the file it is kept in."""
        return asdict(self)

    @classmethod
    def parse(cls, record: dict[str, Any]) -> Run:
        """Invert `record`."""
        tasks = tuple(TaskRun(**{**task, "termination": _termination(task["termination"])}) for task in record["tasks"])
        repairs = tuple(Repair(**{**one, "task_run_ids": tuple(one["task_run_ids"])}) for one in record["repairs"])
        termination = _termination(record["termination"])
        return cls(**{**record, "tasks": tasks, "repairs": repairs, "termination": termination})


def state(life: Life, termination: Termination | None, *, task: bool = False) -> dict[str, Any]:
    """Return the old shape."""
    if termination is None:
        return {"life_cycle_state": life, "state_message": "", "user_cancelled_or_timedout": False}
    cancelled = termination.code in CANCEL_CODES
    shape = {"state_message": termination.message, "user_cancelled_or_timedout": cancelled}
    if termination.succeeded:
        result = "EXCLUDED" if task and termination == EXCLUDED else "SUCCESS"
        return {"life_cycle_state": "TERMINATED", "result_state": result, **shape}
    if cancelled:
        return {"life_cycle_state": "TERMINATED", "result_state": "CANCELED", **shape}
    if task and termination == UPSTREAM_FAILED:
        return {"life_cycle_state": "TERMINATED", "result_state": "UPSTREAM_FAILED", **shape}
    if termination.code in SKIP_CODES:
        return {"life_cycle_state": "SKIPPED", "result_state": "MAXIMUM_CONCURRENT_RUNS_REACHED", **shape}
    return {"life_cycle_state": "TERMINATED" if task else "INTERNAL_ERROR", "result_state": "FAILED", **shape}


def status(life: Life, termination: Termination | None) -> dict[str, Any]:
    """Return the new shape."""
    if termination is None:
        queued = {"queue_details": {"code": "MAX_CONCURRENT_RUNS_REACHED", "message": "Another run of the job is active."}}
        return {"state": life, **(queued if life == "QUEUED" else {})}
    return {"state": "TERMINATED", "termination_details": asdict(termination)}


def _termination(record: dict[str, str] | None) -> Termination | None:
    return None if record is None else Termination(**record)
