"""Reading takes over a part that an attempt wrote and never counted, where that part is of the bytes that are there."""

from __future__ import annotations

from typing import Any

import pytest

from shared.ledger.records import LandedFile
from tests.pipeline import CONTACT, DATAVERSE, MODEL, Pipeline, contact, model

PATH = "contact/2024.csv"
ROWS = [contact(number, "x" * 50) for number in range(100)]  # more bytes than a fingerprint covers


class Ended(BaseException):
    """The function's time is over."""


class EndedBeforeItCounted:
    """Tables of a process that ends where it would write its first row."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._tables = pipeline.tables

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tables, name)

    def commit(self, partition: str, writes: Any) -> None:
        raise Ended


@pytest.fixture
def pipeline() -> Pipeline:
    """A year file that is in bronze, and not in the ledger."""
    pipeline = Pipeline()
    pipeline.lake.put(DATAVERSE, MODEL, model(*CONTACT))
    pipeline.lake.put(DATAVERSE, PATH, b"".join(ROWS))
    with pytest.raises(Ended):
        pipeline.fresh_context().replace(tables=EndedBeforeItCounted(pipeline)).ingest(DATAVERSE, PATH)
    assert len(pipeline.bronze("contact")) == 100
    return pipeline


def landed(pipeline: Pipeline, *rows: bytes) -> LandedFile:
    pipeline.land(DATAVERSE, PATH, b"".join(rows))
    return pipeline.context.ledger.file(DATAVERSE, PATH).record


def test_a_part_of_what_the_file_still_begins_with_is_taken_over(pipeline: Pipeline) -> None:
    record = landed(pipeline, *ROWS, contact(100))
    assert (record.state, record.generation, record.records, record.parts) == ("ingested", 1, 101, 2)
    assert len(pipeline.bronze("contact")) == 101


@pytest.mark.parametrize("more", [(), (contact(100),)])
def test_a_part_of_other_bytes_is_not(pipeline: Pipeline, more: tuple[bytes, ...]) -> None:
    record = landed(pipeline, *ROWS[:-1], contact(99, "y" * 50), *more)
    assert (record.state, record.generation, record.records) == ("ingested", 2, 100 + len(more))


def test_a_part_that_ends_behind_the_file_is_not(pipeline: Pipeline) -> None:
    record = landed(pipeline, *ROWS[:50])
    assert (record.state, record.generation, record.records) == ("ingested", 2, 50)
