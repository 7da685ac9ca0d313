"""Jobs, runs and task runs as the API shows them (reference: Databricks, section 1.3)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from local.jobs_emulator.running.definition import Task
from local.jobs_emulator.running.runs import Run, TaskRun, state, status

if TYPE_CHECKING:
    from local.jobs_emulator.running.definition import Job

CREATOR = "local@customer360"


def job_document(job: Job, *, created: int) -> dict[str, Any]:
    """Return one job, as jobs/get shows it; `created` in milliseconds since 1970."""
    parameters = [{"name": name, "default": default} for name, default in job.parameters.items()]
    settings = {"format": "MULTI_TASK", "max_concurrent_runs": job.max_concurrent_runs, **job.settings, "name": job.name}
    settings |= {"parameters": parameters} if parameters else {}
    return {"job_id": job.job_id, "settings": settings, "created_time": created, "creator_user_name": CREATOR}


def run_document(run: Run, job: Job, *, root: str, tasks: bool = True) -> dict[str, Any]:
    """Return one run, as runs/get shows it."""
    repairs = [
        {"type": "REPAIR", "id": one.id, "start_time": one.start_time, "task_run_ids": list(one.task_run_ids)}
        for one in run.repairs
    ]
    return {
        "run_id": run.run_id,
        "job_id": run.job_id,
        "job_run_id": run.run_id,
        "number_in_job": run.run_id,
        "run_name": job.name,
        "run_type": "JOB_RUN",
        "run_page_url": f"{root}/#job/{run.job_id}/run/{run.run_id}",
        "creator_user_name": CREATOR,
        "trigger": "ONE_TIME",
        "start_time": run.start_time,
        "end_time": run.end_time,
        "setup_duration": 0,  # these three are 0 for a run of several tasks
        "execution_duration": 0,
        "cleanup_duration": 0,
        "run_duration": max(0, run.end_time - run.start_time),
        "attempt_number": 0,
        "original_attempt_run_id": run.run_id,
        "job_parameters": [
            {"name": name, "default": job.parameters.get(name, ""), "value": value} for name, value in run.parameters.items()
        ],
        "overriding_parameters": {},  # of the deprecated kinds only
        "state": state(run.life, run.termination),
        "status": status(run.life, run.termination),
        **({"tasks": [task_document(task, job) for task in run.tasks]} if tasks else {}),
        **({"repair_history": [{"type": "ORIGINAL", "start_time": run.start_time}, *repairs]} if repairs else {}),
    }


def task_document(task: TaskRun, job: Job) -> dict[str, Any]:
    """Return one task run, as in `tasks[]` of its run."""
    body = next((one for one in job.tasks if one.task_key == task.task_key), None)
    if body is None:  # the job was given other tasks since
        body = Task(task_key=task.task_key, depends_on=())
    kind = {"python_wheel_task": {"package_name": body.package_name, "entry_point": body.entry_point}}
    if body.condition is not None:
        kind = {"condition_task": {**asdict(body.condition), **({"outcome": task.outcome} if task.outcome else {})}}
    return {
        "run_id": task.run_id,
        "task_key": task.task_key,
        "depends_on": [
            {"task_key": key, **({"outcome": body.outcomes[key]} if key in body.outcomes else {})} for key in body.depends_on
        ],
        "run_if": "ALL_SUCCESS",
        **kind,
        "start_time": task.start_time,
        "end_time": task.end_time,
        "attempt_number": task.attempt_number,
        "max_retries": body.max_retries,
        "state": state(task.life, task.termination, task=True),
        "status": status(task.life, task.termination),
    }
