"""A rule in the form of a pulled document: that document, with the values that the rule speaks of as it wants them.

What already says the same stays as it is written there, and every field that nobody here knows stays too: so where nothing
differs, the document comes back unchanged. What would need a form that was not seen raises `NotUnderstood`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from customer_insights.configuration.documents import Document
from customer_insights.configuration.examples import Examples, rowsets
from customer_insights.errors import NotUnderstood
from spark_jobs.insights.rules.vocabulary import Comparison, InsightsRules, Measure, Relationship, Scalar, Segment, SegmentRule

_OPERATORS = {
    "=": "equals", "!=": "notEquals", ">": "greaterThan", ">=": "greaterThanOrEqualTo", "<": "lessThan",
    "<=": "lessThanOrEqualTo", "contains": "contains", "starts_with": "startsWith", "is_null": "isNull",
    "is_not_null": "isNotNull", "in": "isIn",
}  # fmt: skip
_FUNCTIONS = {"average": "avg", "count_unique": "countDistinct"}
_FIRST = {"union", "none", "include", ""}  # what the first rule of a segment may be combined by: it is combined with nothing


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How the rules are said in the form of an instance."""

    rules: InsightsRules
    examples: Examples

    def relationship(self, like: Document, wanted: Relationship) -> dict[str, Any]:
        """Return a relationship, in the form of one that was pulled."""
        profiles = self.rules.table(wanted.to)
        key = profiles.key if profiles else ""
        said = dict(like)
        for end, table, column in (("from", wanted.table, wanted.column), ("to", wanted.to, key)):
            if self.examples.table(str(said.get(f"{end}EntityName", ""))) != table:
                said[f"{end}EntityName"] = self.examples.entity(table)
            if str(said.get(f"{end}AttributeName", "")).lower() != column.lower():
                said[f"{end}AttributeName"] = column
        if said.get("cardinality") not in {"manyToOne", "oneToOne"}:
            raise NotUnderstood(f"the cardinality {said.get('cardinality')} is the other way round")
        return said

    def measure(self, like: Document, wanted: Measure) -> dict[str, Any]:
        """Return a measure, in the form of one that was pulled."""
        definition = dict(like.get("definition") or {})
        self._check_kind(definition, wanted)
        (aggregate,) = definition["aggregates"]
        definition["aggregates"] = [self._aggregate(aggregate, wanted)]
        criteria = definition.get("filteringCriteria")
        if wanted.where or criteria:
            rule = SegmentRule(all=wanted.where)
            definition["filteringCriteria"] = self._criteria(criteria, rule) if wanted.where else None
        dimensions = definition.get("dimensions") or []
        own = [one for one in dimensions if not _is(one.get("field"), "CustomerId")]
        if [_column(one.get("field")) for one in own] != [name.lower() for name in wanted.dimensions]:
            if len(own) != len(wanted.dimensions):
                raise NotUnderstood(f"it has {len(own)} dimensions, not {len(wanted.dimensions)}")
            told = iter(wanted.dimensions)
            definition["dimensions"] = [
                one if _is(one.get("field"), "CustomerId") else {**one, "field": _beside(one.get("field"), next(told))}
                for one in dimensions
            ]
        return {**like, "definition": definition}

    def segment(self, like: Document, wanted: Segment) -> dict[str, Any]:
        """Return a segment, in the form of one that was pulled; whether it is active is said by calls of its own."""
        query = dict(like.get("segmentQueryExpression") or {})
        if str(query.get("type", "structured")) != "structured":
            raise NotUnderstood(f"its query is {query.get('type')}")
        known = list(rowsets(like))
        said = []
        for place, rule in enumerate(wanted.rules):
            tables = frozenset(_owner(one) for one in (rule.all or rule.any))
            own = known[place] if place < len(known) else None
            if own is None or self.examples.tables_of(own.get("criteria")) != tables:
                own = {key: value for key, value in self.examples.rowset(tables).items() if key != "rowsetId"}
            said.append(self._rowset(own, rule, is_first=place == 0))
        query["rowsets"] = said
        named = {"friendlyName": wanted.title} if wanted.title else {}
        return {**like, **named, "segmentQueryExpression": query}

    def _check_kind(self, definition: Mapping[str, Any], wanted: Measure) -> None:
        """Raise where a measure is one of another kind, of another table, or says something in a form nobody knows."""
        if str(definition.get("type", "structured")) != "structured":
            raise NotUnderstood(f"its definition is {definition.get('type')}")
        if (definition.get("kind") == "attribute") != (wanted.kind == "customer_attribute"):
            raise NotUnderstood(f"it is no {wanted.kind.replace('_', ' ')}")
        if wanted.kind == "customer_measure" and not definition.get("isProfile"):
            raise NotUnderstood("it is not by customer")
        if definition.get("filters") or definition.get("variables"):
            raise NotUnderstood("it has filters or computed columns of a form that is not public")
        if len(definition.get("aggregates") or ()) != 1:
            raise NotUnderstood("it has not one aggregate")
        linked = {self.examples.table(str(one.get("entity", ""))) for one in definition.get("linkedEntities") or ()}
        if wanted.table not in linked:
            raise NotUnderstood(f"it is not on the table {wanted.table}")

    def _aggregate(self, like: Mapping[str, Any], wanted: Measure) -> dict[str, Any]:
        said = dict(like)
        function = _FUNCTIONS.get(wanted.function, wanted.function)
        if function in {"first", "last"}:
            raise NotUnderstood(f"what {function} goes by is said in a form that is not public")
        if str(said.get("operation", "")).lower() != function.lower():
            said["operation"] = function
        if wanted.column and not _is(said.get("field"), wanted.column):
            said["field"] = _beside(said.get("field"), wanted.column)
        return said

    def _rowset(self, like: Mapping[str, Any], rule: SegmentRule, *, is_first: bool) -> dict[str, Any]:
        said = {**like, "criteria": self._criteria(like.get("criteria"), rule)}
        operation = str(said.get("rowsetOperation", ""))
        if not (operation == rule.operation or (is_first and operation in _FIRST)):
            said["rowsetOperation"] = "union" if is_first else rule.operation
        return said

    def _criteria(self, like: Mapping[str, Any] | None, rule: SegmentRule) -> dict[str, Any]:
        wanted = rule.all or rule.any
        if like is None or (len(wanted) > 1 and not like.get("childCriterias")):
            like = self.examples.group()
        if not like.get("childCriterias"):
            return self._condition(like, wanted[0])
        children: Sequence[Mapping[str, Any]] = like["childCriterias"]
        if any(not one.get("attribute") or one.get("childCriterias") for one in children):
            raise NotUnderstood("its conditions are nested")
        word = "and" if rule.all else "or"
        said = [self._condition(children[min(place, len(children) - 1)], one) for place, one in enumerate(wanted)]
        alike = len(wanted) == 1 or str(like.get("logicalOperator", "")).lower() == word
        return {**like, "childCriterias": said, **({} if alike else {"logicalOperator": word})}

    def _condition(self, like: Mapping[str, Any], wanted: Comparison) -> dict[str, Any]:
        said, column = dict(like), wanted.attribute.rpartition(".")[2]
        there = str(like["attribute"])
        owner = self.examples.table(there.rpartition(".")[0] or "Customer")
        if owner != _owner(wanted) or not _is(there, column):
            said["attribute"] = self.examples.attribute(there, _owner(wanted), column)
        if str(like.get("comparisonOperator", "")).lower() != _OPERATORS[wanted.operator].lower():
            said["comparisonOperator"] = _OPERATORS[wanted.operator]
        several = wanted.value if isinstance(wanted.value, tuple) else () if wanted.value is None else (wanted.value,)
        if wanted.operator == "in":
            listed = like.get("listOfValues") or []
            if len(listed) != len(several) or not all(_says(one, value) for one, value in zip(listed, several, strict=True)):
                said["listOfValues"] = [_text(one) for one in several]
        elif wanted.value is not None and not _says(like.get("value"), several[0]):
            said["value"] = _text(several[0])
        return said


def _owner(comparison: Comparison) -> str:
    return comparison.attribute.rpartition(".")[0] or "Customer"


def _column(field: Any) -> str:
    return str(field or "").rpartition(".")[2].lower()


def _is(field: Any, column: str) -> bool:
    return _column(field) == column.lower()


def _beside(field: Any, column: str) -> str:
    owner, dot, _ = str(field or "").rpartition(".")
    return f"{owner}{dot}{column}"


def _says(text: Any, value: Scalar) -> bool:
    """Say whether a value as it stands in a document is the one that is wanted."""
    if text is None:
        return False
    if isinstance(value, bool):
        return str(text).lower() == str(value).lower()
    if isinstance(value, int | float):
        try:
            return Decimal(str(text)) == Decimal(str(value))
        except InvalidOperation:
            return False
    return bool(text == value)


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
