"""Things done again: asked once, carried on in pieces, beside what lands."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.api.reprocess import RequestInvalid, read_request
from shared.contracts.places import PIPELINE, batch_manifest
from shared.errors import LedgerChanged
from shared.ledger.ledger import Ledger
from shared.ledger.records import ReprocessJob
from shared.ledger.rows import Known
from shared.orchestration.reprocess import RequestConflicts
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact

CONTAINERS = (DATAVERSE, FINANCE)


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1), contact(2))
    pipeline.land_contacts(contact(3), path="contact/2025.csv")
    pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")
    pipeline.settle()
    return pipeline


def ask(pipeline: Pipeline, **document: Any) -> ReprocessJob:
    return pipeline.context.reprocess(read_request(document, CONTAINERS))


def standing(pipeline: Pipeline, job: ReprocessJob) -> ReprocessJob:
    found = pipeline.context.reprocess.job(job.reprocess_id)
    assert found is not None
    return found


def newest_manifest(pipeline: Pipeline) -> dict[str, Any]:
    newest = next(iter(pipeline.context.ledger.batches()))
    document: dict[str, Any] = json.loads(pipeline.lake.content(PIPELINE, batch_manifest(newest.batch_id)))
    return document


def generations(pipeline: Pipeline) -> dict[str, int]:
    ledger = pipeline.context.ledger
    return {known.record.path: known.record.generation for name in CONTAINERS for known in ledger.files(name)}


def test_a_table_is_read_again_from_its_start_and_merged_again(pipeline: Pipeline) -> None:
    job = ask(pipeline, table="contact")
    assert standing(pipeline, job).step == 1
    assert not pipeline.is_idle
    pipeline.settle()
    assert len(pipeline.bronze("contact")) == 6
    assert len(pipeline.bronze("customer_finance", FINANCE)) == 1
    assert {path: n for path, n in generations(pipeline).items() if n == 2} == {"contact/2024.csv": 2, "contact/2025.csv": 2}
    ended = standing(pipeline, job)
    assert (ended.state, ended.files, ended.records) == ("succeeded", 2, 3)
    assert ended.size == len(contact(1) + contact(2) + contact(3))


@pytest.mark.parametrize("stage", ["bronze", "silver"])
def test_a_dry_run_looks_at_no_more_than_one_request_has_time_for_and_says_so(pipeline: Pipeline, stage: str) -> None:
    request = read_request({"table": "contact", "stage": stage, "dry_run": True}, CONTAINERS)
    whole = pipeline.context.reprocess.extent(request)
    bounded = replace(pipeline.context.reprocess, most_looked_at=1).extent(request)
    assert (whole.files, whole.is_complete) == (2, True)
    assert (bounded.files < 2, bounded.is_complete) == (True, False)


@pytest.mark.parametrize("stage", ["bronze", "silver"])
def test_a_span_of_time_holds_what_landed_at_its_begin_and_not_at_its_end(pipeline: Pipeline, stage: str) -> None:
    at = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record.modified_at
    assert at is not None

    def files(**span: datetime) -> int:
        document = {"table": "contact", "stage": stage} | {name: time.isoformat() for name, time in span.items()}
        return pipeline.context.reprocess.extent(read_request(document, CONTAINERS)).files

    moment = timedelta(seconds=1)
    assert (files(since=at), files(since=at + moment)) == (2, 0)
    assert (files(until=at), files(until=at + moment)) == (0, 2)


def test_gold_again_comes_to_no_files_at_all(pipeline: Pipeline) -> None:
    extent = pipeline.context.reprocess.extent(read_request({"stage": "gold"}, CONTAINERS))
    assert (extent.files, extent.size, extent.records, extent.is_complete) == (0, 0, 0, True)


def test_a_dry_run_tells_how_much_it_is_and_does_nothing(pipeline: Pipeline) -> None:
    before = generations(pipeline)
    extent = pipeline.context.reprocess.extent(read_request({"table": "contact", "dry_run": True}, CONTAINERS))
    assert (extent.files, extent.records, extent.size > 0) == (2, 3, True)
    merged = pipeline.context.reprocess.extent(read_request({"table": "contact", "stage": "silver"}, CONTAINERS))
    assert (merged.files, merged.records) == (2, 3)
    assert (generations(pipeline), pipeline.is_idle) == (before, True)


def test_the_same_request_twice_is_one_job_and_another_one_under_its_id_is_refused(pipeline: Pipeline) -> None:
    first = ask(pipeline, table="contact", request_id="once")
    pipeline.settle()
    again = ask(pipeline, table="contact", request_id="once")
    assert (again.reprocess_id, again.state) == (first.reprocess_id, "succeeded")
    assert generations(pipeline)["contact/2024.csv"] == 2
    with pytest.raises(RequestConflicts):
        ask(pipeline, table="customer_finance", request_id="once")
    assert ask(pipeline, table="contact").reprocess_id != first.reprocess_id


@pytest.mark.parametrize(
    ("filters", "read_again"),
    [
        ({"prefix": "contact/2025"}, {"contact/2025.csv"}),
        ({"source": "finance"}, {"customer_finance.csv"}),
        ({"container": DATAVERSE}, {"contact/2024.csv", "contact/2025.csv"}),
        ({"until": "2026-11-23T09:00:00Z"}, set()),
        ({"since": "2026-11-23T09:00:00Z", "table": "contact"}, {"contact/2024.csv", "contact/2025.csv"}),
        ({"status": "rejected"}, set()),
    ],
)
def test_filters_name_what_is_read_again(pipeline: Pipeline, filters: dict[str, str], read_again: set[str]) -> None:
    ask(pipeline, **filters)
    pipeline.settle()
    assert {path for path, generation in generations(pipeline).items() if generation > 1} == read_again


def test_silver_is_rebuilt_from_all_parts_of_each_entity(pipeline: Pipeline) -> None:
    job = ask(pipeline, stage="silver", table="contact")
    pipeline.settle()
    manifest = newest_manifest(pipeline)
    assert manifest["full_rebuild"] == ["contact"]
    assert {part["source_path"] for part in manifest["parts"]} == {"contact/2024.csv", "contact/2025.csv"}
    assert len(pipeline.bronze("contact")) == 3  # nothing was read again
    assert standing(pipeline, job).state == "succeeded"


def test_silver_of_some_parts_merges_them_again_and_rebuilds_nothing(pipeline: Pipeline) -> None:
    ask(pipeline, stage="silver", prefix="contact/2025")
    pipeline.settle()
    manifest = newest_manifest(pipeline)
    assert manifest["full_rebuild"] == []
    assert [part["source_path"] for part in manifest["parts"]] == ["contact/2025.csv"]


def test_gold_is_published_again_without_parts(pipeline: Pipeline) -> None:
    job = ask(pipeline, stage="gold")
    pipeline.settle()
    manifest = newest_manifest(pipeline)
    assert (manifest["stage"], manifest["parts"]) == ("gold", [])
    assert standing(pipeline, job).state == "succeeded"
    publication = pipeline.context.status().publication
    assert publication is not None
    assert publication.batch_id == manifest["batch_id"]


def test_a_cancelled_job_stops_and_its_queued_batch_never_runs(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(9), path="contact/2026.csv")
    pipeline.tick(11)  # a run is under way, so that the batch has to queue
    job = ask(pipeline, stage="silver", table="contact")
    pipeline.tick()
    ((name, _),) = pipeline.context.reprocess.batches(job.reprocess_id)
    cancelled = pipeline.context.reprocess.cancel(job.reprocess_id)
    assert cancelled is not None
    assert cancelled.state == "cancelled"
    pipeline.settle()
    batch = pipeline.context.ledger.batch(name)
    assert batch is not None
    assert (batch.record.state, len(pipeline.jobs.runs)) == ("cancelled", 2)
    assert pipeline.context.reprocess.cancel("r0") is None


def test_what_lands_meanwhile_keeps_flowing(pipeline: Pipeline) -> None:
    for number in range(120):
        pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
    pipeline.settle()
    job = ask(pipeline, table="contact")
    context = pipeline.start()
    context.reconcile.reprocess.__dict__["at_most"] = timedelta(0)  # one piece per look
    context.reconcile()
    assert standing(pipeline, job).state == "running"
    assert 0 < standing(pipeline, job).files < 122
    pipeline.land_contacts(contact(9), path="contact/9999.csv")
    assert pipeline.context.ledger.file(DATAVERSE, "contact/9999.csv").record.state == "ingested"
    pipeline.settle()
    assert standing(pipeline, job).state == "succeeded"
    assert {n for path, n in generations(pipeline).items() if path.startswith("contact/3")} == {2}


def test_a_job_of_more_batches_than_a_row_could_name_queues_and_follows_them_some_at_a_time(pipeline: Pipeline) -> None:
    for number in range(60):
        pipeline.land(FINANCE, f"set{number}.csv", b"cid,income\n1,10\n")
    pipeline.settle()
    job = ask(pipeline, stage="silver", source="finance")
    for _ in range(3):
        pipeline.tick()
    told = standing(pipeline, job)
    assert (told.batches, told.listed, len(pipeline.context.reprocess.batches(job.reprocess_id))) == (61, True, 61)
    assert len(pipeline.context.ledger.backlog(CONTAINERS).batches) == 60, "and one has its turn"
    for number in range(60):
        pipeline.tick()
        if number == 30:
            pipeline.fail_runs("cancelled", "USER_CANCELED")
        pipeline.end_runs()
        pipeline.end_refreshes()
    pipeline.settle()
    told = standing(pipeline, job)
    (parked,) = pipeline.context.ledger.batches(state="parked")
    assert (told.state, told.failed, told.detail) == ("failed", 1, f"{parked.batch_id}: see there")


def test_a_job_that_another_host_moves_on_keeps_no_other_one_waiting(pipeline: Pipeline) -> None:
    first, second = ask(pipeline, prefix="contact/2024"), ask(pipeline, prefix="contact/2025")

    class Contended(Ledger):
        def record_reprocess(self, known: Known[ReprocessJob] | None, after: ReprocessJob, **more: Any) -> None:
            if after.reprocess_id == first.reprocess_id:
                raise LedgerChanged("pipeline", first.reprocess_id)
            super().record_reprocess(known, after, **more)

    steps = replace(pipeline.context.reconcile.reprocess, ledger=Contended(pipeline.tables))
    steps([first.reprocess_id, second.reprocess_id])
    assert [standing(pipeline, job).state for job in (first, second)] == ["running", "succeeded"]


def test_a_job_that_was_cancelled_meanwhile_takes_no_time_from_the_others(pipeline: Pipeline) -> None:
    first, second = ask(pipeline, prefix="contact/2024"), ask(pipeline, prefix="contact/2025")
    pipeline.context.reprocess.cancel(first.reprocess_id)

    def clock() -> datetime:
        pipeline.clock.advance(1)
        return pipeline.clock()

    replace(pipeline.context.reconcile.reprocess, clock=clock)([first.reprocess_id, second.reprocess_id])
    assert [standing(pipeline, job).state for job in (first, second)] == ["cancelled", "succeeded"]


def test_rejected_files_are_taken_again_once_their_cause_is_mended(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "broken.csv.gz", b"this is not gzip")
    assert pipeline.context.ledger.file(FINANCE, "broken.csv.gz").record.state == "rejected"
    job = ask(pipeline, status="rejected")
    pipeline.settle()
    assert standing(pipeline, job).files == 1
    assert pipeline.context.ledger.file(FINANCE, "broken.csv.gz").record.state == "rejected"  # not mended


def test_parked_batches_are_unparked_by_status(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(9), path="contact/2026.csv")
    pipeline.tick(11)
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    assert len(list(pipeline.context.ledger.batches(state="parked"))) == 1
    job = ask(pipeline, status="parked", table="contact")
    pipeline.settle()
    assert list(pipeline.context.ledger.batches(state="parked")) == []
    assert standing(pipeline, job).state == "succeeded"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "table"),
        ({"stage": "platinum"}, "stage"),
        ({"table": 1}, "table"),
        ({"table": "x" * 2000}, "table"),
        ({"container": "bronze"}, "container"),
        ({"stage": "gold", "table": "contact"}, "table"),
        ({"status": "parked", "stage": "bronze"}, "stage"),
        ({"status": "poison", "stage": "silver"}, "stage"),
        ({"table": "contact", "dry_run": "yes"}, "dry_run"),
        ({"table": "contact", "since": "yesterday"}, "since"),
        ({"table": "contact", "since": "2026-11-23T10:00:00"}, "since"),
        ({"table": "contact", "until": "0001-01-01T00:00:00Z"}, "until"),
        ({"table": "contact", "tabel": "x"}, "tabel"),
        ({"table": "contact", "source": ["finance"]}, "source"),
    ],
)
def test_a_request_that_cannot_be_understood_names_its_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestInvalid) as raised:
        read_request(document, CONTAINERS)
    assert raised.value.field == field
