"""The check of a deployment against the local stack: it passes, and each planted fault is told with what to do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from deploy.check.canary import ENTITY, LATE, Patience
from local.lake.view import gold
from local.stack.azurite import ACCOUNT, KEY
from local.stack.ports import free_ports
from local.verification.laptop import PATIENCE, Laptop, check_of, destination_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.check.sequence import Step
    from local.stack.stack import Stack
    from tests.e2e.conftest import OutsideClient

pytestmark = pytest.mark.e2e


def checked(
    stack: Stack,
    *,
    canary: bool = False,
    functions_url: str = "",
    password: str = "",
    settings: dict[str, str | None] | None = None,
    patience: Patience = PATIENCE,
) -> list[Step]:
    """Check the stack; arguments are what another deployment would have."""
    told = {name: value for name, value in {**stack.settings, **(settings or {})}.items() if value is not None}
    url = functions_url or stack.functions_url
    laptop = Laptop(settings=told, functions_url=url, bridge_url=stack.bridge_url, storage=stack.storage)
    username, set_password = destination_of(stack.settings)
    return list(check_of(laptop, (username, password or set_password), patience)(canary=canary))


def faults(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.name, fault.what) for step in steps for fault in step.faults]


def switch(url: str, **fault: Any) -> None:
    requests.post(f"{url}/_faults", json=fault, timeout=30).raise_for_status()


def read_only(stack: Stack) -> str:
    """The connection of somebody who may read the lake and nothing else."""
    now = datetime.now(UTC)
    sas = generate_account_sas(
        ACCOUNT,
        KEY,
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, list=True),
        expiry=now + timedelta(hours=1),
        start=now - timedelta(hours=1),
    )
    blob, *_ = stack.ports.azurite
    return f"BlobEndpoint=http://127.0.0.1:{blob}/{ACCOUNT};SharedAccessSignature={sas}"


def test_a_stack_that_works_passes_and_gold_shows_the_canary(stack: Stack, client: OutsideClient) -> None:
    steps = checked(stack, canary=True)
    assert faults(steps) == []
    assert {step.state for step in steps} == {"ok"}
    (row,) = gold(client.service, ENTITY)
    assert str(row["check_name"]).startswith("check-")
    landed = client.service.get_container_client("finance").list_blobs(name_starts_with=f"{ENTITY}/")
    assert list(landed) == []
    newest, *_ = client.get("runs")["runs"]
    told = client.get(f"runs/{newest['batch_id']}")["warnings"]
    assert [warning for warning in told if warning["trap"] == "not_registered"] == [], "the session's catalog has its tables"


def test_a_setting_that_is_missing_is_told(stack: Stack) -> None:
    assert faults(checked(stack, settings={"HINT_QUEUE": None})) == [("settings", "The setting HINT_QUEUE is not set.")]


def test_a_connection_that_only_reads_is_told_by_what_it_may_not_do(stack: Stack) -> None:
    found = faults(checked(stack, settings={"LakeStorage": read_only(stack), "LedgerStorage": stack.storage}))
    assert found == [
        ("rights", f"The app's identity may not write the container {name}.") for name in ("bronze", "pipeline", "gold")
    ]


def test_an_unknown_job_and_a_workspace_that_knows_us_not_are_told(stack: Stack) -> None:
    assert faults(checked(stack, settings={"DATABRICKS_JOB_ID": "999"})) == [("job", "The workspace has no job 999.")]
    (found,) = faults(checked(stack, settings={"DATABRICKS_TOKEN": None, "DATABRICKS_HOST": f"{stack.jobs_url}/nobody"}))
    assert found == ("job", "The workspace refuses the job (501): GET /nobody/api/2.2/jobs/get is not emulated.")


def test_a_job_that_takes_too_little_and_tells_nobody_is_told(stack: Stack) -> None:
    task = {"task_key": "silver", "python_wheel_task": {"package_name": "spark_jobs", "entry_point": "silver"}}
    body = {"name": "another", "parameters": [{"name": "lake", "default": ""}], "tasks": [task]}
    header = {"Authorization": f"Bearer {stack.settings['DATABRICKS_TOKEN']}"}
    made = requests.post(f"{stack.jobs_url}/api/2.2/jobs/create", json=body, headers=header, timeout=30).json()
    assert faults(checked(stack, settings={"DATABRICKS_JOB_ID": str(made["job_id"])})) == [
        ("job", "The job another has no parameter batch_id, manifest."),
        ("job", "The job another tells nobody on_failure and on_success."),
    ]


def test_a_wrong_password_of_the_callback_is_told(stack: Stack) -> None:
    assert faults(checked(stack, password="another")) == [("callback", "The app refuses user and password of the callback.")]


def test_an_app_that_does_not_answer_is_told_and_no_canary_lands(stack: Stack) -> None:
    (port,) = free_ports(1)
    steps = checked(stack, canary=True, functions_url=f"http://127.0.0.1:{port}")
    silent = "The app does not answer: is `make up` running?"
    assert faults(steps) == [(name, silent) for name in ("ready", "callback", "attention")]
    assert steps[-1].state == "skipped"


def test_a_subscription_that_is_absent_is_told(stack: Stack) -> None:
    stack.kill("bridge")
    try:
        assert faults(checked(stack)) == [
            ("subscriptions", f"Nobody tells {function} of what lands in {container}: there is no subscription.")
            for container, function in (("dataverse-contoso-sales", "on_dataverse_landed"), ("finance", "on_finance_landed"))
        ]
    finally:
        stack.start("bridge")
        stack.ready("bridge")


@pytest.fixture
def dead_letter(client: OutsideClient) -> Iterator[None]:
    """One event that was given up."""
    container = client.service.create_container("deadletter")
    container.upload_blob("2026/11/25/event.json", b"[]")
    yield
    container.delete_container()


def test_an_event_that_was_given_up_is_told(stack: Stack, dead_letter: None) -> None:
    given_up = "Event Grid gave up on 1 event, which lie in the container deadletter."
    assert faults(checked(stack)) == [("dead letters", given_up)]


def test_a_run_that_fails_for_good_is_told_with_its_cause(stack: Stack, client: OutsideClient) -> None:
    switch(stack.jobs_url, kind="run", code="CLUSTER_ERROR", times=int(stack.settings.get("RUN_ATTEMPTS", "3")))
    assert faults(checked(stack, canary=True)) == [
        ("canary: run", "The run failed: CLUSTER_ERROR: the run's page in the workspace says why.")
    ]
    newest, *_ = client.get("runs")["runs"]
    client.post(f"runs/{newest['batch_id']}/discard", {})


def test_a_webhook_that_is_lost_and_a_refresh_that_fails_are_told_while_gold_is_published(
    stack: Stack, client: OutsideClient
) -> None:
    switch(stack.jobs_url, kind="webhook", action="drop")
    switch(stack.customer_insights_url, kind="refresh")
    steps = checked(stack, canary=True, patience=replace(PATIENCE, callback=2))
    (lost, refused) = faults(steps)
    assert lost == ("canary: callback", LATE["callback"].what)
    assert refused[0] == "canary: refresh"
    assert refused[1].startswith("Customer Insights was not refreshed: ")
    assert "canary: gold" in {step.name for step in steps if step.state == "ok"}
    found = faults(checked(stack))
    assert [step for step, _ in found] == ["attention"], "until the next one succeeds"
