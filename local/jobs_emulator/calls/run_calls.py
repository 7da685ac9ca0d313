"""The calls about runs: to start, look at, cancel, repair, export and delete them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local.emulation.errors import NotEmulatedError
from local.jobs_emulator.calls.documents import run_document, task_document
from local.jobs_emulator.calls.fields import Fields, is_true, whole
from local.jobs_emulator.errors import NOT_EMULATED, InvalidParameterValueError, InvalidStateError
from local.jobs_emulator.running.definition import DefinitionError, job_of
from local.jobs_emulator.running.runs import TOO_MANY_RUNS, Repair, Run, TaskRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.jobs_emulator.running.definition import Definitions, Job
    from local.jobs_emulator.running.execution import Execution
    from local.jobs_emulator.running.state import Runs

LONGEST_TOKEN = 64
LARGEST_PAGE = 24
LOG_BYTES = 5_000_000


class RunCalls:
    """The runs of the workspace's jobs."""

    def __init__(
        self, *, definitions: Definitions, runs: Runs, execution: Execution, root: str, now: Callable[[], int]
    ) -> None:
        self._definitions, self._runs, self._execution = definitions, runs, execution
        self._root, self._now = root, now

    def run_now(self, fields: Fields) -> Fields:
        """POST /jobs/run-now: a known token starts nothing, even if its run failed."""
        known = {"job_id", "idempotency_token", "job_parameters", "queue"}
        if unknown := sorted(set(fields) - known):
            raise NotEmulatedError(f"run-now with {', '.join(unknown)} is not emulated.", error_code=NOT_EMULATED)
        job = self._job(whole(fields, "job_id"))
        token = fields.get("idempotency_token", "")
        if len(token) > LONGEST_TOKEN:
            raise InvalidParameterValueError(f"idempotency_token has {len(token)} characters, at most 64 are allowed.")
        given: dict[str, str] = fields.get("job_parameters", {})
        queueing = bool(fields.get("queue", {}).get("enabled", job.queue))
        return self._started(job, token, given, queueing=queueing)

    def submit(self, fields: Fields) -> Fields:
        """POST /jobs/runs/submit: one run of a job that nobody lists."""
        try:
            job = job_of(fields, self._runs.new_id(), where="runs/submit", listed=False)
        except DefinitionError as error:
            raise NotEmulatedError(str(error), error_code=NOT_EMULATED) from error
        token = fields.get("idempotency_token", "")
        if not token or self._runs.of_token(token) is None:
            self._definitions.put(job)
        return {"run_id": self._started(job, token, {}, queueing=True)["run_id"]}

    def _started(self, job: Job, token: str, given: Mapping[str, str], *, queueing: bool) -> Fields:
        if any(not isinstance(value, str) for value in given.values()):
            raise InvalidParameterValueError("The values of job_parameters have to be strings.")
        with self._runs.lock:
            earlier = self._runs.of_token(token) if token else None
            if earlier is not None:
                if self._runs.get(earlier) is None:
                    raise InvalidParameterValueError(f"The run of this idempotency_token, {earlier}, was deleted.")
                return {"run_id": earlier, "number_in_job": earlier}
            run = self._new_run(job, token, given)
            active = sum(one.active for one in self._runs.all() if one.job_id == job.job_id)
            if active >= job.max_concurrent_runs and not queueing:
                run = replace(run, life="TERMINATED", termination=TOO_MANY_RUNS, end_time=run.start_time)
            self._runs.put(run)
        if run.active:
            self._execution.submit(run.run_id)
        return {"run_id": run.run_id, "number_in_job": run.run_id}

    def get_run(self, fields: Fields) -> Fields:
        """GET /jobs/runs/get, of a run or of a task run."""
        run_id = whole(fields, "run_id")
        run = self._runs.get(run_id)
        if run is not None:
            return run_document(run, self._job_of(run), root=self._root)
        of = self._runs.of_task(run_id)
        if of is None:
            raise InvalidParameterValueError(f"Run {run_id} does not exist.")
        task = next(one for one in of.tasks if one.run_id == run_id)
        return {**task_document(task, self._job_of(of)), "job_id": of.job_id, "job_run_id": of.run_id}

    def list_runs(self, fields: Fields) -> Fields:
        """GET /jobs/runs/list, newest first; `page_token` is the offset."""
        limit, offset = int(fields.get("limit", 20)), int(fields.get("page_token", 0))
        if not 0 < limit <= LARGEST_PAGE:
            raise InvalidParameterValueError(f"limit is {limit}, it has to be from 1 to {LARGEST_PAGE}.")
        known = {"job_id", "active_only", "completed_only", "limit", "page_token", "start_time_from", "start_time_to"}
        if unknown := sorted(set(fields) - known - {"offset", "expand_tasks", "run_type"}):
            raise NotEmulatedError(f"runs/list with {', '.join(unknown)} is not emulated.", error_code=NOT_EMULATED)
        job_id = whole(fields, "job_id") if "job_id" in fields else None
        after, before = int(fields.get("start_time_from", 0)), int(fields.get("start_time_to", 2**62))
        found = [
            run
            for run in self._runs.all()
            if job_id in {None, run.job_id}
            and (run.active or not is_true(fields, "active_only"))
            and (not run.active or not is_true(fields, "completed_only"))
            and after <= run.start_time <= before
        ]
        page = found[offset : offset + limit]
        more = len(found) > offset + limit
        expand = is_true(fields, "expand_tasks")
        documents = [run_document(run, self._job_of(run), root=self._root, tasks=expand) for run in page]
        # The key is left out on the last page: the SDK goes on while it is there.
        return {"runs": documents, "has_more": more, **({"next_page_token": str(offset + limit)} if more else {})}

    def cancel_run(self, fields: Fields) -> Fields:
        """POST /jobs/runs/cancel: asynchronous; a finished run keeps its outcome."""
        run = self._known_run(fields)
        if run.active:
            self._execution.cancel(run.run_id)
        return {}

    def cancel_all(self, fields: Fields) -> Fields:
        """POST /jobs/runs/cancel-all: the active runs of one job, or of all; the waiting ones where they are asked for."""
        every = is_true(fields, "all_queued_runs")
        job_id = None if every and "job_id" not in fields else whole(fields, "job_id")
        for run in self._runs.all():
            if run.active and job_id in {None, run.job_id} and (every or run.life != "QUEUED" or job_id is not None):
                self._execution.cancel(run.run_id)
        return {}

    def export_run(self, fields: Fields) -> Fields:
        """GET /jobs/runs/export: the views of notebooks and dashboards, of which a wheel task has none."""
        run_id = whole(fields, "run_id")
        if self._runs.get(run_id) is None and self._runs.of_task(run_id) is None:
            raise InvalidParameterValueError(f"Run {run_id} does not exist.")
        raise InvalidParameterValueError(f"Run {run_id} has no notebook task: only runs of those can be exported.")

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
        run_id = whole(fields, "run_id")
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
            "metadata": task_document(task, self._job_of(run)),
            **failure,
        }

    def _known_run(self, fields: Fields) -> Run:
        run_id = whole(fields, "run_id")
        run = self._runs.get(run_id)
        if run is None:
            raise InvalidParameterValueError(f"Run {run_id} does not exist.")
        return run

    def _new_run(self, job: Job, token: str, given: Mapping[str, str]) -> Run:
        return Run(
            run_id=self._runs.new_id(),
            job_id=job.job_id,
            life="QUEUED",
            parameters={**job.parameters, **given},
            overriding=dict(given),
            tasks=tuple(self._new_task(task.task_key) for task in job.tasks),
            token=token,
            start_time=self._now(),
        )

    def _new_task(self, task_key: str) -> TaskRun:
        return TaskRun(task_key=task_key, run_id=self._runs.new_id())

    def _job(self, job_id: int) -> Job:
        job = self._definitions.get(job_id)
        if job is None:
            raise InvalidParameterValueError(f"Job {job_id} does not exist.")
        return job

    def _job_of(self, run: Run) -> Job:
        """Return the job of a run, or what is left where it was deleted: its tasks' names."""
        known = self._definitions.get(run.job_id)
        body = {"name": "deleted", "tasks": []}
        return known or job_of(body, run.job_id, where="a job that was deleted", listed=False)
