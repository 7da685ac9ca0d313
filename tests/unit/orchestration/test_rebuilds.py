"""A full rebuild is made of the parts that there are when it has its turn, each time anew."""

from __future__ import annotations

import pytest

from shared.api.queries import PageQuery
from shared.api.reprocess import read_request
from shared.contracts.places import BRONZE
from shared.ledger.records import Batch
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.settle()
    pipeline.clock.advance(60)
    return pipeline


def parked_rebuild(pipeline: Pipeline) -> Batch:
    pipeline.context.reprocess(read_request({"stage": "silver", "table": "contact"}, (DATAVERSE, FINANCE)))
    pipeline.tick()
    pipeline.tick()
    pipeline.fail_runs("cancelled", "USER_CANCELED")
    pipeline.tick()
    (parked,) = pipeline.context.ledger.batches(state="parked")
    return parked


def test_an_unparked_rebuild_has_what_was_published_since_its_first_attempt(pipeline: Pipeline) -> None:
    parked = parked_rebuild(pipeline)
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    pipeline.settle()
    pipeline.context.runs.unpark(parked.batch_id)
    pipeline.settle()
    listed = pipeline.manifest(parked.batch_id)
    assert (listed.full_rebuild, len(listed.parts)) == (("contact",), 2)
    run = max(pipeline.jobs.parameters)
    assert pipeline.jobs.parameters[run]["manifest"].endswith(f"{parked.batch_id}/manifest-2.json")
    detail = pipeline.context.runs.detail(parked.batch_id, PageQuery())
    assert detail is not None
    assert (detail.state, len(detail.listed)) == ("succeeded", 2)


def test_a_part_that_waits_for_its_own_batch_is_in_no_rebuild(pipeline: Pipeline) -> None:
    parked = parked_rebuild(pipeline)
    pipeline.context.runs.unpark(parked.batch_id)
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    pipeline.tick()
    published = [pipeline.manifest(run.batch_id) for run in pipeline.jobs.runs.values() if run.state == "running"]
    assert [len(manifest.parts) for manifest in published] == [1]
    pipeline.settle()
    assert len(pipeline.manifest(pipeline.jobs.runs[max(pipeline.jobs.runs)].batch_id).parts) == 1


def test_a_rebuild_that_cannot_be_listed_is_parked_and_holds_no_new_parts_back(pipeline: Pipeline) -> None:
    for blob in list(pipeline.lake.list(BRONZE, "_schemas/")):
        pipeline.lake.delete(BRONZE, blob.path)
    pipeline.start().reprocess(read_request({"stage": "silver", "table": "contact"}, (DATAVERSE, FINANCE)))
    pipeline.tick()
    pipeline.tick()
    (parked,) = pipeline.context.ledger.batches(state="parked")
    assert ("restore bronze/_schemas" in parked.cause, parked.holds) == (True, False)


def test_a_rebuild_is_listed_anew_for_each_attempt(pipeline: Pipeline) -> None:
    pipeline.context.reprocess(read_request({"stage": "silver", "table": "contact"}, (DATAVERSE, FINANCE)))
    pipeline.tick()
    pipeline.tick()
    pipeline.fail_runs("internal_error")
    pipeline.tick()
    pipeline.tick(31)
    first, second = list(pipeline.jobs.parameters.values())[-2:]
    assert first["batch_id"] == second["batch_id"]
    assert second["manifest"].endswith("/manifest-2.json")
