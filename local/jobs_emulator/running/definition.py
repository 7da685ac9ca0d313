"""Jobs: tasks in order, their entry points, parameters and whom to notify; as `databricks.yml` or the API defines them.

Reads what the emulator can execute (wheel tasks, and conditions on texts) and refuses the rest with DefinitionError, so that a
bundle that would run in the cloud but not here is noticed at start, or when it is deployed.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import yaml

from local.errors import LocalStackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class DefinitionError(LocalStackError):
    """No job that can be run here; says what and where."""

    def __init__(self, *, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where, self.reason = where, reason


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Two texts that are compared: a task that runs nothing, and says which of the tasks after it do."""

    op: str  # EQUAL_TO or NOT_EQUAL
    left: str
    right: str

    def outcome(self, parameters: Mapping[str, str]) -> str:
        """Return `true` or `false`, with the job's parameters in their places."""
        same = _resolve(self.left, parameters) == _resolve(self.right, parameters)
        return str(same == (self.op == "EQUAL_TO")).lower()


@dataclass(frozen=True, kw_only=True)
class Task:
    """One wheel task, or a condition."""

    task_key: str
    depends_on: tuple[str, ...]
    package_name: str = ""
    entry_point: str = ""
    named_parameters: dict[str, str] = field(default_factory=dict)
    max_retries: int = 0
    condition: Condition | None = None
    outcomes: dict[str, str] = field(default_factory=dict)  # of conditions that it depends on: which it is for


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
    settings: dict[str, Any] = field(default_factory=dict)  # as they were given, for who asks
    listed: bool = True  # a run that was submitted by itself has a job that nobody lists

    def with_defaults(self, defaults: Mapping[str, str]) -> Job:
        """Return a copy whose parameters have other defaults."""
        return replace(self, parameters={**self.parameters, **defaults})


def read_job(file: Path, *, job_id: int) -> Job:
    """Read the first job of a bundle that has wheel tasks, whatever its key; it gets the id `job_id`.

    A variable of the bundle is put in place by its default, as the CLI does; one without stays, for nobody sets it here.
    """
    bundle = _load(file)
    documents = [
        file,
        *(path for pattern in bundle.get("include", []) for path in sorted(file.parent.glob(pattern))),
    ]
    variables = {name: str(one["default"]) for name, one in bundle.get("variables", {}).items() if "default" in one}
    for document in documents:
        for body in _load(document).get("resources", {}).get("jobs", {}).values():
            if body.get("tasks"):
                return job_of(_filled(body, variables), job_id, where=document.name)
    raise DefinitionError(where=file.name, reason="defines no job with tasks under resources.jobs")


def arguments(task: Task, parameters: Mapping[str, str]) -> list[str]:
    """Return what the entry point finds in `sys.argv`: the package name, then `--key=value`.

    Only what the task names arrives: a job parameter overrides the task's own of the same name, and
    `{{job.parameters.<name>}}` is replaced. A task without `named_parameters` is told nothing, however empty the map is
    written (reference: Databricks, sections 1.2 and 1.7; deploying, section 1).
    """
    named = {key: parameters.get(key, _resolve(value, parameters)) for key, value in task.named_parameters.items()}
    return [task.package_name, *(f"--{key}={value}" for key, value in named.items())]


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    """Return settings with the variables of the bundle in their place."""
    if isinstance(value, dict):
        return {key: _filled(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, variables) for inner in value]
    if isinstance(value, str):
        return re.sub(r"\$\{var\.(\w+)\}", lambda found: variables.get(found[1], found[0]), value)
    return value


def _resolve(text: str, parameters: Mapping[str, str]) -> str:
    return re.sub(r"\{\{\s*job\.parameters\.([\w.-]+)\s*\}\}", lambda found: parameters.get(found[1], found[0]), text)


def _load(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(where=file.name, reason="cannot be read") from error
    except yaml.YAMLError as error:
        raise DefinitionError(where=file.name, reason="is not YAML") from error
    return document if isinstance(document, dict) else {}


def job_of(body: Mapping[str, Any], job_id: int, *, where: str, listed: bool = True) -> Job:
    """Read a job of its settings; raises `DefinitionError`."""
    try:
        tasks = {task["task_key"]: _task(task, where) for task in body["tasks"]}
        order = tuple(TopologicalSorter({key: task.depends_on for key, task in tasks.items()}).static_order())
    except CycleError as error:
        raise DefinitionError(where=where, reason="its tasks depend on each other in a circle") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DefinitionError(where=where, reason=f"is no job's settings ({error!r})") from error
    if missing := set(order) - set(tasks):
        raise DefinitionError(where=where, reason=f"a task depends on {', '.join(sorted(missing))}, which is no task")
    return Job(
        job_id=job_id,
        name=str(body.get("name") or body.get("run_name") or "Untitled"),
        tasks=tuple(tasks[key] for key in order),
        parameters={str(one["name"]): str(one.get("default", "")) for one in body.get("parameters", [])},
        notified=frozenset(event for event, whom in body.get("webhook_notifications", {}).items() if whom),
        queue=bool(body.get("queue", {}).get("enabled", False)),
        max_concurrent_runs=int(body.get("max_concurrent_runs", 1)),
        settings=dict(body),
        listed=listed,
    )


def _task(body: Mapping[str, Any], where: str) -> Task:
    depends_on = body.get("depends_on", [])
    task = Task(
        task_key=body["task_key"],
        depends_on=tuple(one["task_key"] for one in depends_on),
        max_retries=int(body.get("max_retries", 0)),
        outcomes={one["task_key"]: one["outcome"] for one in depends_on if "outcome" in one},
    )
    if (told := body.get("condition_task")) is not None:
        if told["op"] not in {"EQUAL_TO", "NOT_EQUAL"}:
            raise DefinitionError(where=where, reason=f"task {task.task_key} compares by {told['op']}, which is not emulated")
        return replace(task, condition=Condition(op=told["op"], left=str(told["left"]), right=str(told["right"])))
    if (wheel := body.get("python_wheel_task")) is None:
        raise DefinitionError(where=where, reason=f"task {task.task_key} is neither python_wheel_task nor condition_task")
    return replace(
        task,
        package_name=wheel["package_name"],
        entry_point=wheel["entry_point"],
        named_parameters={key: str(value) for key, value in (wheel.get("named_parameters") or {}).items()},
    )


class Definitions:
    """The jobs of a workspace: the one that it was started with, and those that the API made, which survive a restart."""

    def __init__(self, own: Job, file: Path) -> None:
        self._lock = threading.Lock()
        self._own, self._file = own, file
        self._made: dict[int, Job] = {}
        if file.exists():
            for kept in json.loads(file.read_text(encoding="utf-8")):
                self._made[kept["job_id"]] = job_of(kept["settings"], kept["job_id"], where="jobs", listed=kept["listed"])

    def get(self, job_id: int) -> Job | None:
        """Return a job, or None."""
        with self._lock:
            return self._all().get(job_id)

    def listed(self) -> list[Job]:
        """Return the jobs that are no single runs', oldest first."""
        with self._lock:
            return [job for _, job in sorted(self._all().items()) if job.listed]

    def put(self, job: Job) -> None:
        """Keep a job, new or changed."""
        with self._lock:
            self._made[job.job_id] = job
            self._save()

    def delete(self, job_id: int) -> bool:
        """Forget a job that the API made; False where there is none."""
        with self._lock:
            found = self._made.pop(job_id, None)
            self._save()
            return found is not None

    def _all(self) -> dict[int, Job]:
        return {self._own.job_id: self._own, **self._made}

    def _save(self) -> None:
        kept = [{"job_id": job.job_id, "settings": job.settings, "listed": job.listed} for job in self._made.values()]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        draft.replace(self._file)
