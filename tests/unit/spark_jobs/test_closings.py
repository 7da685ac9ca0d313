"""Which files close rows by leaving them out: decided from their places in the order alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from spark_jobs.silver.history.closings import Point, Schedule, of_folders, of_keyless, of_snapshots, version_of, without


def at(hour: int, name: str) -> Point:
    return (datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hour), name)


def spans(schedule: Schedule) -> list[tuple[Point, Point, str | None]]:
    return [(one.start, one.last, one.folder) for one in schedule.of_all]


def test_a_file_without_keys_closes_its_own_older_versions_and_nothing_else() -> None:
    schedule = of_keyless([at(3, "f/a"), at(1, "f/a"), at(2, "f/b"), at(1, "f/a")])
    assert schedule.of_all == ()
    assert {file: [one.start for one in found] for file, found in schedule.of_file.items()} == {"f/a": [at(3, "f/a")]}
    assert not of_keyless([at(1, "f/a"), at(2, "f/b")]), "files that land once close nothing"


def test_each_snapshot_closes_what_came_before_in_the_order_of_time_then_name() -> None:
    schedule = of_snapshots([at(1, "f/2"), at(2, "f/0"), at(1, "f/1")])
    assert spans(schedule) == [(point, point, None) for point in (at(1, "f/1"), at(1, "f/2"), at(2, "f/0"))]


def test_files_of_a_folder_are_one_snapshot_as_far_as_they_come_one_after_the_other() -> None:
    october, november = [at(1, "f/10/a"), at(2, "f/10/b")], [at(3, "f/11/a"), at(5, "f/11/b")]
    assert spans(of_folders([*november, *october])) == [(*october, "f/10"), (*november, "f/11")]


def test_a_file_that_comes_late_to_a_folder_closes_nothing_of_others_and_is_named() -> None:
    schedule = of_folders([at(1, "f/10/a"), at(2, "f/11/a"), at(3, "f/10/b"), at(4, "f/10/a")])
    assert [one.folder for one in schedule.of_all] == ["f/10", "f/11"]
    assert schedule.late == {"f/10"}
    assert list(schedule.of_file) == ["f/10/a"], "its own older version is closed all the same"


def test_a_snapshot_of_which_a_record_cannot_be_told_is_none() -> None:
    schedule = of_snapshots([at(1, "f/1"), at(2, "f/2")])
    assert spans(without(schedule, {version_of(at(2, "f/2"))})) == [(at(1, "f/1"), at(1, "f/1"), None)]
