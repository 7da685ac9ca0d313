"""What a run left is believed only as far as it can be: anything else is a failed run, and never an error on each tick."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.api.queries import PageQuery
from shared.contracts.places import GOLD, GOLD_MANIFEST, PIPELINE, batch_manifest, outcome_document, staged_manifest
from shared.ledger.records import Batch
from shared.ports import JobRun
from tests.pipeline import FINANCE, Pipeline, contact

COUNTS = {"read": 1, "applied": 1, "superseded": 0, "duplicates": 0, "rejected": 0, "rules": {}, "current": 1, "history": 1}


@pytest.fixture
def pipeline() -> Pipeline:
    """A pipeline with a run that is about to end."""
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.tick(11)
    return pipeline


def end(pipeline: Pipeline, **changes: Any) -> str:
    """Let the run end well, with some of its outcome changed; returns the batch's id."""
    (run_id,) = (number for number, run in pipeline.jobs.runs.items() if run.state == "running")
    pipeline.do_the_work_of(run_id, **changes)
    pipeline.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success"))
    return pipeline.jobs.parameters[run_id]["batch_id"]


def is_refused(pipeline: Pipeline, batch_id: str) -> None:
    """Assert that the run failed, that nothing was published, and that ticks go on without an error."""
    for _ in range(3):
        pipeline.tick(1)
    known = pipeline.context.ledger.batch(batch_id)
    assert known is not None
    assert known.record.state in {"failed", "parked"}
    assert 0 < len(known.record.cause) < 1_000
    assert known.record.cause.isprintable()
    assert pipeline.lake.head(GOLD, GOLD_MANIFEST) is None
    assert pipeline.context.runs.detail(batch_id, PageQuery()) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_id": "b20261101T000000Z_00000000"},
        {"batch_id": None},
        {"batch_id": "x\n" * 100_000},
        {"batch_id": "\ud800"},
        {"publication": "p_other"},
        {"publication": 7},
        {"publication": None},
        {"base_publication": ["p"]},
        {"staged_manifest": "finance/sales/1.csv"},
        {"staged_manifest": None},
        {"staged_manifest": "pipeline/batches/../../gold/x"},
        {"entities": None},
        {"entities": []},
        {"entities": {"contact": None}},
        {"entities": {"contact": COUNTS | {"applied": -1, "rejected": 2}}},
        {"entities": {"contact": COUNTS | {"read": True}}},
        {"entities": {"contact": COUNTS | {"read": 1.0}}},
        {"entities": {"contact": COUNTS | {"read": "1"}}},
        {"entities": {"contact": COUNTS | {"read": 2}}},
        {"entities": {"contact": COUNTS | {"current": 2}}},
        {"entities": {"contact": COUNTS | {"rules": {"required:x": 2}}}},
        {"entities": {"contact": COUNTS | {"rules": {"required:x": -1}}}},
        {"entities": {"contact": COUNTS | {"history": 1 << 70, "current": 1 << 70}}},
        {"entities": {"contact": COUNTS, "ghost": COUNTS}},
        {"entities": {"contact": COUNTS, "g" * 200_000: COUNTS | {"read": -1}}},
        {"entities": {}},
        {"gold": {"customer": {"rows": -1, "files": 1, "rewritten": 0}}},
        {"gold": {"customer": {"rows": 1, "files": 1, "rewritten": 0}}},  # a table that the manifest does not show
        {"gold": 5},
        {"warnings": [{"trap": 1}]},
        {"warnings": "none"},
        {"seconds": {"silver": -1.0, "gold": 0}},
        {"seconds": {"silver": "1", "gold": 0}},
        {"seconds": None},
        {"more": 1},
    ],
)
def test_an_outcome_that_cannot_be_is_a_failed_run(pipeline: Pipeline, changes: dict[str, Any]) -> None:
    is_refused(pipeline, end(pipeline, **changes))


@pytest.mark.parametrize(
    "document", [b"", b"null", b"[]", b"{", b'"x"', b"\xff", b"[" * 100_000, b'{"seconds": {"silver": 1e999, "gold": NaN}}']
)
def test_so_is_one_that_is_none_at_all(pipeline: Pipeline, document: bytes) -> None:
    batch_id = end(pipeline)
    pipeline.lake.put(PIPELINE, outcome_document(batch_id), document)
    is_refused(pipeline, batch_id)


def test_so_is_one_that_is_longer_than_any_can_be(pipeline: Pipeline) -> None:
    batch_id = end(pipeline)
    content = pipeline.lake.content(PIPELINE, outcome_document(batch_id))
    pipeline.lake.put(PIPELINE, outcome_document(batch_id), content + b" " * (17 << 20))
    is_refused(pipeline, batch_id)


@pytest.mark.parametrize(
    "staged", [b"", b"[]", b"{", b'{"explanation": 5, "entities": []}', b'{"explanation": "p_x", "entities": []}']
)
def test_so_is_a_staged_manifest_that_is_none_of_its_publication(pipeline: Pipeline, staged: bytes) -> None:
    batch_id = end(pipeline)
    pipeline.lake.put(PIPELINE, staged_manifest(batch_id), staged)
    is_refused(pipeline, batch_id)


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", None])
def test_so_is_a_run_whose_batch_manifest_was_damaged(pipeline: Pipeline, damage: bytes | None) -> None:
    batch_id = end(pipeline)
    if damage is None:
        pipeline.lake.remove(PIPELINE, batch_manifest(batch_id))
    else:
        pipeline.lake.put(PIPELINE, batch_manifest(batch_id), damage)
    is_refused(pipeline, batch_id)


def test_what_comes_behind_goes_on_where_a_run_left_nonsense_to_the_last_attempt(pipeline: Pipeline) -> None:
    for _ in range(6):
        if any(run.state == "running" for run in pipeline.jobs.runs.values()):
            end(pipeline, entities=[])
        pipeline.tick(3_600)
    assert [batch.state for batch in pipeline.context.ledger.batches()] == ["parked"]
    pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")
    pipeline.settle()
    assert [batch.state for batch in pipeline.context.ledger.batches()] == ["succeeded", "parked"]
    json.loads(pipeline.lake.content(GOLD, GOLD_MANIFEST))


def test_gold_models_that_failed_are_told_until_they_run_again(pipeline: Pipeline) -> None:
    batch_id = end(pipeline, failed={"contact": "gold model contact: why"})
    pipeline.tick()
    status = pipeline.context.status()
    assert status.models_failed == ("contact",)
    assert [(one.kind, one.what) for one in status.needs_attention] == [("model_failed", "contact")]
    told = pipeline.context.runs.detail(batch_id, PageQuery())
    assert told is not None
    assert told.failed == {"contact": "gold model contact: why"}
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    pipeline.settle()
    assert pipeline.context.status().models_failed == ()


@pytest.mark.parametrize("damage", [b"{", b"{}"])
def test_a_manifest_that_cannot_be_read_before_its_run_begins_parks_its_batch_and_is_listed_anew(damage: bytes) -> None:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.clock.advance(11)
    batch = Batch(batch_id="b20261123T100000Z_00000001", entities=("contact",), parts=1, created_at=pipeline.clock())
    known = pipeline.context.ledger.pipeline()
    claim = replace(known.record, active_batch=batch.batch_id)
    pipeline.context.ledger.record_batch(None, batch, at=pipeline.clock(), pipeline=(known, claim))
    pipeline.lake.put(PIPELINE, batch_manifest(batch.batch_id), damage)
    for _ in range(3):
        pipeline.tick()
    assert [(one.state, "manifest of batch" in one.cause) for one in pipeline.context.ledger.batches()] == [("parked", True)]
    pipeline.context.runs.unpark(batch.batch_id)
    pipeline.settle()
    (one,) = pipeline.context.ledger.batches()
    assert (one.state, one.parts, one.rows) == ("succeeded", 1, 1)
    assert [part.record.batch_id for part in pipeline.context.ledger.parts_in("dataverse-contoso-sales")] == [batch.batch_id]
