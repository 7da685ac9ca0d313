"""A refresh comes to an end, by itself or after its longest time, and what nobody knows of it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.adapters.customer_insights_api import _job
from shared.ports import RefreshJob
from tests.pipeline import Pipeline, contact


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.tick(10)
    pipeline.end_runs()
    pipeline.tick()
    pipeline.tick()
    return pipeline


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_a_refresh_that_never_ends_fails_after_its_longest_time_and_a_person_is_told(
    pipeline: Pipeline, is_asked_for: bool
) -> None:
    if not is_asked_for:  # an older one, of somebody else, goes on and on: ours is never begun
        pipeline = Pipeline()
        pipeline.customer_insights.refresh(since=pipeline.clock() - timedelta(days=1))
        pipeline.clock.advance(60)
        pipeline.land_contacts(contact(1))
        pipeline.tick(10)
        pipeline.end_runs()
        pipeline.tick()
    for _ in range(26):
        pipeline.tick(3600)
    status = pipeline.context.status()
    assert status.idle
    assert status.refresh is not None
    assert status.refresh.state == "failed"
    assert "did not end within 24 hours" in status.refresh.detail
    assert [one.kind for one in status.needs_attention] == ["refresh_failed"]


def test_a_status_that_nobody_knows_is_told_while_the_refresh_goes_on(pipeline: Pipeline) -> None:
    found = _job({"jobId": "j", "jobStatus": "Hibernating"})
    assert (found.state, found.detail) == ("running", "unknown status 'hibernating'")
    (job_id,) = pipeline.customer_insights.jobs
    pipeline.customer_insights.end(job_id, RefreshJob(job_id=job_id, state="running", detail=found.detail))
    pipeline.tick()
    status = pipeline.context.status()
    assert status.refresh is not None
    assert (status.refresh.state, status.refresh.detail) == ("running", "unknown status 'hibernating'")
