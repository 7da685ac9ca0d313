"""Erasure from its request to its receipt: what bronze keeps, what is deleted, what landing would bring back, who is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.api.erasure import erasure_document, read_erasure
from shared.api.reprocess import RequestInvalid, read_request
from shared.contracts.erasure.keys import digest
from shared.contracts.places import BRONZE, PIPELINE
from shared.errors import InvalidInput, LedgerChanged
from shared.ledger.ledger import Ledger
from shared.ledger.records import Batch, Erasure
from shared.ledger.rows import Known
from shared.orchestration.erasure.request import KeyMisfit, TableUnknown
from shared.orchestration.reprocess import RequestConflicts
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact

ADA = f"{1:08d}"
WEEK = 7 * 24 * 3600 + 3601


@pytest.fixture
def pipeline() -> Pipeline:
    """Two year files of contacts; both hold the first one, the second one a reject of it too."""
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1), contact(2))
    pipeline.land_contacts(
        contact(1, version=2), f'{ADA},"6/28/2021 4:34:35 PM","a","wide",1,,\r\n'.encode(), path="contact/2025.csv"
    )
    pipeline.settle()
    return pipeline


def ask(pipeline: Pipeline, **more: Any) -> Erasure:
    return pipeline.context.erase(read_erasure({"table": "contact", "key": ADA, "request_id": "1", **more}))


def now(pipeline: Pipeline) -> Erasure:
    known = pipeline.context.ledger.erasure(ask_id(pipeline))
    assert known
    return known.record


def ask_id(pipeline: Pipeline) -> str:
    return next(row.key for row in pipeline.tables.range("pipeline", "erasure-", "erasure-~")).removeprefix("erasure-")


def names(pipeline: Pipeline) -> list[str]:
    return [blob.path for blob in pipeline.lake.list(BRONZE) if blob.path.endswith(".parquet")]


def holds(pipeline: Pipeline) -> int:
    """How many rows and rejects of bronze, whether referred to or not, are of the key."""
    rows = [
        row
        for path in names(pipeline)
        for row in pq.read_table(pa.BufferReader(pipeline.lake.content(BRONZE, path))).to_pylist()
    ]
    return sum(row.get("Id") == ADA or ADA.encode() in row.get("_raw", b"") for row in rows)


def test_everything_of_a_key_leaves_bronze_under_names_that_nobody_wrote_before(pipeline: Pipeline) -> None:
    before = names(pipeline)
    assert holds(pipeline) == 3
    ask(pipeline)
    pipeline.settle()
    assert holds(pipeline) == 0
    kept = [row["Id"] for row in pipeline.bronze("contact")]
    assert kept == [f"{2:08d}"]
    parts = [known.record for known in pipeline.context.ledger.parts_in(DATAVERSE)]
    assert {part.path.removeprefix(f"{BRONZE}/") for part in parts} == set(names(pipeline))
    assert not {*before} & {*names(pipeline)}, "each part held it"
    assert sorted((part.rows, part.rejects, part.erased) for part in parts) == [(0, 0, 2), (1, 0, 1)]
    assert list(pipeline.context.ledger.parts_with_rejects()) == []
    assert (now(pipeline).parts, now(pipeline).records) == (2, 3)


def test_a_dry_run_says_how_much_there_is_and_changes_nothing(pipeline: Pipeline) -> None:
    before = {path: pipeline.lake.content(BRONZE, path) for path in names(pipeline)}
    ask(pipeline, dry_run=True)
    pipeline.settle()
    told = now(pipeline)
    assert (told.state, told.parts, told.records, told.files) == ("succeeded", 2, 3, 2)
    assert before == {path: pipeline.lake.content(BRONZE, path) for path in names(pipeline)}
    assert pipeline.context.ledger.erasures() == []


def test_landing_files_that_would_bring_it_back_are_named_until_they_are_gone(pipeline: Pipeline) -> None:
    ask(pipeline)
    assert now(pipeline).step == 1
    pipeline.settle()
    assert now(pipeline).state == "guarding"
    told = pipeline.context.status()
    (waits,) = [one for one in told.needs_attention if one.kind == "erasure"]
    assert (told.idle, waits.what) == (True, ask_id(pipeline))
    assert waits.why.startswith("2 files in landing would bring back what is erased")
    found = pipeline.context.erase.erasure(ask_id(pipeline))
    assert found
    document = erasure_document(*found)
    assert document.files == (f"{DATAVERSE}/contact/2024.csv", f"{DATAVERSE}/contact/2025.csv")
    pipeline.lake.remove(DATAVERSE, "contact/2024.csv")
    pipeline.tick(WEEK)
    assert (now(pipeline).state, now(pipeline).files) == ("guarding", 1)
    pipeline.lake.put(DATAVERSE, "contact/2025.csv", contact(2, version=3))  # written anew without it
    pipeline.settle()
    pipeline.tick(3601)
    pipeline.settle()
    assert (now(pipeline).state, now(pipeline).searches, now(pipeline).files) == ("succeeded", 2, 0)
    assert [one for one in pipeline.context.status().needs_attention if one.kind == "erasure"] == []


def test_it_is_kept_out_from_the_request_to_the_end_and_found_again_where_landing_brought_it_back(pipeline: Pipeline) -> None:
    ask(pipeline)
    pipeline.settle()
    pipeline.context.reprocess(read_request({"table": "contact"}, (DATAVERSE, FINANCE)))
    pipeline.settle()
    assert holds(pipeline) == 3, "bronze holds what landing holds"
    newest = next(batch for batch in pipeline.context.ledger.batches() if not batch.erasure)
    (key,) = pipeline.manifest(newest.batch_id).kept_out
    assert key.digests == (digest(ask_id(pipeline), ADA),), "and the job keeps it out of silver"
    for path in ("contact/2024.csv", "contact/2025.csv"):
        pipeline.lake.remove(DATAVERSE, path)
    pipeline.tick(WEEK)
    pipeline.settle()
    assert (now(pipeline).state, holds(pipeline)) == ("guarding", 0)
    pipeline.tick(WEEK)
    pipeline.settle()
    assert now(pipeline).state == "succeeded"
    pipeline.land_contacts(contact(1, version=9), path="contact/2026.csv")
    pipeline.settle()
    newest = next(iter(pipeline.context.ledger.batches()))
    assert pipeline.manifest(newest.batch_id).kept_out == (), "what lands after the end is new"


def test_the_key_is_nowhere_but_in_landing(pipeline: Pipeline) -> None:
    key = "4b1d7f6e-secret"
    pipeline.land_contacts(contact(3).replace(f"{3:08d}".encode(), key.encode()), path="contact/2026.csv")
    pipeline.settle()
    answer = pipeline.context.erase(read_erasure({"table": "contact", "key": key.upper()}))
    pipeline.settle()
    stored = b"".join(
        pipeline.lake.content(name, blob.path) for name in (BRONZE, PIPELINE) for blob in pipeline.lake.list(name)
    )
    rows = str([row for name in pipeline.tables.partitions for row in pipeline.tables.range(name, "", "~")])
    assert key.encode() not in stored
    assert key not in rows + str(answer) + str(pipeline.context.status())


def test_an_erasure_ends_at_once_where_nothing_is_there(pipeline: Pipeline) -> None:
    ask(pipeline, key="nobody")
    pipeline.settle()
    assert (now(pipeline).state, now(pipeline).detail) == ("succeeded", "nothing is left")


def test_it_does_not_end_before_what_had_landed_is_read(pipeline: Pipeline) -> None:
    pipeline.lake.put(DATAVERSE, "contact/2026.csv", contact(7))  # and its event is lost
    ask(pipeline, key=f"{7:08d}")
    for _ in range(4):
        pipeline.clock.advance(11)
        pipeline.context.reconcile()  # without a sweep
        pipeline.end_runs()
        pipeline.end_refreshes()
    assert (now(pipeline).state, now(pipeline).detail) == ("guarding", "files of the table that landed are not read yet")
    pipeline.tick(301)
    pipeline.settle()
    assert (now(pipeline).state, now(pipeline).searches, now(pipeline).records) == ("guarding", 2, 1)


def test_what_a_parked_batch_was_made_of_is_listed_by_its_new_names_when_it_is_unparked(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1, version=5), contact(3), path="contact/2026.csv")
    pipeline.tick(11)
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    (parked,) = pipeline.context.ledger.batches(state="parked")
    ask(pipeline)
    pipeline.settle()
    pipeline.context.runs.unpark(parked.batch_id)
    pipeline.settle()
    (part,) = pipeline.manifest(parked.batch_id).parts
    assert (part.rows, pipeline.lake.head(*part.path.split("/", 1)) is not None) == (1, True)
    after = pipeline.context.ledger.batch(parked.batch_id)
    assert after
    assert after.record.state == "succeeded"


def test_nothing_is_deleted_while_a_run_reads_it(pipeline: Pipeline) -> None:
    ask(pipeline)
    pipeline.tick()
    pipeline.tick()
    pipeline.context.reprocess(read_request({"stage": "silver", "table": "contact"}, (DATAVERSE, FINANCE)))
    pipeline.tick()
    pipeline.end_runs()
    pipeline.tick()  # the search is concluded, the rebuild is listed by the old names, and the parts are written anew
    assert now(pipeline).state == "clearing"
    (run_id,) = [run.run_id for run in pipeline.jobs.runs.values() if run.state == "running"]
    read = [part.path for part in pipeline.manifest(pipeline.jobs.parameters[run_id]["batch_id"]).parts]
    assert all(pipeline.lake.head(*path.split("/", 1)) for path in read)
    pipeline.settle()
    assert now(pipeline).state == "guarding"
    assert not any(pipeline.lake.head(*path.split("/", 1)) for path in read)


def test_an_erasure_whose_batch_is_discarded_has_failed_and_says_so(pipeline: Pipeline) -> None:
    ask(pipeline)
    pipeline.tick()
    pipeline.tick()
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    (parked,) = pipeline.context.ledger.batches(state="parked")
    assert not parked.holds
    pipeline.context.runs.discard(parked.batch_id)
    pipeline.settle()
    assert now(pipeline).state == "failed"


def test_findings_that_are_not_as_agreed_fail_the_run(pipeline: Pipeline) -> None:
    ask(pipeline)
    pipeline.tick()
    pipeline.tick()
    (run_id,) = [run.run_id for run in pipeline.jobs.runs.values() if run.state == "running"]
    batch_id = pipeline.jobs.parameters[run_id]["batch_id"]
    pipeline.end_runs()
    pipeline.lake.put(PIPELINE, f"batches/{batch_id}/found.json", json.dumps({"batch_id": "b2"}).encode())
    pipeline.tick()
    batch = pipeline.context.ledger.batch(batch_id)
    assert batch
    assert (batch.record.state, "findings of batch" in batch.record.cause) == ("failed", True)


def test_a_request_that_cannot_be_carried_out_is_refused(pipeline: Pipeline) -> None:
    refused: list[tuple[dict[str, Any], type[InvalidInput], str]] = [
        ({"table": "nothing", "key": "1"}, TableUnknown, "table"),
        ({"table": "contact", "key": ["1", "2"]}, KeyMisfit, "key"),
        ({"table": "contact", "key": " "}, RequestInvalid, "key"),
        ({"table": "contact", "key": []}, RequestInvalid, "key"),
        ({"table": "contact"}, RequestInvalid, "key"),
        ({"table": "contact", "key": 7}, RequestInvalid, "key"),
        ({"key": "1"}, RequestInvalid, "table"),
    ]
    for document, error, field in refused:
        with pytest.raises(error, match=f"^{field}: "):
            pipeline.context.erase(read_erasure(document))


def test_an_erasure_that_another_host_moves_on_keeps_no_other_one_waiting(pipeline: Pipeline) -> None:
    first, second = ask(pipeline), ask(pipeline, key=f"{2:08d}", request_id="2")

    class Contended(Ledger):
        def record_batch(self, known: Known[Batch] | None, after: Batch, **more: Any) -> None:
            if after.erasure == first.erasure_id:
                raise LedgerChanged("pipeline", after.batch_id)
            super().record_batch(known, after, **more)

    steps = replace(pipeline.context.erasure_steps, ledger=Contended(pipeline.tables))
    steps([first.erasure_id, second.erasure_id])
    ledger = pipeline.context.ledger
    assert ledger.batch(first.batch) is None
    queued = ledger.batch(second.batch)
    assert queued is not None
    assert (queued.record.state, queued.record.parts, queued.record.rows) == ("queued", 0, 0)


def test_the_same_request_is_one_erasure_and_another_one_under_its_id_is_refused(pipeline: Pipeline) -> None:
    assert ask(pipeline).erasure_id == ask(pipeline).erasure_id
    with pytest.raises(RequestConflicts):
        ask(pipeline, key="2")


def test_keys_are_spelled_as_silver_holds_them(pipeline: Pipeline) -> None:
    plain = ask(pipeline, key="ab-c")
    assert ask(pipeline, key=" {AB-C} ").digests == plain.digests
    assert replace(plain, step=0).digests != ask(pipeline, key="ab-c", request_id="2").digests, "salted by each erasure"
