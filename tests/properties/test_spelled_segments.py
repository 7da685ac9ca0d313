"""What a plan writes says what the rules say, and needs no further change, whatever was there."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from customer_insights.configuration.documents import configured, differences
from customer_insights.configuration.plan import make_plan
from customer_insights.configuration.snapshot import Configuration, of_instance
from spark_jobs.insights.rules.vocabulary import Comparison, InsightsRules, ProfileTable, Segment, SegmentRule
from tests.insights_documents import condition, group, segment

COLUMNS = ("city", "LifetimeSpend", "age")
OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "contains", "starts_with", "in", "is_null", "is_not_null")
MEANT = dict(
    zip(
        OPERATORS,
        ("equals", "notEquals", "greaterThan", "greaterThanOrEqualTo", "lessThan", "lessThanOrEqualTo", "contains",
         "startsWith", "isIn", "isNull", "isNotNull"),
        strict=True,
    )
)  # fmt: skip
SPELLED = ("equals", "notEquals", "greaterThan", "isIn", "isNull", "startsWith")
scalars = st.one_of(
    st.booleans(),
    st.integers(-5, 5),
    st.floats(-9, 9).map(lambda one: round(one, 2)),
    st.sampled_from(["06040", "a", "true", "1"]),
)


@st.composite
def comparisons(draw: Any, table: str) -> Comparison:
    operator = draw(st.sampled_from(OPERATORS))
    value: Any = None
    if operator == "in":
        value = tuple(draw(st.lists(scalars, min_size=1, max_size=3)))
    elif not operator.startswith("is_"):
        value = draw(scalars)
    return Comparison(attribute=f"{table}.{draw(st.sampled_from(COLUMNS))}", operator=operator, value=value)


@st.composite
def wanted(draw: Any) -> Segment:
    rules = []
    for _ in range(draw(st.integers(1, 3))):
        own = tuple(
            draw(st.lists(comparisons(draw(st.sampled_from(["Customer", "Customer_Measure"]))), min_size=1, max_size=3))
        )
        operation = draw(st.sampled_from(["union", "intersect", "except"]))
        rules.append(SegmentRule(operation=operation, **{draw(st.sampled_from(["all", "any"])): own}))
    return Segment(name="Wanted", title=draw(st.sampled_from(["", "A title"])), rules=tuple(rules))


leaf = st.builds(
    lambda table, column, operator, value: condition(f"{table}.{column}", operator, value),
    st.sampled_from(["Customer", "Customer_Measure", "customer_measure"]),
    st.sampled_from(COLUMNS),
    st.sampled_from(SPELLED),
    st.sampled_from(["1", "1.0", "true", "True", "a", None]),
)
criterias = st.one_of(leaf, st.lists(leaf, min_size=1, max_size=3).map(lambda some: group(*some)))
documents = st.lists(criterias, min_size=1, max_size=3).map(lambda some: segment("Wanted", *some))
others = st.lists(st.lists(criterias, min_size=1, max_size=2), max_size=3).map(
    lambda listed: [segment(f"Other{place}", *some) for place, some in enumerate(listed)]
)


def says(document: Any, rule: Segment) -> bool:
    """Whether a document says what a segment is: read by a reader of its own, condition by condition."""
    rowsets = document["segmentQueryExpression"]["rowsets"]
    assert len(rowsets) == len(rule.rules)
    for place, (rowset, one) in enumerate(zip(rowsets, rule.rules, strict=True)):
        asked, criteria = one.all or one.any, rowset["criteria"]
        found = criteria.get("childCriterias") or [criteria]
        assert not place or rowset["rowsetOperation"] == one.operation
        assert len(asked) == 1 or criteria["logicalOperator"] == ("and" if one.all else "or")
        assert len(found) == len(asked)
        assert all(_condition_says(*pair) for pair in zip(found, asked, strict=True))
    return True


def _condition_says(found: Any, asked: Comparison) -> bool:
    values = asked.value if isinstance(asked.value, tuple) else () if asked.value is None else (asked.value,)
    told = found["listOfValues"] if asked.operator == "in" else [found["value"]]
    return (
        found["attribute"].lower() == asked.attribute.lower()
        and found["comparisonOperator"] == MEANT[asked.operator]
        and (not values or len(told) == len(values))
        and all(
            str(text).lower() == str(value).lower() or same_number(text, value)
            for text, value in zip(told, values, strict=False)
        )
    )


def same_number(text: str, value: Any) -> bool:
    return not isinstance(value, str | bool) and float(text) == float(value)


@settings(max_examples=150)
@given(rule=wanted(), there=st.one_of(st.none(), documents), beside=others)
def test_what_is_written_needs_no_further_change(rule: Segment, there: Any, beside: list[Any]) -> None:
    rules = InsightsRules(tables=(ProfileTable(name="customer", key="cid"),), segments=(rule,))
    pulled: Configuration = of_instance(
        {"segments": [*([there] if there else []), *beside], "measures": [], "relationships": []}
    )
    for change in make_plan(rules, pulled).writes:
        assert change.name == "Wanted"
        assert change.action in {"create", "update"}
        if change.action == "update":
            named = {one.path.partition("[")[0].partition(".")[0] for one in change.differences}
            assert named <= {"friendlyName", "segmentQueryExpression"}
            assert configured(change.document)["segmentQueryExpression"]["subtype"] == "s"
        assert says(change.document, rule)
        pulled["segments"]["Wanted"] = dict(change.document)
    again = make_plan(rules, pulled)
    assert not again.writes
    for one in again.changes:
        assert not list(differences(pulled["segments"].get(one.name), one.base or None))
