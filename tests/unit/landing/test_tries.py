"""Files that kill whoever reads them, or ask for too much: others go first, and nothing is called poison for it."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from shared.errors import ServiceRefused
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model

KILLER, OTHER = "contact/2020.csv", "contact/2021.csv"


class Killed(BaseException):
    """The worker is gone."""


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline()
    pipeline.land(DATAVERSE, MODEL, model(*CONTACT))
    for number, path in enumerate((KILLER, OTHER)):
        pipeline.lake.put(DATAVERSE, path, contact(number))
    return pipeline


def raising(pipeline: Pipeline, error: BaseException, path: str = KILLER) -> None:
    real = type(pipeline.lake).open

    def opened(container: str, name: str, **options: Any) -> Any:
        if name == path:
            raise error
        return real(pipeline.lake, container, name, **options)

    pipeline.lake.__dict__["open"] = opened


def state(pipeline: Pipeline, path: str) -> str:
    return pipeline.context.ledger.file(DATAVERSE, path).record.state


def test_the_files_behind_one_that_kills_the_worker_are_taken(pipeline: Pipeline) -> None:
    raising(pipeline, Killed())
    with pytest.raises(Killed):
        pipeline.start().sweep()
    assert state(pipeline, OTHER) == ""
    with pytest.raises(Killed):
        pipeline.start().sweep()
    assert state(pipeline, OTHER) == "ingested"
    assert [one.tries for one in pipeline.context.ledger.backlog([DATAVERSE]).tried] == [2], "each try is counted once"


def test_a_file_that_kills_again_and_again_waits_longer_and_longer_and_a_person_is_told(pipeline: Pipeline) -> None:
    raising(pipeline, Killed())
    tries = 0
    for _ in range(60):
        try:
            pipeline.start().sweep()
        except Killed:
            tries += 1
        pipeline.clock.advance(60)
    assert 3 <= tries <= 7
    told = pipeline.context.status().needs_attention
    assert [(one.kind, one.what) for one in told] == [("tried", f"{DATAVERSE}/{KILLER}")]
    del pipeline.lake.__dict__["open"]
    pipeline.clock.advance(3600)
    pipeline.settle()
    assert (state(pipeline, KILLER), pipeline.context.status().needs_attention) == ("ingested", ())


def test_a_file_whose_next_try_is_not_due_keeps_none_behind_it_waiting(pipeline: Pipeline) -> None:
    pipeline.context.ledger.record_try(DATAVERSE, KILLER, 4, at=pipeline.clock())
    pipeline.context.ledger.record_try(DATAVERSE, OTHER, 5, at=pipeline.clock() - timedelta(hours=2))
    pipeline.context.sweep()
    assert (state(pipeline, KILLER), state(pipeline, OTHER)) == ("", "ingested")


@pytest.mark.parametrize(
    "error", [MemoryError(), pa.ArrowMemoryError("malloc"), ConnectionResetError(), ServiceRefused("blob storage", "403", "")]
)
def test_what_is_no_fault_of_the_file_is_no_poison(pipeline: Pipeline, error: BaseException) -> None:
    raising(pipeline, error)
    with suppress(ServiceRefused):
        pipeline.context.sweep()
    assert (state(pipeline, KILLER), state(pipeline, OTHER)) == ("", "ingested")
    del pipeline.lake.__dict__["open"]
    pipeline.settle()
    assert state(pipeline, KILLER) == "ingested"


def test_a_name_cannot_begin_a_line_of_a_log(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    path = "customer_finance/a\nINFO file.ingested forged\x1b[2J.csv"
    pipeline.lake.put(FINANCE, path, b"cid,income\n1,10\n")
    raising(pipeline, ZeroDivisionError(), path)
    with caplog.at_level(logging.INFO):
        pipeline.context.sweep()
    assert caplog.messages
    assert all(message.isprintable() for message in caplog.messages)
    (told,) = pipeline.context.status().needs_attention
    assert told.what.isprintable()
    assert str(ServiceRefused("s", "r", "a\nb")) == "s refused: r: a\\nb"
