"""AUTO CDC, SCD type 2: each rule of reference: Databricks, section 4.2, by name, and the oracle over random streams."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.spark.cdc_oracle import Event, Row, history
from tests.spark.conftest import CUSTOMER, Pipeline, customer, sink

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.spark

_NAMED = {"value": "crc33_name", "note": "crc33_email"}


def landed(event: Event) -> dict[str, Any]:
    """Spell an event as a bronze row; `note` is an untracked column of the test's configuration."""
    values = {} if event.deleted else {"crc33_name": event.value, "crc33_email": event.note}
    return customer(event.key, event.version, second=event.sink, deleted=event.deleted) | values


def stored(pipeline: Pipeline) -> list[Row]:
    """Read the rows of history that show, in the oracle's form (sink times back to seconds)."""
    seconds = "unix_seconds({0}.SinkModifiedOn) - unix_seconds(timestamp'2026-04-14 20:00:00')"
    rows = pipeline.table("customer").where("not (__START_AT <=> __END_AT)")
    picked = rows.selectExpr(
        "Id as key",
        "__START_AT.versionnumber",
        seconds.format("__START_AT"),
        "__END_AT.versionnumber",
        seconds.format("__END_AT"),
        "name",
        "email",
    ).collect()
    return sorted(
        Row(key=key, start=(v or -1, s), end=None if end is None else (v_end or -1, end), value=value, note=note)
        for key, v, s, v_end, end, value, note in picked
    )


@pytest.fixture
def untracked(pipeline: Pipeline) -> Pipeline:
    """A pipeline where `email` is not tracked, as the oracle's `note`."""
    table = replace(pipeline.configuration.tables["crc33_customer"], untracked=("email",))
    pipeline.configuration = replace(pipeline.configuration, tables={"crc33_customer": table})
    return pipeline


def merge(pipeline: Pipeline, batches: Iterable[Iterable[Event]]) -> list[dict[str, Any]]:
    counts = []
    for events in batches:
        pipeline.land([landed(event) for event in events])
        counts.append(pipeline.silver(pipeline.manifest())["entities"]["customer"])
    return counts


def upsert(key: str, version: int, value: str, **more: Any) -> Event:
    fields: dict[str, Any] = {"key": key, "version": version, "sink": version, "value": value} | more
    return Event(**fields)


def delete(key: str, version: int | None, **more: Any) -> Event:
    fields: dict[str, Any] = {"key": key, "version": version, "sink": version, "deleted": True} | more
    return Event(**fields)


#: Each rule as first batch, second batch; a key of its own, so that two batches test all of them.
_RULES = {
    "a later value closes the row before": ([upsert("k", 1, "x")], [upsert("k", 2, "y")]),
    "a late event is the earliest row": ([upsert("k", 5, "x")], [upsert("k", 2, "y")]),
    "a late event splits an interval": ([upsert("k", 1, "x"), upsert("k", 9, "z")], [upsert("k", 5, "y")]),
    "equal consecutive values coalesce": ([upsert("k", 1, "x")], [upsert("k", 2, "x")]),
    "an untracked change updates in place": ([upsert("k", 1, "x", note="a")], [upsert("k", 2, "x", note="b")]),
    "a closed row keeps its last untracked value": (
        [upsert("k", 1, "x", note="a"), upsert("k", 3, "y")],
        [upsert("k", 2, "x", note="b")],
    ),
    "a late value cuts a coalesced run, which restarts at its next real event": (
        [upsert("k", 1, "x"), upsert("k", 4, "x"), upsert("k", 8, "x")],
        [upsert("k", 3, "y")],
    ),
    "a delete ends the run": ([upsert("k", 1, "x")], [delete("k", 2)]),
    "a re-insert with equal values opens a new row": ([upsert("k", 1, "x"), delete("k", 2)], [upsert("k", 3, "x")]),
    "a delete of an unknown key is remembered": ([delete("k", 5)], [upsert("k", 2, "x")]),
    "a late delete shortens an open row": ([upsert("k", 1, "x"), upsert("k", 9, "x")], [delete("k", 5)]),
    "a late delete shortens a closed row": ([upsert("k", 1, "x"), upsert("k", 9, "y")], [delete("k", 5)]),
    "a tombstone keeps a late upsert from resurrecting": ([upsert("k", 1, "x"), delete("k", 9)], [upsert("k", 5, "y")]),
    "a delete beats an upsert of the same sequence, after it": ([upsert("k", 5, "x")], [delete("k", 5)]),
    "a delete beats an upsert of the same sequence, before it": ([delete("k", 5)], [upsert("k", 5, "x")]),
    "equal versions are ordered by SinkModifiedOn": ([upsert("k", 5, "y", sink=8)], [upsert("k", 5, "x", sink=7)]),
    "a delete without version is ordered by SinkModifiedOn": (
        [upsert("k", 1, "x", sink=1), upsert("k", 9, "y", sink=9)],
        [delete("k", None, sink=5)],
    ),
    "a delete without version comes before its upserts": (
        [delete("k", None, sink=5)],
        [upsert("k", 1, "x", sink=1), upsert("k", 9, "y", sink=9)],
    ),
    "a replay changes nothing": ([upsert("k", 1, "x"), delete("k", 2)], [upsert("k", 1, "x"), delete("k", 2)]),
}


def test_every_rule_holds_whichever_batch_an_event_comes_in(untracked: Pipeline) -> None:
    def of(name: str, events: list[Event]) -> list[Event]:
        return [replace(event, key=name.lower()) for event in events]  # guids are lower case

    first = [event for name, (events, _) in _RULES.items() for event in of(name, events)]
    second = [event for name, (_, events) in _RULES.items() for event in of(name, events)]
    merge(untracked, [first, second])
    got = stored(untracked)
    expected = history([*first, *second])
    for name in _RULES:
        assert [row for row in got if row.key == name.lower()] == [row for row in expected if row.key == name.lower()], name


def stream(seed: int, keys: int = 40) -> list[Event]:
    """Make random events: a fifth deletes, some without version, duplicates, and few values, so that runs coalesce."""
    random_ = random.Random(seed)
    made: dict[tuple[Any, ...], Event] = {}
    for _ in range(keys * 8):
        key, version = f"k{random_.randrange(keys)}", random_.randrange(1, 30)
        seconds = version + random_.choice([0, 0, 0, 1, 5])
        kind = random_.random()
        event = Event(
            key=key,
            version=None if kind < 0.05 else version,
            sink=seconds,
            deleted=kind < 0.2,
            value=None if kind < 0.2 else random_.choice("xyz"),
            note=None if kind < 0.2 else random_.choice([None, "n"]),
        )
        made.setdefault((key, event.version, seconds, event.deleted), event)
    events = list(made.values())
    return [*events, *random_.sample(events, len(events) // 7)]


def test_shuffled_batches_equal_the_oracle_and_current_rows_are_the_latest_events(untracked: Pipeline) -> None:
    events = stream(11)
    random.Random(5).shuffle(events)
    cuts = [0, 100, 110, 200, len(events)]
    counts = merge(untracked, [events[start:end] for start, end in pairwise(cuts)])
    assert stored(untracked) == history(events)
    for count in counts:
        assert count["read"] == count["applied"] + count["superseded"] + count["duplicates"] + count["rejected"]
    assert counts[-1]["history"] == len(history(events))
    assert counts[-1]["current"] == sum(row.end is None for row in history(events))


def test_one_batch_equals_the_oracle(untracked: Pipeline) -> None:
    events = stream(12)
    merge(untracked, [events])
    assert stored(untracked) == history(events)


def test_a_crash_after_the_merge_and_before_its_note_converges_with_the_first_counts(untracked: Pipeline) -> None:
    merge(untracked, [[upsert("a", 1, "x"), upsert("b", 1, "x")]])
    untracked.land([landed(event) for event in (upsert("a", 2, "y"), delete("b", 3), upsert("a", 1, "x"))])
    batch_id = untracked.manifest()
    first = untracked.silver(batch_id)["entities"]["customer"]
    before = stored(untracked)
    place = f"pipeline/batches/{batch_id}/silver.json"
    report = untracked.lake.read_json(place)
    assert report
    counts = {name: value for name, value in first.items() if name not in {"current", "history"}}
    untracked.lake.write_json(place, report | {"entities": {"customer": counts | {"merged": False}}})
    assert untracked.silver(batch_id)["entities"]["customer"] == first
    assert stored(untracked) == before


def test_a_row_without_key_or_sequence_is_rejected_and_the_rest_goes_on(pipeline: Pipeline) -> None:
    pipeline.land([customer("a", 1), customer("", 1), customer("b", None, second=1), dict.fromkeys(CUSTOMER)])
    counts = pipeline.silver(pipeline.manifest())["entities"]["customer"]
    assert (counts["applied"], counts["rejected"]) == (1, 3)
    assert counts["rules"]["key:Id"] == 2
    assert counts["rules"]["sequence:versionnumber"] == 2


def test_synapse_link_times_are_read_in_both_spellings(pipeline: Pipeline) -> None:
    rows = [customer("a", 1), customer("b", 1) | {"SinkModifiedOn": "6/28/2021 16:34:35 PM"}]
    rows += [customer("c", 1) | {"SinkModifiedOn": "6/28/2021 12:00:01 AM"}, customer("d", 1) | {"SinkModifiedOn": "garbage"}]
    pipeline.land(rows)
    counts = pipeline.silver(pipeline.manifest())["entities"]["customer"]
    assert counts["rules"]["type:SinkModifiedOn"] == 1
    times = {row["Id"]: str(row["SinkModifiedOn"]) for row in pipeline.current("customer")}
    assert times == {"a": "2026-04-14 20:00:01", "b": "2021-06-28 16:34:35", "c": "2021-06-28 00:00:01"}
    assert sink(1) == "4/14/2026 8:00:01 PM"
