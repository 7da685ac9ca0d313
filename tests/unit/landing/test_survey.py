"""What landing holds is compared with the ledger a page at a time, in memory that is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.landing.unsettled import Marks, Survey
from shared.ledger.records import LandedFile
from shared.ports import BlobVersion
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model


def test_marks_hold_what_was_added_and_nothing_else() -> None:
    marks = Marks()
    for number in range(0, 20_000, 2):
        marks.add(str(number))
        marks.add(str(number))
    assert len(marks) == 10_000
    assert [number for number in range(20_000) if str(number) in marks] == list(range(0, 20_000, 2))


def test_marks_forget_rather_than_grow_for_ever() -> None:
    marks = Marks(most=100)
    for number in range(1000):
        marks.add(str(number))
        assert str(number) in marks
        assert len(marks) <= 100


class Large:
    """A landing of many files, of which a listing holds none in memory."""

    def __init__(self, pipeline: Pipeline, files: int) -> None:
        self._pipeline, self._files = pipeline, files
        self.listed = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._pipeline.lake, name)

    def list(self, container: str, prefix: str = "") -> Iterator[BlobVersion]:
        if container != DATAVERSE:
            return
        at = self._pipeline.clock()
        for number in range(self._files):
            self.listed += 1
            path = f"contact/{number:07d}.csv"
            yield BlobVersion(container=container, path=path, etag="v", size=1, created_at=at, modified_at=at)


def test_status_of_a_large_landing_is_told_by_the_ledger_in_a_page_of_reads() -> None:
    pipeline = Pipeline()
    pipeline.land(DATAVERSE, MODEL, model(*CONTACT))
    pipeline.lake.put(DATAVERSE, "contact/1.csv", contact(1))
    large = Large(pipeline, 200_000)
    status = pipeline.fresh_context().replace(lake=large).status()
    assert status.idle
    assert large.listed <= 5001
    pipeline.tick()
    assert not pipeline.fresh_context().replace(lake=large).status().idle


def test_status_reads_a_page_however_much_waits() -> None:
    pipeline = Pipeline()
    ledger = pipeline.context.ledger
    for number in range(3000):
        path = f"{number}.csv"
        seen = LandedFile(container=FINANCE, path=path, state="seen", reason="being_read")
        ledger.record_file(ledger.file(FINANCE, path), seen, at=pipeline.clock())
    rows = 0

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(pipeline.tables, name)

        def range(self, partition: str, start: str, end: str, **options: Any) -> Iterator[object]:
            nonlocal rows
            for row in pipeline.tables.range(partition, start, end, **options):
                rows += 1
                yield row

    status = pipeline.fresh_context().replace(tables=Counting()).status()
    assert (status.idle, status.is_complete) == (False, False)
    assert rows < 2500


@pytest.mark.parametrize("files", [50, 3000])
def test_the_same_files_are_unsettled_whatever_way_they_are_looked_up(files: int) -> None:
    pipeline = Pipeline()
    ledger = pipeline.context.ledger
    for number in range(0, files, 2):
        path = f"contact/{number:07d}.csv"
        done = LandedFile(container=DATAVERSE, path=path, state="ingested", version="v")
        ledger.record_file(ledger.file(DATAVERSE, path), done, at=pipeline.clock())
    survey = Survey(Large(pipeline, files), ledger, (DATAVERSE,))  # type: ignore[arg-type]  # the twin does the rest
    for _ in range(2):
        left = {found.blob.path for found in survey.unsettled()}
        assert left == {f"contact/{number:07d}.csv" for number in range(1, files, 2)}


def test_a_small_landing_is_listed_once_for_each_look() -> None:
    pipeline = Pipeline()
    small = Large(pipeline, 20)
    survey = Survey(small, pipeline.context.ledger, (DATAVERSE, FINANCE))  # type: ignore[arg-type]  # the rest is the lake's
    assert len(survey.of_small() or ()) == 20
    assert small.listed == 20
