"""Runs of the job, one at a time in the order they came: tasks in dependency order, their results, the notifications.

What runs a task is a port (`TaskRunner`): the warm Spark worker, or a few lines in a test.
"""

from __future__ import annotations

import logging
import queue
import threading
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from local.jobs_emulator.running.definition import arguments
from local.jobs_emulator.running.runs import (
    CANCELED,
    DRIVER_LOST,
    EXCLUDED,
    RUNNER_FAILED,
    SUCCESS,
    UPSTREAM_FAILED,
    WORKLOAD_FAILED,
    Run,
    TaskRun,
    Termination,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.jobs_emulator.faults import JobsFaults
    from local.jobs_emulator.running.definition import Definitions, Task
    from local.jobs_emulator.running.state import Runs


_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """What became of one attempt of a task."""

    termination: Termination
    error: str = ""
    error_trace: str = ""


class TaskRunner(Protocol):
    """Runs one entry point at a time."""

    def run(self, *, package: str, entry_point: str, argv: list[str], log: Path) -> TaskResult:
        """Run it to its end, with its output appended to `log`."""

    def interrupt(self) -> None:
        """End what runs now (from another thread); its `run` returns DRIVER_LOST."""


class Execution:
    """The thread that runs the runs of all jobs: there is one driver."""

    def __init__(
        self,
        *,
        definitions: Definitions,
        runs: Runs,
        runner: TaskRunner,
        notify: Callable[[str, Run], None],
        faults: JobsFaults,
        logs: Path,
        now: Callable[[], int],
    ) -> None:
        self._definitions, self._runs, self._runner, self._notify = definitions, runs, runner, notify
        self._faults, self._logs, self._now = faults, logs, now
        self._queue: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._cancelled: dict[int, threading.Event] = {}
        self._thread = threading.Thread(target=self._work, name="runs", daemon=True)

    def start(self) -> None:
        """Begin, first with what an emulator before this one left: waiting runs wait on, running ones failed."""
        self._thread.start()
        for run in reversed(self._runs.all()):
            if run.life == "QUEUED":
                self.submit(run.run_id)
            elif run.active:
                self._end(run.run_id, DRIVER_LOST)

    def stop(self) -> None:
        """Take no further run."""
        self._queue.put(None)

    def submit(self, run_id: int) -> None:
        """Run this when the ones before it have ended."""
        self._cancelled[run_id] = threading.Event()
        self._queue.put(run_id)

    def cancel(self, run_id: int) -> None:
        """End an active run; one that waits ends at once, one that runs a little later."""
        self._cancelled[run_id].set()
        running = self._runs.change(run_id, lambda run: replace(run, life="TERMINATING") if run.life == "RUNNING" else run)
        if running.life == "QUEUED":
            self._end(run_id, CANCELED)
        else:
            self._runner.interrupt()

    def log_of(self, task_run_id: int) -> Path:
        """Return where the output of a task run is."""
        return self._logs / f"task-run-{task_run_id}.log"

    def _work(self) -> None:
        while (run_id := self._queue.get()) is not None:
            run = self._runs.get(run_id)
            if run is not None and run.life == "QUEUED":
                self._execute(run_id)

    def _execute(self, run_id: int) -> None:
        started = self._runs.change(run_id, lambda run: replace(run, life="RUNNING", start_time=run.start_time or self._now()))
        self._notify("on_start", started)
        cancelled = self._cancelled[run_id]
        if fault := self._faults.take("run"):
            cancelled.wait(fault.seconds)
            ending = Termination(code=fault.code, type=fault.termination_type, message="Fault switch")
            self._end(run_id, CANCELED if cancelled.is_set() else ending)
            return
        job = self._definitions.get(started.job_id)
        for task in job.tasks if job else ():
            self._run_task(run_id, task, cancelled)
        if cancelled.is_set():
            self._end(run_id, CANCELED)
            return
        self._end(run_id, self._ending(run_id))

    def _run_task(self, run_id: int, task: Task, cancelled: threading.Event) -> None:
        run = self._runs.get(run_id)
        if run is None:
            return
        by_key = {one.task_key: one for one in run.tasks}
        mine = by_key[task.task_key]
        if mine.termination is not None:  # succeeded before a repair
            return
        if cancelled.is_set():
            self._end_task(run_id, mine, TaskResult(termination=CANCELED))
            return
        if any(not _succeeded(by_key[key]) for key in task.depends_on):
            self._end_task(run_id, mine, TaskResult(termination=UPSTREAM_FAILED))
            return
        if any(by_key[key].outcome != wanted for key, wanted in task.outcomes.items()):
            self._end_task(run_id, mine, TaskResult(termination=EXCLUDED))
            return
        if task.condition is not None:
            decided = replace(mine, start_time=self._now(), outcome=task.condition.outcome(run.parameters))
            self._end_task(run_id, decided, TaskResult(termination=SUCCESS))
            return
        for attempt in range(task.max_retries + 1):
            mine = replace(mine, life="RUNNING", start_time=mine.start_time or self._now(), attempt_number=attempt)
            self._put_task(run_id, mine)
            result = self._attempt(task, run, self.log_of(mine.run_id))
            if result.termination.succeeded or cancelled.is_set():
                break
        self._end_task(run_id, mine, TaskResult(termination=CANCELED) if cancelled.is_set() else result)

    def _attempt(self, task: Task, run: Run, log: Path) -> TaskResult:
        """Run one attempt; what the runner itself raises is the platform's fault, as the loss of a cluster is."""
        argv = arguments(task, run.parameters)
        try:
            return self._runner.run(package=task.package_name, entry_point=task.entry_point, argv=argv, log=log)
        except Exception as error:
            _log.exception("the runner failed")
            ending = replace(RUNNER_FAILED, message=f"{RUNNER_FAILED.message}: {type(error).__name__}")
            return TaskResult(termination=ending, error=repr(error), error_trace=traceback.format_exc())

    def _put_task(self, run_id: int, task: TaskRun) -> None:
        self._runs.change(run_id, lambda run: run.with_task(task))

    def _end_task(self, run_id: int, task: TaskRun, result: TaskResult) -> None:
        ended = replace(task, life="TERMINATED", end_time=self._now(), **vars(result))
        self._put_task(run_id, ended)

    def _ending(self, run_id: int) -> Termination:
        run = self._runs.get(run_id)
        if run is None or self._definitions.get(run.job_id) is None:
            return RUNNER_FAILED  # the job was deleted while its run waited
        failed = [task for task in run.tasks if not _succeeded(task)]
        if not failed:
            return SUCCESS
        first = next((task for task in failed if task.termination != UPSTREAM_FAILED), failed[0])
        cause = first.termination or WORKLOAD_FAILED
        message = f"Task {first.task_key} failed with message: {cause.message}."
        return replace(cause, message=message)

    def _end(self, run_id: int, termination: Termination) -> None:
        ended = self._runs.change(
            run_id,
            lambda run: replace(
                run,
                life="TERMINATED",
                termination=termination,
                start_time=run.start_time or self._now(),
                end_time=self._now(),
                tasks=tuple(
                    task if task.termination else replace(task, life="TERMINATED", termination=termination)
                    for task in run.tasks
                ),
            ),
        )
        self._notify("on_success" if termination.succeeded else "on_failure", ended)


def _succeeded(task: TaskRun) -> bool:
    return task.termination is not None and task.termination.succeeded
