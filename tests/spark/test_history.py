"""AUTO CDC, SCD type 2: each rule of reference: Databricks, section 4.2, by name, and the oracle over random streams."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import pytest

from spark_jobs.driver import MOST_IN_DRIVER, few, taken
from spark_jobs.errors import IdentityConflictError
from spark_jobs.lake import File, Lake
from spark_jobs.silver.effect.replacement import Replacement
from spark_jobs.silver.merge import Merge
from spark_jobs.silver.task import run as run_silver
from spark_jobs.tables import Table
from tests.spark.cdc_oracle import Event, Row, history, newest
from tests.spark.conftest import CUSTOMER, Pipeline, customer, sink
from tests.spark.test_silver import finance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts.counts import MergeCounts

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
    pipeline.configure(table={"untracked": ("email",)})
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


#: Rule of reference: Databricks, section 4.2 -> the tests and cases of `_RULES` that guard it.
_GUARDS = {
    1: ["test_shuffled_batches", "test_one_batch", "a replay changes nothing", "test_a_crash_at_any_write"],
    2: ["equal versions are ordered", "a delete without version is", "a delete without version comes", "test_other_keys"],
    3: ["test_a_row_without_key_or_sequence"],
    4: ["a delete beats an upsert of the same sequence, a", "a delete beats an upsert of the same sequence, b", "test_of_two"],
    5: ["a tombstone keeps a late upsert", "test_shuffled_batches"],
    6: ["test_shuffled_batches"],
    7: ["a later value closes the row before", "equal consecutive values coalesce"],
    8: ["an untracked change updates in place", "a closed row keeps its last untracked value"],
    9: ["a delete ends the run", "a re-insert with equal values", "a delete of an unknown key is remembered"],
    10: ["a late event is the earliest row", "a late event splits", "a late delete shortens", "a late value cuts"],
    11: ["test_every_rule_holds", "test_shuffled_batches"],
}


def test_each_rule_of_auto_cdc_has_its_tests_and_each_case_its_rule() -> None:
    known = [*_RULES, *(name for name in globals() if name.startswith("test_"))]
    guards = {guard for guards in _GUARDS.values() for guard in guards}
    assert sorted(_GUARDS) == list(range(1, 12))
    assert [guard for guard in guards if not any(name.startswith(guard) for name in known)] == []
    assert [name for name in _RULES if not any(name.startswith(guard) for guard in guards)] == []


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


@pytest.fixture
def as_on_a_cluster(spark: SparkSession) -> Iterator[None]:
    """Tables mark rows as deleted instead of writing their files anew, and rows meet in several partitions."""
    settings = {
        "spark.databricks.delta.properties.defaults.enableDeletionVectors": "true",
        "spark.sql.shuffle.partitions": "3",
    }
    before = {name: str(spark.conf.get(name)) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    yield
    for name, value in before.items():
        spark.conf.set(name, value)


@pytest.mark.usefixtures("as_on_a_cluster")
def test_shuffled_batches_equal_the_oracle_and_current_rows_are_the_latest_events(untracked: Pipeline) -> None:
    events = stream(11)
    random.Random(5).shuffle(events)
    cuts = [0, 100, 110, 200, len(events)]
    counts = merge(untracked, [events[start:end] for start, end in pairwise(cuts)])
    assert list(untracked.folder.glob("silver/customer/deletion_vector_*.bin"))
    rows = stored(untracked)
    assert rows == history(events)
    assert all(row.end is None or row.start < row.end for row in rows)
    current = {row["Id"]: (row["name"], row["email"]) for row in untracked.current("customer")}
    assert current == {event.key: (event.value, event.note) for event in newest(events) if not event.deleted}
    assert len(current) == counts[-1]["current"], "at most one open row for each key"
    for count in counts:
        assert count["read"] == count["applied"] + count["superseded"] + count["duplicates"] + count["rejected"]
    assert counts[-1]["history"] == len(history(events))
    assert counts[-1]["current"] == sum(row.end is None for row in history(events))


def test_a_first_load_that_orders_only_the_keys_with_several_events_equals_the_oracle(
    untracked: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spark_jobs.silver.merge.WORTH_A_PASS", 0)
    events = [*stream(13), upsert("single", 1, "x"), delete("gone", 2), delete("versionless", None, sink=3)]
    (counts,) = merge(untracked, [events])
    expected = history(events)
    assert stored(untracked) == expected
    assert (counts["current"], counts["history"]) == (sum(row.end is None for row in expected), len(expected))


def test_one_batch_equals_the_oracle(untracked: Pipeline) -> None:
    events = stream(12)
    merge(untracked, [events])
    assert stored(untracked) == history(events)


class Cut(Exception):
    """The process ends here."""


class CutLake(Lake):
    """A lake whose process ends at one point of a merge; the points are told by the documents and deletions around them."""

    def __init__(self, pipeline: Pipeline, at: str) -> None:
        super().__init__(pipeline.spark, f"{pipeline.folder}/{{container}}")
        self._at = at
        self._notes = 0

    def _reach(self, point: str) -> None:
        if point == self._at:
            raise Cut(point)

    def write_text(self, place: str, text: str) -> None:
        self._notes += 1
        self._reach("staged" if self._notes == 1 else "rejected rows kept")
        super().write_text(place, text)
        self._reach("noted" if self._notes == 1 else "noted again")

    def delete(self, place: str) -> None:
        staged = "/staged/" in place
        self._reach("merged" if staged else "")
        super().delete(place)
        self._reach("staged rows gone" if staged else "")

    def files(self, place: str, *, deep: bool = True) -> list[File]:
        if self._notes == 1 and "_rejected/" in place:  # the first question of who keeps rejected rows
            self._reach("replaced")
        return super().files(place, deep=deep)


_OF_BOTH = ["staged", "noted", "rejected rows kept", "noted again"]


@pytest.mark.parametrize(
    ("most_in_driver", "points"),
    [
        pytest.param(0, [*_OF_BOTH, "merged", "staged rows gone"], id="many rows, kept in the lake"),
        pytest.param(MOST_IN_DRIVER, [*_OF_BOTH, "replaced"], id="few rows, kept in the driver"),
    ],
)
def test_a_crash_at_any_write_of_a_merge_and_a_second_attempt_come_to_the_same(
    untracked: Pipeline, monkeypatch: pytest.MonkeyPatch, most_in_driver: int, points: list[str]
) -> None:
    monkeypatch.setattr("spark_jobs.driver.MOST_IN_DRIVER", most_in_driver)
    events = [upsert("a", 1, "x"), upsert("b", 1, "x")]
    merge(untracked, [events])
    for number, point in enumerate(points, 1):
        new = [upsert("a", 10 * number, "xy"[number % 2]), upsert("b", 100 - number, f"late {number}")]
        new.append(delete("b", 100 - number) if number == 3 else upsert("c", number, "z"))
        events += new
        untracked.land([*(landed(event) for event in (*new, events[0])), customer("", 1)])
        batch_id = untracked.manifest()
        batch = untracked.batch(batch_id)
        with pytest.raises(Cut):
            run_silver(untracked.spark, CutLake(untracked, point), batch)
        counts = untracked.silver(batch_id)["entities"]["customer"]
        assert (counts["duplicates"], counts["rejected"], counts["rules"]["key:Id"]) == (1, 1, 1), point
        assert counts["applied"] + counts["superseded"] == 3, point
        assert stored(untracked) == history(events), point
        assert untracked.table("customer_rejected").where(f"_batch_id = '{batch_id}'").count() == 1, point


def test_few_events_of_keys_that_have_a_long_history_meet_it_where_it_lies(
    untracked: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few the events are, what is stored of their keys may be too much for the driver."""
    monkeypatch.setattr("spark_jobs.driver.MOST_IN_DRIVER", 4)
    asked: list[bool] = []

    def counted(rows: DataFrame) -> pa.Table | None:
        found = taken(rows)
        asked.append(found is not None and found.num_rows <= 4)
        return found

    monkeypatch.setattr("spark_jobs.silver.sides.taken", counted)
    first = [upsert("a", version, f"value {version}") for version in range(2, 12, 2)] + [upsert("b", 1, "x")]
    batches = [first, [upsert("a", 5, "late"), delete("c", 1)], [upsert("b", 2, "y")]]
    merge(untracked, batches)
    assert asked == [False, True]
    assert stored(untracked) == history(chain.from_iterable(batches))


def test_rows_that_are_wide_do_not_pass_through_the_driver_however_few_they_are(
    untracked: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand long mails are more than a driver of 2 GB holds several times; and so may be what their deletion closes."""
    wide = "x" * 100_000
    monkeypatch.setattr("spark_jobs.driver.MOST_BYTES", 2 * len(wide))
    places: list[bool] = []
    put_into = Replacement.put_into

    def put(staged: Replacement, table: Table) -> None:
        places.append(staged.place is not None)
        put_into(staged, table)

    monkeypatch.setattr(Replacement, "put_into", put)
    batches = [
        [upsert("a", 1, "x"), upsert("b", 1, "x")],
        [upsert(key, 2, f"{key}{wide}") for key in "abc"],  # wide as they land
        [delete(key, 3) for key in "abc"],  # narrow, and what they close is not
        [upsert("a", 4, "y")],
    ]
    merge(untracked, batches)
    assert places == [True, True, False], "in the lake, in the lake, in the driver"
    assert stored(untracked) == history(chain.from_iterable(batches))


@pytest.mark.skipif(bool(os.environ.get("SPARK_REMOTE")), reason="sets what a server lets no client set")
def test_rows_that_spark_refuses_to_bring_to_the_driver_are_too_many(spark: SparkSession) -> None:
    """Queries of more than `spark.driver.maxResultSize` fail (Spark's documentation, Configuration, Application Properties)."""
    settings = spark.sparkContext._jsc.sc().conf()
    before = settings.get("spark.driver.maxResultSize", "1g")
    settings.set("spark.driver.maxResultSize", "8m")  # what other lanes ask at the same time is far less
    try:
        assert few(spark.range(120).selectExpr("id", "repeat('x', 100000)")) is None
    finally:
        settings.set("spark.driver.maxResultSize", before)


@pytest.mark.parametrize(
    "conditions", [pytest.param((), id="as on a laptop"), pytest.param(("as_on_a_cluster",), id="as on a cluster")]
)
def test_a_batch_of_few_rows_is_one_commit_that_a_belated_attempt_may_repeat(
    untracked: Pipeline, request: pytest.FixtureRequest, conditions: tuple[str, ...]
) -> None:
    """Who reads by name finds the table before or after; an attempt that was given up and is still there does no harm."""
    for name in conditions:
        request.getfixturevalue(name)
    first, second = [upsert("a", 1, "x"), upsert("b", 1, "x")], [upsert("a", 2, "y"), delete("b", 3), upsert("c", 1, "z")]
    merge(untracked, [first])
    untracked.land([landed(event) for event in second])
    batch = untracked.batch(untracked.manifest())
    belated = Merge.read(untracked.spark, untracked.lake, batch, batch.entities["customer"])
    meanwhile: list[dict[str, Any]] = []

    def note(counts: MergeCounts) -> None:
        if not counts.merged:  # it has looked, and decided what to write
            meanwhile.append(untracked.silver(batch.batch_id)["entities"]["customer"])

    table = Table(untracked.spark, untracked.lake, "customer")
    before = table.version()
    belated.run(note, lambda _: None)
    assert table.version() == before + 2, "one commit each"
    assert table.changed_only_by_merge(before, before + 2)
    assert len(meanwhile) == 1
    assert stored(untracked) == history([*first, *second])
    assert not list(untracked.folder.glob(f"pipeline/batches/{batch.batch_id}/*/")), "it left nothing in the lake"


def test_of_two_upserts_of_one_sequence_the_content_decides_whichever_comes_first(pipeline: Pipeline) -> None:
    one, other = customer("k", 5, crc33_name="one"), customer("k", 5, crc33_name="other")
    for batches in ({"p": [one], "q": [other], "r": [one, other]}, {"p": [other], "q": [one], "r": [one]}):
        for table, rows in batches.items():
            pipeline.land(rows, table=table)
        counts = pipeline.silver(pipeline.manifest())["entities"]
    winners = [[row["name"] for row in pipeline.current(table)] for table in "pqr"]
    assert winners[0] == winners[1] == winners[2]
    assert len(winners[0]) == 1
    assert {counts[table]["current"] + counts[table]["history"] for table in "pqr"} == {2}
    assert counts["p"]["superseded"] + counts["q"]["superseded"] == 1, "one of the two came second and lost"


def test_other_keys_are_refused_with_what_to_do_and_a_rebuild_takes_them(pipeline: Pipeline) -> None:
    text = "cid,region,spend\n1,north,10\n1,south,20"
    pipeline.configuration = finance()
    pipeline.finance(text)
    pipeline.silver(pipeline.manifest())
    pipeline.configuration = finance(keys=("cid", "region"))
    pipeline.finance(text, hours=1)
    told = r"tells events apart by .*cid.* and the configuration now by .*region.*reprocess"
    with pytest.raises(IdentityConflictError, match=told):
        pipeline.silver(pipeline.manifest())
    assert len(pipeline.current("customer_finance")) == 1, "nothing was merged"
    pipeline.finance(text, hours=1)
    counts = pipeline.silver(pipeline.manifest(full_rebuild=["customer_finance"]))["entities"]["customer_finance"]
    assert counts["current"] == 2


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
