"""The Databricks CLI's `bundle deploy -t dev`, `summary`, `run` and `destroy` against the emulator, call by call.

The CLI cannot be had here, so its calls are replayed: those that its own test server answers for a bundle of one job with a
wheel, engine `direct` (reference: Deploy, section 1). Paths, methods, bodies and what has to come back are the contract.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml

from local.jobs_emulator.running.definition import read_job
from local.jobs_emulator.running.execution import TaskResult
from local.jobs_emulator.server import WORKSPACE_ID, JobsEmulator
from local.toolchain import ROOT
from tests.contract.test_jobs_emulator import JOB_ID, ScriptedRunner, ended, make_job, sdk, start, until

if TYPE_CHECKING:
    from pathlib import Path

ROOT_PATH = "/Workspace/Users/local@customer360/.bundle/customer360/dev"
LOCK = f"{ROOT_PATH}/state/deploy.lock"
STATE = f"{ROOT_PATH}/state/resources.json"


class Cli:
    """Calls as the CLI makes them: a bearer token, JSON, raw bodies for files."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers["Authorization"] = "Bearer local"

    def call(self, method: str, path: str, *, status: int = 200, **extra: Any) -> Any:
        answer = self._session.request(method, f"{self._url}{path}", timeout=20, **extra)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        is_json = answer.headers["Content-Type"] in {"application/json", "application/scim+json"}
        return answer.json() if is_json else answer.content

    def write(self, path: str, content: bytes, *, overwrite: bool = True, status: int = 200) -> Any:
        place = f"/api/2.0/workspace-files/import-file{path}"
        return self.call("POST", place, params={"overwrite": str(overwrite).lower()}, data=content, status=status)

    def read(self, path: str, *, status: int = 200) -> Any:
        return self.call("GET", f"/api/2.0/workspace-files{path}", status=status)

    def status(self, path: str, *, status: int = 200) -> Any:
        return self.call("GET", "/api/2.0/workspace/get-status", params={"path": path}, status=status)


@pytest.fixture
def runner() -> ScriptedRunner:
    return ScriptedRunner()


@pytest.fixture
def emulator(runner: ScriptedRunner, tmp_path: Path) -> Iterator[JobsEmulator]:
    with JobsEmulator(job=make_job(), runner=runner, folder=tmp_path) as one:
        yield one


@pytest.fixture
def cli(emulator: JobsEmulator) -> Cli:
    return Cli(emulator.url)


def settings_of_dev() -> dict[str, Any]:
    """The job as `bundle deploy -t dev` sends it: the target's tasks over the job's, variables filled in, the name prefixed."""
    bundle = yaml.safe_load((ROOT / "databricks.yml").read_text(encoding="utf-8"))
    job = yaml.safe_load((ROOT / "resources" / "customer360.job.yml").read_text(encoding="utf-8"))["resources"]["jobs"][
        "customer360"
    ]
    own = bundle["targets"]["dev"]["resources"]["jobs"]["customer360"]
    compute = {task["task_key"]: task for task in own["tasks"]}
    merged = {**job, **own, "tasks": [{**task, **compute.get(task["task_key"], {})} for task in job["tasks"]]}
    text = json.dumps(merged)
    for name, value in {"storage_account": "devstoreaccount1", "catalog": "", "schema": "customer360"}.items():
        text = text.replace(f"${{var.{name}}}", value)
    settings: dict[str, Any] = json.loads(text.replace("${var.callback_destination}", "local"))
    permissions = settings.pop("permissions")
    assert permissions, "they are sent apart"
    deployment = {"kind": "BUNDLE", "metadata_file_path": f"{ROOT_PATH}/state/metadata.json"}
    return {**settings, "name": "[dev local] customer360", "edit_mode": "UI_LOCKED", "deployment": deployment}


def deploy(cli: Cli) -> int:
    """Replay `bundle deploy`; returns the id of the job."""
    me = cli.call("GET", "/api/2.0/preview/scim/v2/Me")
    assert me["userName"] == "local@customer360"
    cli.status(f"{ROOT_PATH}/files", status=404)
    # The lock: its folder is not there yet, so it is made and asked for again.
    cli.write(LOCK, b'{"ID":"1"}', overwrite=False, status=404)
    cli.call("POST", "/api/2.0/workspace/mkdirs", json={"path": f"{ROOT_PATH}/state"})
    cli.write(LOCK, b'{"ID":"1"}', overwrite=False)
    assert json.loads(cli.read(LOCK)) == {"ID": "1"}
    cli.read(STATE, status=404)  # the first deployment
    for folder in ("artifacts/.internal", "files/spark_jobs"):
        cli.call("POST", "/api/2.0/workspace/mkdirs", json={"path": f"{ROOT_PATH}/{folder}"})
    cli.write(f"{ROOT_PATH}/artifacts/.internal/spark_jobs-1.0-py3-none-any.whl", b"PK\x03\x04")
    cli.write(f"{ROOT_PATH}/files/spark_jobs/__init__.py", b'"""The job."""\n')
    made = cli.call("POST", "/api/2.2/jobs/create", json=settings_of_dev())
    access = [{"service_principal_name": "app-functions", "permission_level": "CAN_MANAGE_RUN"}]
    cli.call("PUT", f"/api/2.0/permissions/jobs/{made['job_id']}", json={"access_control_list": access})
    cli.write(STATE, json.dumps({"job": made["job_id"]}).encode())
    cli.call("POST", "/api/2.0/workspace/delete", json={"path": LOCK})
    return int(made["job_id"])


def test_the_whole_bundle_is_deployed_looked_at_run_and_destroyed(
    cli: Cli, emulator: JobsEmulator, runner: ScriptedRunner
) -> None:
    job_id = deploy(cli)
    assert job_id != JOB_ID, "the stack's own job is another"
    # bundle summary: the state, and the job as it was sent
    assert json.loads(cli.read(STATE)) == {"job": job_id}
    shown = cli.call("GET", "/api/2.2/jobs/get", params={"job_id": job_id})["settings"]
    assert settings_of_dev().items() <= shown.items()
    # bundle run: run-now, and polling; parameters reach the tasks by their names alone
    told = {"batch_id": "b1", "manifest": "pipeline/m.json"}
    run = cli.call("POST", "/api/2.2/jobs/run-now", json={"job_id": job_id, "job_parameters": told})
    done = ended(sdk(emulator), run["run_id"])
    assert done.state is not None
    assert done.state.result_state is not None
    assert done.state.result_state.value == "SUCCESS"
    lake = "abfss://{container}@devstoreaccount1.dfs.core.windows.net"
    named = [
        "--batch_id=b1",
        "--attempt=",
        "--manifest=pipeline/m.json",
        f"--lake={lake}",
        "--catalog=",
        "--schema=customer360",
    ]
    assert runner.calls == [(task, ["spark_jobs", *named]) for task in ("silver", "gold")]
    # bundle destroy
    cli.call("POST", "/api/2.2/jobs/delete", json={"job_id": job_id})
    cli.call("POST", "/api/2.0/workspace/delete", json={"path": ROOT_PATH, "recursive": True})
    cli.status(ROOT_PATH, status=404)
    assert [job["job_id"] for job in cli.call("GET", "/api/2.2/jobs/list")["jobs"]] == [JOB_ID]


def test_a_second_deployment_resets_the_job_under_its_id_and_finds_its_state(cli: Cli) -> None:
    job_id = deploy(cli)
    cli.write(LOCK, b'{"ID":"2"}', overwrite=False)
    assert json.loads(cli.read(STATE)) == {"job": job_id}
    changed = {**settings_of_dev(), "timeout_seconds": 60}
    cli.call("POST", "/api/2.2/jobs/reset", json={"job_id": job_id, "new_settings": changed})
    assert cli.call("GET", "/api/2.2/jobs/get", params={"job_id": job_id})["settings"]["timeout_seconds"] == 60
    cli.call(
        "POST",
        "/api/2.2/jobs/update",
        json={"job_id": job_id, "new_settings": {"timeout_seconds": 90}, "fields_to_remove": ["queue"]},
    )
    settings = cli.call("GET", "/api/2.2/jobs/get", params={"job_id": job_id})["settings"]
    assert settings["timeout_seconds"] == 90
    assert "queue" not in settings


def test_a_deployment_that_is_under_way_keeps_another_out(cli: Cli) -> None:
    cli.call("POST", "/api/2.0/workspace/mkdirs", json={"path": f"{ROOT_PATH}/state"})
    cli.write(LOCK, b'{"ID":"1"}', overwrite=False)
    refused = cli.write(LOCK, b'{"ID":"2"}', overwrite=False, status=409)
    assert refused["error_code"] == "RESOURCE_ALREADY_EXISTS"
    assert json.loads(cli.read(LOCK)) == {"ID": "1"}


def test_permissions_are_remembered_by_principal(cli: Cli) -> None:
    job_id = deploy(cli)
    place = f"/api/2.0/permissions/jobs/{job_id}"
    given = cli.call("GET", place)["access_control_list"]
    assert [(one.get("service_principal_name"), one["all_permissions"][0]["permission_level"]) for one in given] == [
        (None, "IS_OWNER"),
        ("app-functions", "CAN_MANAGE_RUN"),
    ]
    more = [
        {"service_principal_name": "app-functions", "permission_level": "CAN_MANAGE"},
        {"group_name": "users", "permission_level": "CAN_VIEW"},
    ]
    changed = cli.call("PATCH", place, json={"access_control_list": more})["access_control_list"]
    assert [one["all_permissions"][0]["permission_level"] for one in changed] == ["IS_OWNER", "CAN_MANAGE", "CAN_VIEW"]


def test_files_are_imported_exported_and_listed_in_either_spelling_of_a_path(cli: Cli) -> None:
    cli.call("POST", "/api/2.0/workspace/mkdirs", json={"path": "/Users/a"})
    content = base64.b64encode(b"one").decode()
    cli.call(
        "POST",
        "/api/2.0/workspace/import",
        json={"path": "/Users/a/x.txt", "content": content, "format": "AUTO", "overwrite": True},
    )
    assert cli.read("/Workspace/Users/a/x.txt") == b"one"
    assert cli.call("GET", "/api/2.0/workspace/export", params={"path": "/Users/a/x.txt", "direct_download": "true"}) == b"one"
    assert cli.call("GET", "/api/2.0/workspace/export", params={"path": "/Users/a/x.txt"})["content"] == content
    (listed,) = cli.call("GET", "/api/2.0/workspace/list", params={"path": "/Users/a"})["objects"]
    assert (listed["path"], listed["object_type"], listed["size"]) == ("/Users/a/x.txt", "FILE", 3)
    assert cli.status("/Workspace/Users/a")["object_type"] == "DIRECTORY"
    cli.call("POST", "/api/2.0/workspace/delete", json={"path": "/Users/a"}, status=400)  # not empty
    cli.status("/Users/../../outside", status=400)


def test_jobs_and_files_survive_a_restart(runner: ScriptedRunner, tmp_path: Path) -> None:
    with JobsEmulator(job=make_job(), runner=runner, folder=tmp_path) as before:
        job_id = deploy(Cli(before.url))
    with JobsEmulator(job=make_job(), runner=runner, folder=tmp_path) as after:
        cli = Cli(after.url)
        assert json.loads(cli.read(STATE)) == {"job": job_id}
        ended(sdk(after), cli.call("POST", "/api/2.2/jobs/run-now", json={"job_id": job_id})["run_id"])
    assert [entry_point for entry_point, _ in runner.calls] == ["silver", "gold"]


def test_a_run_by_itself_is_run_and_its_job_is_listed_nowhere(cli: Cli, emulator: JobsEmulator, runner: ScriptedRunner) -> None:
    wheel = {"package_name": "spark_jobs", "entry_point": "gold"}
    body = {"run_name": "once", "tasks": [{"task_key": "gold", "python_wheel_task": wheel}], "idempotency_token": "t"}
    run_id = cli.call("POST", "/api/2.2/jobs/runs/submit", json=body)["run_id"]
    assert cli.call("POST", "/api/2.2/jobs/runs/submit", json=body)["run_id"] == run_id
    assert ended(sdk(emulator), run_id).run_name == "once"
    assert runner.calls == [("gold", ["spark_jobs"])]
    assert [job["job_id"] for job in cli.call("GET", "/api/2.2/jobs/list")["jobs"]] == [JOB_ID]
    refused = cli.call("GET", "/api/2.2/jobs/runs/export", params={"run_id": run_id}, status=400)
    assert "has no notebook task" in refused["message"]


def test_all_runs_of_a_job_are_cancelled_at_once(emulator: JobsEmulator, runner: ScriptedRunner) -> None:
    runner.go.clear()
    client = sdk(emulator)
    running, waiting = start(client), start(client)
    until(lambda: bool(runner.calls))
    client.jobs.cancel_all_runs(job_id=JOB_ID)
    for run_id in (running, waiting):
        state = ended(client, run_id).state
        assert state is not None
        assert (state.result_state and state.result_state.value) == "CANCELED"


def test_a_task_that_is_no_wheel_is_refused_when_it_is_deployed(cli: Cli) -> None:
    notebook = {"name": "x", "tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "/x"}}]}
    refused = cli.call("POST", "/api/2.2/jobs/create", json=notebook, status=501)
    assert refused["message"] == "job x: task a is neither python_wheel_task nor condition_task"
    cli.call("POST", "/api/2.2/jobs/create", json={"name": "x"}, status=501)
    cli.call("POST", "/api/2.2/jobs/delete", json={"job_id": JOB_ID}, status=501)  # the app runs it
    cli.call("GET", "/api/2.1/unity-catalog/external-locations", status=501)


def test_what_the_runner_itself_raises_ends_the_run_as_an_internal_error_and_the_next_one_runs(tmp_path: Path) -> None:
    class Broken(ScriptedRunner):
        def run(self, **order: Any) -> TaskResult:
            if not self.calls:
                self.calls.append(("raised", []))
                raise OSError("no pipe to the driver")
            return super().run(**order)

    with JobsEmulator(job=make_job(), runner=Broken(), folder=tmp_path) as emulator:
        client = sdk(emulator)
        failed = ended(client, start(client))
        assert failed.status is not None
        assert failed.status.termination_details is not None
        assert failed.status.termination_details.type is not None
        assert failed.status.termination_details.type.value == "INTERNAL_ERROR"
        assert failed.state is not None
        assert failed.state.state_message == "Task silver failed with message: The task could not be run: OSError."
        state = ended(client, start(client)).state
        assert state is not None
        assert (state.result_state and state.result_state.value) == "SUCCESS"


def test_the_stacks_own_job_is_that_of_the_bundle(tmp_path: Path, runner: ScriptedRunner) -> None:
    job = read_job(ROOT / "databricks.yml", job_id=JOB_ID).with_defaults({"lake": "abfs://{container}@local"})
    with JobsEmulator(job=job, runner=runner, folder=tmp_path) as emulator:
        settings = Cli(emulator.url).call("GET", "/api/2.2/jobs/get", params={"job_id": JOB_ID})["settings"]
        assert {one["name"]: one["default"] for one in settings["parameters"]}["lake"] == "abfs://{container}@local"
        assert set(settings["webhook_notifications"]) == {"on_success", "on_failure"}
        me = requests.get(f"{emulator.url}/api/2.0/preview/scim/v2/Me", headers={"Authorization": "Bearer x"}, timeout=20)
        assert me.headers["X-Databricks-Org-Id"] == WORKSPACE_ID
