"""Records survive their way through the ledger's table, whatever kind of field they have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryClock
from shared.ledger.records import Batch
from shared.ledger.rows import known_as, values_of
from shared.ports import Row

NAMES = st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)).map(tuple)


def make_batch(*entities: str) -> Batch:
    return Batch(batch_id="b1", entities=entities, created_at=MemoryClock()())


@given(entities=NAMES)
def test_lists_of_names_come_back_as_they_were_written(entities: tuple[str, ...]) -> None:
    batch = make_batch(*entities)
    assert known_as(Batch, Row(partition="p", key="r", values=values_of(batch))).record == batch


def test_a_list_is_one_text_in_the_table_which_older_ledgers_have_too() -> None:
    assert values_of(make_batch("account", "contact"))["entities"] == "account,contact"


@pytest.mark.parametrize("name", ["", "a,b"])
def test_a_name_that_could_not_be_told_from_others_is_not_written(name: str) -> None:
    with pytest.raises(ValueError, match="entities"):
        values_of(make_batch("account", name))


def test_properties_of_a_later_version_are_passed_over() -> None:
    row = Row(partition="p", key="r", values={**values_of(make_batch("account")), "unheard_of": 1})
    assert known_as(Batch, row).record == make_batch("account")
