"""What a step adds to the counts of its day."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.adapters.memory import MemoryClock
from shared.ledger.records import Refresh
from shared.ledger.states import RefreshState
from shared.ledger.tallies import increments


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        ("successful", {"refresh_well": 1}),
        ("failed", {"refresh_badly": 1}),
        ("skipped", {}),  # a newer publication came first: it went neither way
        ("running", {}),
    ],
)
def test_a_refresh_counts_when_it_went_well_or_badly(state: RefreshState, counted: dict[str, int]) -> None:
    refresh = Refresh(publication="p", state=state, requested_at=MemoryClock()())
    assert increments.of_refresh(refresh) == Counter(counted)


def test_a_length_is_counted_where_older_ledgers_counted_it() -> None:
    assert [increments.step_of(seconds) for seconds in (0, 1, 2, 16, 17)] == [0, 0, 4, 16, 17]
