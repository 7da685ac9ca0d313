"""Finance files that are written in steps, and contents that come under several names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.api.reprocess import read_request
from shared.config.tables import read_configuration
from shared.landing.plan import by_age
from shared.ledger.records import LandedFile
from shared.ports import BlobVersion
from tests.pipeline import FINANCE, Pipeline

AT = datetime(2026, 11, 1, tzinfo=UTC)
QUIET = timedelta(seconds=2)
BLOB = BlobVersion(container=FINANCE, path="inv/step.csv", etag="v2", size=20, created_at=AT, modified_at=AT)
LOOKED = LandedFile(
    container=FINANCE, path="inv/step.csv", state="seen", reason="just_written", size=20, modified_at=AT, changed_at=AT
)


@pytest.mark.parametrize(
    ("record", "seconds", "waits"),
    [
        (LandedFile(container=FINANCE, path="inv/step.csv"), 0, True),
        (LandedFile(container=FINANCE, path="inv/step.csv"), 1.9, True),
        (LandedFile(container=FINANCE, path="inv/step.csv"), 2, False),
        # Storage's clock is an hour ahead: ours counts from the first look.
        (replace(LOOKED, changed_at=AT - timedelta(hours=1)), -3599, True),
        (replace(LOOKED, changed_at=AT - timedelta(hours=1)), -3598, False),
        # Another version was looked at then.
        (replace(LOOKED, size=10), 1, True),
    ],
)
def test_a_file_is_taken_once_nothing_was_written_to_it_for_a_moment(
    record: LandedFile, seconds: float, *, waits: bool
) -> None:
    assert (by_age(record, BLOB, now=AT + timedelta(seconds=seconds), quiet=QUIET) is not None) is waits


def test_no_file_waits_where_that_is_configured() -> None:
    assert by_age(LOOKED, BLOB, now=AT, quiet=timedelta(0)) is None


def test_case_34_a_file_that_is_written_in_steps_is_taken_at_its_end() -> None:
    pipeline = Pipeline(WRITE_QUIET_SECONDS="2")
    for data in (b"", b"k,amount\n1,2\n3,", b"k,amount\n1,2\n3,4\n5,6\n"):
        pipeline.land(FINANCE, "inv/step.csv", data)
        pipeline.clock.advance(1)
    assert pipeline.context.ledger.file(FINANCE, "inv/step.csv").record.reason == "just_written"
    assert not pipeline.is_idle, "it has landed, and waits for us"
    assert ("look", 2.0) in pipeline.hints.sent
    pipeline.tick(1)
    assert [row["amount"] for row in pipeline.bronze("inv", FINANCE)] == ["2", "4", "6"]


TWICE = b"day,amount\n2026-10-01,10\n"


def file(pipeline: Pipeline, path: str) -> LandedFile:
    return pipeline.context.ledger.file(FINANCE, path).record


def test_of_two_files_with_one_content_and_no_keys_one_is_taken_and_the_other_told() -> None:
    pipeline = Pipeline()
    for path in ("tx/a.csv", "tx/b.csv", "other/a.csv"):
        pipeline.land(FINANCE, path, TWICE)
        pipeline.clock.advance(60)
    assert [file(pipeline, f"{path}").state for path in ("tx/a.csv", "tx/b.csv", "other/a.csv")] == [
        "ingested",
        "rejected",
        "ingested",
    ]
    told = file(pipeline, "tx/b.csv")
    assert (told.reason, told.records) == ("duplicate_content", 0)
    assert "finance/tx/a.csv" in told.detail
    assert '[finance.tx]\nduplicates = "take"' in told.detail
    assert len(pipeline.bronze("tx", FINANCE)) == 2, "bronze keeps what it wrote"
    assert len(list(pipeline.context.ledger.backlog((FINANCE,)).parts)) == 2, "and no batch takes it"


def test_a_content_is_free_again_when_the_file_that_held_it_holds_another() -> None:
    pipeline = Pipeline()
    for path, data in (("tx/a.csv", TWICE), ("tx/a.csv", TWICE + b"2026-10-02,20\n"), ("tx/b.csv", TWICE)):
        pipeline.land(FINANCE, path, data)
        pipeline.clock.advance(60)
    assert file(pipeline, "tx/b.csv").state == "ingested"


def test_a_file_that_is_read_again_holds_its_content_still() -> None:
    pipeline = Pipeline()
    pipeline.land(FINANCE, "tx/a.csv", TWICE)
    pipeline.context.reprocess(read_request({"table": "tx"}, (FINANCE,)))
    pipeline.tick()
    again = file(pipeline, "tx/a.csv")
    assert (again.state, again.generation > 1) == ("ingested", True)
    pipeline.land(FINANCE, "tx/b.csv", TWICE)
    assert file(pipeline, "tx/b.csv").reason == "duplicate_content"


@pytest.mark.parametrize("said", ['keys = ["day"]', 'mode = "snapshot"', 'duplicates = "take"'])
def test_the_same_content_counts_again_where_it_does_no_harm_or_somebody_says_so(said: str) -> None:
    pipeline = Pipeline()
    pipeline.context = pipeline.context.replace(configuration=read_configuration(f"[finance.tx]\n{said}"))
    for path in ("tx/a.csv", "tx/b.csv"):
        pipeline.land(FINANCE, path, TWICE)
        pipeline.clock.advance(60)
    assert file(pipeline, "tx/b.csv").state == "ingested"
