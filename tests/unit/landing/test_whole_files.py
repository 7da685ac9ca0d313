"""Files that are taken as a whole: counted slice by slice, gone on with after an end, and taken by a batch all at once."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import pytest

from shared.context import Context
from shared.ledger.records import LandedFile, Part
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, Pipeline, contact, model

PATH = "customer_finance.csv"
FOLDER = "2026-11-23T09.00.00Z"
IN_FOLDER = f"{FOLDER}/contact/1.csv"


class Ended(BaseException):
    """The function's time is over."""


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def finance(rows: int, first: int = 0) -> bytes:
    return b"cid,income\n" + b"".join(b"%d,10\n" % (first + number) for number in range(rows))


def small_slices(pipeline: Pipeline, *, commits: int | None = None) -> Context:
    """Start a process that cuts a slice after each row, and ends after so many commits."""
    context = pipeline.fresh_context()
    left = commits

    class Dying:
        def __getattr__(self, name: str) -> Any:
            return getattr(pipeline.tables, name)

        def commit(self, partition: str, writes: Any) -> None:
            nonlocal left
            if left == 0:
                raise Ended
            left = None if left is None else left - 1
            pipeline.tables.commit(partition, writes)

    return context.replace(settings=replace(context.settings, slice_bytes=1), tables=Dying())


def file(pipeline: Pipeline, path: str = PATH, container: str = FINANCE) -> LandedFile:
    return pipeline.context.ledger.file(container, path).record


def parts(pipeline: Pipeline, path: str = PATH, container: str = FINANCE) -> list[Part]:
    return [known.record for known in pipeline.context.ledger.parts_of(container, path)]


def cut_off(pipeline: Pipeline, commits: int, path: str = PATH, container: str = FINANCE) -> None:
    with pytest.raises(Ended):
        small_slices(pipeline, commits=commits).ingest(container, path)


@pytest.mark.parametrize("commits", [1, 44, 46, 99])
def test_no_run_takes_a_part_of_a_file_before_the_file_is_settled(pipeline: Pipeline, commits: int) -> None:
    pipeline.lake.put(FINANCE, PATH, finance(100))
    cut_off(pipeline, commits)
    pipeline.clock.advance(1000)
    pipeline.context.reconcile.dispatch()
    assert pipeline.jobs.runs == {}
    small_slices(pipeline).ingest(FINANCE, PATH)
    pipeline.tick(1000)
    (run,) = pipeline.jobs.runs.values()
    assert len(pipeline.manifest(run.batch_id).parts) == 100
    assert not pipeline.context.ledger.backlog((FINANCE,)).parts


def test_a_batch_that_died_while_it_took_many_parts_takes_the_rest(pipeline: Pipeline) -> None:
    pipeline.lake.put(FINANCE, PATH, finance(120))
    small_slices(pipeline).ingest(FINANCE, PATH)
    pipeline.clock.advance(1000)
    with pytest.raises(Ended):
        small_slices(pipeline, commits=2).reconcile()  # the batch, and its first parts
    pipeline.settle()
    (run,) = pipeline.jobs.runs.values()
    assert len(pipeline.manifest(run.batch_id).parts) == 120
    assert {part.state for part in parts(pipeline)} == {"batched"}


@pytest.mark.parametrize("path", [PATH, "customer_finance/2026.csv.gz"])
def test_a_file_that_needs_more_than_the_time_of_a_function_gets_done_all_the_same(pipeline: Pipeline, path: str) -> None:
    data = finance(20)
    pipeline.lake.put(FINANCE, path, gzip.compress(data, mtime=0) if path.endswith(".gz") else data)
    done = 0
    for _ in range(6):
        cut_off(pipeline, 3, path)
        assert file(pipeline, path).records > done
        done = file(pipeline, path).records
        pipeline.clock.advance(61)
    context = small_slices(pipeline)
    context.ingest(FINANCE, path)
    record = file(pipeline, path)
    assert (record.state, record.generation, record.records) == ("ingested", 1, 20)
    assert [row["_record_number"] for row in pipeline.bronze("customer_finance", FINANCE)] == list(range(1, 21))


def test_a_file_of_an_export_folder_is_read_on_from_the_byte_it_was_counted_to(pipeline: Pipeline) -> None:
    pipeline.lake.put(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    pipeline.lake.put(DATAVERSE, "Changelog/changelog.info", b"2026-11-23T10.15.00Z")
    pipeline.lake.put(DATAVERSE, IN_FOLDER, b"".join(contact(number) for number in range(10)))
    cut_off(pipeline, 4, IN_FOLDER, DATAVERSE)
    counted = file(pipeline, IN_FOLDER, DATAVERSE).offset
    opened: list[int] = []
    context = small_slices(pipeline)
    real = pipeline.lake.open

    class Watching:
        def __getattr__(self, name: str) -> Any:
            return getattr(pipeline.lake, name)

        def open(self, container: str, path: str, *, start: int = 0, unless: str = "") -> Any:
            if path == IN_FOLDER:
                opened.append(start)
            return real(container, path, start=start, unless=unless)

    context.replace(lake=Watching()).ingest(DATAVERSE, IN_FOLDER)
    assert opened == [counted] != [0]
    assert file(pipeline, IN_FOLDER, DATAVERSE).records == 10
    assert [row["_record_number"] for row in pipeline.bronze("contact")] == list(range(1, 11))


@pytest.mark.parametrize("commits", [1, 50, 95])
def test_what_was_counted_of_a_version_that_was_replaced_is_never_taken(pipeline: Pipeline, commits: int) -> None:
    pipeline.lake.put(FINANCE, PATH, finance(100))
    cut_off(pipeline, commits)
    pipeline.clock.advance(100)
    pipeline.lake.put(FINANCE, PATH, finance(3, first=500))
    pipeline.settle()
    assert {part.generation for part in parts(pipeline)} == {file(pipeline).generation}
    assert sum(part.records for part in parts(pipeline)) == file(pipeline).records == 3
    assert pipeline.context.ledger.tally(FINANCE)["records"] == 3
    (run,) = pipeline.jobs.runs.values()
    assert sum(part.rows for part in pipeline.manifest(run.batch_id).parts) == 3


def test_whoever_reads_a_replaced_version_to_its_end_loses(pipeline: Pipeline) -> None:
    pipeline.lake.put(FINANCE, PATH, finance(100))
    slow = small_slices(pipeline)
    real = slow.ledger.record_file
    steps = 0

    def interfered(*arguments: Any, **options: Any) -> LandedFile:
        nonlocal steps
        steps += 1
        if steps == 60:
            pipeline.lake.put(FINANCE, PATH, finance(3, first=500))
            small_slices(pipeline).ingest(FINANCE, PATH)
        return real(*arguments, **options)

    slow.ledger.__dict__["record_file"] = interfered
    slow.ingest(FINANCE, PATH)
    assert file(pipeline).records == sum(part.records for part in parts(pipeline)) == 3


def test_a_compressed_file_that_is_cut_off_at_its_end_leaves_nothing_that_was_counted(pipeline: Pipeline) -> None:
    path = "customer_finance/2026.csv.gz"
    whole = gzip.compress(b"cid,income\n" + b"".join(b"%d,%d\n" % (n, n * 7919) for n in range(60000)), mtime=0)
    pipeline.lake.put(FINANCE, path, whole[:-2000])
    context = pipeline.fresh_context()
    context.replace(settings=replace(context.settings, slice_bytes=100_000)).ingest(FINANCE, path)
    record = file(pipeline, path)
    assert (record.state, record.records, parts(pipeline, path)) == ("rejected", 0, [])
    assert not pipeline.context.ledger.backlog((FINANCE,)).parts


def test_the_same_content_again_counts_where_another_file_changed_the_keys_since(pipeline: Pipeline) -> None:
    ada, grace = b"cid,income\n1,10\n", b"cid,income\n1,99\n"
    for path, data in (("a.csv", ada), ("b.csv", grace), ("a.csv", ada)):
        pipeline.land(FINANCE, f"customer_finance/{path}", data)
        pipeline.clock.advance(60)
    assert file(pipeline, "customer_finance/a.csv").generation == 2
    assert [row["income"] for row in pipeline.bronze("customer_finance", FINANCE)] == ["10", "10", "99"]
    pipeline.land(FINANCE, "customer_finance/a.csv", ada)
    assert file(pipeline, "customer_finance/a.csv").reason == "same_content"  # nothing of its data set came in between


def test_the_same_content_again_counts_where_the_file_that_changed_the_keys_is_gone_from_landing(
    pipeline: Pipeline,
) -> None:
    ada, grace = b"cid,income\n1,10\n", b"cid,income\n1,99\n"
    for path, data in (("a.csv", ada), ("b.csv", grace)):
        pipeline.land(FINANCE, f"customer_finance/{path}", data)
        pipeline.clock.advance(60)
    pipeline.lake.delete(FINANCE, "customer_finance/b.csv")
    pipeline.land(FINANCE, "customer_finance/a.csv", ada)
    assert file(pipeline, "customer_finance/a.csv").generation == 2


@pytest.mark.parametrize("seconds", [0, 60])  # in one second of storage's clock nobody knows which one landed first
def test_the_same_content_again_counts_where_another_file_landed_since_and_was_not_read_yet(
    pipeline: Pipeline, seconds: int
) -> None:
    ada = b"cid,income\n1,10\n"
    pipeline.land(FINANCE, "customer_finance/a.csv", ada)
    pipeline.clock.advance(seconds)
    pipeline.lake.put(FINANCE, "customer_finance/b.csv", b"cid,income\n1,99\n")
    pipeline.clock.advance(60)
    pipeline.land(FINANCE, "customer_finance/a.csv", ada)
    assert file(pipeline, "customer_finance/a.csv").generation == 2


def test_the_same_content_again_counts_where_the_ledger_does_not_tell_when_it_landed(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, PATH, finance(1))
    known = pipeline.context.ledger.file(FINANCE, PATH)
    pipeline.context.ledger.record_file(known, replace(known.record, modified_at=None), at=pipeline.clock())
    pipeline.land(FINANCE, PATH, finance(1))
    assert file(pipeline).generation == 2


def test_a_growing_file_written_anew_at_the_same_length_is_read_anew(pipeline: Pipeline) -> None:
    rows = [contact(number, "x" * 50) for number in range(200)]
    pipeline.land_contacts(*rows)
    pipeline.land_contacts(contact(0, "y" * 50, version=2), *rows[1:])  # far before the last 4,096 bytes
    record = file(pipeline, "contact/2024.csv", DATAVERSE)
    assert (record.generation, record.records) == (2, 200)
    assert "y" * 50 in {row["fullname"] for row in pipeline.bronze("contact")}
