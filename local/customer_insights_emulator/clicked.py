"""What somebody clicked before anything is written by file: the first document of each kind, as the shipped rules say them.

Their form is that of Microsoft's client (reference: Insights, section 4); of what is not public there is nothing in them. So
`python -m customer_insights` has something to pull on a laptop, and a form to say other rules in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.customer_insights_emulator.configuration import Configuration


def _condition(attribute: str, operator: str, value: str) -> dict[str, Any]:
    return {"kind": "default", "attribute": attribute, "comparisonOperator": operator, "value": value}


_RELATIONSHIP = {
    "name": "CustomerFinance",
    "friendlyName": "CustomerFinance",
    "cardinality": "manyToOne",
    "source": "user",
    "fromEntityName": "gold_customer_finance",
    "fromAttributeName": "cid",
    "toEntityName": "gold_customer",
    "toAttributeName": "cid",
}
_MEASURE = {
    "name": "LifetimeSpend",
    "displayName": "LifetimeSpend",
    "definition": {
        "kind": "attribute",
        "type": "structured",
        "isProfile": True,
        "linkedEntities": [{"kind": "base", "entity": "gold_customer_finance", "alias": "gold_customer_finance"}],
        "filteringCriteria": {
            "kind": "default",
            "logicalOperator": "and",
            "childCriterias": [_condition("gold_customer_finance.is_current", "equals", "true")],
        },
        "aggregates": [{"operation": "sum", "field": "gold_customer_finance.spend", "alias": "LifetimeSpend"}],
    },
}
_ROWSET = {
    "rowsetId": "1",
    "rowsetOperation": "union",
    "paths": [],
    "criteria": _condition("Customer_Measure.LifetimeSpend", "greaterThanOrEqualTo", "3000"),
}
_SEGMENT = {
    "kind": "default",
    "name": "HighValue",
    "friendlyName": "High value",
    "state": "active",
    "segmentQueryExpression": {"type": "structured", "rowsets": [_ROWSET]},
}


def click(configuration: Configuration) -> None:
    """Set all of it."""
    configuration.create("relationships", _RELATIONSHIP)
    configuration.create("measures", _MEASURE)
    configuration.create("segments", _SEGMENT)
