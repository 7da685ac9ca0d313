"""The calls of the Jobs API: each takes the request's fields and answers with a document, or raises an ApiError.

Shapes and odd answers as measured or documented (reference: Databricks, sections 1.2 to 1.4); where a workspace's own
behaviour is unknown the comment says what was chosen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.emulation.errors import NotEmulatedError
from local.jobs_emulator.documents import job_document, run_document, task_document
from local.jobs_emulator.errors import NOT_EMULATED, InvalidParameterValueError, InvalidStateError
from local.jobs_emulator.runs import TOO_MANY_RUNS, Repair, Run, TaskRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.jobs_emulator.definition import Job
    from local.jobs_emulator.execution import Execution
    from local.jobs_emulator.state import Runs

LONGEST_TOKEN = 64
LARGEST_PAGE = 24
LOG_BYTES = 5_000_000

Fields = dict[str, Any]


class Jobs:
    """The one job of the workspace, and its runs."""

    def __init__(self, *, job: Job, runs: Runs, execution: Execution, root: str, now: Callable[[], int]) -> None:
        self._job, self._runs, self._execution, self._root, self._now = job, runs, execution, root, now
        self._created = now()

    def get_job(self, fields: Fields) -> Fields:
        """GET /jobs/get."""
        if _whole(fields, "job_id") != self._job.job_id:
            raise InvalidParameterValueError(f"Job {fields['job_id']} does not exist.")
        return job_document(self._job, created=self._created)

    def list_jobs(self, fields: Fields) -> Fields:
        """GET /jobs/list."""
        named = fields.get("name", self._job.name).lower() == self._job.name.lower()
        return {"jobs": [job_document(self._job, created=self._created)] if named else [], "has_more": False}

    def run_now(self, fields: Fields) -> Fields:
        """POST /jobs/run-now: a known token starts nothing, even if its run failed."""
        known = {"job_id", "idempotency_token", "job_parameters", "queue"}
        if unknown := sorted(set(fields) - known):
            raise NotEmulatedError(f"run-now with {', '.join(unknown)} is not emulated.", error_code=NOT_EMULATED)
        self.get_job(fields)
        token = fields.get("idempotency_token", "")
        if len(token) > LONGEST_TOKEN:
            raise InvalidParameterValueError(f"idempotency_token has {len(token)} characters, at most 64 are allowed.")
        given: dict[str, str] = fields.get("job_parameters", {})
        if any(not isinstance(value, str) for value in given.values()):
            raise InvalidParameterValueError("The values of job_parameters have to be strings.")
        with self._runs.lock:
            earlier = self._runs.of_token(token) if token else None
            if earlier is not None:
                if self._runs.get(earlier) is None:
                    raise InvalidParameterValueError(f"The run of this idempotency_token, {earlier}, was deleted.")
                return {"run_id": earlier, "number_in_job": earlier}
            run = self._new_run(token, given)
            queueing = bool(fields.get("queue", {}).get("enabled", self._job.queue))
            active = sum(one.active for one in self._runs.all())
            if active >= self._job.max_concurrent_runs and not queueing:
                run = replace(run, life="TERMINATED", termination=TOO_MANY_RUNS, end_time=run.start_time)
            self._runs.put(run)
        if run.active:
            self._execution.submit(run.run_id)
        return {"run_id": run.run_id, "number_in_job": run.run_id}

    def get_run(self, fields: Fields) -> Fields:
        """GET /jobs/runs/get, of a run or of a task run."""
        run_id = _whole(fields, "run_id")
        run = self._runs.get(run_id)
        if run is not None:
            return run_document(run, self._job, root=self._root)
        whole = self._runs.of_task(run_id)
        if whole is None:
            raise InvalidParameterValueError(f"Run {run_id} does not exist.")
        task = next(one for one in whole.tasks if one.run_id == run_id)
        return {**task_document(task, self._job), "job_id": whole.job_id, "job_run_id": whole.run_id}

    def list_runs(self, fields: Fields) -> Fields:
        """GET /jobs/runs/list, newest first; `page_token` is the offset."""
        limit, offset = int(fields.get("limit", 20)), int(fields.get("page_token", 0))
        if not 0 < limit <= LARGEST_PAGE:
            raise InvalidParameterValueError(f"limit is {limit}, it has to be from 1 to {LARGEST_PAGE}.")
        known = {"job_id", "active_only", "completed_only", "limit", "page_token", "start_time_from", "start_time_to"}
        if unknown := sorted(set(fields) - known - {"offset", "expand_tasks", "run_type"}):
            raise NotEmulatedError(f"runs/list with {', '.join(unknown)} is not emulated.", error_code=NOT_EMULATED)
        job_id = int(fields.get("job_id", self._job.job_id))
        after, before = int(fields.get("start_time_from", 0)), int(fields.get("start_time_to", 2**62))
        found = [
            run
            for run in self._runs.all()
            if run.job_id == job_id
            and (run.active or fields.get("active_only") != "true")
            and (not run.active or fields.get("completed_only") != "true")
            and after <= run.start_time <= before
        ]
        page = found[offset : offset + limit]
        more = len(found) > offset + limit
        documents = [run_document(run, self._job, root=self._root, tasks=fields.get("expand_tasks") == "true") for run in page]
        # The key is left out on the last page: the SDK goes on while it is there.
        return {"runs": documents, "has_more": more, **({"next_page_token": str(offset + limit)} if more else {})}

    def cancel_run(self, fields: Fields) -> Fields:
        """POST /jobs/runs/cancel: asynchronous; a finished run keeps its outcome."""
        run = self._known_run(fields)
        if run.active:
            self._execution.cancel(run.run_id)
        return {}

    def delete_run(self, fields: Fields) -> Fields:
        """POST /jobs/runs/delete."""
        run = self._known_run(fields)
        if run.active:
            raise InvalidStateError(f"Run {run.run_id} is active: cancel it first.")
        self._runs.delete(run.run_id)
        return {}

    def repair_run(self, fields: Fields) -> Fields:
        """POST /jobs/runs/repair: the same run again, with the tasks that did not succeed or that are named."""
        run = self._known_run(fields)
        if run.active:
            raise InvalidStateError(f"Run {run.run_id} is active and cannot be repaired.")
        latest = run.repairs[-1].id if run.repairs else None
        if latest is not None and fields.get("latest_repair_id") != latest:
            raise InvalidParameterValueError(f"latest_repair_id has to be {latest}.")
        again = set(fields.get("rerun_tasks", []))
        if fields.get("rerun_all_failed_tasks"):
            again |= {task.task_key for task in run.tasks if not (task.termination and task.termination.succeeded)}
        if not again:
            raise InvalidParameterValueError("Name the tasks to run again: rerun_tasks or rerun_all_failed_tasks.")
        tasks = tuple(self._new_task(task.task_key) if task.task_key in again else task for task in run.tasks)
        renewed = tuple(task.run_id for task in tasks if task.task_key in again)
        repair = Repair(id=self._runs.new_id(), start_time=self._now(), task_run_ids=renewed)
        given = {**run.overriding, **fields.get("job_parameters", {})}
        self._runs.put(
            replace(
                run,
                life="QUEUED",
                termination=None,
                end_time=0,
                tasks=tasks,
                overriding=given,
                parameters={**run.parameters, **given},
                repairs=(*run.repairs, repair),
            )
        )
        self._execution.submit(run.run_id)
        return {"repair_id": repair.id}

    def get_run_output(self, fields: Fields) -> Fields:
        """GET /jobs/runs/get-output, of a task run."""
        run_id = _whole(fields, "run_id")
        run = self._runs.of_task(run_id)
        if run is None:
            raise InvalidParameterValueError(f"Run {run_id} is no task run: ask for the output of one of its tasks.")
        task = next(one for one in run.tasks if one.run_id == run_id)
        log = self._execution.log_of(run_id)
        text = log.read_bytes() if log.exists() else b""
        failure = {"error": task.error, "error_trace": task.error_trace} if task.error else {}
        return {
            "logs": text[-LOG_BYTES:].decode(errors="replace"),
            "logs_truncated": len(text) > LOG_BYTES,
            "metadata": task_document(task, self._job),
            **failure,
        }

    def _known_run(self, fields: Fields) -> Run:
        run_id = _whole(fields, "run_id")
        run = self._runs.get(run_id)
        if run is None:
            raise InvalidParameterValueError(f"Run {run_id} does not exist.")
        return run

    def _new_run(self, token: str, given: dict[str, str]) -> Run:
        return Run(
            run_id=self._runs.new_id(),
            job_id=self._job.job_id,
            life="QUEUED",
            parameters={**self._job.parameters, **given},
            overriding=given,
            tasks=tuple(self._new_task(task.task_key) for task in self._job.tasks),
            token=token,
            start_time=self._now(),
        )

    def _new_task(self, task_key: str) -> TaskRun:
        return TaskRun(task_key=task_key, run_id=self._runs.new_id())


def _whole(fields: Fields, name: str) -> int:
    try:
        return int(fields[name])
    except KeyError as error:
        raise InvalidParameterValueError(f"{name} is missing.") from error
    except (TypeError, ValueError) as error:
        raise InvalidParameterValueError(f"{name} is no number.") from error
