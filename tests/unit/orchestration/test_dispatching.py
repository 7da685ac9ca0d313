"""When parts go, which go together, and how long the next attempt waits: tables of decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.memory import MemoryClock, MemoryHints
from shared.config.settings import DispatchSettings
from shared.ledger.waiting import Pending
from shared.orchestration.hints import SparseHints
from shared.orchestration.when import MOST_NAMES, chosen, deferred_to, is_turn_of_queue, retry_at, time_left

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SETTINGS = DispatchSettings(
    quiet=timedelta(seconds=30), longest_wait=timedelta(seconds=300), enough_parts=4, back_off=timedelta(seconds=30)
)


def ago(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=second) for second in seconds]


@pytest.mark.parametrize(
    ("since", "wait"),
    [
        ([], timedelta.max),  # nothing waits
        (ago(0), timedelta(seconds=30)),  # landed just now
        (ago(29.5), timedelta(seconds=0.5)),
        (ago(30), timedelta(0)),  # quiet for long enough
        (ago(200, 10), timedelta(seconds=20)),  # the newest starts the quiet time anew
        (ago(290, 5), timedelta(seconds=10)),  # but the oldest waits no longer than the longest wait
        (ago(900, 0), timedelta(0)),
        (ago(0, 0, 0, 0), timedelta(0)),  # enough of them
    ],
)
def test_parts_wait_until_it_is_quiet_or_the_oldest_waited_long_or_there_are_enough(
    since: list[datetime], wait: timedelta
) -> None:
    assert time_left(NOW, since, SETTINGS) == wait


def pending(file: str, number: int) -> Pending:
    return Pending(container="finance", part=f"part-{file}-{number}", file=file, since=NOW, entity="a")


@pytest.mark.parametrize(
    ("files", "most", "expected"),
    [
        ("aabb", 4, "aabb"),
        ("aabb", 3, "aa"),  # half of a snapshot would close every key of the other half
        ("aabb", 2, "aa"),
        ("abbb", 2, "a"),
        ("bbbb", 2, "bbbb"),  # one file that is larger than a batch goes alone, and whole
        ("bbbbc", 2, "bbbb"),
    ],
)
def test_all_parts_of_a_file_go_into_one_batch(files: str, most: int, expected: str) -> None:
    waiting = [pending(file, number) for number, file in enumerate(files)]
    assert "".join(part.file for part in chosen(waiting, most)) == expected


def test_a_file_that_waits_as_a_whole_counts_with_all_its_parts() -> None:
    small, large = pending("a", 1), replace(pending("b", 2), parts=100, whole=True)
    assert chosen([small, large], 100) == [small]
    assert chosen([large, small], 100) == [large]
    assert chosen([small, large], 101) == [small, large]


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 30), (2, 60), (3, None)])
def test_the_wait_before_the_next_attempt_doubles_until_there_is_none(attempt: int, seconds: int | None) -> None:
    again = retry_at(NOW, attempt, SETTINGS)
    assert again == (None if seconds is None else NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("queued", "is_due", "was_queued", "turn"),
    [
        (False, True, False, False),  # nothing in the queue
        (True, False, True, True),  # no new parts are due
        (True, True, False, True),
        (True, True, True, False),  # new parts first after each of the queue
    ],
)
def test_the_queue_and_new_parts_take_turns(queued: bool, is_due: bool, was_queued: bool, turn: bool) -> None:
    assert is_turn_of_queue(queued=queued, is_due=is_due, was_queued=was_queued) == turn


def test_the_names_of_a_batch_are_bounded() -> None:
    waiting = [replace(pending(str(number), number), entity=f"{number:03d}{'x' * 10_000}") for number in range(40)]
    first = chosen(waiting, 100)
    assert len(first) == MOST_NAMES // 10_004
    assert first == waiting[: len(first)]


@pytest.mark.parametrize(
    ("deferrals", "retry_after", "seconds"),
    [(0, None, 30), (1, None, 60), (4, None, 480), (5, None, 600), (400, None, 600), (3, 7, 7), (0, 90000, 600)],
)
def test_a_workspace_is_asked_again_when_it_says_or_less_and_less_often(
    deferrals: int, retry_after: float | None, seconds: int
) -> None:
    assert deferred_to(NOW, deferrals, retry_after, SETTINGS) == NOW + timedelta(seconds=seconds)


def test_a_hint_is_not_sent_where_one_comes_in_time_anyway() -> None:
    hints, clock = MemoryHints(), MemoryClock()
    hinting = SparseHints(hints, clock)
    for _ in range(50):
        hinting.send("dispatch", after_seconds=10)  # one after each file of a burst
        clock.advance(0.1)
    assert len(hints.sent) == 1
    hinting.send("dispatch", after_seconds=1)  # sooner than the one that is under way
    hinting.send("reconcile")
    assert [name for name, _ in hints.sent] == ["dispatch", "dispatch", "reconcile"]
    clock.advance(30)
    hinting.send("dispatch", after_seconds=10)
    assert len(hints.sent) == 4
