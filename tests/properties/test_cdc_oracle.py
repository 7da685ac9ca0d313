"""The oracle of AUTO CDC is held to the rules that need no second implementation (reference: Databricks, section 4.2)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.spark.cdc_oracle import Event, Row, history


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Events of two keys, with deletes, repeats and deletes without version; no two upserts of one sequence differ."""
    made = {}
    for _ in range(draw(st.integers(0, 12))):
        key, version, sink = draw(st.tuples(st.sampled_from("ab"), st.integers(1, 8), st.integers(1, 8)))
        kind = draw(st.sampled_from(["upsert", "upsert", "upsert", "delete", "late delete"]))
        event = Event(
            key=key,
            version=None if kind == "late delete" else version,
            sink=sink,
            deleted=kind != "upsert",
            value=None if kind != "upsert" else draw(st.sampled_from("xy")),
        )
        made[event.key, event.version, event.sink, event.deleted] = event
    return list(made.values())


def as_of(rows: list[Row], key: str, at: tuple[int, int]) -> list[str | None]:
    return [row.value for row in rows if row.key == key and row.start <= at and (row.end is None or at < row.end)]


@given(events(), st.randoms())
def test_the_order_of_arrival_and_repeats_do_not_matter(made: list[Event], random: object) -> None:
    shuffled = [*made, *made]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its random as object's subclass
    assert history(shuffled) == history(made)


@given(events())
def test_intervals_of_a_key_do_not_overlap_and_at_most_one_is_open(made: list[Event]) -> None:
    for key in "ab":
        rows = [row for row in history(made) if row.key == key]
        assert sum(row.end is None for row in rows) <= 1
        for earlier, later in pairwise(rows):
            assert earlier.end is not None
            assert earlier.start < earlier.end <= later.start


@given(events())
def test_as_of_any_versioned_event_its_value_shows_and_after_a_delete_none_does(made: list[Event]) -> None:
    versioned = [event for event in made if event.version is not None]
    if len(versioned) < len(made):
        return
    rows = history(made)
    deleted = {(event.key, event.version, event.sink) for event in made if event.deleted}
    for event in versioned:
        assert event.version is not None
        gone = (event.key, event.version, event.sink) in deleted
        assert as_of(rows, event.key, (event.version, event.sink)) == ([] if gone else [event.value])
