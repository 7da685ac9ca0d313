"""The end of a growing file that is no complete record: held back, reported after a set time, never swallowed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from shared.api.documents import FileDocument
from shared.api.queries import FilesQuery
from shared.landing.unsettled import Survey
from shared.ledger.records import LandedFile
from shared.ledger.states import FileState
from tests.pipeline import CONTACT, DATAVERSE, MODEL, Pipeline, contact, model
from tests.unit.ledger.test_ledger import Counting

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "contact/2024.csv"
LOST_QUOTE = b'2,"6/28/2021 4:34:35 PM","Very Private,2,\r\n'
CUT_OFF = b'2,"6/28/2021 4:34:35 PM","Very Private",'
ENDLESS = b"2," + b"x" * (17 << 20)


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


class Told(logging.Handler):
    """Keeps what is logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record)


@pytest.fixture
def told() -> Iterator[list[logging.LogRecord]]:
    handler = Told()
    logging.getLogger("customer360").addHandler(handler)
    yield handler.lines
    logging.getLogger("customer360").removeHandler(handler)


def file(pipeline: Pipeline) -> LandedFile:
    return pipeline.context.ledger.file(DATAVERSE, FILE).record


def grow(pipeline: Pipeline, data: bytes) -> None:
    pipeline.lake.append(DATAVERSE, FILE, data)
    pipeline.context.landing(DATAVERSE, FILE)


def shown(pipeline: Pipeline, status: FileState) -> tuple[FileDocument, ...]:
    return pipeline.context.files.page(FilesQuery(status=status)).files


@pytest.mark.parametrize(
    ("tail", "reason"), [(LOST_QUOTE, "open_quote"), (CUT_OFF, "incomplete_record"), (ENDLESS, "record_too_long")]
)
def test_a_tail_that_stays_is_reported_once_after_the_time_set(
    pipeline: Pipeline, told: list[logging.LogRecord], tail: bytes, reason: str
) -> None:
    pipeline.land_contacts(contact(1), tail)
    pipeline.settle()
    pipeline.tick(3500)
    assert (file(pipeline).state, file(pipeline).reason, told) == ("ingested", reason, [])
    for _ in range(5):
        pipeline.tick(100)
    (line,) = told
    assert line.levelname == "WARNING"
    offset, held_back = len(contact(1)), file(pipeline).held_back
    assert held_back == len(tail)
    words = line.getMessage().split(" ")
    assert words[0] == "file.held_back"
    assert {f"file={DATAVERSE}/{FILE}", f"offset={offset}", f"held_back={held_back}", f"reason={reason}"} <= set(words)
    events = [entry.event for entry in pipeline.context.ledger.log_of_file(DATAVERSE, FILE)]
    assert events == ["file.ingested", "file.held_back"]


def test_a_report_is_seen_in_files_and_status_and_keeps_nothing_from_idling(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1), LOST_QUOTE)
    pipeline.settle()
    assert pipeline.context.status().files.held_back == 0
    pipeline.tick(3600)
    status = pipeline.context.status()
    assert (status.idle, status.files.held_back, status.files.waiting) == (True, 1, 0)
    (document,) = shown(pipeline, "held_back")
    assert (document.committed, document.held_back) == (len(contact(1)), len(LOST_QUOTE))
    assert document.held_back_since == "2026-11-23T10:00:00.000Z"
    assert f"at byte {len(contact(1))}" in document.detail
    assert "Private" not in str(document)
    assert [row["fullname"] for row in pipeline.bronze("contact")] == ["Ada"]


def test_a_report_goes_away_by_itself_when_the_file_grows_past_it(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1), CUT_OFF)
    pipeline.settle()
    pipeline.tick(3600)
    grow(pipeline, b"2,\r\n" + contact(3, "Grace"))
    assert (file(pipeline).state, file(pipeline).held_back, file(pipeline).detail) == ("ingested", 0, "")
    assert shown(pipeline, "held_back") == ()
    assert pipeline.context.status().files.held_back == 0
    assert [row["fullname"] for row in pipeline.bronze("contact")] == ["Ada", "Very Private", "Grace"]


def test_the_next_tail_has_a_time_of_its_own(pipeline: Pipeline, told: list[logging.LogRecord]) -> None:
    pipeline.land_contacts(contact(1), CUT_OFF)
    pipeline.settle()
    pipeline.tick(3000)
    grow(pipeline, b"2,\r\n" + contact(3)[:-3])
    pipeline.tick(3000)
    assert told == []
    pipeline.tick(600)
    assert len(told) == 1
    grow(pipeline, b",\r\n" + contact(4)[:9])
    pipeline.tick(3600)
    assert len(told) == 2


def test_a_quote_that_never_closes_is_reported_however_often_rows_are_added_behind_it(
    pipeline: Pipeline, told: list[logging.LogRecord]
) -> None:
    pipeline.land_contacts(contact(1), LOST_QUOTE)
    for number in range(40):
        grow(pipeline, b"%d,a,b,1,\r\n" % number)
        pipeline.tick(200)
    assert len(told) == 1
    record = file(pipeline)
    assert (record.state, record.held_back, record.records) == ("held_back", record.size - len(contact(1)), 1)


def test_a_file_that_changed_since_is_read_before_it_is_reported(pipeline: Pipeline, told: list[logging.LogRecord]) -> None:
    pipeline.land_contacts(contact(1), CUT_OFF)
    pipeline.lake.append(DATAVERSE, FILE, b"2,\r\n")  # and its event is lost
    pipeline.clock.advance(4000)
    pipeline.context.reconcile()
    assert told == []
    pipeline.tick()
    assert (file(pipeline).state, file(pipeline).held_back) == ("ingested", 0)


def test_a_file_that_is_written_anew_leaves_its_tail_behind(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1), LOST_QUOTE)
    pipeline.tick(3600)
    assert file(pipeline).state == "held_back"
    pipeline.land_contacts(contact(1), contact(2))
    assert (file(pipeline).state, file(pipeline).generation, file(pipeline).records) == ("ingested", 1, 2)
    pipeline.land_contacts(contact(9, "Other"), LOST_QUOTE)
    assert (file(pipeline).state, file(pipeline).generation) == ("ingested", 2)
    assert file(pipeline).held_back_since == pipeline.clock()


def test_a_tail_that_was_reported_is_not_reported_again_after_its_model_was_away(
    pipeline: Pipeline, told: list[logging.LogRecord]
) -> None:
    pipeline.land_contacts(contact(1), LOST_QUOTE)
    pipeline.tick(3600)
    pipeline.lake.put(DATAVERSE, MODEL, b"")  # being written
    pipeline.clock.advance(20)
    grow(pipeline, b"3,a,b,1,\r\n")
    assert (file(pipeline).state, file(pipeline).reason) == ("seen", "model_missing")
    pipeline.lake.put(DATAVERSE, MODEL, model(*CONTACT))
    pipeline.tick(3600)
    pipeline.tick(3600)
    assert (file(pipeline).state, len(told)) == ("held_back", 1)


def test_reading_it_again_begins_the_time_anew(pipeline: Pipeline, told: list[logging.LogRecord]) -> None:
    from shared.api.reprocess import read_request

    pipeline.land_contacts(contact(1), LOST_QUOTE)
    pipeline.tick(3600)
    pipeline.context.reprocess(read_request({"table": "contact"}, (DATAVERSE,)))
    pipeline.settle()
    assert (file(pipeline).state, file(pipeline).generation) == ("ingested", 2)
    pipeline.tick(3600)
    assert (file(pipeline).state, len(told)) == ("held_back", 2)


def test_waiting_to_be_reported_costs_a_look_one_row_and_a_report_leaves_none(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1), LOST_QUOTE)
    pipeline.settle()
    for seconds, cost in ((0, (4, 1)), (3600, None), (0, (4, 0))):
        pipeline.clock.advance(seconds)
        tables = Counting(pipeline.tables)
        pipeline.fresh_context().replace(tables=tables).reconcile()
        assert cost is None or (tables.calls, tables.read) == cost


def test_two_that_look_at_once_report_once(pipeline: Pipeline, told: list[logging.LogRecord]) -> None:
    pipeline.land_contacts(contact(1), LOST_QUOTE)
    pipeline.clock.advance(3600)
    tails = pipeline.context.ledger.backlog((DATAVERSE,)).tails
    for _ in range(2):
        pipeline.fresh_context().reconcile.report_tails(tails)
    assert len(told) == 1


def test_a_held_back_file_is_settled(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1), LOST_QUOTE)
    pipeline.tick(3600)
    assert list(Survey(pipeline.lake, pipeline.context.ledger, (DATAVERSE,)).unsettled()) == []
