"""One currency symbol is read in a column of amounts: the one that it had, or has alone."""

from __future__ import annotations

import pytest

from shared.contracts.entity import Entity
from shared.contracts.values.notation import Notation
from spark_jobs.silver.landed.currencies import PROPERTY, amounts, findings, remembered, settled


@pytest.mark.parametrize(
    ("found", "held", "read"),
    [
        ({"$"}, "", "$"),
        ({"$", "€"}, "", ""),  # nothing says which of them it holds
        ({"$", "€"}, "$", "$"),
        ({"€"}, "$", "$"),
        (set(), "$", "$"),
        (set(), "", ""),
    ],
)
def test_the_symbol_that_a_column_had_counts_else_the_one_that_it_has_alone(found: set[str], held: str, read: str) -> None:
    assert settled({"amount": frozenset(found)}, {"amount": held} if held else {}) == {"amount": read}


def test_symbols_are_remembered_as_properties_of_the_table() -> None:
    assert remembered({f"{PROPERTY}amount": "$", "delta.minReaderVersion": "1"}) == {"amount": "$"}


def test_only_configured_numbers_of_an_accounting_data_set_may_carry_one() -> None:
    types = {"n": "bigint", "X": "decimal(9,2)", "day": "date", "name": "string"}
    for accounting, found in ((True, {"x"}), (False, set())):
        notation = Notation(accounting=accounting)
        entity = Entity(name="a", source="finance", table="a", keys=("N",), types=types, notation=notation)
        assert amounts(entity) == found


def test_other_currencies_are_told_with_what_to_do() -> None:
    entity = Entity(name="a", source="finance", table="Sales", keys=("n",))
    (told,) = findings(entity, {"x": frozenset("$€"), "y": frozenset("$")}, {"x": "$", "y": "$"})
    assert (told.trap, told.where, told.severity) == ("currencies", "x", "warning")
    assert "[finance.Sales]" in told.detail
