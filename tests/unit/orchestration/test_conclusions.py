"""An attempt that was concluded is over: whoever has its run repaired in the workspace finds that said where the job looks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.contracts.outcome import Conclusion, write_conclusion
from shared.contracts.places import PIPELINE, conclusion_document
from shared.ledger.records import Batch
from spark_jobs.errors import AttemptConcludedError
from tests.pipeline import Pipeline, contact


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.tick(11)
    return pipeline


def newest(pipeline: Pipeline) -> Batch:
    return next(pipeline.context.ledger.batches())


def concluded(pipeline: Pipeline) -> Any:
    return json.loads(pipeline.lake.content(PIPELINE, conclusion_document(newest(pipeline).batch_id)))


def test_a_run_is_told_which_attempt_it_is(pipeline: Pipeline) -> None:
    assert pipeline.jobs.parameters[1001]["attempt"] == "1"


@pytest.mark.parametrize("termination", ["internal_error", "client_error", "cancelled"])
def test_a_failed_attempt_that_is_repaired_in_the_workspace_does_nothing(pipeline: Pipeline, termination: str) -> None:
    pipeline.fail_runs(termination)
    pipeline.tick()
    assert concluded(pipeline) == {"batch_id": newest(pipeline).batch_id, "attempt": 1}
    with pytest.raises(AttemptConcludedError):
        pipeline.do_the_work_of(1001)


def test_an_attempt_that_succeeded_does_not_run_again(pipeline: Pipeline) -> None:
    pipeline.settle()
    assert newest(pipeline).state == "succeeded"
    assert pipeline.is_concluded(1001)


def test_the_next_attempt_of_a_batch_runs_and_then_is_over_too(pipeline: Pipeline) -> None:
    pipeline.fail_runs("internal_error")
    pipeline.tick()
    pipeline.tick(31)
    assert pipeline.jobs.parameters[1002]["attempt"] == "2"
    assert not pipeline.is_concluded(1002)
    pipeline.end_runs()
    pipeline.tick()
    assert (newest(pipeline).state, concluded(pipeline)["attempt"]) == ("succeeded", 2)
    steps = [entry.step for entry in pipeline.context.ledger.log_of_batch(newest(pipeline).batch_id)]
    assert steps == [*range(1, newest(pipeline).step + 1)], "its log has no gap"


def test_a_parked_batch_that_is_unparked_runs(pipeline: Pipeline) -> None:
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    pipeline.context.runs.unpark(newest(pipeline).batch_id)
    pipeline.settle()
    assert newest(pipeline).state == "succeeded"


def test_a_conclusion_that_says_nothing_is_written_anew(pipeline: Pipeline) -> None:
    pipeline.lake.put(PIPELINE, conclusion_document(newest(pipeline).batch_id), b"{")
    pipeline.fail_runs("internal_error")
    pipeline.tick()
    assert concluded(pipeline)["attempt"] == 1


def test_a_later_attempt_that_another_host_concluded_stays_concluded(pipeline: Pipeline) -> None:
    later = write_conclusion(Conclusion(batch_id=newest(pipeline).batch_id, attempt=2))
    pipeline.lake.put(PIPELINE, conclusion_document(newest(pipeline).batch_id), later)
    pipeline.fail_runs("internal_error")
    pipeline.tick()
    assert concluded(pipeline)["attempt"] == 2
