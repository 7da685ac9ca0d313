"""Steps of batches and refreshes are logged under their event's name: alerts and the workbook (infra/) read those lines."""

from __future__ import annotations

import logging

import pytest

from shared.ports import RefreshJob
from tests.pipeline import Pipeline, contact

LEDGER = "customer360.ledger"


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int]]:
    return [(record.getMessage().split(" ")[0], record.levelno) for record in caplog.records if record.name == LEDGER]


@pytest.fixture
def pipeline(caplog: pytest.LogCaptureFixture) -> Pipeline:
    caplog.set_level(logging.INFO, logger=LEDGER)
    return Pipeline()


def test_a_batch_is_followed_from_open_to_published_and_refreshed(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.settle()
    events = [event for event, _ in told(caplog)]
    assert events[0] == "batch.opened"
    assert {"batch.submitted", "batch.succeeded", "refresh.successful"} <= set(events)
    assert len(events) == len(set(events)), "a step is told once"


def test_a_batch_that_is_parked_is_an_error(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    pipeline.land_contacts(contact(1))
    for _ in range(10):
        pipeline.tick(11)
        pipeline.end_runs({"contact"})
    assert ("batch.parked", logging.ERROR) in told(caplog)


def test_a_refresh_that_failed_is_a_warning_and_told_once(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    pipeline.land_contacts(contact(1))
    for _ in range(10):
        pipeline.tick(61)
        pipeline.end_runs()
        for job_id, job in list(pipeline.customer_insights.jobs.items()):
            if job.state == "running":
                pipeline.customer_insights.end(job_id, RefreshJob(job_id=job_id, state="failed", detail="no quota"))
    assert told(caplog).count(("refresh.failed", logging.WARNING)) == 1
    assert any("no quota" in record.getMessage() for record in caplog.records)
