"""The click list: what to do in Customer Insights so that it does what the rules say, in its own words and order.

No API writes unification (reference: Insights, section 4), so a person clicks. What differs from the rules
that were last clicked is marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_jobs.insights.rules.vocabulary import (
        Comparison,
        Condition,
        InsightsRules,
        Measure,
        ProfileTable,
        Segment,
        UnificationRule,
    )

_WORDS = {
    "numerals": "Numerals",
    "symbols": "Symbols",
    "lower_case": "Text to lower case",
    "phone": "Type (Phone)",
    "name": "Type (Name)",
    "address": "Type (Address)",
    "organization": "Type (Organization)",
    "ascii": "Unicode to ASCII",
    "whitespace": "Whitespace",
    "alias": "Alias",
    "bypass": "Bypass",
    "most_filled": "Most filled",
    "most_recent": "Most recent",
    "least_recent": "Least recent",
    "importance": "Importance",
    "average": "Average",
    "count_unique": "Count Unique",
}


@dataclass(frozen=True, kw_only=True)
class ClickStep:
    """One thing to click."""

    page: str
    text: str
    changed: bool = True  # since the rules that were confirmed; all of them where none were


def click_steps(rules: InsightsRules, confirmed: InsightsRules | None = None) -> list[ClickStep]:
    """Return what to click, in order, and what of it is new."""
    known = set(_all(confirmed)) if confirmed is not None else set()
    return [ClickStep(page=page, text=text, changed=(page, text) not in known) for page, text in _all(rules)]


def removed_steps(rules: InsightsRules, confirmed: InsightsRules) -> list[ClickStep]:
    """Return what was clicked and is in the rules no more, so that it has to be taken back."""
    now = set(_all(rules))
    return [ClickStep(page=page, text=text) for page, text in _all(confirmed) if (page, text) not in now]


def _all(rules: InsightsRules) -> Iterator[tuple[str, str]]:
    for table in rules.tables:
        yield "Unify > Customer data", f"Select table {table.name} of {table.source}, primary key {table.key}"
    for table in rules.tables:
        yield from (("Unify > Deduplication rules", text) for text in _deduplication(table))
    yield from (("Unify > Matching rules", text) for text in _matching(rules))
    yield from (("Unify > Unified data", text) for text in _fields(rules))
    for relationship in rules.relationships:
        text = f"New relationship {relationship.name}: {relationship.table}.{relationship.column} to {relationship.to}"
        yield "Data > Tables > Relationships", text
    yield from (("Insights > Measures", _measure(measure)) for measure in rules.measures)
    yield from (("Insights > Segments", _segment(segment)) for segment in rules.segments)


def _matching(rules: InsightsRules) -> Iterator[str]:
    if len(rules.tables) > 1:
        yield f"Order the tables: {', then '.join(table.name for table in rules.tables)}"
        yield from (f"Include all records of {table.name}" for table in rules.tables if table.include_all)
    for matching in rules.match:
        for place, rule in enumerate(matching.rules, 1):
            yield f"{matching.table} to {matching.to}, rule {place}: {_rule(rule)}"
    for kind, name in (("always", rules.custom.always), ("never", rules.custom.never)):
        if name is not None:
            yield f"Custom match conditions, {kind} match: the table {name} of gold"
    for column, names in rules.alias.items():
        yield f"Alias mapping of {column}: {len(names)} entries of the rules file"
    for column, values in rules.bypass.items():
        yield f"Bypass of {column}: {len(values)} values of the rules file"


def _measure(measure: Measure) -> str:
    what = f"{_word(measure.function)} of {measure.table}{f'.{measure.column}' if measure.column else ''}"
    where = f" where {' and '.join(map(_comparison, measure.where))}" if measure.where else ""
    by = f" by {', '.join(measure.dimensions)}" if measure.dimensions else ""
    null = f", {measure.null} for no value" if measure.null is not None else ""
    return f"New {measure.kind.replace('_', ' ')} {measure.name}: {what}{where}{by}{null}"


def _segment(segment: Segment) -> str:
    told = []
    for place, one in enumerate(segment.rules):
        conditions = " and ".join(map(_comparison, one.all)) or " or ".join(map(_comparison, one.any))
        told.append(f"{f'{one.operation} ' if place else ''}({conditions})")
    state = "" if segment.state == "active" else ", inactive"
    return f"New segment {segment.title or segment.name}, output table {segment.name}: {' '.join(told)}{state}"


def _deduplication(table: ProfileTable) -> Iterator[str]:
    deduplication = table.deduplication
    for place, rule in enumerate(deduplication.rules, 1):
        yield f"{table.name}, rule {place}: {_rule(rule)}"
    if deduplication.rules:
        by = f" by {deduplication.by}" if deduplication.by else ""
        yield f"{table.name}, merge preferences: {_word(deduplication.winner)}{by}"


def _fields(rules: InsightsRules) -> Iterator[str]:
    for field in rules.fields:
        by = f" by {field.by}" if field.by else ""
        yield f"Field {field.name}: combine {', '.join(field.sources)}, {_word(field.policy)}{by}"
    for group in rules.groups:
        by = f" by {group.by}" if group.by else ""
        yield f"Group {group.name}: {', '.join(group.fields)} of {', '.join(group.sources)}, {_word(group.policy)}{by}"
    for name in rules.separate:
        yield f"Separate {name}"
    for name in rules.exclude:
        yield f"Exclude {name}"
    if rules.household is not None:
        yield f"Customer clusters: household of {rules.household.last_name} and {rules.household.address}"


def _rule(rule: UnificationRule) -> str:
    told = f"{rule.name} = {' and '.join(map(_condition, rule.conditions))}"
    return f"{told}, except {' or '.join(map(_condition, rule.exceptions))}" if rule.exceptions else told


def _condition(one: Condition) -> str:
    precision = one.precision.capitalize() if isinstance(one.precision, str) else f"custom {one.precision} %"
    to = f" with {one.to}" if one.to else ""
    normalised = f", normalise {', '.join(map(_word, one.normalise))}" if one.normalise else ""
    return f"[{one.column}{to}: {precision}{normalised}]"


def _comparison(one: Comparison) -> str:
    value: object = one.value
    if isinstance(one.value, Sequence) and not isinstance(one.value, str):
        value = ", ".join(map(str, one.value))
    return f"{one.attribute} {one.operator.replace('_', ' ')}{'' if value is None else f' {value}'}"


def _word(name: str) -> str:
    return _WORDS.get(name, name.capitalize())
