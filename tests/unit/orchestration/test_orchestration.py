"""From bronze parts to a publication: few runs, one at a time, each ending somewhere defined."""

from __future__ import annotations

import json

import pytest

from shared.contracts.codec import encoded
from shared.contracts.places import GOLD, GOLD_MANIFEST, PIPELINE, batch_manifest
from shared.orchestration.publish import publication_of
from shared.ports import JobRun, RefreshJob
from tests.contracts import make_counts
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def states(pipeline: Pipeline) -> list[str]:
    return [batch.state for batch in pipeline.context.ledger.batches()]


def test_nothing_is_dispatched_before_it_is_quiet(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(5)
    assert pipeline.jobs.runs == {}
    pipeline.tick(5)
    assert len(pipeline.jobs.runs) == 1


def test_what_keeps_coming_is_dispatched_when_the_oldest_waited_long_enough(pipeline: Pipeline) -> None:
    for number in range(13):
        pipeline.land_contacts(contact(number), path=f"contact/{number}.csv")
        pipeline.tick(5)
    assert len(pipeline.jobs.runs) == 1


def test_any_number_of_files_becomes_one_run(pipeline: Pipeline) -> None:
    for number in range(40):
        pipeline.land_contacts(contact(number), path=f"contact/{number}.csv")
    pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")
    pipeline.tick(10)
    (run_id,) = pipeline.jobs.runs
    parameters = pipeline.jobs.parameters[run_id]
    manifest = json.loads(pipeline.lake.content(PIPELINE, batch_manifest(parameters["batch_id"])))
    assert parameters["manifest"] == f"{PIPELINE}/{batch_manifest(parameters['batch_id'])}"
    assert len(manifest["parts"]) == 41
    assert {"contact", "customer_finance"} <= set(manifest["entities"])
    assert all(part["schema_version"] in manifest["schemas"] for part in manifest["parts"])


def test_what_lands_during_a_run_waits_for_the_next_one(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    pipeline.tick(100)
    assert len(pipeline.jobs.runs) == 1
    pipeline.end_runs()
    pipeline.tick()
    assert len(pipeline.jobs.runs) == 2
    pipeline.settle()
    assert states(pipeline) == ["succeeded", "succeeded"]


def test_a_run_that_succeeded_is_published_and_a_refresh_is_requested(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.end_runs()
    pipeline.tick()
    (batch,) = pipeline.context.ledger.batches()
    assert (batch.state, publication_of(pipeline.lake.content(GOLD, GOLD_MANIFEST))) == ("succeeded", batch.publication)
    assert len(pipeline.customer_insights.jobs) == 1
    assert not pipeline.context.status().idle
    pipeline.end_refreshes()
    pipeline.tick()
    status = pipeline.context.status()
    assert (status.idle, status.refresh and status.refresh.state) == (True, "successful")


def test_a_webhook_about_the_active_run_is_noted_and_any_other_has_no_effect(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    (run_id,) = pipeline.jobs.runs
    event = {"event_type": "jobs.on_success", "run": {"run_id": str(run_id)}}
    assert pipeline.context.callback(event) == "noted"
    assert pipeline.context.callback(event | {"run": {"run_id": run_id}}) == "noted"  # Databricks, section 2: both occur
    for run in ({"run_id": "77"}, {"run_id": "x"}, {"run_id": 2**70}, {"run_id": True}, {"run_id": -1}, {}, None, "1"):
        assert pipeline.context.callback({"event_type": "jobs.on_success", "run": run}) != "noted"
    assert pipeline.context.callback({"event_type": "jobs.on_start", "run": {"run_id": run_id}}) != "noted"
    pipeline.context.reconcile()  # a forged one was believed by nobody: the workspace says that the run goes on
    assert states(pipeline) == ["running"]


@pytest.mark.parametrize("termination", ["internal_error", "cloud_failure", "skipped"])
def test_a_fault_of_the_platform_is_tried_again_with_a_new_token(pipeline: Pipeline, termination: str) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.fail_runs(termination)
    pipeline.tick()
    assert states(pipeline) == ["failed"]
    pipeline.tick(29)
    assert len(pipeline.jobs.runs) == 1
    pipeline.tick(1)
    assert len(pipeline.jobs.runs) == 2
    pipeline.settle()
    (batch,) = pipeline.context.ledger.batches()
    assert (batch.state, batch.attempt) == ("succeeded", 2)


def test_attempts_end_and_the_batch_is_parked_with_its_cause(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    for _ in range(3):
        pipeline.fail_runs("internal_error", "CLUSTER_ERROR")
        pipeline.tick()
        pipeline.tick(200)
    (batch,) = pipeline.context.ledger.batches()
    assert (batch.state, batch.attempt) == ("parked", 3)
    assert "CLUSTER_ERROR" in batch.cause


def test_a_fault_of_ours_parks_the_batch_and_lets_later_ones_pass(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    assert states(pipeline) == ["parked"]
    pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")
    pipeline.settle()
    assert states(pipeline) == ["succeeded", "parked"]


def test_what_the_job_itself_refused_is_the_cause_of_a_failed_run(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    (run_id,) = pipeline.jobs.runs
    told = {
        "trap": "guard_broken",
        "table": "insights",
        "where": "largest_profile",
        "detail": "it has 6 rows",
        "severity": "error",
    }
    pipeline.do_the_work_of(run_id, warnings=[told | {"severity": "error"}, told | {"where": "other", "severity": "warning"}])
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    (batch,) = pipeline.context.ledger.batches()
    assert (batch.state, batch.cause.endswith("(largest_profile: it has 6 rows)")) == ("parked", True)
    assert pipeline.lake.head(GOLD, GOLD_MANIFEST) is None


def test_a_run_that_was_deleted_is_repeated(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.jobs.runs.clear()
    pipeline.tick()
    pipeline.tick(30)
    pipeline.settle()
    assert states(pipeline) == ["succeeded"]


def test_a_run_whose_counts_do_not_add_up_publishes_nothing(pipeline: Pipeline) -> None:
    # Design, rule 2.
    pipeline.land_contacts(contact(1), contact(2))
    pipeline.tick(10)
    (run_id,) = pipeline.jobs.runs
    pipeline.do_the_work_of(run_id, entities={"contact": encoded(make_counts(applied=1, read=2))})
    pipeline.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success"))
    pipeline.tick()
    (batch,) = pipeline.context.ledger.batches()
    assert batch.state == "parked"
    assert "contact: 2 rows given, 2 read, 1 accounted for" in batch.cause
    assert pipeline.lake.head(GOLD, GOLD_MANIFEST) is None


def test_a_run_that_left_no_outcome_is_repeated(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    (run_id,) = pipeline.jobs.runs
    pipeline.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success"))
    pipeline.tick()
    (batch,) = pipeline.context.ledger.batches()
    assert (batch.state, "outcome" in batch.cause) == ("failed", True)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"batch_id": "b20200101T000000Z_00000000"}, "batch_id"),  # of another run
        ({"entities": {"contact": encoded(make_counts(applied=1)) | {"rejected": -1}}}, "entities.contact.rejected"),
        ({"entities": {"contact": {"read": 1}}}, "entities.contact.applied"),
        ({"seconds": "3"}, "seconds"),
        ({"staged_manifest": "gold/default.manifest.cdm.json"}, "staged_manifest"),  # not what the run may stage
        ({"staged_manifest": None}, "staged_manifest"),
        ({"rows": 1}, "rows"),  # of a version that this app does not understand
    ],
)
def test_a_run_whose_outcome_is_not_as_agreed_failed_and_is_repeated(
    pipeline: Pipeline, changes: dict[str, object], where: str
) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    (run_id,) = pipeline.jobs.runs
    pipeline.do_the_work_of(run_id, **changes)
    pipeline.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success"))
    pipeline.tick()
    (batch,) = pipeline.context.ledger.batches()
    assert batch.state == "failed"
    assert f"outcome of batch {batch.batch_id}, {where}: expected" in batch.cause
    assert pipeline.lake.head(GOLD, GOLD_MANIFEST) is None


def test_two_tables_with_the_same_columns_are_both_told_to_the_job(pipeline: Pipeline) -> None:
    # Their schema version is one and the same, and a part whose entity the manifest lacks fails the run.
    for table in ("contact", "lead"):
        pipeline.land(DATAVERSE, MODEL.replace("contact", table), model(*CONTACT, table=table))
        pipeline.land(DATAVERSE, f"{table}/2024.csv", contact(1))
    pipeline.settle()
    assert states(pipeline) == ["succeeded"]
    (batch,) = pipeline.context.ledger.batches()
    manifest = pipeline.manifest(batch.batch_id)
    assert {"contact", "lead"} <= set(manifest.entities)
    assert len(manifest.schemas) == 1


def test_a_publication_that_was_built_on_another_base_is_not_swapped_in(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    (run_id,) = pipeline.jobs.runs
    pipeline.do_the_work_of(run_id)
    pipeline.lake.put(GOLD, GOLD_MANIFEST, json.dumps({"explanation": "p_foreign", "entities": []}).encode())
    pipeline.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success"))
    pipeline.tick()
    assert publication_of(pipeline.lake.content(GOLD, GOLD_MANIFEST)) == "p_foreign"
    assert states(pipeline) == ["failed"]


def test_a_refresh_under_way_is_not_taken_for_one_of_the_new_publication(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.end_runs()
    pipeline.tick()
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    pipeline.tick(10)
    pipeline.end_runs()
    pipeline.tick()
    assert len(pipeline.customer_insights.jobs) == 1
    pipeline.end_refreshes()
    pipeline.tick()
    assert [job.state for job in pipeline.customer_insights.jobs.values()] == ["successful", "running"]
    pipeline.end_refreshes()
    pipeline.tick()
    assert pipeline.context.status().idle


def test_a_failed_refresh_is_recorded_and_ends_the_wait(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.end_runs()
    pipeline.tick()
    pipeline.customer_insights.end("job-1", RefreshJob(job_id="job-1", state="failed", detail="corruptRecordsFound"))
    pipeline.tick()
    status = pipeline.context.status()
    assert (status.idle, status.refresh and status.refresh.state, status.refresh and status.refresh.detail) == (
        True, "failed", "corruptRecordsFound",
    )  # fmt: skip


def test_without_customer_insights_the_refresh_is_disabled() -> None:
    pipeline = Pipeline(CUSTOMER_INSIGHTS_REFRESH="off")
    pipeline.land_contacts(contact(1))
    pipeline.settle()
    refresh = pipeline.context.status().refresh
    assert refresh is not None
    assert refresh.state == "disabled"


def test_two_reconciliations_at_once_start_one_run(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.clock.advance(10)
    real = pipeline.jobs.start
    other = pipeline.start()

    def start_beside_another(*arguments: object, **options: object) -> int:
        pipeline.jobs.start = real  # type: ignore[method-assign] # a seam for one call
        other.reconcile()
        return real(*arguments, **options)  # type: ignore[arg-type] # passes on what it got

    pipeline.jobs.start = start_beside_another  # type: ignore[method-assign] # a seam for one call
    pipeline.start().reconcile()
    assert len(pipeline.jobs.runs) == 1
    pipeline.settle()
    assert states(pipeline) == ["succeeded"]
