"""A parked batch has a way out: its parts are set aside, nothing waits behind them, and it can be taken back."""

from __future__ import annotations

import pytest

from shared.api.reprocess import read_request
from shared.api.runs import NotParked
from shared.ledger.records import Batch
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1, "bad"))
    pipeline.tick(10)
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    pipeline.clock.advance(60)
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    return pipeline


def parked(pipeline: Pipeline) -> Batch:
    (batch,) = pipeline.context.ledger.batches(state="parked")
    return batch


def succeeded(pipeline: Pipeline) -> list[str]:
    found = [pipeline.manifest(batch.batch_id) for batch in pipeline.context.ledger.batches(state="succeeded")]
    return sorted(part.source_path for manifest in found for part in manifest.parts)


def test_while_a_batch_is_parked_status_names_it_and_what_waits_behind_it(pipeline: Pipeline) -> None:
    pipeline.settle()
    status = pipeline.context.status()
    told = {one.kind: (one.what, one.why) for one in status.needs_attention}
    assert status.idle
    assert told["parked"][0] == parked(pipeline).batch_id
    assert "RUN_EXECUTION_ERROR" in told["parked"][1]
    assert told["held"] == ("contact", f"1 parts wait behind the parked batch {parked(pipeline).batch_id}")


def test_what_waited_behind_a_discarded_batch_goes_on_and_status_counts_what_was_set_aside(pipeline: Pipeline) -> None:
    batch = parked(pipeline)
    discarded = pipeline.context.runs.discard(batch.batch_id)
    assert discarded is not None
    assert discarded.state == "discarded"
    assert pipeline.context.runs.discard(batch.batch_id) == pipeline.context.ledger.batch(batch.batch_id).record  # type: ignore[union-attr]  # it is there
    pipeline.settle()
    assert succeeded(pipeline) == ["contact/2025.csv"]
    status = pipeline.context.status()
    assert (status.idle, status.needs_attention, status.parts_discarded, status.parts_held) == (True, (), 1, 0)
    steps = [entry.event for entry in pipeline.context.ledger.log_of_batch(batch.batch_id)]
    assert steps[-1] == "batch.discarded"


def test_a_rebuild_leaves_out_what_was_set_aside_until_it_is_taken_back(pipeline: Pipeline) -> None:
    batch = parked(pipeline)
    pipeline.context.runs.discard(batch.batch_id)
    pipeline.settle()

    def rebuilt() -> list[str]:
        job = pipeline.context.reprocess(read_request({"stage": "silver", "table": "contact"}, (DATAVERSE, FINANCE)))
        pipeline.settle()
        return [
            part.source_path for part in pipeline.manifest(pipeline.context.reprocess.batches(job.reprocess_id)[0][0]).parts
        ]

    assert rebuilt() == ["contact/2025.csv"]
    pipeline.context.runs.unpark(batch.batch_id)
    pipeline.settle()
    assert succeeded(pipeline).count("contact/2024.csv") == 1
    assert rebuilt() == ["contact/2024.csv", "contact/2025.csv"]


def test_parts_of_a_batch_that_was_dissolved_are_set_aside_too() -> None:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")
    for _ in range(6):
        pipeline.tick(11)
        pipeline.end_runs({"contact"})
        pipeline.end_refreshes()
    batch = parked(pipeline)
    assert batch.parent
    pipeline.context.runs.discard(batch.batch_id)
    assert pipeline.context.ledger.discarded() == {(batch.parent, "contact")}


def test_only_a_parked_batch_can_be_discarded(pipeline: Pipeline) -> None:
    batch = parked(pipeline)
    pipeline.context.runs.unpark(batch.batch_id)
    with pytest.raises(NotParked, match="is queued; only a parked batch can be discarded"):
        pipeline.context.runs.discard(batch.batch_id)
    assert pipeline.context.runs.discard("b20200101T000000Z_00000000") is None
    assert pipeline.context.runs.discard("../now") is None
