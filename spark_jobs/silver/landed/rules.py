"""Column rules: the SQL condition under which a typed value breaks one.

A rule is named `<check>:<column>` (`required:cid`), in `_errors`, in `_warnings` and in the outcome's counts. The one that
compares rows with each other is in `unique`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.entity import Rule
from spark_jobs.names import literal, quoted, trimmed


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of one column."""

    name: str
    broken: str  # SQL condition over the typed columns; true for a row that breaks it
    rejects: bool


def checks(rules: Mapping[str, Rule], columns: Mapping[str, str]) -> list[Check]:
    """Return the row checks of an entity; `columns` are its silver columns with their types.

    A rule for a column that the table lacks is broken by every row if the column is required, else by none.
    """
    return [
        Check(name=f"{kind}:{column}", broken=broken, rejects=rule.rejects)
        for column, rule in sorted(rules.items())
        for kind, broken in _conditions(column, rule, columns)
    ]


def _conditions(column: str, rule: Rule, columns: Mapping[str, str]) -> list[tuple[str, str]]:
    known = {name.lower(): name for name in columns}
    if column.lower() not in known:
        return [("required", "true")] if rule.required else []
    name = quoted(known[column.lower()])
    text = f"cast({name} as string)"
    conditions = []
    if rule.required:
        conditions.append(("required", f"coalesce({trimmed(text)}, '') = ''"))
    if rule.pattern is not None:
        whole = literal(f"^(?:{rule.pattern})$")
        conditions.append(("pattern", f"not ({text} rlike {whole})"))
    for bound, value, beyond in (("min", rule.min, "<"), ("max", rule.max, ">")):
        if value is not None:
            conditions.append((bound, f"{name} {beyond} {_value(value, columns[known[column.lower()]])}"))
    if rule.allowed:
        conditions.append(("allowed", f"{text} not in ({', '.join(literal(one) for one in rule.allowed)})"))
    return conditions


def _value(bound: float | str, kind: str) -> str:
    # A bound is compared as the column's own type, so that text columns order as text and dates as dates.
    return f"cast({literal(str(bound))} as {kind})"
