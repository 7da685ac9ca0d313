"""Documents as an instance of Customer Insights lists them: fields of Microsoft's client, and one that it does not know."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

#: Rules that say just what the documents below say.
RULES = """
[[tables]]
name = "customer"
key = "cid"

[[relationships]]
name = "CustomerFinance"
table = "customer_finance"
column = "cid"
to = "customer"

[[measures]]
name = "LifetimeSpend"
table = "customer_finance"
function = "sum"
column = "spend"
where = [{ attribute = "customer_finance.is_current", operator = "=", value = true }]
null = 0
"""
HIGH_VALUE = """
[[segments]]
name = "HighValue"
title = "High value"
rules = [{ all = [{ attribute = "Customer_Measure.LifetimeSpend", operator = ">=", value = 3000 }] }]
"""


def condition(attribute: str, operator: str = "greaterThanOrEqualTo", value: str | None = "3000", **further: Any) -> Document:
    """One condition; `subtype` stands for what is not public."""
    found = {"kind": "default", "attribute": attribute, "comparisonOperator": operator, "value": value, "subtype": "s"}
    return found | further


def group(*conditions: Document, word: str = "and") -> Document:
    """Several conditions."""
    return {"kind": "default", "logicalOperator": word, "childCriterias": list(conditions)}


def segment(name: str = "HighValue", *criterias: Document, title: str = "High value", **further: Any) -> Document:
    """A segment of one rule for each criteria, combined by union."""
    criterias = criterias or (condition("Customer_Measure.LifetimeSpend"),)
    rowsets = [
        {"rowsetId": f"r{place}", "rowsetOperation": "union", "paths": [["CustomerToMeasure"]], "criteria": one}
        for place, one in enumerate(criterias)
    ]
    query = {"type": "structured", "rowsets": rowsets, "subtype": "s"}
    found = {"kind": "default", "name": name, "friendlyName": title, "state": "active", "segmentQueryExpression": query}
    return found | {"segmentQueryStats": {"rowsetStat": [{"rowsetCount": 17}]}, "createdBy": "ada@contoso.com"} | further


def measure(name: str = "LifetimeSpend", **definition: Any) -> Document:
    """A customer attribute: the sum of what a customer spent."""
    told = {
        "kind": "attribute",
        "type": "structured",
        "isProfile": True,
        "linkedEntities": [{"kind": "base", "entity": "gold_customer_finance"}, {"kind": "join", "entity": "gold_customer"}],
        "filteringCriteria": group(condition("gold_customer_finance.is_current", "equals", "True")),
        "dimensions": [],
        "aggregates": [{"operation": "sum", "field": "gold_customer_finance.spend", "alias": name}],
        "subtype": "s",
    }
    return {"name": name, "displayName": name, "definition": told | definition, "latestEvaluation": {"state": "completed"}}


def relationship(name: str = "CustomerFinance", **further: Any) -> Document:
    """The finance rows of a customer."""
    ends = {
        "fromEntityName": "gold_customer_finance",
        "fromAttributeName": "cid",
        "toEntityName": "gold_customer",
        "toAttributeName": "cid",
    }
    return {"name": name, "friendlyName": name, "cardinality": "manyToOne", "source": "user", "subtype": "s", **ends} | further
