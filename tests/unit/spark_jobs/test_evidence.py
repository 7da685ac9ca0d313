"""Which type a finance column has by what all its values say, and what a person is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.entity import Entity
from shared.contracts.values.notation import Notation
from spark_jobs.silver.landed.evidence import Evidence, decided, findings, gives_text_back, unmet, widened

POINT = Notation()


def seen(**more: Any) -> Evidence:
    return Evidence(column="amount", **{"values": 3} | more)


WHOLE = {"whole": True, "number": True, "before": 2}
CENTS = {"number": True, "proof": True, "before": 2, "behind": 2}


@pytest.mark.parametrize(
    ("found", "notation", "kind"),
    [
        (seen(values=0), POINT, None),  # a later batch tells
        (seen(values=0, null_words=2), POINT, "string"),  # words are values until somebody lists them
        (seen(**WHOLE), POINT, "bigint"),
        (seen(**CENTS), POINT, "decimal(16,2)"),
        (seen(**CENTS | {"behind": 5}), POINT, "decimal(19,5)"),
        (seen(**CENTS | {"before": 18, "behind": 25}), POINT, "string"),  # more digits than a decimal has
        (seen(number=True, before=1, behind=3), POINT, "string"),  # 1.234
        (seen(number=True, before=1, behind=3), Notation(decimal="."), "decimal(17,3)"),
        (seen(date=True, local=True), POINT, "date"),
        (seen(local=True), POINT, "timestamp"),
        (seen(utc=True), POINT, "timestamp"),
        (seen(formatted=True), Notation(date_formats=("dd.MM.yyyy",)), "date"),
        (seen(formatted=True), Notation(date_formats=("dd.MM.yyyy HH:mm",)), "timestamp"),
        (seen(**WHOLE, formatted=True), Notation(date_formats=("yyyyMMdd",)), "string"),  # two readings
        (seen(boolean=True), POINT, "boolean"),
        (seen(), POINT, "string"),
    ],
)
def test_a_type_is_taken_where_every_value_survives_it(found: Evidence, notation: Notation, kind: str | None) -> None:
    assert decided(found, notation) == kind


@pytest.mark.parametrize(
    ("stored", "found", "kind"),
    [
        ("bigint", seen(**WHOLE), "bigint"),
        ("bigint", seen(**CENTS, fits=False), "decimal(20,2)"),
        ("decimal(16,2)", seen(**CENTS | {"behind": 4}, fits=False), "decimal(18,4)"),
        ("decimal(38,2)", seen(**CENTS | {"behind": 4}, fits=False), "string"),  # bronze has what landed
        ("bigint", seen(fits=False), "string"),
        ("date", seen(local=True, fits=False), "timestamp"),
        ("date", seen(**WHOLE, fits=False), "string"),
        ("timestamp", seen(date=True, local=True), "timestamp"),  # it never narrows
        ("string", seen(**WHOLE, fits=False), "string"),
        ("boolean", seen(**WHOLE, fits=False), "string"),
        ("timestamp", seen(fits=False), "string"),
    ],
)
def test_a_type_widens_where_later_values_do_not_fit(stored: str, found: Evidence, kind: str) -> None:
    assert widened(stored, found, POINT) == kind


def test_a_column_that_stays_text_is_told_with_the_key_that_settles_it() -> None:
    (told,) = findings("gl", "GL", seen(doubts=("point",)), "string", None)
    assert (told.trap, told.where, told.severity) == ("text_point", "amount", "warning")
    assert "decimal" in told.detail
    assert "[finance.GL]" in told.detail
    assert findings("gl", "GL", seen(doubts=("point",)), "string", "string") == [], "once"


@pytest.mark.parametrize(
    ("stored", "notation", "gives"),
    [
        ("bigint", POINT, True),
        ("date", POINT, True),
        ("decimal(16,2)", POINT, False),  # 1.10 does not say that it was 1.1
        ("boolean", POINT, False),
        ("timestamp", POINT, False),
        ("bigint", Notation(thousands=".", decimal=","), False),
        ("date", Notation(date_formats=("dd.MM.yyyy",)), False),
    ],
)
def test_values_give_their_text_back_where_there_is_one_spelling_of_each(
    stored: str, notation: Notation, *, gives: bool
) -> None:
    assert gives_text_back(stored, notation) is gives


def test_a_column_that_widened_is_told() -> None:
    (told,) = findings("gl", "GL", seen(fits=False), "decimal(20,2)", "bigint")
    assert told.trap == "type_widened"
    assert "bigint became decimal(20,2)" in told.detail


def test_a_configured_type_that_the_column_does_not_take_is_told_with_what_would_make_it_so() -> None:
    types = {"amount": "decimal(16,2)", "on": "date", "later": "bigint", "cid": "bigint"}
    entity = Entity(name="spend", source="finance", table="Spend 2026", keys=("CID",), types=types)
    (told,) = unmet(entity, {"Amount": "string", "on": "date", "cid": "string"})
    assert (told.trap, told.where, told.severity) == ("type_not_taken", "amount", "warning")
    assert "decimal(16,2) is configured, and the column is string" in told.detail
    assert 'POST /api/reprocess {"stage": "silver", "table": "Spend 2026"}' in told.detail
