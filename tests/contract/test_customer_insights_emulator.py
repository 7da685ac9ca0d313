"""The Customer Insights emulator answers the documented calls and fails as Customer Insights does."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

from customer_insights.instance import Instance as Asked
from local.customer_insights_emulator.faults import CustomerInsightsFault
from local.customer_insights_emulator.gold import MANIFEST
from local.customer_insights_emulator.handlers import Instance
from local.customer_insights_emulator.server import CustomerInsightsEmulator
from shared.adapters.customer_insights_http import CustomerInsightsHttp, StaticToken

DOCUMENTED = "/v1/instances/i1/manage/workflows/main/jobs"
OLDER = "/v1/instances/i1/workflows/main/jobs"
HEADERS = {"Authorization": "Bearer any", "Ocp-Apim-Subscription-Key": "key"}
GOLD = "customer/p1/part-0.parquet"


class World:
    """An instance with gold files and a clock that a test can change."""

    def __init__(self) -> None:
        self.files = make_gold()
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.time = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
        self.emulator = CustomerInsightsEmulator(
            instance=Instance(instance_id="i1", source_id="gold", subscription_key="key"),
            read=self.files.get,
            below=lambda root: [path for path in self.files if path.startswith(root)],
            now=lambda: self.time,
            seconds=2,
            tables=self.tables.get,
        )

    def call(self, method: str, path: str, **extra: Any) -> requests.Response:
        return requests.request(method, self.emulator.url + path, timeout=10, **{"headers": HEADERS, **extra})

    def refresh(self) -> str:
        answer = self.call("POST", f"{DOCUMENTED}?operationType=all&forceRunRequested=true")
        assert answer.status_code == 200
        return str(answer.json()["jobId"])

    def job_after(self, seconds: float, job_id: str) -> dict[str, Any]:
        self.time += timedelta(seconds=seconds)
        document: dict[str, Any] = self.call("GET", f"{DOCUMENTED}/{job_id}?includeTasks=true").json()
        return document


def make_gold() -> dict[str, bytes]:
    sink = io.BytesIO()
    pq.write_table(pa.table({"cid": ["1", "2"], "name": ["Ada", None]}), sink)
    entity = {"definitions": [{"entityName": "customer", "hasAttributes": [{"name": "cid"}, {"name": "name"}]}]}
    manifest = {
        "entities": [
            {
                "entityName": "customer",
                "entityPath": "customer/p1/customer.cdm.json/customer",
                "dataPartitions": [{"location": GOLD}],
            }
        ]
    }
    return {
        MANIFEST: json.dumps(manifest).encode(),
        "customer/p1/customer.cdm.json": json.dumps(entity).encode(),
        GOLD: sink.getvalue(),
    }


@pytest.fixture
def world() -> Iterator[World]:
    one = World()
    with one.emulator:
        yield one


@pytest.mark.parametrize("path", [DOCUMENTED, OLDER])
@pytest.mark.parametrize(
    "query",
    [
        "operationType=Ingestion&identifiers='gold'&forceRunRequested=true",
        "operationType=ingestion&identifiers=gold&forceRunRequested=true",
        "operationType=all&forceRunRequested=true",
    ],
)
def test_every_spelling_of_the_call_starts_a_refresh(world: World, path: str, query: str) -> None:
    """reference: Customer Insights, section 7: two paths, the id quoted or bare, either case."""
    answer = world.call("POST", f"{path}?{query}")
    assert answer.status_code == 200
    assert answer.json()["jobStatus"] == "queued"
    assert world.call("GET", path).json()[0]["jobId"] == answer.json()["jobId"]


def test_a_refresh_is_queued_then_running_then_successful(world: World) -> None:
    job_id = world.refresh()
    assert world.job_after(0, job_id)["jobStatus"] == "queued"
    assert world.job_after(1, job_id)["jobStatus"] == "running"
    assert world.job_after(1, job_id)["jobStatus"] == "successful"


@pytest.mark.parametrize(
    ("broken", "content", "code"),
    [
        (MANIFEST, None, "dataSourceManifestNotFound"),
        (MANIFEST, b"{", "cdmLoadManifestFailed"),
        ("customer/p1/customer.cdm.json", None, "cdmLoadManifestFailed"),
        (GOLD, None, "corruptRecordsFound"),
        (GOLD, b"no parquet", "corruptRecordsFound"),
    ],
)
def test_gold_that_cannot_be_read_fails_the_refresh(world: World, broken: str, content: bytes | None, code: str) -> None:
    del world.files[broken]
    if content is not None:
        world.files[broken] = content
    job = world.job_after(2, world.refresh())
    assert job["jobStatus"] == "failed"
    assert job["tasks"][0]["ciErrors"][0]["errorCode"] == code


@pytest.mark.parametrize(("expression", "status"), [(r".+\.parquet$", "successful"), (r".+\.csv$", "failed")])
def test_a_folder_that_a_pattern_names_is_read(world: World, expression: str, status: str) -> None:
    """reference: Customer Insights, section 5: dataPartitionPatterns; section 6: a missing partition file."""
    manifest = json.loads(world.files[MANIFEST])
    pattern = {"name": "p", "rootLocation": "customer/p1/", "regularExpression": expression, "parameters": []}
    del manifest["entities"][0]["dataPartitions"]
    manifest["entities"][0]["dataPartitionPatterns"] = [pattern]
    world.files[MANIFEST] = json.dumps(manifest).encode()
    assert world.job_after(2, world.refresh())["jobStatus"] == status


@pytest.mark.parametrize("missing", sorted(HEADERS))
def test_both_the_token_and_the_key_are_wanted(world: World, missing: str) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != missing}
    answer = world.call("POST", f"{DOCUMENTED}?operationType=all", headers=headers)
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", f"{DOCUMENTED}?operationType=ingestion&identifiers='other'", 404, "dataSourceNotFound"),
        ("POST", f"{DOCUMENTED}?operationType=ingestion", 400, "invalidJobIdentifiers"),
        ("POST", DOCUMENTED, 400, "invalidJobOperationType"),
        ("POST", f"{DOCUMENTED}?operationType=match", 501, "invalidJobOperationType"),  # the real one knows it
        ("GET", f"{DOCUMENTED}/nope", 404, "graphJobNotFound"),
        ("GET", "/v1/instances/other/manage/workflows/main/jobs", 404, "instanceNotFound"),
        ("GET", "/v1/instances/i1/manage/search", 501, "notEmulated"),
        ("GET", "/v1/instances/i1/manage/segments/one", 501, "notEmulated"),
        ("DELETE", f"{DOCUMENTED}/nope", 501, "notEmulated"),
        ("PUT", DOCUMENTED, 501, "notEmulated"),
    ],
)
def test_the_rest_is_refused_with_an_error_code(world: World, method: str, path: str, status: int, code: str) -> None:
    answer = world.call(method, path)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)


def test_the_data_source_is_listed(world: World) -> None:
    sources = world.call("GET", "/v1/instances/i1/manage/datasources/v2").json()
    assert sources == [{"friendlyName": "Gold", "dataSourceId": "gold"}]


def test_the_rows_of_a_table_are_fetched_by_pages_in_their_order(world: World) -> None:
    world.tables["Customer"] = [{"CustomerId": f"{number:03}"} for number in reversed(range(250))]
    root = f"{world.emulator.url}/v1"
    http = CustomerInsightsHttp(root=root, instance_id="i1", subscription_key="key", credential=StaticToken("any"))
    assert [row["CustomerId"] for row in Asked(http).rows("Customer", most=250)] == [f"{number:03}" for number in range(250)]


def test_an_answer_can_be_made_to_fail_once(world: World) -> None:
    world.emulator.faults.add(
        CustomerInsightsFault(kind="answer", route="jobs", status=429, error_code="tooManyRequests", retry_after=3)
    )
    busy = world.call("POST", f"{DOCUMENTED}?operationType=all")
    assert (busy.status_code, busy.headers["Retry-After"], busy.json()["errorCode"]) == (429, "3", "tooManyRequests")
    assert world.refresh()


def test_a_refresh_can_be_made_to_fail_over_http(world: World) -> None:
    switched = world.call("POST", "/_faults", json={"kind": "refresh", "code": "dataSourceInUse"})
    assert switched.json()["faults"][0]["code"] == "dataSourceInUse"
    failed = world.job_after(2, world.refresh())
    assert (failed["jobStatus"], failed["tasks"][0]["ciError"]["errorCode"]) == ("failed", "dataSourceInUse")
    assert world.job_after(2, world.refresh())["jobStatus"] == "successful"


@pytest.mark.parametrize("wrong", [{"kind": "webhook"}, {"kind": "refresh", "termination_type": "X"}, []])
def test_a_fault_that_the_emulator_does_not_have_is_refused(world: World, wrong: object) -> None:
    assert world.call("POST", "/_faults", json=wrong).status_code == 400
    assert world.emulator.faults.armed() == ()
