"""A refresh comes to an end, by itself or after its longest time, and what nobody knows of it is told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from shared.adapters.customer_insights_api import _job
from shared.config.refresh_settings import QuietHours, RefreshSettings, read_hours
from shared.orchestration.when import refresh_from
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


def publish(pipeline: Pipeline, number: int) -> str:
    """Let one more contact land and come to gold; return the publication."""
    pipeline.land_contacts(contact(number), path=f"contact/{2030 + number}.csv")
    pipeline.tick(10)
    pipeline.end_runs()
    pipeline.tick()
    return str(pipeline.context.ledger.pipeline().record.publication)


def refresh_of(pipeline: Pipeline, publication: str) -> tuple[str, str]:
    known = pipeline.context.ledger.refresh(publication)
    assert known is not None
    return known.record.state, known.record.detail


def test_what_is_published_during_a_refresh_is_read_by_one_more_and_the_first_one_counts(pipeline: Pipeline) -> None:
    first = pipeline.context.ledger.pipeline().record
    second, third = publish(pipeline, 2), publish(pipeline, 3)
    assert len(pipeline.customer_insights.jobs) == 1
    assert refresh_of(pipeline, first.publication) == ("running", "")
    assert refresh_of(pipeline, second) == ("skipped", "a newer publication came first")
    pipeline.end_refreshes()
    pipeline.tick()
    after = pipeline.context.ledger.pipeline().record
    assert (after.refreshed, after.refreshed_until) == (first.publication, first.gold_until), "what the first one read"
    assert (after.active_refresh, after.refresh_state) == (third, "requested")
    assert len(pipeline.customer_insights.jobs) == 2
    pipeline.end_refreshes()
    pipeline.tick()
    assert pipeline.context.ledger.pipeline().record.refreshed == third
    assert pipeline.context.status().idle


def test_a_refresh_that_fails_while_a_newer_publication_waits_does_not_keep_it_waiting(pipeline: Pipeline) -> None:
    publish(pipeline, 2)
    pipeline.customer_insights.end("job-1", RefreshJob(job_id="job-1", state="failed", detail="match: timedOut"))
    pipeline.tick()
    after = pipeline.context.ledger.pipeline().record
    assert (after.refresh_state, after.refreshed) == ("requested", "")
    assert [job.state for job in pipeline.customer_insights.jobs.values()] == ["failed", "running"]


def test_between_two_refreshes_lies_the_interval(pipeline: Pipeline) -> None:
    pipeline.end_refreshes()
    pipeline.tick()
    pipeline.start(REFRESH_INTERVAL_SECONDS="3600")
    second = publish(pipeline, 2)
    assert refresh_of(pipeline, second) == ("requested", "waits for its time")
    told = pipeline.context.status().refresh
    assert told is not None
    assert told.begins_at is not None
    third = publish(pipeline, 3)
    assert refresh_of(pipeline, second)[0] == "skipped", "of several that wait the newest is asked for"
    pipeline.tick(3600)
    assert refresh_of(pipeline, third)[0] == "running"
    assert len(pipeline.customer_insights.jobs) == 2


def test_the_time_of_waiting_in_quiet_hours_is_none_that_a_refresh_took_too_long() -> None:
    pipeline = Pipeline(REFRESH_QUIET_HOURS="00:00-23:59", REFRESH_LONGEST_SECONDS="60")
    publication = publish(pipeline, 1)
    pipeline.tick(3600)
    assert refresh_of(pipeline, publication)[0] == "requested"
    assert not pipeline.context.status().idle


@pytest.mark.parametrize(
    ("at", "began", "settings", "may_begin"),
    [
        ("10:00", None, {}, "10:00"),
        ("10:00", "09:30", {}, "10:30"),  # an hour after the last one began
        ("10:00", "08:00", {}, "10:00"),
        ("03:00", None, {"quiet_hours": (time(22), time(6))}, "06:00"),  # over night: in its second part
        ("06:00", None, {"quiet_hours": (time(22), time(6))}, "06:00"),  # its end is in it no more
        ("09:00", "08:30", {"quiet_hours": (time(9), time(17))}, "17:00"),  # the interval ends in it
        ("17:30", None, {"quiet_hours": (time(9), time(17))}, "17:30"),
    ],
)
def test_a_refresh_begins_after_the_interval_and_outside_of_quiet_hours(
    at: str, began: str | None, settings: dict[str, Any], may_begin: str
) -> None:
    def on_the_day(text: str) -> datetime:
        return datetime.combine(datetime(2026, 11, 23, tzinfo=UTC), time.fromisoformat(text), UTC)

    hours = settings.get("quiet_hours")
    given = RefreshSettings(quiet_hours=QuietHours(begin=hours[0], end=hours[1]) if hours else None)
    assert refresh_from(on_the_day(at), on_the_day(began) if began else None, given) == on_the_day(may_begin)


def test_quiet_hours_over_night_end_on_the_next_day() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert read_hours("22:00-06:00").over(late) == datetime(2026, 11, 24, 6, tzinfo=UTC)


@pytest.mark.parametrize("text", ["22-06", "24:00-06:00", "06:00-06:00", "at night"])
def test_quiet_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        read_hours(text)


def test_the_tasks_that_failed_are_the_cause_each_with_its_errors_and_no_value() -> None:
    tasks = [
        {"operationType": "ingestion", "taskStatus": "successful", "ciErrors": []},
        {
            "operationType": "match",
            "taskStatus": "failed",
            "ciError": {"errorCode": "corruptRecordsFound", "params": {"v": "Ada"}},
        },
        {"operationType": "merge", "taskStatus": "timedOut"},
    ]
    found = _job({"jobId": "j", "jobStatus": "failed", "tasks": tasks})
    assert (found.state, found.detail) == ("failed", "match: corruptRecordsFound, merge: timedOut")
