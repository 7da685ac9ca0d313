"""The demo says what happens, and does not say that all is well where it is not."""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from local.demo.check import Observed, only_new_bytes, problems
from local.demo.steps import Baseline, Documents, Goal, awaited, failure, newest_batch, run_seconds, steps
from local.demo.tables import landed_table, layers_table, line, preview_table, progress_table, rejects_table, steps_table
from local.lake.view import BronzePart, Preview
from local.sample.customers import FINANCIAL, PERSONAL, Customer, invented
from local.sample.waves import Expected, Landing, Reject

GOAL = Goal(files=2, size=1000, records=4)
BEFORE = Baseline(batches=frozenset({"b1"}), records=10)
FINANCE = "finance/customer_finance.csv"


def batch(state: str = "succeeded", **changes: Any) -> dict[str, Any]:
    known = {"batch_id": "b2", "state": state, "attempt": 1, "run_id": 7, "parts": 2, "rows": 3, "publication": "p2"}
    times = {"ended_at": "2026-11-23T10:00:00.000Z", "recorded_at": "2026-11-23T10:00:00.400Z"}
    return {**known, **times, "cause": None, "run_url": "http://x", **changes}


def documents(
    *batches: dict[str, Any],
    records: int = 14,
    waiting: int = 0,
    published: str | None = "b2",
    refresh: str | None = "successful",
) -> Documents:
    status = {
        "idle": False,
        "files": {"waiting": waiting, "records": records},
        "publication": {"id": "p2", "batch_id": published} if published else None,
        "refresh": {"publication": "p2", "state": refresh, "job_id": "j1", "detail": ""} if refresh else None,
    }
    return Documents(status=status, runs=(*batches, batch(batch_id="b1")))


def states(now: Documents) -> list[str]:
    return [step.state for step in steps(GOAL, BEFORE, now)]


def test_a_wave_goes_through_the_steps_one_after_the_other() -> None:
    landed = documents(records=12, waiting=1, published="b1", refresh=None)
    assert states(landed) == ["done", "active", "waits", "waits", "waits", "waits", "waits"]
    quiet = documents(published="b1", refresh=None)
    assert states(quiet) == ["done", "done", "waits", "waits", "waits", "waits", "waits"]
    opened = documents(batch("open", run_id=None, publication=None), published="b1", refresh=None)
    assert states(opened) == ["done", "done", "active", "waits", "waits", "waits", "waits"]
    running = documents(batch("running", publication=None), published="b1", refresh=None)
    assert states(running) == ["done", "done", "done", "active", "waits", "waits", "waits"]
    refreshing = documents(batch(), refresh="running")
    assert states(refreshing) == ["done", "done", "done", "done", "done", "done", "active"]
    assert states(documents(batch())) == ["done"] * 7


def test_the_time_between_the_end_of_a_run_and_its_record_is_told() -> None:
    assert steps(GOAL, BEFORE, documents(batch()))[4].detail == "known 0.4 s after the run's end"


@pytest.mark.parametrize(
    ("state", "is_running"), [("open", False), ("submitted", True), ("running", True), ("succeeded", False), ("parked", False)]
)
def test_while_the_workspace_has_a_run_in_hand_the_runs_alone_tell_what_changes(state: str, is_running: bool) -> None:
    assert documents(batch(state)).is_running is is_running


def test_the_seconds_of_a_run_are_those_of_its_tasks_and_what_is_left() -> None:
    timed = batch(submitted_at="2026-11-23T09:59:48.000Z")
    told = run_seconds(timed, {"seconds": {"silver": 3.5, "gold": 4.0}})
    assert told == {"silver": 3.5, "gold": 4.0, "Spark's start; preview": 4.5}


def test_only_batches_and_records_of_this_wave_count() -> None:
    assert newest_batch(BEFORE, documents(published="b1")) is None
    assert steps(GOAL, BEFORE, documents())[1].detail == "4 of 4 records read"


def test_what_is_waited_for_and_what_failed_is_named() -> None:
    parked = steps(GOAL, BEFORE, documents(batch("parked", cause="RUN_EXECUTION_ERROR"), published="b1", refresh=None))
    failed = failure(parked)
    assert failed is not None
    assert failed.name == "Databricks run"
    assert "RUN_EXECUTION_ERROR" in failed.detail
    assert failure(steps(GOAL, BEFORE, documents(batch(), refresh="failed"))) is not None
    assert awaited(steps(GOAL, BEFORE, documents(published="b1", refresh=None))) == "batch (until landing is quiet)"


def customer(cid: str = "1", **changes: Any) -> Customer:
    return replace(invented(random.Random(1), int(cid)), **changes)


def row(of: Customer) -> dict[str, Any]:
    return {name: getattr(of, name) for name in (*PERSONAL, *FINANCIAL)}


def part(start: int = 0, *records: int, file: str = FINANCE, generation: int = 1) -> BronzePart:
    return BronzePart(path=f"{file}/g{start}", file=file, generation=generation, start=start, records=records)


EXPECTED = Expected(
    records={FINANCE: 3},
    rejects=(Reject(file=FINANCE, record=2, reason="too_wide"),),
    customers={"1": customer("1"), "2": customer("2")},
    deleted=frozenset({"3"}),
)
AS_EXPECTED = Observed(parts=(part(0, 1, 3),), rejects=EXPECTED.rejects, gold=[row(one) for one in EXPECTED.customers.values()])


def test_nothing_is_wrong_where_all_is_as_expected() -> None:
    assert problems(EXPECTED, AS_EXPECTED) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"parts": ()}, "bronze has 0 rows and 1 rejects"),  # a part is lost
        ({"parts": (part(0, 1, 3), part(9, 4))}, "bronze has 3 rows and 1 rejects"),  # a part too many
        ({"parts": (part(0, 1, 1),)}, "some record is missing and another is there twice"),
        ({"parts": (part(0, 1, 3), part(0, 1, file="dataverse/x/Snapshot/1.csv"))}, "is no data, and is in bronze"),
        ({"rejects": (Reject(file=FINANCE, record=2, reason="too_narrow"),)}, "is not rejected as too_wide"),
        ({"gold": [row(customer("1"))]}, "gold lacks 1 of 2 live customers, cid 2"),
        ({"gold": [row(customer(cid)) for cid in "1223"]}, "gold has 1 customers more than once, cid 2"),
        ({"gold": [row(customer(cid)) for cid in "123"]}, "gold has 1 customers that are not live, cid 3"),
        ({"gold": [row(customer("1", city="Ys")), row(customer("2"))]}, "another city than expected for 1 customers, cid 1"),
        ({"gold": [row(customer("1")) | {"phone_e164": None}, row(customer("2"))]}, "another phone_e164 than expected for 1 "),
        ({"gold": [{"cid": "1"}, row(customer("2"))]}, "another income than expected for 1 customers, cid 1"),
    ],
)
def test_whatever_does_not_add_up_is_told(changes: dict[str, Any], sentence: str) -> None:
    assert any(sentence in problem for problem in problems(EXPECTED, replace(AS_EXPECTED, **changes)))


@pytest.mark.parametrize(
    ("profiles", "sentence"),
    [
        (["12"], ""),
        (["1", "2"], "finds 0 of 1 duplicates"),
        (["1"], "is not one of all live customers"),
        (["123"], "different people 1 times, cid 1, 2, 3"),
    ],
)
def test_a_preview_is_held_to_the_duplicates_that_were_planted(profiles: list[str], sentence: str) -> None:
    twice = replace(EXPECTED, twins=(("1", "2"),))
    found = problems(twice, replace(AS_EXPECTED, profiles=[frozenset(cids) for cids in profiles]))
    assert any(sentence in problem for problem in found) if sentence else not found


def test_the_preview_is_shown_with_what_was_planted_and_found() -> None:
    told = {
        "profiles": {"rows": 2, "profiles": 1},
        "forecast": [{"rule": "Mail", "accidents": 0.25}],
        "rules": [{"rule": "Mail", "after": 1}, {"rule": "Name", "after": 0}],
        "segments": {"HighValue": 1},
        "guards": [{"holds": True}],
    }
    console = Console(file=io.StringIO(), width=140, color_system=None)
    previewed = Preview(told=told, profiles=(frozenset("12"),), page="")
    console.print(preview_table(previewed, replace(EXPECTED, twins=(("1", "2"),))))
    shown = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    assert "pairs: Mail" in shown
    assert "0.25" in shown
    assert "1 of 1" in shown
    assert "segment HighValue" in shown


def test_bronze_of_an_earlier_generation_is_not_counted_again() -> None:
    again = replace(AS_EXPECTED, parts=(part(0, 1, 3), part(0, 1, 3, generation=2)))
    assert problems(EXPECTED, again) == []


def test_the_empty_text_and_nothing_are_not_the_same_in_gold() -> None:
    empty = replace(EXPECTED, customers={"1": customer("1", lastname="")})
    assert problems(empty, replace(AS_EXPECTED, gold=[row(customer("1", lastname=None))]))


def test_a_part_that_reads_bytes_again_is_told() -> None:
    landings = [Landing(container="finance", path="customer_finance.csv", data=b"", appends=True)]
    assert only_new_bytes(landings, {FINANCE: 100}, [part(100, 4)]) == []
    (problem,) = only_new_bytes(landings, {FINANCE: 100}, [part(0, 1)])
    assert "from byte 0, where only what follows 100 is new" in problem
    assert only_new_bytes([], {}, [part(0, 1)])


def test_what_is_no_terminal_gets_plain_lines() -> None:
    console = Console(file=io.StringIO(), width=140, color_system=None)
    found = steps(GOAL, BEFORE, documents(batch()))
    seconds = {step.name: 1.0 for step in found}
    for shown in (
        line(found[0], 0.1),
        progress_table(found, seconds, 2.0),
        landed_table(EXPECTED, AS_EXPECTED, {FINANCE: 100, "finance/notes.txt": 7}),
        layers_table([(EXPECTED, AS_EXPECTED, {"entities": {"customer": {"applied": 2}}})]),
        rejects_table(AS_EXPECTED.rejects),
        steps_table([seconds, {}], [{"silver": 3.5}, {"silver": 1.5}]),
    ):
        console.print(shown)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "landing: 2 files, 1,000 bytes, 4 records" in text
    assert "too_wide" in text
    assert re.search(r"Databricks run .*\n +of it silver +3\.5 +1\.5 *\n +webhook", text)
