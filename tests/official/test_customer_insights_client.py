"""Microsoft's own client of the Customer Insights API drives the emulator, and sees what our adapter sees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.customer_insights_emulator.faults import CustomerInsightsFault
from shared.adapters.customer_insights_api import CustomerInsightsApi, RefreshCall, StaticToken
from tests.contract.test_customer_insights_emulator import HEADERS, World

client_module = pytest.importorskip("dynamics.customerinsights.api", reason="customerinsights is not installed: make setup")
WORKFLOW = "main"


@pytest.fixture
def world() -> Iterator[World]:
    one = World()
    with one.emulator:
        yield one


@pytest.fixture
def client(world: World) -> Any:
    return client_module.CustomerInsights(base_url=f"{world.emulator.url}/v1")


def adapter(world: World, *, key: str = "key") -> CustomerInsightsApi:
    call = RefreshCall(
        root=f"{world.emulator.url}/v1", instance_id="i1", subscription_key=key, data_source_id="gold", workflows="workflows"
    )
    return CustomerInsightsApi(call, StaticToken("any"))


def submit(client: Any, **asked: Any) -> Any:
    given = {"operation_type": "ingestion", "identifiers": ["gold"], "force_run_requested": True, **asked}
    return client.submit_a_workflow_job("i1", WORKFLOW, custom_headers=HEADERS, **given)


def test_what_the_client_asks_for_the_adapter_finds_and_follows(world: World, client: Any) -> None:
    job = submit(client)
    assert (job.job_status, job.operation_type.lower()) == ("queued", "ingestion")
    ours = adapter(world).refresh(since=world.time - timedelta(hours=1))
    assert ours is not None
    assert ours.job_id == job.job_id, "one refresh, not two"
    world.time += timedelta(seconds=2)
    done = client.get_a_workflow_job_information("i1", WORKFLOW, job.job_id, include_tasks=True, custom_headers=HEADERS)
    assert done.job_status == "successful"
    known = adapter(world).job(job.job_id)
    assert known is not None
    assert known.state == "successful"


def test_what_the_adapter_asks_for_the_client_finds_newest_first(world: World, client: Any) -> None:
    first = adapter(world).refresh(since=world.time)
    world.time += timedelta(seconds=3)
    adapter(world).job(first.job_id if first else "")
    second = adapter(world).refresh(since=world.time)
    assert first is not None
    assert second is not None
    listed = client.get_list_of_recent_workflow_jobs("i1", WORKFLOW, top=10, custom_headers=HEADERS)
    assert [job.job_id for job in listed] == [second.job_id, first.job_id]
    assert [job.id_list for job in listed] == [["gold"], ["gold"]]
    (newest,) = client.get_list_of_recent_workflow_jobs("i1", WORKFLOW, top=1, custom_headers=HEADERS)
    assert newest.job_id == second.job_id


def test_why_a_refresh_failed_is_told_where_tasks_are_asked_for(world: World, client: Any) -> None:
    world.emulator.faults.add(CustomerInsightsFault(kind="refresh", code="cdmLoadManifestFailed"))
    job = submit(client)
    world.time += timedelta(seconds=2)
    ask = client.get_a_workflow_job_information
    silent = ask("i1", WORKFLOW, job.job_id, custom_headers=HEADERS)
    assert (silent.job_status, silent.tasks) == ("failed", None)
    told = ask("i1", WORKFLOW, job.job_id, include_tasks=True, custom_headers=HEADERS)
    (task,) = told.tasks
    assert task.task_status == "failed"
    known = adapter(world).job(job.job_id)
    assert known is not None
    assert (known.state, known.detail) == ("failed", "ingestion: cdmLoadManifestFailed")


def test_a_refusal_is_the_clients_own_error(world: World, client: Any) -> None:
    missing = client.get_a_workflow_job_information("i1", WORKFLOW, "nobody", custom_headers=HEADERS)
    assert missing.error_code == "graphJobNotFound"
    refused = client.submit_a_workflow_job("i1", WORKFLOW, operation_type="all", custom_headers={"Authorization": "Bearer x"})
    assert refused is None or refused.error_code == "unauthorized"


def test_the_times_of_a_job_are_read_as_times(world: World, client: Any) -> None:
    job = submit(client)
    assert job.submitted_timestamp == datetime(2026, 11, 23, 10, tzinfo=UTC)
