"""The preview is compared with the real tables by the rows that profiles hold; the kit says what each switch has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

from customer_insights.errors import TableMissing
from customer_insights.verification.calibration import calibrate
from customer_insights.verification.comparison import compare_profiles
from customer_insights.verification.kit import FIRST, SECOND, Answer, questions
from customer_insights.verification.membership import Member, membership
from customer_insights.verification.tables import Tables
from customer_insights.verifying import verified
from spark_jobs.insights.rules.reading import read_rules
from spark_jobs.insights.rules.switches import Switches
from tests.insights_documents import HIGH_VALUE, RULES

KEYS = {"customer": "cid"}


def profile(customer: str, *keys: str, **values: Any) -> dict[str, Any]:
    return {"CustomerId": customer, "customer_cid": keys[0], "customer_cid_Alternate": ";".join(keys), **values}


def members(*profiles: Mapping[str, Any]) -> dict[Member, str]:
    return membership(profiles, KEYS)


def test_the_same_profiles_agree_whatever_their_ids_are() -> None:
    found = compare_profiles(
        members(profile("a", "1", "2"), profile("b", "3")), members(profile("x", "2", "1"), profile("y", "3"))
    )
    assert found.agrees
    assert found.ids == {"a": "x", "b": "y"}


@pytest.mark.parametrize(
    ("real", "told"),
    [
        ([("x", "1", "2", "3")], {"joined": 1, "split": 0, "same": 0, "ids": {"a": "x"}}),
        ([("x", "1"), ("y", "2"), ("z", "3")], {"joined": 0, "split": 1, "same": 1, "ids": {"a": "x", "b": "z"}}),
        ([("x", "1", "2"), ("y", "4")], {"only_previewed": 1, "only_real": 1, "same": 1}),
    ],
)  # fmt: skip
def test_what_the_instance_joined_split_or_lacks_is_counted(real: list[tuple[str, ...]], told: dict[str, Any]) -> None:
    ours = members(profile("a", "1", "2"), profile("b", "3"))
    found = compare_profiles(ours, members(*(profile(*one) for one in real)))
    assert {name: getattr(found, name) for name in told} == told
    assert not found.agrees


def test_a_table_of_keys_may_have_its_data_source_before_its_name() -> None:
    row = {"CustomerId": "x", "gold_customer_cid": "1", "gold_customer_cid_Alternate": "1;2"}
    assert membership([row], KEYS) == {("customer", "1"): "x", ("customer", "2"): "x"}


def side(**tables: list[dict[str, Any]]) -> Tables:
    def rows(name: str) -> list[Mapping[str, Any]]:
        if name not in tables:
            raise TableMissing(name, "there")
        return [dict(row) for row in tables[name]]

    return rows


def test_measures_and_members_are_compared_by_the_profiles_that_are_the_same() -> None:
    rules = read_rules(RULES + HIGH_VALUE)
    ours = side(
        Customer=[profile("a", "1"), profile("b", "2")],
        Customer_Measure=[{"CustomerId": "a", "LifetimeSpend": 3000.0}, {"CustomerId": "b", "LifetimeSpend": None}],
        HighValue=[{"CustomerId": "a"}],
    )
    exported = side(
        Customer=[profile("x", "1"), profile("y", "2")],
        Customer_Measure=[{"CustomerId": "x", "LifetimeSpend": "3000.00"}, {"CustomerId": "y", "LifetimeSpend": ""}],
        HighValue=[{"CustomerId": "x"}],
    )
    assert verified(rules, ours, exported).agrees
    other = side(
        Customer=[profile("x", "1"), profile("y", "2")],
        Customer_Measure=[{"CustomerId": "x", "LifetimeSpend": "2999"}, {"CustomerId": "y", "LifetimeSpend": ""}],
        HighValue=[{"CustomerId": "y"}],
    )
    found = verified(rules, ours, other)
    assert [(one.same, one.differs) for one in found.measures] == [(1, 1)]
    assert [(one.both, one.only_previewed, one.only_real) for one in found.segments] == [(0, 1, 1)]


def test_a_real_table_that_is_not_there_is_told_and_the_others_are_compared() -> None:
    rules = read_rules(RULES + HIGH_VALUE)
    ours = side(Customer=[profile("a", "1")], Customer_Measure=[{"CustomerId": "a", "LifetimeSpend": 1}], HighValue=[])
    found = verified(rules, ours, side(Customer=[profile("x", "1")]))
    assert found.missing == ("there is no table Customer_Measure in there", "there is no table HighValue in there")
    assert (found.profiles.agrees, found.agrees, found.measures[0].is_there) == (True, False, False)


def made(choose: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the table `Customer` of an instance that behaves as chosen: what the answers say, as profiles."""
    customers: list[dict[str, Any]] = []
    for number, question in enumerate(questions()):
        (answer,) = (one for one in question.answers if one.value == choose[question.switch])
        customers += _profiles(
            f"{number}", answer, [(table, row["row"]) for table, rows in question.rows.items() for row in rows]
        )
    return customers


def _profiles(name: str, answer: Answer, rows: list[Member]) -> list[dict[str, Any]]:
    joined = answer.together or (() if answer.apart else tuple(rows))
    groups = [joined, *((row,) for row in rows if row not in joined)]
    found = []
    for number, group in enumerate(filter(None, groups)):
        row: dict[str, Any] = {"CustomerId": f"{name}-{number}"}
        for table in (FIRST, SECOND):
            keys = [key for own, key in group if own == table]
            winner = answer.winner[1] if answer.winner else keys[0] if keys else ""
            row |= {f"{table}_row": winner if keys else "", f"{table}_row_Alternate": ";".join(keys)}
        found.append(row | ({answer.shows[1]: answer.shows[2]} if answer.shows else {}))
    return found


@pytest.mark.parametrize("place", [0, 1])
def test_the_kit_asks_of_every_switch_and_tells_its_values_apart(place: int) -> None:
    choice = {question.switch: question.answers[place].value for question in questions()}
    assert set(choice) == {field.name for field in fields(Switches)}
    assert {one.switch: one.value for one in calibrate(questions(), made(choice))} == choice


def test_behaviour_that_no_switch_stands_for_is_told() -> None:
    (first, *_) = [one for one in calibrate(questions(), []) if one.switch == "score_base"]
    assert (first.value, first.why) == (None, "4 of 4 times it is as no value says")


def test_the_kit_has_about_sixty_rows_with_a_key_each() -> None:
    keys = [(table, row["row"]) for question in questions() for table, rows in question.rows.items() for row in rows]
    assert 50 <= len(keys) <= 70
    assert len(set(keys)) == len(keys)
