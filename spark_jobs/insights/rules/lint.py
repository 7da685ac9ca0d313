"""What Customer Insights would refuse of the rules, or take and make nothing good of: told by reading them, without data.

With the columns' counts of values (`Spread`), it is also told which exact conditions let nearly everything through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.contracts.outcome import Finding

if TYPE_CHECKING:
    from spark_jobs.insights.rules.vocabulary import Condition, InsightsRules, Segment, UnificationRule

#: Rows that share a value on the average, from which on a column says little of who somebody is.
_FEW_VALUES = 500
_MEASURES = "Customer_Measure"


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How many values a column has."""

    rows: int  # with a value
    values: int  # that differ


def lint(rules: InsightsRules, spreads: Mapping[tuple[str, str], Spread] | None = None) -> list[Finding]:
    """Return what is wrong with rules, errors first; `spreads` are by table and column."""
    found = [
        *(one for table, rule in _rules(rules) for one in _of_rule(rules, table, rule, spreads or {})),
        *(one for table, listed in _lists(rules) for one in _found_by_others(table, listed)),
        *(one for segment in rules.segments for one in _of_segment(rules, segment)),
    ]
    return sorted(found, key=lambda one: one.severity)


def _lists(rules: InsightsRules) -> Iterator[tuple[str, tuple[UnificationRule, ...]]]:
    yield from ((table.name, table.deduplication.rules) for table in rules.tables)
    yield from ((matching.table, matching.rules) for matching in rules.match)


def _rules(rules: InsightsRules) -> Iterator[tuple[str, UnificationRule]]:
    yield from ((table, rule) for table, listed in _lists(rules) for rule in listed)


def _of_rule(
    rules: InsightsRules, table: str, rule: UnificationRule, spreads: Mapping[tuple[str, str], Spread]
) -> Iterator[Finding]:
    exact = [one for one in rule.conditions if one.percent == 100]
    if not exact:
        yield Finding(
            trap="no_exact_condition",
            table=table,
            where=rule.name,
            detail="has fuzzy conditions alone; Customer Insights wants an exact one beside them",
        )
    known = [(one.column, spreads[table, one.column]) for one in exact if (table, one.column) in spreads]
    if known and len(known) == len(exact) and all(one.rows > _FEW_VALUES * max(1, one.values) for _, one in known):
        told = ", ".join(f"{column} ({spread.values:,} values in {spread.rows:,} rows)" for column, spread in known)
        yield _warned("few_values", table, rule, f"compares exactly only what many share: {told}")
    for group in rules.forecast.dependent:
        among = sorted({one.column for one in rule.conditions} & set(group))
        if len(among) > 1:
            detail = f"{' and '.join(among)} depend on each other: the second says little that the first does not"
            yield _warned("derived_beside_parent", table, rule, detail)
    for one in rule.conditions:
        if "symbols" in one.normalise and "mail" in one.column.lower():
            yield _warned("symbols_of_mail", table, rule, f"strips `.`, `-`, `_` and `@` of {one.column}, so that others agree")


def _found_by_others(table: str, listed: tuple[UnificationRule, ...]) -> Iterator[Finding]:
    for place, rule in enumerate(listed):
        for at, other in enumerate(listed):
            if at != place and _implies(rule, other) and not (place < at and _implies(other, rule)):
                yield _warned("finds_nothing_alone", table, rule, f"joins no pair that {other.name} does not join")
                break


def _implies(narrow: UnificationRule, wide: UnificationRule) -> bool:
    """Say whether every pair of one rule is one of the other, too."""
    return not wide.exceptions and all(any(_at_least(one, other) for one in narrow.conditions) for other in wide.conditions)


def _at_least(one: Condition, other: Condition) -> bool:
    same = (one.column, one.other) == (other.column, other.other)
    alike = set(one.normalise) == set(other.normalise) or (one.percent == 100 and set(one.normalise) < set(other.normalise))
    return same and alike and one.percent >= other.percent


def _of_segment(rules: InsightsRules, segment: Segment) -> Iterator[Finding]:
    measures = [one.name for one in rules.measures if one.kind == "customer_attribute"]
    tables = {"Customer", _MEASURES, *(one.name for one in rules.tables), *(one.table for one in rules.relationships)}
    for one in (one for rule in segment.rules for one in (*rule.all, *rule.any)):
        table, dot, name = one.attribute.partition(".")
        if not dot or table not in tables:
            detail = f"{one.attribute} is no attribute; expected `table.column` of {', '.join(sorted(tables))}"
            yield Finding(trap="unknown_attribute", table="-", where=segment.name, detail=detail)
        elif table == _MEASURES and name not in measures:
            detail = f"goes by the measure {name}, which does not exist"
            yield Finding(trap="unknown_measure", table="-", where=segment.name, detail=detail)


def _warned(trap: str, table: str, rule: UnificationRule, detail: str) -> Finding:
    return Finding(trap=trap, table=table, where=rule.name, detail=detail, severity="warning")
