"""What needs no Spark of the preview: groups, chains, what depends on each other, letters."""

from __future__ import annotations

import random

from anyascii import anyascii

from spark_jobs.insights.intermediate import digest
from spark_jobs.insights.judge.chains import Link, chain
from spark_jobs.insights.judge.changes import RulePairs, useless
from spark_jobs.insights.judge.forecast import together
from spark_jobs.insights.task import shipped_rules, with_refusals
from spark_jobs.insights.unify.ascii_table import MANY, ONE
from spark_jobs.insights.unify.components import joined
from tests.contracts import make_outcome


def test_what_pairs_join_through_others_is_one_group_by_its_smallest_member() -> None:
    assert joined([(5, 3), (9, 5), (7, 8), (8, 7), (-4, 9)]) == {3: -4, 5: -4, 9: -4, -4: -4, 7: 7, 8: 7}
    assert joined([]) == {}


def test_the_outcome_of_a_run_says_why_it_may_not_be_published_until_it_may() -> None:
    outcome = make_outcome()
    refused = with_refusals(outcome, ("largest_profile: the largest profile has 6 rows (allowed: 5)", "too much to compare"))
    assert [(one.where, one.detail, one.severity) for one in refused.warnings] == [
        ("largest_profile", "the largest profile has 6 rows (allowed: 5)", "error"),
        ("too much to compare", "too much to compare", "error"),
    ]
    assert with_refusals(refused, ()) == outcome


def test_groups_do_not_depend_on_the_order_of_the_pairs() -> None:
    chance = random.Random(14)
    pairs = [(chance.randrange(200), chance.randrange(200)) for _ in range(150)]
    first = joined(pairs)
    chance.shuffle(pairs)
    assert joined(pairs) == first
    assert all(first[one] == first[other] for one, other in pairs)


def link(one: str, other: str, score: int) -> Link:
    return Link(one=("t", one), other=("t", other), rules=("r",), score=score)


def test_a_chain_goes_where_its_weakest_link_is_strongest_and_then_the_shortest_way() -> None:
    joined_by = [
        link("a", "d", 60),
        link("a", "b", 90),
        link("b", "c", 85),
        link("d", "c", 100),
        link("c", "d", 85),
        link("a", "x", 99),
    ]
    found = chain(joined_by, ("t", "a"), ("t", "d"))
    assert found is not None
    assert [(one.one[1], one.other[1]) for one in found.links] == [("a", "b"), ("b", "c"), ("d", "c")]
    assert found.weakest == link("b", "c", 85)
    assert chain(joined_by, ("t", "a"), ("t", "nowhere")) is None


def test_columns_that_depend_on_each_other_through_a_third_are_one_set() -> None:
    assert together(["first", "mail", "last", "first"], [["first", "name"], ["name", "last"]]) == [(0, 2, 3), (1,)]


def test_a_rule_that_joins_nothing_or_nothing_that_others_do_not_is_told() -> None:
    pairs = {"of use": (9, 4), "beside another": (9, 0), "in vain": (0, 0)}
    told = useless(
        RulePairs(table="t", rule=rule, before=0, after=after, alone=alone) for rule, (after, alone) in pairs.items()
    )
    assert {one.where: one.trap for one in told} == {"beside another": "finds_nothing_alone", "in vain": "finds_nothing"}
    assert {one.severity for one in told} == {"warning"}


def test_letters_are_those_of_the_library() -> None:
    one, many = dict(zip(*ONE, strict=True)), MANY
    assert len(one) > 500
    assert {sign: anyascii(sign) for sign in (*one, *many)} == {**one, **many}


def test_a_stage_is_named_by_what_it_is_made_of() -> None:
    rules = shipped_rules()
    assert digest(rules, "v") == digest(shipped_rules(), "v") != digest(rules, "w")
