"""The Jobs emulator keeps Databricks' contract: the real SDK drives it, over HTTP."""

from __future__ import annotations

import base64
import json
import queue
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import BadRequest, NotFound, NotImplemented, OperationFailed  # noqa: A004 - the SDK's name
from databricks.sdk.service.jobs import QueueSettings, RunLifecycleStateV2State, TerminationTypeType

from local.jobs_emulator.faults import JobsFault
from local.jobs_emulator.running.definition import Job, Task, arguments, read_job
from local.jobs_emulator.running.execution import TaskResult
from local.jobs_emulator.running.runs import DRIVER_LOST, SUCCESS, WORKLOAD_FAILED
from local.jobs_emulator.running.webhooks import Destination
from local.jobs_emulator.running.worker import SparkWorker
from local.jobs_emulator.server import JobsEmulator
from local.stack.settings import Ports
from local.stack.stack import Stack
from local.toolchain import ROOT
from shared.contracts.arguments import read_arguments
from shared.contracts.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from databricks.sdk.service.jobs import Run

JOB_ID = 360
SECONDS = 20


class ScriptedRunner:
    """Runs nothing: records the calls, ends each as told, and waits where a test holds it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.results: list[TaskResult] = []
        self.go = threading.Event()
        self.go.set()
        self.interrupted = threading.Event()

    def run(self, *, package: str, entry_point: str, argv: list[str], log: Path) -> TaskResult:
        self.calls.append((entry_point, argv))
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"output of {entry_point}\n")
        while not self.go.wait(0.01):
            if self.interrupted.is_set():
                return TaskResult(termination=DRIVER_LOST)
        return self.results.pop(0) if self.results else TaskResult(termination=SUCCESS)

    def interrupt(self) -> None:
        self.interrupted.set()


class Listener:
    """Receives webhooks."""

    def __init__(self) -> None:
        self.received: queue.Queue[tuple[dict[str, Any], str]] = queue.Queue()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.received.put((body, self.headers.get("Authorization", "")))
                self.send_response(202)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/api/callback/databricks"


NAMED = {"batch_id": "{{job.parameters.batch_id}}", "lake": "{{job.parameters.lake}}"}


def make_task(task_key: str, **extra: Any) -> Task:
    fields: dict[str, Any] = {
        "package_name": "spark-jobs",
        "entry_point": task_key,
        "named_parameters": NAMED,
        "depends_on": (),
    }
    return Task(task_key=task_key, **{**fields, **extra})


def make_job(**extra: Any) -> Job:
    tasks = (make_task("silver"), make_task("gold", depends_on=("silver",)))
    fields: dict[str, Any] = {
        "job_id": JOB_ID,
        "name": "customer360",
        "tasks": tasks,
        "parameters": {"batch_id": "", "lake": "lake/{container}"},
        "notified": frozenset({"on_success", "on_failure"}),
        "queue": True,
        "max_concurrent_runs": 1,
    }
    return Job(**{**fields, **extra})


def sdk(emulator: JobsEmulator) -> WorkspaceClient:
    config = Config(host=emulator.url, token="any", retry_timeout_seconds=15, http_timeout_seconds=10)
    return WorkspaceClient(config=config)


def ended(client: WorkspaceClient, run_id: int) -> Run:
    give_up = time.monotonic() + SECONDS
    while time.monotonic() < give_up:
        run = client.jobs.get_run(run_id)
        if run.status and run.status.state is RunLifecycleStateV2State.TERMINATED:
            return run
        time.sleep(0.02)
    raise AssertionError(f"run {run_id} did not end")


def start(client: WorkspaceClient, **extra: Any) -> int:
    run_id: int = client.jobs.run_now(JOB_ID, **extra).run_id
    return run_id


@pytest.fixture
def runner() -> ScriptedRunner:
    return ScriptedRunner()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def emulator(runner: ScriptedRunner, listener: Listener, tmp_path: Path) -> Iterator[JobsEmulator]:
    destination = Destination(url=listener.url, username="databricks", password="s3cret")
    with JobsEmulator(job=make_job(), runner=runner, folder=tmp_path, destination=destination) as one:
        yield one


@pytest.fixture
def client(emulator: JobsEmulator) -> WorkspaceClient:
    return sdk(emulator)


def test_a_run_executes_the_tasks_in_order_with_the_job_parameters(client: WorkspaceClient, runner: ScriptedRunner) -> None:
    """reference: Databricks, section 1.2: job parameters are pushed down to a wheel task with keyword parameters."""
    run = client.jobs.run_now(JOB_ID, job_parameters={"batch_id": "b1"}).result()

    argv = ["spark-jobs", "--batch_id=b1", "--lake=lake/{container}"]
    assert runner.calls == [("silver", argv), ("gold", argv)]
    assert run.state is not None
    assert run.state.result_state is not None
    assert run.state.result_state.value == "SUCCESS"
    assert ("batch_id", "b1") in [(one.name, one.value) for one in run.job_parameters or []]
    assert [task.task_key for task in run.tasks or []] == ["silver", "gold"]


@pytest.mark.parametrize(
    ("given", "result", "called"), [("on", "SUCCESS", ["gold", "insights"]), ("off", "EXCLUDED", ["gold"])]
)
def test_a_task_behind_a_condition_runs_where_it_holds_and_is_left_out_of_a_good_run_elsewhere(
    client: WorkspaceClient, runner: ScriptedRunner, given: str, result: str, called: list[str]
) -> None:
    wheel = {"package_name": "spark-jobs", "named_parameters": NAMED}
    condition = {"op": "EQUAL_TO", "left": "{{job.parameters.insights}}", "right": "on"}
    settings = {
        "name": "three",
        "parameters": [{"name": "insights", "default": "off"}],
        "tasks": [
            {"task_key": "gold", "python_wheel_task": {**wheel, "entry_point": "gold"}},
            {"task_key": "wanted", "depends_on": [{"task_key": "gold"}], "condition_task": condition},
            {
                "task_key": "insights",
                "depends_on": [{"task_key": "wanted", "outcome": "true"}],
                "python_wheel_task": {**wheel, "entry_point": "insights"},
            },
        ],
    }
    job = client.api_client.do("POST", "/api/2.2/jobs/create", body=settings)
    run = client.jobs.run_now(job["job_id"], job_parameters={"insights": given}).result()
    assert run.state is not None
    assert (run.state.result_state and run.state.result_state.value) == "SUCCESS"
    assert [entry_point for entry_point, _ in runner.calls] == called
    _, wanted, insights = run.tasks or []
    assert (wanted.condition_task and wanted.condition_task.outcome) == str(given == "on").lower()
    assert insights.state is not None
    assert (insights.state.result_state and insights.state.result_state.value) == result


def test_the_stack_switches_the_preview_on_and_leaves_the_other_parameters(
    listener: Listener, runner: ScriptedRunner, tmp_path: Path
) -> None:
    whole = read_job(ROOT / "databricks.yml", job_id=JOB_ID).with_defaults({"lake": "here/{container}"})
    with JobsEmulator(job=whole, runner=runner, folder=tmp_path, destination=None) as emulator:
        port = int(emulator.url.rpartition(":")[2])
        Stack(folder=tmp_path, ports=Ports(jobs=port)).preview_insights()
        run = sdk(emulator).jobs.run_now(JOB_ID, job_parameters={"batch_id": "b1"}).result()
        given = {one.name: one.value for one in run.job_parameters or []}
    assert given == {**whole.parameters, "batch_id": "b1", "insights": "on"}
    assert [entry_point for entry_point, _ in runner.calls] == ["silver", "gold", "insights"]


def test_a_failed_run_is_an_internal_error_in_state_and_terminated_in_status(
    client: WorkspaceClient, runner: ScriptedRunner
) -> None:
    """reference: Databricks, sections 0 and 1.3."""
    runner.results = [TaskResult(termination=WORKLOAD_FAILED, error="ValueError: no", error_trace="Traceback\nValueError: no")]
    waiter = client.jobs.run_now(JOB_ID)
    with pytest.raises(OperationFailed):
        waiter.result()

    run = client.jobs.get_run(waiter.run_id)
    assert run.state is not None
    assert run.status is not None
    assert run.status.termination_details is not None
    assert (run.state.life_cycle_state and run.state.life_cycle_state.value) == "INTERNAL_ERROR"
    assert (run.state.result_state and run.state.result_state.value) == "FAILED"
    assert run.status.state is RunLifecycleStateV2State.TERMINATED
    assert run.status.termination_details.type is TerminationTypeType.CLIENT_ERROR
    assert run.state.state_message == ("Task silver failed with message: Workload failed, see run output for details.")
    silver, gold = run.tasks or []
    assert gold.state is not None
    assert (gold.state.result_state and gold.state.result_state.value) == "UPSTREAM_FAILED"
    assert silver.run_id is not None
    output = client.jobs.get_run_output(silver.run_id)
    assert output.error == "ValueError: no"
    assert output.logs == "output of silver\n"


def test_a_known_token_starts_nothing_even_after_a_failure(client: WorkspaceClient, runner: ScriptedRunner) -> None:
    """reference: Databricks, section 1.2."""
    runner.results = [TaskResult(termination=WORKLOAD_FAILED)]
    first = start(client, idempotency_token="t" * 64)
    ended(client, first)
    assert start(client, idempotency_token="t" * 64) == first
    assert len(list(client.jobs.list_runs(job_id=JOB_ID))) == 1


def test_a_token_of_more_than_64_characters_is_refused(client: WorkspaceClient) -> None:
    with pytest.raises(BadRequest):
        client.jobs.run_now(JOB_ID, idempotency_token="t" * 65)


def test_a_deleted_runs_token_is_an_error(client: WorkspaceClient) -> None:
    run_id = start(client, idempotency_token="once")
    ended(client, run_id)
    client.jobs.delete_run(run_id)
    with pytest.raises(BadRequest):
        client.jobs.run_now(JOB_ID, idempotency_token="once")
    with pytest.raises(NotFound):
        client.jobs.get_run(run_id)


def test_runs_and_tokens_survive_a_restart_and_the_run_that_was_going_failed(runner: ScriptedRunner, tmp_path: Path) -> None:
    runner.go.clear()
    with JobsEmulator(job=make_job(), runner=runner, folder=tmp_path) as before:
        client = sdk(before)
        going, waiting = start(client, idempotency_token="a"), start(client, idempotency_token="b")
        until(lambda: bool(runner.calls))
    after_runner = ScriptedRunner()
    with JobsEmulator(job=make_job(), runner=after_runner, folder=tmp_path) as after:
        client = sdk(after)
        assert start(client, idempotency_token="a") == going
        lost, finished = ended(client, going), ended(client, waiting)
    runner.go.set()
    # What was lost with its process goes on here, in a thread; it must not write into a folder that is gone.
    until(lambda: all(thread.name != "runs" for thread in threading.enumerate()))
    assert lost.status is not None
    assert lost.status.termination_details is not None
    assert lost.status.termination_details.type is TerminationTypeType.INTERNAL_ERROR
    assert finished.status is not None
    assert finished.status.termination_details is not None
    assert finished.status.termination_details.type is TerminationTypeType.SUCCESS


def test_a_second_run_waits_for_the_first(client: WorkspaceClient, runner: ScriptedRunner) -> None:
    runner.go.clear()
    first, second = start(client), start(client)
    until(lambda: bool(runner.calls))
    waiting = client.jobs.get_run(second)
    assert waiting.status is not None
    assert waiting.status.state is RunLifecycleStateV2State.QUEUED
    assert [run.run_id for run in client.jobs.list_runs(job_id=JOB_ID, active_only=True, limit=1)] == [second, first]
    runner.go.set()
    ended(client, second)
    assert len(runner.calls) == 4


def test_without_a_queue_the_second_run_is_skipped(runner: ScriptedRunner, tmp_path: Path) -> None:
    runner.go.clear()
    with JobsEmulator(job=make_job(), runner=runner, folder=tmp_path) as emulator:
        client = sdk(emulator)
        start(client)
        skipped = ended(client, start(client, queue=QueueSettings(enabled=False)))
        runner.go.set()
    assert skipped.state is not None
    assert (skipped.state.life_cycle_state and skipped.state.life_cycle_state.value) == "SKIPPED"


def test_a_cancelled_run_ends_cancelled(client: WorkspaceClient, runner: ScriptedRunner) -> None:
    runner.go.clear()
    run_id = start(client)
    until(lambda: bool(runner.calls))
    run = client.jobs.cancel_run(run_id).result()
    assert run.state is not None
    assert (run.state.result_state and run.state.result_state.value) == "CANCELED"


def test_a_repair_runs_what_failed_again_under_the_same_id(client: WorkspaceClient, runner: ScriptedRunner) -> None:
    runner.results = [TaskResult(termination=SUCCESS), TaskResult(termination=WORKLOAD_FAILED)]
    run_id = start(client)
    ended(client, run_id)
    client.jobs.repair_run(run_id, rerun_all_failed_tasks=True)
    repaired = ended(client, run_id)
    assert [call[0] for call in runner.calls] == ["silver", "gold", "gold"]
    assert repaired.status is not None
    assert repaired.status.termination_details is not None
    assert repaired.status.termination_details.type is TerminationTypeType.SUCCESS
    with pytest.raises(BadRequest):  # the latest repair has to be named
        client.jobs.repair_run(run_id, rerun_tasks=["gold"])


def test_an_unknown_job_or_run_is_not_found(client: WorkspaceClient) -> None:
    """reference: Databricks, section 1.6: the message turns a 400 to a GET into ResourceDoesNotExist."""
    with pytest.raises(NotFound):
        client.jobs.get_run(77)
    with pytest.raises(NotFound):
        client.jobs.get(77)


def test_what_is_not_emulated_says_so(client: WorkspaceClient) -> None:
    with pytest.raises(NotImplemented):
        client.jobs.run_now(JOB_ID, python_params=["x"])
    with pytest.raises(NotImplemented):
        list(client.clusters.list())


def test_the_webhook_has_string_ids_and_basic_authentication(client: WorkspaceClient, listener: Listener) -> None:
    """reference: Databricks, section 2."""
    run_id = start(client)
    body, authorization = listener.received.get(timeout=SECONDS)
    assert body == {
        "event_type": "jobs.on_success",
        "workspace_id": "1234567890",
        "run": {"run_id": str(run_id)},
        "job": {"job_id": "360", "name": "customer360"},
    }
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"databricks:s3cret"


@pytest.mark.parametrize(("action", "expected"), [("drop", 0), ("duplicate", 2), ("delay", 1)])
def test_a_webhook_can_be_dropped_duplicated_or_delayed(
    emulator: JobsEmulator, client: WorkspaceClient, listener: Listener, action: str, expected: int
) -> None:
    emulator.faults.add(JobsFault(kind="webhook", action=action, seconds=0.05))
    ended(client, start(client))
    second = start(client)  # its webhook, undisturbed, comes after all of the first's
    ended(client, second)
    ids: list[str] = []
    while ids.count(str(second)) < 1 or len(ids) < expected + 1:
        ids.append(listener.received.get(timeout=SECONDS)[0]["run"]["run_id"])
    assert len(ids) == expected + 1


def test_a_lost_answer_to_run_now_starts_one_run(
    emulator: JobsEmulator, client: WorkspaceClient, runner: ScriptedRunner
) -> None:
    """reference: Databricks, section 0, point 1: the SDK retries run-now by itself."""
    emulator.faults.add(JobsFault(kind="answer", route="run-now", status=0, after=True))
    ended(client, start(client, idempotency_token="lost"))
    assert len(list(client.jobs.list_runs(job_id=JOB_ID))) == 1


def test_a_busy_workspace_says_when_to_come_back(emulator: JobsEmulator, client: WorkspaceClient) -> None:
    client.jobs.get(JOB_ID)
    emulator.faults.add(
        JobsFault(kind="answer", route="run-now", status=429, error_code="REQUEST_LIMIT_EXCEEDED", retry_after=1)
    )
    before = time.monotonic()
    start(client)
    assert time.monotonic() - before >= 1


@pytest.mark.parametrize("kind", ["CLIENT_ERROR", "INTERNAL_ERROR", "CLOUD_FAILURE"])
def test_a_run_can_be_made_to_fail_by_termination_type(
    emulator: JobsEmulator, client: WorkspaceClient, runner: ScriptedRunner, kind: str
) -> None:
    emulator.faults.add(JobsFault(kind="run", termination_type=kind, code="CLUSTER_ERROR"))
    run = ended(client, start(client))
    assert run.status is not None
    assert run.status.termination_details is not None
    assert run.status.termination_details.type is TerminationTypeType(kind)
    assert runner.calls == []


def test_faults_are_switched_over_http_too(emulator: JobsEmulator) -> None:
    api = sdk(emulator).api_client
    api.do("POST", "/_faults", body={"kind": "answer", "route": "runs/get", "status": 500, "times": None})
    assert len(emulator.faults.armed()) == 1
    with pytest.raises(BadRequest):
        api.do("POST", "/_faults", body={"kind": "answer", "wrong": 1})
    api.do("DELETE", "/_faults")
    assert emulator.faults.armed() == ()


def test_the_job_is_read_from_the_bundle(tmp_path: Path) -> None:
    bundle = tmp_path / "databricks.yml"
    bundle.write_text("""
bundle: {name: x}
include: ['resources/*.yml']
variables:
  schema: {description: with a default, default: customer360}
  callback: {description: without}
""")
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "job.yml").write_text("""
resources:
  jobs:
    customer360:
      name: customer360
      queue: {enabled: true}
      parameters: [{name: batch_id, default: ""}, {name: schema, default: "${var.schema}_local"}]
      webhook_notifications: {on_success: [{id: "${var.callback}"}], on_failure: []}
      tasks:
        - task_key: gold
          depends_on: [{task_key: silver}]
          python_wheel_task: {package_name: spark-jobs, entry_point: gold}
        - {task_key: silver, python_wheel_task: {package_name: spark-jobs, entry_point: silver}}
""")
    job = read_job(bundle, job_id=JOB_ID)
    assert [task.task_key for task in job.tasks] == ["silver", "gold"]
    assert job.notified == {"on_success"}
    assert (job.queue, job.max_concurrent_runs) == (True, 1)
    assert job.parameters == {"batch_id": "", "schema": "customer360_local"}


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (NAMED, ["--batch_id=b1", "--lake=lake/{container}"]),
        ({"batch_id": "its own"}, ["--batch_id=b1"]),  # the job's wins over the task's of the same name
        ({"mode": "full", "batch": "{{ job.parameters.batch_id }}"}, ["--mode=full", "--batch=b1"]),
        ({"unknown": "{{job.parameters.other}}"}, ["--unknown={{job.parameters.other}}"]),
        ({}, []),  # an empty map never reaches the service, which pushes nothing down without one
    ],
)
def test_a_wheel_task_is_told_what_it_names_and_nothing_else(named: dict[str, str], told: list[str]) -> None:
    task = make_task("silver", named_parameters=named)
    assert arguments(task, {"batch_id": "b1", "lake": "lake/{container}"}) == ["spark-jobs", *told]


def test_a_task_that_names_no_parameter_fails_as_it_would_in_the_cloud() -> None:
    job = read_job(ROOT / "databricks.yml", job_id=JOB_ID)
    parameters = {**job.parameters, "batch_id": "b1", "attempt": "1", "manifest": "pipeline/m.json"}
    for task in (task for task in job.tasks if task.condition is None):
        assert read_arguments(arguments(task, parameters)[1:]).batch_id == "b1"
        unnamed = replace(task, named_parameters={})
        with pytest.raises(ContractError):
            read_arguments(arguments(unnamed, parameters)[1:])


@pytest.fixture
def wheel(tmp_path: Path) -> dict[str, str]:
    """An installed distribution of three entry points, and the environment in which Python finds it."""
    folder = tmp_path / "site"
    metadata = folder / "tiny-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[console_scripts]\ntell = tiny:tell\nfail = tiny:fail\ncrash = tiny:crash\n")
    (folder / "tiny.py").write_text(
        "import os, sys\n"
        "def tell(): print(sys.argv); sys.exit(0)\n"
        "def fail(): raise ValueError('bad input')\n"
        "def crash(): os._exit(9)\n"
    )
    return {"PYTHONPATH": f"{folder}:{ROOT}"}


def test_the_worker_runs_entry_points_and_outlives_their_crashes(wheel: dict[str, str], tmp_path: Path) -> None:
    worker = SparkWorker(root=ROOT, folder=tmp_path / "worker", arguments=["--without-spark"], env=wheel)

    def run(entry_point: str) -> TaskResult:
        log = tmp_path / f"{entry_point}.log"
        return worker.run(package="tiny", entry_point=entry_point, argv=["tiny", "--batch_id=b1"], log=log)

    try:
        assert run("tell").termination == SUCCESS
        assert (tmp_path / "tell.log").read_text() == "['tiny', '--batch_id=b1']\n"
        failed = run("fail")
        assert (failed.termination, failed.error) == (WORKLOAD_FAILED, "ValueError: bad input")
        assert "EntryPointMissingError: tiny has no entry point missing" in run("missing").error
        assert run("crash").termination == DRIVER_LOST
        assert run("tell").termination == SUCCESS
    finally:
        worker.stop()


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)
