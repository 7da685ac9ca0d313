"""What the HTTP API answers, and that its description says so."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from shared.api.documents import FileCountsDocument
from shared.api.openapi import description
from shared.context import context
from shared.errors import ServiceUnavailable
from shared.ledger.states import BATCH_STATES, FILE_STATES, REPROCESS_STATUSES
from tests.pipeline import DATAVERSE, FINANCE, SETTINGS, Pipeline, contact
from tests.web import WEB, over

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    """A pipeline that the app's own context is built over, for as long as the test takes."""
    pipeline = Pipeline()
    with over(pipeline):
        yield pipeline


def call(method: str, path: str, json: Any = None, **options: Any) -> tuple[int, Any]:
    answer = Client(WEB).open(f"/api{path}", method=method, json=json, **options)
    assert answer.mimetype == ("application/json" if answer.status_code < 400 else "application/problem+json")
    return answer.status_code, answer.get_json(force=True)


def all_pages(path: str, name: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(100):
        joint = "&" if "?" in path else "?"
        status, page = call("GET", f"{path}{joint}limit={limit}{f'&cursor={cursor}' if cursor else ''}")
        assert status == 200
        assert len(page[name]) <= limit
        found += page[name]
        cursor = page["next"]
        if not cursor:
            return found
    raise AssertionError("pages never end")


def test_the_description_names_every_route_and_method_and_no_other() -> None:
    described = {
        (path, method.upper()): set(operation["responses"])
        for path, operations in description()["paths"].items()
        for method, operation in operations.items()
        if method != "parameters"
    }
    assert set(described) == {(route, method) for route, methods, _ in WEB.routes for method in methods}
    for (path, _), operations in zip(described, description()["paths"].values(), strict=False):
        named = {parameter["name"] for parameter in operations.get("parameters", [])}
        assert named == set(re.findall(r"{(\w+)}", path)) or not named


def test_the_description_is_made_from_the_documents() -> None:
    schemas = description()["components"]["schemas"]
    assert set(schemas["FileDocument"]["properties"]["state"]["enum"]) == set(FILE_STATES)
    assert set(schemas["BatchDocument"]["properties"]["state"]["enum"]) == set(BATCH_STATES)
    assert set(schemas["ReprocessBody"]["properties"]["status"]["enum"]) == {"", *REPROCESS_STATUSES}
    assert set(FileCountsDocument.__struct_fields__) == {*FILE_STATES, "records", "rejects", "waiting"}
    for name, schema in schemas.items():
        if "enum" in schema:
            continue
        assert schema["additionalProperties"] is False, name
        assert name in {"ReprocessBody", "ErasureBody"} or schema["required"] == sorted(schema["properties"]), name


def test_the_description_is_served(pipeline: Pipeline) -> None:
    assert call("GET", "/openapi.json") == (200, description())


def test_files_are_listed_last_changed_first_and_page_by_page(pipeline: Pipeline) -> None:
    for number in range(23):
        pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
        pipeline.clock.advance(1)
    listed = all_pages("/files", "files", 5)
    assert len(listed) == 24  # and the model
    assert [file["changed_at"] for file in listed] == sorted((file["changed_at"] for file in listed), reverse=True)
    assert all_pages("/files", "files", 7) == listed


def test_files_that_changed_in_the_same_moment_are_listed_once_each(pipeline: Pipeline) -> None:
    for number in range(20):
        pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
        pipeline.land(FINANCE, f"contact/{3000 + number}.csv", b"cid\n1\n")
    listed = [file["file"] for file in all_pages("/files", "files", 3)]
    assert len(listed) == len(set(listed)) == 41


@pytest.mark.parametrize(
    ("query", "files"),
    [
        ("status=rejected", {f"{FINANCE}/broken.csv.gz"}),
        ("status=poison", set()),
        ("source=finance", {f"{FINANCE}/broken.csv.gz", f"{FINANCE}/customer_finance.csv"}),
        ("table=broken", {f"{FINANCE}/broken.csv.gz"}),
        ("table=contact", {f"{DATAVERSE}/contact/2024.csv"}),
        (f"container={FINANCE}", {f"{FINANCE}/broken.csv.gz", f"{FINANCE}/customer_finance.csv"}),
        ("prefix=contact/", {f"{DATAVERSE}/contact/2024.csv"}),
        ("prefix=c", {f"{DATAVERSE}/contact/2024.csv", f"{FINANCE}/customer_finance.csv"}),
        ("since=2026-11-23T10:00:20Z", {f"{FINANCE}/broken.csv.gz"}),
        ("status=ingested&until=2026-11-23T10:00:10Z", {f"{DATAVERSE}/contact/2024.csv"}),
    ],
)
def test_files_are_found_by_state_source_table_place_and_time(pipeline: Pipeline, query: str, files: set[str]) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.clock.advance(10)
    pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")
    pipeline.clock.advance(10)
    pipeline.land(FINANCE, "broken.csv.gz", b"no gzip")
    assert {file["file"] for file in all_pages(f"/files?{query}", "files", 1)} == files


def test_rejects_are_listed_with_their_place_and_never_their_content(pipeline: Pipeline) -> None:
    wide = b'2,"6/28/2021 4:34:35 PM","Very Private","wide",1,,\r\n'
    for number in range(3):
        pipeline.land_contacts(contact(1), wide, path=f"contact/{3000 + number}.csv")
    listed = all_pages("/rejects?table=contact", "rejects", 2)
    assert [(part["rejects"], part["records"]) for part in listed] == [(1, 2)] * 3
    assert all(pipeline.lake.head("bronze", part["rejects_path"].removeprefix("bronze/")) for part in listed)
    assert "Private" not in str(listed)
    assert all_pages("/rejects?until=2020-01-01T00:00:00Z", "rejects", 2) == []


def test_a_run_is_told_with_its_steps_counts_timings_and_parts(pipeline: Pipeline) -> None:
    for number in range(5):
        pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
    pipeline.settle()
    (listed,) = all_pages("/runs?state=succeeded", "runs", 10)
    status, told = call("GET", f"/runs/{listed['batch_id']}?limit=3")
    assert status == 200
    assert [step["event"] for step in told["steps"]] == ["batch.opened", "batch.submitted", "batch.succeeded"]
    assert told["counts"]["contact"]["applied"] == 5
    assert told["timings"]["open_seconds"] == 0
    assert len(told["listed"]) == 3
    assert len(call("GET", f"/runs/{listed['batch_id']}?limit=3&cursor={told['next']}")[1]["listed"]) == 2


def test_runs_are_paged_newest_first(pipeline: Pipeline) -> None:
    for number in range(5):
        pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
        pipeline.settle()
    listed = [run["batch_id"] for run in all_pages("/runs", "runs", 2)]
    assert len(listed) == 5
    assert listed == sorted(listed, reverse=True)


def test_a_parked_run_is_unparked(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    (parked,) = all_pages("/runs?state=parked", "runs", 10)
    assert call("POST", f"/runs/{parked['batch_id']}/unpark")[0] == 202
    assert call("POST", f"/runs/{parked['batch_id']}/unpark")[0] == 409
    assert call("POST", "/runs/b20200101T000000Z_00000000/unpark")[0] == 404


def test_reprocessing_is_asked_for_followed_and_cancelled(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.settle()
    status, dry = call("POST", "/reprocess", {"table": "contact", "dry_run": True})
    assert (status, dry["files"], dry["records"]) == (200, 1, 1)
    status, job = call("POST", "/reprocess", {"table": "contact", "request_id": "a"})
    assert (status, job["state"]) == (202, "running")
    assert call("POST", "/reprocess", {"table": "contact", "request_id": "a"})[1]["reprocess_id"] == job["reprocess_id"]
    assert call("POST", "/reprocess", {"table": "account", "request_id": "a"})[0] == 409
    pipeline.settle()
    assert call("GET", f"/reprocess/{job['reprocess_id']}")[1]["state"] == "succeeded"
    assert call("POST", f"/reprocess/{job['reprocess_id']}/cancel")[1]["state"] == "succeeded"  # it was over
    assert call("GET", "/reprocess/r0")[0] == 404
    assert call("POST", "/reprocess/r0/cancel")[0] == 404


@pytest.mark.parametrize("path", ["/runs", "/files", "/rejects"])
@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "limit=%C2%B2", "limit=-1", "cursor=x", "cursor=eyJ9", "cursor=WzFd", "cursor=%00"],
)
def test_a_query_that_cannot_be_understood_is_a_problem(pipeline: Pipeline, path: str, query: str) -> None:
    status, body = call("GET", f"{path}?{query}")
    assert (status, body["status"]) == (400, 400)
    assert body["detail"].startswith(query.partition("=")[0])


def test_a_body_that_cannot_be_read_is_a_problem(pipeline: Pipeline) -> None:
    for data in (b"", b"{", b"[]", b"\xff\xfe", b'"text"', b"1"):
        assert call("POST", "/reprocess", data=data)[0] == 400


class Down:
    """Storage that does not answer."""

    def __getattr__(self, name: str) -> Any:
        def fail(*_arguments: Any, **_options: Any) -> Any:
            raise ServiceUnavailable("table storage", "503")

        return fail


def test_storage_that_is_down_is_told_everywhere_but_by_health() -> None:
    before = dict(vars(context))
    vars(context).clear()
    vars(context)["_environment"] = SETTINGS
    context.replace(tables=Down(), lake=Down(), hints=Down())
    password = base64.b64encode(b"databricks:correct horse").decode()
    headers = {"Authorization": f"Basic {password}"}
    try:
        for route, methods, _ in WEB.routes:
            if route.startswith("/dashboard"):
                continue  # files of the app
            path = route.replace("{batch_id}", "b20260101T000000Z_00000000").replace("{reprocess_id}", "r0")
            path = path.replace("{erasure_id}", "e0")
            for method in methods:
                body: dict[str, Any] = {"table": "a", "key": "1"} if "erasure" in route else {"table": "a"}
                if "call" in route:
                    body |= {"event_type": "jobs.on_success", "run": {"run_id": 1}}
                if route in {"/story", "/rejects/records"}:
                    path = f"{route}?file={FINANCE}/a.csv"
                status, _answer = call(method, path, body if method == "POST" else None, headers=headers)
                assert status == (200 if route in {"/health", "/openapi.json"} else 503), route
    finally:
        vars(context).clear()
        vars(context).update(before)


def test_the_callback_answers_only_to_its_user(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    (run_id,) = pipeline.jobs.runs
    event = {"event_type": "jobs.on_success", "workspace_id": "1", "run": {"run_id": str(run_id)}}

    def post(user: str, body: Any = event) -> tuple[int, Any]:
        headers = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}
        return call("POST", "/callback/databricks", body, headers=headers)

    assert post("databricks:correct horse") == (202, {"result": "noted"})
    assert post("databricks:correct horse") == (202, {"result": "noted"})  # safe to repeat
    assert post("databricks:wrong horse")[0] == 401
    assert call("POST", "/callback/databricks", event)[0] == 401
    stranges: tuple[dict[str, Any], ...] = ({}, {"event_type": []}, {"event_type": "jobs.on_success", "run": {"run_id": "7"}})
    for strange in stranges:
        assert post("databricks:correct horse", strange)[0] == 200
    assert post("databricks:correct horse", [])[0] == 400


@pytest.mark.parametrize("path", ["/reprocess", "/callback/databricks"])
@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"a": ' + b"1" * 5000 + b"}", b"\xff", b""])
def test_a_body_that_cannot_be_read_is_a_bad_request(pipeline: Pipeline, path: str, body: bytes) -> None:
    headers = {"Authorization": "Basic " + base64.b64encode(b"databricks:correct horse").decode()}
    answer = Client(WEB).open(f"/api{path}", method="POST", data=body, headers=headers)
    assert answer.status_code == 400


def test_a_parked_run_is_discarded(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    (parked,) = pipeline.context.ledger.batches(state="parked")
    assert call("POST", f"/runs/{parked.batch_id}/discard")[1]["state"] == "discarded"
    assert call("POST", f"/runs/{parked.batch_id}/discard")[0] == 202  # safe to repeat
    assert call("GET", "/status")[1]["parts_discarded"] == 1
    assert call("POST", f"/runs/{parked.batch_id}/unpark")[1]["state"] == "queued"
    assert call("POST", f"/runs/{parked.batch_id}/discard")[0] == 409
    assert call("POST", "/runs/b20200101T000000Z_00000000/discard")[0] == 404


def test_a_poll_of_the_overview_that_finds_nothing_new_is_told_so_and_no_more(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.settle()
    first = Client(WEB).get("/api/overview")
    assert (first.status_code, first.get_json()["batches"]) == (200, {"succeeded": 1})
    tag = first.headers["ETag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        again = Client(WEB).get("/api/overview", headers={"If-None-Match": known})
        assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    assert Client(WEB).get("/api/overview", headers={"If-None-Match": tag}).status_code == 200
