"""What would be written: values, in forms that were seen, and nothing that nobody asked for."""

from __future__ import annotations

from typing import Any, cast

import pytest

from customer_insights.configuration.documents import Kind
from customer_insights.configuration.plan import Change, make_plan
from customer_insights.configuration.snapshot import Configuration, of_instance
from customer_insights.errors import DeletionRefused
from spark_jobs.insights.rules.reading import read_rules
from tests.insights_documents import HIGH_VALUE, RULES, Document, condition, group, measure, relationship, segment


def pulled(**there: list[Document]) -> Configuration:
    usual: dict[Kind, list[Any]] = {"measures": [measure()], "segments": [segment()], "relationships": [relationship()]}
    return of_instance(usual | cast("dict[Kind, list[Any]]", there))


def changes(rules: str = RULES + HIGH_VALUE, *, delete: tuple[str, ...] = (), **there: Any) -> list[Change]:
    return list(make_plan(read_rules(rules), pulled(**there), delete=delete).changes)


def the_change(rules: str = RULES + HIGH_VALUE, **there: Any) -> Change:
    (change,) = changes(rules, **there)
    return change


def conditions(document: Any) -> list[Document]:
    criteria = document["segmentQueryExpression"]["rowsets"][0]["criteria"]
    return list(criteria.get("childCriterias") or [criteria])


def test_what_already_says_the_same_is_left_as_it_is_spelled_there() -> None:
    there = condition("customer_measure.lifetimespend", "GreaterThanOrEqualTo", "3000.00")
    assert changes(segments=[segment("HighValue", there)]) == []


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        (">= 3000", (">=", "2500"), "criteria.value"),
        (">= 3000", (">", "3000"), "criteria.comparisonOperator"),
    ],
)
def test_a_value_that_differs_is_changed_and_nothing_beside_it(before: str, after: tuple[str, str], path: str) -> None:
    operator, value = after
    rules = RULES + HIGH_VALUE.replace('operator = ">=", value = 3000', f'operator = "{operator}", value = {value}')
    change = the_change(rules)
    assert change.action == "update"
    (one,) = change.differences
    assert one.path.endswith(path)
    rowset = change.document["segmentQueryExpression"]["rowsets"][0]
    assert rowset["criteria"]["subtype"] == "s", "what nobody here knows goes back as it came"
    assert rowset["rowsetId"] == "r0"


def test_a_number_of_a_text_is_no_number() -> None:
    rules = RULES + HIGH_VALUE.replace("Customer_Measure.LifetimeSpend", "Customer.postcode").replace("3000", '"06040"')
    change = the_change(rules, segments=[segment("HighValue", condition("Customer.postcode", value="6040"))])
    assert [str(one) for one in change.differences] == ["segmentQueryExpression.rowsets[0].criteria.value: 6040 → 06040"]


def test_a_further_condition_takes_the_form_of_one_that_is_there() -> None:
    rules = RULES + HIGH_VALUE.replace(
        "value = 3000 }", 'value = 3000 }, { attribute = "Customer_Measure.Orders", operator = "<", value = 9 }'
    )
    change = the_change(rules)
    told = [(one["attribute"], one["comparisonOperator"], one["value"], one["subtype"]) for one in conditions(change.document)]
    assert told == [
        ("Customer_Measure.LifetimeSpend", "greaterThanOrEqualTo", "3000", "s"),
        ("Customer_Measure.Orders", "lessThan", "9", "s"),
    ]


def test_what_would_need_a_form_that_was_not_seen_is_left_to_a_person() -> None:
    several = RULES + HIGH_VALUE.replace(
        "value = 3000 }", 'value = 3000 }, { attribute = "Customer_Measure.Orders", operator = "<", value = 9 }'
    )
    bare = measure(filteringCriteria=condition("gold_customer_finance.is_current", "equals", "true"))
    change = the_change(several, measures=[bare])
    assert (change.action, change.why) == ("by_hand", "nothing that was pulled has several conditions in one rule")


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (measure(filters={"kind": "x"}), "it has filters or computed columns of a form that is not public"),
        (measure(type="manual"), "its definition is manual"),
        (measure(kind="entity"), "it is no customer attribute"),
        (measure(linkedEntities=[{"kind": "base", "entity": "gold_contact"}]), "it is not on the table customer_finance"),
    ],
)  # fmt: skip
def test_a_measure_that_nobody_can_read_is_left_to_a_person(there: Document, why: str) -> None:
    change = the_change(RULES, measures=[there], segments=[])
    assert (change.action, change.why) == ("by_hand", why)


def test_a_new_segment_is_a_clone_of_one_that_it_can_be_said_in_the_form_of() -> None:
    rules = (
        RULES
        + HIGH_VALUE
        + HIGH_VALUE.replace("HighValue", "VeryHigh").replace("High value", "Very high").replace("3000", "9000")
    )
    other = segment("Anybody", condition("Customer.city", "equals", "Rome"))
    created = next(one for one in changes(rules, segments=[other, segment()]) if one.action == "create")
    assert (created.document["name"], created.document["friendlyName"]) == ("VeryHigh", "Very high")
    assert [one["value"] for one in conditions(created.document)] == ["9000"]
    assert created.document["segmentQueryExpression"]["subtype"] == "s"
    assert "createdBy" not in created.document


def test_without_a_segment_to_clone_a_person_makes_the_first() -> None:
    change = the_change(segments=[])
    assert (change.action, change.why) == ("by_hand", "there are no segments to take the form from")


def test_a_new_measure_has_its_own_names() -> None:
    rules = RULES + RULES[RULES.index("[[measures]]") :].replace("LifetimeSpend", "Largest").replace('"sum"', '"max"')
    created = next(one for one in changes(rules, segments=[]) if one.action == "create")
    assert created.document["definition"]["aggregates"] == [
        {"operation": "max", "field": "gold_customer_finance.spend", "alias": "Largest"}
    ]
    assert (created.document["name"], created.document["displayName"]) == ("Largest", "Largest")


def test_a_table_that_was_not_seen_is_named_as_the_others_are() -> None:
    rules = RULES.replace(
        "[[measures]]", '[[relationships]]\nname = "Calls"\ntable = "calls"\ncolumn = "caller"\nto = "customer"\n\n[[measures]]'
    )
    created = next(one for one in changes(rules, segments=[]) if one.action == "create")
    assert (created.document["fromEntityName"], created.document["fromAttributeName"]) == ("gold_calls", "caller")
    assert created.document["toEntityName"] == "gold_customer"


def test_a_segment_is_switched_by_a_call_of_its_own() -> None:
    change = the_change(RULES + HIGH_VALUE.replace("title", 'state = "inactive"\ntitle'))
    assert (change.action, change.name) == ("deactivate", "HighValue")


def test_what_the_rules_do_not_name_is_left_alone_unless_it_is_named() -> None:
    there = [segment(), segment("Old")]
    left = the_change(segments=there)
    assert (left.action, left.name) == ("left_alone", "Old")
    deleted = the_change(segments=there, delete=("segments/old",))
    assert (deleted.action, deleted.name) == ("delete", "Old")


@pytest.mark.parametrize("name", ["segments/HighValue", "segments/Nobody", "HighValue"])
def test_what_the_rules_name_or_is_not_there_is_not_deleted(name: str) -> None:
    with pytest.raises(DeletionRefused, match=name.lower()):
        changes(delete=(name,))


def test_relationships_that_the_instance_made_are_not_configuration() -> None:
    system = relationship("CustomerToContact", source="system")
    assert list(pulled(relationships=[relationship(), system])["relationships"]) == ["CustomerFinance"]


def test_neither_people_nor_results_are_in_a_snapshot() -> None:
    text = str(pulled())
    assert "ada@contoso.com" not in text
    assert "17" not in text
    assert "subtype" in text


def test_the_name_of_a_plan_is_that_of_what_it_writes() -> None:
    rules = read_rules(RULES + HIGH_VALUE.replace("3000", "2500"))
    one, same = make_plan(rules, pulled()), make_plan(rules, pulled())
    other = make_plan(read_rules(RULES + HIGH_VALUE.replace("3000", "2600")), pulled())
    moved = make_plan(rules, pulled(segments=[segment(title="Higher")]))
    assert one.name == same.name
    assert len({one.name, other.name, moved.name}) == 3


def test_or_is_another_word_between_the_same_conditions() -> None:
    rules = RULES + HIGH_VALUE.replace("all = [", "any = [").replace(
        "value = 3000 }", 'value = 3000 }, { attribute = "Customer_Measure.Orders", operator = "in", value = ["a", "b"] }'
    )
    change = the_change(rules, segments=[segment("HighValue", group(condition("Customer_Measure.LifetimeSpend")))])
    criteria = change.document["segmentQueryExpression"]["rowsets"][0]["criteria"]
    assert criteria["logicalOperator"] == "or"
    assert criteria["childCriterias"][1]["listOfValues"] == ["a", "b"]
