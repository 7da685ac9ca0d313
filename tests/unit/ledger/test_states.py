"""The table of states is the one that the documentation shows, and the ledger keeps to it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from shared.ledger.records import Batch, LandedFile, Part, Refresh, ReprocessJob
from shared.ledger.states import TRANSITIONS, Event, LogEntry, event_of

ROOT = Path(__file__).parents[3]


def test_a_step_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="a batch cannot go from succeeded to open"):
        event_of(("batch", "succeeded", "open"))


def test_the_documentation_shows_every_step() -> None:
    shown = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for (thing, before, after), event in TRANSITIONS.items():
        assert f"| {thing} | {before or '–'} | {after} | `{event}` |" in shown
    assert shown.count(" | `") == len(TRANSITIONS)


def test_every_state_can_be_reached_and_only_ends_lead_nowhere() -> None:
    for thing in ("batch", "refresh", "reprocess"):
        steps = [(before, after) for of, before, after in TRANSITIONS if of == thing]
        reached = {""}
        while new := {after for before, after in steps if before in reached} - reached:
            reached |= new
        assert reached == {state for step in steps for state in step}
    ends = {after for of, _, after in TRANSITIONS if of == "batch"} - {before for of, before, _ in TRANSITIONS if of == "batch"}
    assert ends == {"succeeded", "dissolved", "cancelled"}


@pytest.mark.parametrize("record", [LandedFile, Part, Batch, Refresh, ReprocessJob, LogEntry])
def test_states_reasons_stages_and_sources_of_records_are_typed(record: type[object]) -> None:
    named = {"state", "reason", "stage", "source", "status", "thing", "event"}
    hints = {name: kind for name, kind in get_type_hints(record).items() if name in named}
    assert hints
    assert [name for name, kind in hints.items() if kind is str] == []


def test_every_event_that_the_log_may_hold_is_that_of_a_step() -> None:
    assert set(get_args(Event)) == set(TRANSITIONS.values())
