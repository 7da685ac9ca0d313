"""A batch that cannot succeed holds back its own entities and nobody else; and every answer of run-now has an outcome."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from shared.api.reprocess import read_request
from shared.api.runs import NotParked
from shared.contracts.places import PIPELINE, batch_manifest
from shared.errors import PipelineError, ServiceRefused, ServiceUnavailable, SettingsInvalid
from shared.ledger.records import Batch
from shared.ledger.states import BatchState, Unset
from shared.ports import JobRun
from tests.pipeline import FINANCE, Pipeline, contact


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def batches(pipeline: Pipeline, state: BatchState | Unset = "") -> list[Batch]:
    return list(pipeline.context.ledger.batches(state=state))


def entities(pipeline: Pipeline, state: BatchState) -> set[str]:
    return {entity for batch in batches(pipeline, state) for entity in batch.entities}


def land_both(pipeline: Pipeline, number: int = 1) -> None:
    pipeline.land_contacts(contact(number), path=f"contact/{number}.csv")
    pipeline.land(FINANCE, f"customer_finance/{number}.csv", b"cid,income\n1,10\n")


def run_all(pipeline: Pipeline, broken: str) -> None:
    """Let runs end until nothing goes on: those with parts of the broken entity fail for a fault of ours."""
    for _ in range(20):
        pipeline.tick(11)
        pipeline.end_runs({broken})
        pipeline.end_refreshes()
        if pipeline.is_idle:
            return
    raise AssertionError("does not settle")


def test_a_batch_of_several_entities_is_dissolved_so_that_the_one_at_fault_fails_alone(pipeline: Pipeline) -> None:
    land_both(pipeline)
    run_all(pipeline, broken="contact")
    assert [batch.state for batch in batches(pipeline, "dissolved")] == ["dissolved"]
    assert entities(pipeline, "succeeded") == {"customer_finance"}
    assert entities(pipeline, "parked") == {"contact"}
    (parked,) = batches(pipeline, "parked")
    assert parked.parent == batches(pipeline, "dissolved")[0].batch_id
    assert "RUN_EXECUTION_ERROR" in parked.cause


def test_a_dissolved_batch_gives_each_of_its_parts_to_one_other(pipeline: Pipeline) -> None:
    land_both(pipeline)
    run_all(pipeline, broken="contact")
    given: list[str] = []
    for batch in [*batches(pipeline, "succeeded"), *batches(pipeline, "parked")]:
        manifest = json.loads(pipeline.lake.content(PIPELINE, batch_manifest(batch.batch_id)))
        assert {part["entity"] for part in manifest["parts"]} == set(batch.entities)
        assert {part["schema_version"] for part in manifest["parts"]} == set(manifest["schemas"])
        given += [part["part_id"] for part in manifest["parts"]]
    (parent,) = batches(pipeline, "dissolved")
    listed = json.loads(pipeline.lake.content(PIPELINE, batch_manifest(parent.batch_id)))["parts"]
    assert sorted(given) == sorted(part["part_id"] for part in listed)


def test_later_parts_of_a_parked_entity_wait_and_those_of_others_pass(pipeline: Pipeline) -> None:
    land_both(pipeline)
    run_all(pipeline, broken="contact")
    land_both(pipeline, 2)
    run_all(pipeline, broken="nothing")
    assert entities(pipeline, "succeeded") == {"customer_finance"}
    assert len(batches(pipeline, "succeeded")) == 2
    status = pipeline.context.status()
    assert (status.idle, status.parts_pending, status.parts_held) == (True, 0, 1)


def test_an_unparked_batch_gets_a_new_attempt_and_what_waited_behind_it_follows(pipeline: Pipeline) -> None:
    land_both(pipeline)
    run_all(pipeline, broken="contact")
    land_both(pipeline, 2)
    run_all(pipeline, broken="nothing")
    (parked,) = batches(pipeline, "parked")
    queued = pipeline.context.runs.unpark(parked.batch_id)
    assert queued is not None
    assert (queued.state, queued.attempt) == ("queued", parked.attempt + 1)
    assert (parked.holds, queued.holds) == (True, False)
    assert (parked.run_id > 0, queued.run_id) == (True, 0)
    assert not pipeline.is_idle
    run_all(pipeline, broken="nothing")
    assert batches(pipeline, "parked") == []
    assert pipeline.context.status().parts_held == 0
    assert sum(batch.rows for batch in batches(pipeline, "succeeded")) == 4


def test_only_a_parked_batch_can_be_unparked(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.settle()
    (done,) = batches(pipeline)
    with pytest.raises(NotParked, match="is succeeded"):
        pipeline.context.runs.unpark(done.batch_id)
    assert pipeline.context.runs.unpark("b20200101T000000Z_00000000") is None
    assert pipeline.context.runs.unpark("../now") is None


def test_a_batch_parked_for_a_cause_that_is_not_its_own_holds_nobody_back(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    for _ in range(3):
        pipeline.fail_runs("internal_error", "CLUSTER_ERROR")
        pipeline.tick()
        pipeline.tick(200)
    assert [batch.holds for batch in batches(pipeline, "parked")] == [False]
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    pipeline.settle()
    assert len(batches(pipeline, "succeeded")) == 1


class Answers:
    """A workspace that answers run-now with the errors given, then as usual; `lost` ones take effect."""

    def __init__(self, pipeline: Pipeline, *errors: PipelineError, lost: bool = False) -> None:
        self._pipeline, self._errors, self._lost = pipeline, list(errors), lost
        self.calls = 0
        self.tokens: list[str] = []

    def start(self, parameters: Any, *, token: str) -> int:
        self.calls += 1
        self.tokens.append(token)
        if self._lost or not self._errors:
            run_id = self._pipeline.jobs.start(parameters, token=token)
        if self._errors:
            raise self._errors.pop(0)
        return run_id

    def run(self, run_id: int) -> JobRun | None:
        return self._pipeline.jobs.run(run_id)


def asked(pipeline: Pipeline, answers: Answers, *, seconds: float) -> Batch:
    pipeline.clock.advance(seconds)
    with suppress(ServiceUnavailable):
        pipeline.fresh_context().replace(jobs=answers).reconcile()
    (batch,) = batches(pipeline)
    return batch


UNAVAILABLE = ServiceUnavailable("Databricks", "InternalError")


def test_a_run_now_whose_answer_was_lost_is_found_again_by_its_token(pipeline: Pipeline) -> None:
    # Databricks, section 0, point 1: without a token a lost response yields two runs.
    answers = Answers(pipeline, UNAVAILABLE, lost=True)
    pipeline.land_contacts(contact(1))
    assert asked(pipeline, answers, seconds=10).state == "open"
    assert asked(pipeline, answers, seconds=60).state == "submitted"
    assert (len(pipeline.jobs.runs), len(set(answers.tokens))) == (1, 1)


def test_too_many_requests_are_met_with_the_patience_that_was_asked_for(pipeline: Pipeline) -> None:
    # Databricks, section 1.6: 429 with an integer Retry-After.
    answers = Answers(pipeline, ServiceUnavailable("Databricks", "TooManyRequests", retry_after=90))
    pipeline.land_contacts(contact(1))
    batch = asked(pipeline, answers, seconds=10)
    assert (batch.state, "TooManyRequests" in batch.cause) == ("open", True)
    assert asked(pipeline, answers, seconds=89).state == "open"
    assert answers.calls == 1
    assert asked(pipeline, answers, seconds=1).state == "submitted"
    assert batches(pipeline)[0].cause == ""


def test_a_workspace_that_is_down_is_asked_less_and_less_often_and_the_batch_survives_it(pipeline: Pipeline) -> None:
    answers = Answers(pipeline, *[UNAVAILABLE] * 8)
    pipeline.land_contacts(contact(1))
    for _ in range(60):
        asked(pipeline, answers, seconds=60)
    assert answers.calls <= 10  # an hour of looks every minute
    assert batches(pipeline)[0].state == "running"
    assert batches(pipeline)[0].attempt == 1  # no run was started, so no attempt was used up


@pytest.mark.parametrize(
    "error",
    [
        ServiceRefused("Databricks", "not_found", "Job 360 does not exist."),
        ServiceRefused("Databricks", "no_permission", "no CAN_MANAGE_RUN"),
        ServiceRefused("Databricks", "not_authenticated", "token expired"),
        ServiceRefused("Databricks", "not_valid", "the token of a deleted run"),
        SettingsInvalid("DATABRICKS_HOST", "a workspace and one way to authenticate"),
    ],
    ids=lambda error: getattr(error, "reason", "settings"),
)
def test_what_a_person_has_to_mend_parks_the_batch_with_its_cause_and_unparks_with_a_new_token(
    pipeline: Pipeline, error: PipelineError
) -> None:
    answers = Answers(pipeline, error)
    pipeline.land_contacts(contact(1))
    batch = asked(pipeline, answers, seconds=10)
    assert (batch.state, batch.cause, batch.holds) == ("parked", str(error), False)
    assert pipeline.context.runs.unpark(batch.batch_id)
    assert asked(pipeline, answers, seconds=1).state == "submitted"
    assert len(set(answers.tokens)) == 2


def test_a_run_that_we_may_not_see_any_more_is_not_given_up(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)

    class Forbidden:
        def run(self, run_id: int) -> JobRun | None:
            raise ServiceRefused("Databricks", "no_permission", "no CAN_VIEW")

    with pytest.raises(ServiceUnavailable):
        pipeline.fresh_context().replace(jobs=Forbidden()).reconcile()
    pipeline.settle()
    assert [batch.state for batch in batches(pipeline)] == ["succeeded"]


def test_a_cancelled_run_parks_its_batch_and_holds_nobody_back(pipeline: Pipeline) -> None:
    land_both(pipeline)
    pipeline.tick(10)
    pipeline.fail_runs("cancelled", "USER_CANCELED")
    pipeline.tick()
    (batch,) = batches(pipeline)
    assert (batch.state, batch.holds) == ("parked", False)


def test_an_unparked_batch_is_tried_as_often_as_a_new_one(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    for _ in range(3):
        pipeline.fail_runs("internal_error", "CLUSTER_ERROR")
        pipeline.tick()
        pipeline.tick(200)
    (parked,) = batches(pipeline, "parked")
    pipeline.context.runs.unpark(parked.batch_id)
    pipeline.tick()
    pipeline.fail_runs("internal_error", "CLUSTER_ERROR")
    pipeline.tick()
    (batch,) = batches(pipeline)
    assert (batch.state, batch.attempt) == ("failed", 4)
    pipeline.settle()
    assert [(batch.state, batch.attempt) for batch in batches(pipeline)] == [("succeeded", 5)]


def test_an_unparked_batch_is_listed_as_it_was_the_last_time_and_not_with_what_landed_since(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    for termination in ("internal_error", "client_error"):  # of the two attempts only the first one was listed
        pipeline.fail_runs(termination, "RUN_EXECUTION_ERROR")
        pipeline.tick()
        pipeline.tick(200)
    (parked,) = batches(pipeline, "parked")
    pipeline.context.runs.unpark(parked.batch_id)
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    pipeline.tick()
    assert [part.source_path for part in pipeline.manifest(parked.batch_id).parts] == ["contact/2024.csv"]


def test_new_parts_do_not_wait_for_a_long_queue(pipeline: Pipeline) -> None:
    names = [f"set{number}" for number in range(6)]
    for name in names:
        pipeline.land(FINANCE, f"{name}/1.csv", b"cid,income\n1,10\n")
    pipeline.settle()
    pipeline.context.reprocess(read_request({"stage": "silver", "source": "finance"}, (FINANCE,)))
    pipeline.tick()
    order: list[str] = []
    for number in range(24):
        pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
        pipeline.tick(61)
        for run in [run for run in pipeline.jobs.runs.values() if run.state == "running"]:
            (entity,) = {part.entity for part in pipeline.manifest(run.batch_id).parts}
            order.append("new" if entity == "contact" else "queue")
        pipeline.end_runs()
        pipeline.end_refreshes()
    turns = "".join(turn[0] for turn in order)
    assert turns.count("q") == len(names)
    assert "qq" not in turns
