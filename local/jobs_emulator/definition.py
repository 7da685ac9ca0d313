"""The job as `databricks.yml` defines it: tasks in order, their entry points, parameters and whom to notify.

Reads what the emulator can execute (wheel tasks) and refuses the rest with DefinitionError, so that a bundle that would
run in the cloud but not here is noticed at start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import yaml

from local.errors import LocalStackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class DefinitionError(LocalStackError):
    """The bundle defines no job that can be run here; says what and where."""

    def __init__(self, *, file: Path, reason: str) -> None:
        super().__init__(f"{file.name}: {reason}")
        self.file, self.reason = file, reason


@dataclass(frozen=True, kw_only=True)
class Task:
    """One wheel task."""

    task_key: str
    package_name: str
    entry_point: str
    named_parameters: dict[str, str]
    depends_on: tuple[str, ...]
    max_retries: int = 0


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job."""

    job_id: int
    name: str
    tasks: tuple[Task, ...]  # every task after those it depends on
    parameters: dict[str, str]  # name → default
    notified: frozenset[str]  # which of on_start, on_success, on_failure have a destination
    queue: bool
    max_concurrent_runs: int


def read_job(file: Path, *, job_id: int) -> Job:
    """Read the first job of a bundle that has wheel tasks, whatever its key; it gets the id `job_id`."""
    documents = [
        file,
        *(path for pattern in _load(file).get("include", []) for path in sorted(file.parent.glob(pattern))),
    ]
    for document in documents:
        for body in _load(document).get("resources", {}).get("jobs", {}).values():
            if body.get("tasks"):
                return _job(document, body, job_id)
    raise DefinitionError(file=file, reason="defines no job with tasks under resources.jobs")


def arguments(task: Task, parameters: Mapping[str, str]) -> list[str]:
    """Return what the entry point finds in `sys.argv`: the package name, then `--key=value`.

    Only what the task names arrives: a job parameter overrides the task's own of the same name, and
    `{{job.parameters.<name>}}` is replaced. A task without `named_parameters` is told nothing, however empty the map is
    written (reference: Databricks, sections 1.2 and 1.7; deploying, section 1).
    """
    named = {key: parameters.get(key, _resolve(value, parameters)) for key, value in task.named_parameters.items()}
    return [task.package_name, *(f"--{key}={value}" for key, value in named.items())]


def _resolve(text: str, parameters: Mapping[str, str]) -> str:
    return re.sub(r"\{\{\s*job\.parameters\.([\w.-]+)\s*\}\}", lambda found: parameters.get(found[1], found[0]), text)


def _load(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(file=file, reason="cannot be read") from error
    except yaml.YAMLError as error:
        raise DefinitionError(file=file, reason="is not YAML") from error
    return document if isinstance(document, dict) else {}


def _job(file: Path, body: dict[str, Any], job_id: int) -> Job:
    tasks = {task["task_key"]: _task(file, task) for task in body["tasks"]}
    try:
        order = tuple(TopologicalSorter({key: task.depends_on for key, task in tasks.items()}).static_order())
    except CycleError as error:
        raise DefinitionError(file=file, reason="its tasks depend on each other in a circle") from error
    if missing := set(order) - set(tasks):
        raise DefinitionError(file=file, reason=f"a task depends on {', '.join(sorted(missing))}, which is no task")
    return Job(
        job_id=job_id,
        name=str(body.get("name", "job")),
        tasks=tuple(tasks[key] for key in order),
        parameters={str(one["name"]): str(one.get("default", "")) for one in body.get("parameters", [])},
        notified=frozenset(event for event, whom in body.get("webhook_notifications", {}).items() if whom),
        queue=bool(body.get("queue", {}).get("enabled", False)),
        max_concurrent_runs=int(body.get("max_concurrent_runs", 1)),
    )


def _task(file: Path, body: dict[str, Any]) -> Task:
    wheel = body.get("python_wheel_task")
    if wheel is None:
        raise DefinitionError(file=file, reason=f"task {body['task_key']} is no python_wheel_task")
    return Task(
        task_key=body["task_key"],
        package_name=wheel["package_name"],
        entry_point=wheel["entry_point"],
        named_parameters={key: str(value) for key, value in (wheel.get("named_parameters") or {}).items()},
        depends_on=tuple(one["task_key"] for one in body.get("depends_on", [])),
        max_retries=int(body.get("max_retries", 0)),
    )
