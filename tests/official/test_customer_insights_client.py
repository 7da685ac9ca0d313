"""Microsoft's own client of the Customer Insights API drives the emulator, and sees what our adapter sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.customer_insights_emulator import configuration
from local.customer_insights_emulator.faults import CustomerInsightsFault
from shared.adapters.customer_insights_api import CustomerInsightsApi, RefreshCall
from shared.adapters.customer_insights_http import StaticToken
from tests.contract.test_customer_insights_emulator import HEADERS, World
from tests.insights_documents import measure, relationship, segment

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


def test_what_is_set_goes_through_the_clients_own_models(world: World, client: Any) -> None:
    """Measures, segments and relationships: made, listed, read, changed, switched and deleted by Microsoft's client."""
    models = client_module.models
    given: dict[str, Any] = {"custom_headers": HEADERS}
    made = client.create_a_measure("i1", body=models.MeasureMetadata.from_dict(measure()), **given)
    assert (made.name, made.version, made.instance_id) == ("LifetimeSpend", 1, "i1")
    assert made.definition.aggregates[0].operation == "sum"
    criteria = made.definition.filtering_criteria.child_criterias[0]
    assert (criteria.attribute, criteria.comparison_operator) == ("gold_customer_finance.is_current", "equals")
    made.display_name = "Spent"
    assert client.update_a_measure("i1", made.name, body=made, **given).version == 2
    assert [one.display_name for one in client.get_a_list_of_measures_metadata("i1", **given)] == ["Spent"]
    assert client.get_metadata_for_a_measure("i1", made.name, **given).updated_utc == world.time

    made = client.create_a_segment("i1", body=models.SegmentMetadata.from_dict(segment(state="inactive")), **given)
    assert client.activate_segment("i1", made.name, **given) is True
    (found,) = client.get_all_segments("i1", **given)
    assert (found.state, found.segment_query_expression.rowsets[0].criteria.value) == ("active", "3000")
    assert client.update_a_segment("i1", made.name, body=found, **given).version == 2

    made = client.create_a_relationship("i1", body=models.RelationshipMetadata.from_dict(relationship()), **given)
    assert client.get_a_relationship("i1", made.name, **given).from_entity_name == "gold_customer_finance"
    assert client.update_a_relationship("i1", made.name, body=made, **given).version == 2
    assert [one.cardinality for one in client.get_all_relationships("i1", **given)] == ["manyToOne"]

    deletions = (client.delete_segment, client.delete_a_measure, client.delete_a_relationship)
    for delete, name in zip(deletions, ("HighValue", "LifetimeSpend", "CustomerFinance"), strict=True):
        assert delete("i1", name, **given).status_code == 200
        assert delete("i1", name, **given).error_code.endswith("NotFound")
    assert client.get_all_segments("i1", **given) == []


def test_rows_come_as_the_clients_pages(world: World, client: Any) -> None:
    world.tables["Customer"] = [{"CustomerId": f"{number:03}", "city": "Rome"} for number in range(130)]
    page = client.get_entities_with_odata_path("i1", "Customer", top="100", skip="100", custom_headers=HEADERS)
    assert len(page.value) == 30
    assert page.odatacontext == "$metadata#Customer"
    missing = client.get_entities_with_odata_path("i1", "Nobody", custom_headers=HEADERS)
    assert missing.error_code == "entityNotFound"


def test_what_the_emulator_does_not_know_is_not_implemented(world: World, client: Any) -> None:
    from msrest.exceptions import HttpOperationError

    unknown: tuple[Callable[[], Any], ...] = (
        lambda: client.get_search_configuration("i1", custom_headers=HEADERS),
        lambda: client.get_workflow_schedules("i1", "main", custom_headers=HEADERS),
        lambda: client.get_all_entity_metadata("i1", custom_headers=HEADERS),
        lambda: client.get_entities_with_odata_path("i1", "Customer", filter="city eq 'Rome'", custom_headers=HEADERS),
    )
    world.tables["Customer"] = []
    for call in unknown:
        with pytest.raises(HttpOperationError) as raised:
            call()
        assert raised.value.response.status_code == 501


@pytest.mark.parametrize(
    ("model", "field", "known"),
    [
        ("SegmentMembershipCriteria", "comparison_operator", configuration.OPERATORS),
        ("MeasureAggregate", "operation", configuration.AGGREGATES),
        ("SegmentationRowset", "rowset_operation", configuration.ROWSETS),
        ("RelationshipMetadata", "cardinality", configuration.CARDINALITIES),
    ],
)
def test_the_values_that_the_emulator_takes_are_those_of_the_clients_models(
    model: str, field: str, known: frozenset[str]
) -> None:
    told = re.sub(r"\s+", " ", str(getattr(client_module.models, model).__doc__))
    listed = re.search(rf":param {field}: Possible values include: (.*?) :type", told)
    assert listed is not None
    assert set(re.findall(r"'(\w+)'", listed[1])) == known
