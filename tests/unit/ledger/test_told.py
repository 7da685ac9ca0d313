"""Steps that were stored are told as events, by which a file is followed; alerts and the workbook (infra/) read these lines."""

from __future__ import annotations

import logging

import pytest

from shared.contracts.places import publication_name
from shared.ledger.states import TRANSITIONS
from shared.ports import RefreshJob
from shared.telemetry.log_events import EVENTS, FIELDS, LOGGER, Line, line_of, thing_of
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact

FILE = f"{DATAVERSE}/contact/2024.csv"


class Log:
    """What was told, as events with their fields."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.caplog = caplog

    @property
    def records(self) -> list[logging.LogRecord]:
        return [record for record in self.caplog.records if record.name.startswith(LOGGER)]

    @property
    def lines(self) -> list[Line]:
        return [line for record in self.records if (line := line_of(record))]

    @property
    def levels(self) -> list[tuple[str, int]]:
        return [(line.event, record.levelno) for record, line in zip(self.records, self.lines, strict=True)]

    @property
    def events(self) -> list[str]:
        return [event for event, _ in self.levels]

    def told(self, event: str, **fields: object) -> dict[str, object]:
        """Return the fields of the one event that has these."""
        found = [line.fields for line in self.lines if line.event == event]
        (one,) = [told for told in found if all(told.get(name) == value for name, value in fields.items())]
        return dict(one)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    caplog.set_level(logging.INFO, logger=LOGGER)
    return Log(caplog)


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_every_step_of_the_ledger_is_an_event_that_is_told() -> None:
    silent = {"part.written", "part.rewritten"}  # a part is told with its file, and again with its batch
    assert set(TRANSITIONS.values()) - silent <= EVENTS.keys()
    of_things = {event for event in EVENTS if thing_of(event) in {thing for thing, _, _ in TRANSITIONS}}
    assert of_things <= set(TRANSITIONS.values()), "an event that no step has"


def test_a_file_is_followed_from_landing_to_customer_insights(pipeline: Pipeline, log: Log) -> None:
    """Blob to batch to run to publication to refresh: each line names what leads to the next."""
    pipeline.land_contacts(contact(1), contact(2))
    pipeline.settle()
    landed = log.told("file.ingested", file=FILE)
    assert (landed["generation"], landed["parts"], landed["records"], landed["rejects"]) == (1, 1, 2, 0)
    part = log.told("part.batched", file=FILE)
    submitted = log.told("batch.submitted", batch=part["batch"])
    done = log.told("batch.succeeded", batch=part["batch"], run=submitted["run"])
    assert done["publication"] == publication_name(str(part["batch"]))
    assert (done["applied"], done["rejected"], done["stage"]) == (2, 0, "silver")
    assert log.told("refresh.successful", publication=done["publication"])["job"]
    for event in ("batch.opened", "batch.succeeded", "refresh.requested", "refresh.successful"):
        assert log.events.count(event) == 1, "a step is told once"


def test_what_was_told_of_a_growing_file_is_what_is_new_of_it(pipeline: Pipeline, log: Log) -> None:
    pipeline.land_contacts(contact(1))
    wide = b'2,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n'
    pipeline.lake.append(DATAVERSE, "contact/2024.csv", wide + contact(3))
    pipeline.context.landing(DATAVERSE, "contact/2024.csv")
    told = log.told("file.ingested", file=FILE, records=2)
    assert (told["rejects"], dict(told["reasons"])) == (1, {"too_wide": 1})  # type: ignore[call-overload]


def test_a_file_that_is_refused_is_told_with_its_reason(pipeline: Pipeline, log: Log) -> None:
    pipeline.land(FINANCE, "broken.csv.gz", b"no gzip")
    assert log.told("file.rejected", file=f"{FINANCE}/broken.csv.gz")["reason"] == "not_gzip"
    assert ("file.rejected", logging.WARNING) in log.levels


def test_a_batch_that_is_parked_is_an_error_and_tells_its_cause(pipeline: Pipeline, log: Log) -> None:
    pipeline.land_contacts(contact(1))
    for _ in range(10):
        pipeline.tick(11)
        pipeline.end_runs({"contact"})
    assert ("batch.parked", logging.ERROR) in log.levels
    assert "RUN_EXECUTION_ERROR" in str(log.told("batch.parked")["detail"])


def test_a_refresh_that_failed_is_a_warning_and_told_once(pipeline: Pipeline, log: Log) -> None:
    pipeline.land_contacts(contact(1))
    for _ in range(10):
        pipeline.tick(61)
        pipeline.end_runs()
        for job_id, job in list(pipeline.customer_insights.jobs.items()):
            if job.state == "running":
                pipeline.customer_insights.end(job_id, RefreshJob(job_id=job_id, state="failed", detail="no quota"))
    assert log.levels.count(("refresh.failed", logging.WARNING)) == 1
    assert log.told("refresh.failed")["detail"] == "no quota"


def test_what_waits_and_how_old_it_is_is_told_to_who_measures_and_written_for_nobody(
    pipeline: Pipeline, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.tick(5)
    assert "pipeline.seen" not in log.events
    caplog.set_level(logging.DEBUG, logger=f"{LOGGER}.pipeline")
    pipeline.tick(4)
    told = log.told("pipeline.seen")
    assert (told["files"], told["parts"], told["batches"], told["waiting_seconds"]) == (0, 1, 0, 9.0)
    assert "gold_seconds" not in told, "nothing is in gold yet"
    pipeline.settle()
    caplog.clear()
    pipeline.tick(100)
    told = log.told("pipeline.seen")
    assert (told["parts"], told["waiting_seconds"]) == (0, 0.0)
    assert told["gold_seconds"] == told["insights_seconds"]
    assert float(str(told["gold_seconds"])) >= 100


def test_every_event_has_the_fields_of_its_thing_and_its_line_begins_with_its_name(pipeline: Pipeline, log: Log) -> None:
    pipeline.land_contacts(contact(1), b'2,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n')
    pipeline.land(FINANCE, "a name with blanks/broken.csv.gz", b"no gzip")
    pipeline.settle()
    assert len(set(log.events)) > 8
    for record, line in zip(log.records, log.lines, strict=True):
        assert set(line.fields) <= set(FIELDS[thing_of(line.event)]), line.event
        assert record.getMessage().startswith(f"{line.event} ")
        assert record.getMessage().isprintable()
    assert any('file="finance/a name with blanks/broken.csv.gz"' in record.getMessage() for record in log.records)
