"""What is asked all the time is answered without reading history, and what is counted is right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory import MemoryClock, MemoryTables
from shared.errors import LedgerChanged
from shared.ledger.ledger import Ledger
from shared.ledger.records import Batch, LandedFile, Part
from shared.ledger.rows import key, key_prefix, newest_first, time_key
from shared.ledger.states import FileState
from shared.ledger.tallies.tally import tallied
from tests.pipeline import FINANCE, Pipeline, contact


class Counting:
    """Tables that count their calls, and what they read."""

    def __init__(self, tables: MemoryTables) -> None:
        self.tables = tables
        self.calls = self.read = 0

    def get(self, partition: str, row: str) -> Any:
        self.calls += 1
        return self.tables.get(partition, row)

    def range(self, partition: str, start: str, end: str, **options: Any) -> Any:
        self.calls += 1
        for entity in self.tables.range(partition, start, end, **options):
            self.read += 1
            yield entity

    def commit(self, partition: str, writes: Any) -> None:
        self.calls += 1
        self.tables.commit(partition, writes)


def part(number: int, *, rejects: int = 0) -> Part:
    at = MemoryClock()()
    return Part(
        part_id=f"p{number}", container=FINANCE, source_path=f"a/{number}.csv", path=f"bronze/p{number}.parquet",
        source="finance", table="a", entity="a", generation=1, start=0, end=1, records=1 + rejects, rows=1, rejects=rejects,
        schema_version="s", landed_at=at, written_at=at,
    )  # fmt: skip


def record(ledger: Ledger, path: str, *parts: Part, state: FileState = "ingested", records: int = 0) -> None:
    known = ledger.file(FINANCE, path)
    after = LandedFile(container=FINANCE, path=path, state=state, records=records, step=known.record.step)
    ledger.record_file(known, after, at=MemoryClock()(), parts=parts)


def test_a_look_at_an_idle_pipeline_costs_the_same_after_any_history() -> None:
    costs = []
    for files in (3, 60):
        pipeline = Pipeline()
        for number in range(files):
            pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
        pipeline.settle()
        tables = Counting(pipeline.tables)
        context = pipeline.fresh_context().replace(tables=tables, lake=None, jobs=None, customer_insights=None, hints=None)
        context.reconcile()
        costs.append((tables.calls, tables.read))
    assert costs == [(4, 0), (4, 0)]  # the pipeline, what waits in it, and what waits in each of two containers


def test_a_sweep_asks_the_ledger_only_about_versions_that_are_new_to_it() -> None:
    pipeline = Pipeline()
    for number in range(30):
        pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
    pipeline.settle()
    tables = Counting(pipeline.tables)
    context = pipeline.fresh_context().replace(tables=tables)
    assert context.sweep() == 0
    first = tables.calls
    assert context.sweep() == 0
    assert tables.calls - first == 6  # three tallies, and what waits


def test_many_parts_are_taken_by_a_batch_in_few_calls() -> None:
    tables = Counting(MemoryTables())
    ledger = Ledger(tables)
    for first in range(0, 2000, 45):
        record(ledger, f"f{first}.csv", *[part(number) for number in range(first, min(2000, first + 45))])
    waits = ledger.backlog((FINANCE,)).parts
    assert len(waits) == 2000
    parts = ledger.pending_parts(waits)
    tables.calls = 0
    ledger.batch_parts(parts, "b1")
    assert tables.calls == 40
    assert not ledger.backlog((FINANCE,))
    ledger.batch_parts(ledger.pending_parts(waits), "b2")  # repeating changes nothing
    assert {known.record.batch_id for known in ledger.parts_in(FINANCE)} == {"b1"}


def test_the_tally_is_the_sum_of_what_every_process_did() -> None:
    tables = MemoryTables()
    for number, process in enumerate([Ledger(tables), Ledger(tables), Ledger(tables)]):
        record(process, f"{number}.csv", state="seen")
        record(process, f"{number}.csv", records=number)
        record(process, "all.csv", records=number, state="rejected" if number else "ingested")
    assert {name: n for name, n in Ledger(tables).tally(FINANCE).items() if n} == {"ingested": 3, "rejected": 1, "records": 5}


def test_the_tally_stays_right_when_an_answer_is_lost() -> None:
    class Losing(MemoryTables):
        lose = False

        def commit(self, partition: str, writes: Any) -> None:
            super().commit(partition, writes)
            if self.lose:
                raise ConnectionError

    tables = Losing()
    ledger = Ledger(tables)
    record(ledger, "1.csv")
    tables.lose = True
    with pytest.raises(ConnectionError):
        record(ledger, "2.csv")
    tables.lose = False
    record(ledger, "3.csv")
    with pytest.raises(LedgerChanged):
        ledger.record_file(
            ledger.file(FINANCE, "new.csv"),
            LandedFile(container=FINANCE, path="3.csv", state="ingested"),
            at=MemoryClock()(),
        )
    record(ledger, "4.csv")
    assert ledger.tally(FINANCE)["ingested"] == 4


def test_old_tallies_are_folded_into_one_and_those_still_written_are_not() -> None:
    tables, clock = MemoryTables(), MemoryClock()
    for number in range(120):
        record(Ledger(tables), f"{number}.csv")
    rows = f"files-{FINANCE}"
    Ledger(tables).fold_tallies((FINANCE,), clock() + timedelta(hours=1))
    assert len(list(tables.range(rows, "tally-", "tally-~"))) == 120
    Ledger(tables).fold_tallies((FINANCE,), clock() + timedelta(hours=25))
    assert len(list(tables.range(rows, "tally-", "tally-~"))) == 2
    assert tallied(tables, rows)["ingested"] == 120


def test_files_are_found_by_state_in_one_range() -> None:
    tables = Counting(MemoryTables())
    ledger = Ledger(tables)
    for number in range(50):
        record(ledger, f"{number}.csv")
    record(ledger, "bad.csv", state="rejected")
    tables.read = 0
    assert [file.path for _, file in ledger.changed_files((FINANCE,), ("rejected",))] == ["bad.csv"]
    assert tables.read == 1
    record(ledger, "bad.csv")
    assert list(ledger.changed_files((FINANCE,), ("rejected",))) == []


def test_batches_are_found_by_state_newest_first() -> None:
    ledger = Ledger(MemoryTables())
    for number in range(5):
        batch = Batch(batch_id=f"b2026112{number}T000000Z_{number:08x}", state="queued", created_at=MemoryClock()())
        ledger.record_batch(None, batch, at=MemoryClock()())
    assert ledger.backlog(()).batches == tuple(sorted(batch.batch_id for batch in ledger.batches()))
    ids = [batch.batch_id for batch in ledger.batches(state="queued")]
    assert ids == sorted(ids, reverse=True)
    assert [batch.batch_id for batch in ledger.batches(state="queued", after=ids[1])] == ids[2:]


def test_keys_sort_as_they_should() -> None:
    at = MemoryClock()()
    assert time_key(at + timedelta(milliseconds=1)) < time_key(at) < time_key(at - timedelta(days=9000))
    assert newest_first(newest_first("b20261123T101112Z_5f2a9c01")) == "b20261123T101112Z_5f2a9c01"
    assert key("contact/2024.csv") == "contact=2F2024.csv", "what fits is kept readable, and found again by every version"
    for path in ("a-b/ü~#?.csv", "x" * 2000, "contact/2024.csv", "%" * 700):
        for length in (0, 1, 5, 300, 700):
            assert key(path).startswith(key_prefix(path[:length]))
        assert len(key(path)) <= 400
        assert not set(key(path)) & set("/\\#?-~")
