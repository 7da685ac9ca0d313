"""What would be written so that an instance does what the rules say: decided from the rules and from what was pulled alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from customer_insights.configuration.documents import KINDS, Difference, Document, Kind, differences, title
from customer_insights.configuration.examples import Examples
from customer_insights.configuration.snapshot import Configuration
from customer_insights.configuration.spelling import Spelling
from customer_insights.errors import DeletionRefused, NotUnderstood
from spark_jobs.insights.rules.vocabulary import InsightsRules, Measure, Relationship, Segment

Action = Literal["create", "update", "activate", "deactivate", "delete", "by_hand", "left_alone"]
_WRITES: frozenset[Action] = frozenset({"create", "update", "activate", "deactivate", "delete"})


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing to do, or why it is not done."""

    kind: Kind
    name: str
    action: Action
    document: Mapping[str, Any] = field(default_factory=dict)  # as it would be, for create and update
    base: Mapping[str, Any] = field(default_factory=dict)  # as it was pulled
    differences: tuple[Difference, ...] = ()
    why: str = ""

    @property
    def title(self) -> str:
        """What it is about."""
        return title(self.kind, self.name)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All changes, in the order of writing: deletions last, and those in the order against that of making."""

    changes: tuple[Change, ...]

    @property
    def writes(self) -> tuple[Change, ...]:
        """What would be written."""
        return tuple(one for one in self.changes if one.action in _WRITES)

    @property
    def name(self) -> str:
        """A name that only this plan has: whoever read it can confirm it, and nothing else."""
        told = [[one.kind, one.name, one.action, one.document, one.base] for one in self.writes]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def make_plan(rules: InsightsRules, pulled: Configuration, *, delete: Collection[str] = ()) -> Plan:
    """Return what to do; `delete` names, as `segments/Old`, what goes although the rules never said anything of it.

    Raises `DeletionRefused` where that is not there, or the rules want it.
    """
    tables = [*(one.name for one in rules.tables), *(one.table for one in rules.relationships), "Customer", "Customer_Measure"]
    spelling = Spelling(rules=rules, examples=Examples(pulled=pulled, tables=tables))
    planned = [one for kind in KINDS for one in _of_kind(kind, rules, pulled, spelling)]
    asked = {name.lower() for name in delete}
    gone = [one for one in planned if one.action == "left_alone" and f"{one.kind}/{one.name}".lower() in asked]
    refused = asked - {f"{one.kind}/{one.name}".lower() for one in gone}
    if refused:
        raise DeletionRefused(tuple(sorted(refused)))
    kept = [one for one in planned if one not in gone]
    deletions = [Change(kind=one.kind, name=one.name, action="delete", base=one.base) for one in reversed(gone)]
    return Plan(changes=(*kept, *deletions))


def _of_kind(kind: Kind, rules: InsightsRules, pulled: Configuration, spelling: Spelling) -> Iterator[Change]:
    known = {name.lower(): name for name in pulled[kind]}
    wanted: tuple[Relationship | Measure | Segment, ...] = getattr(rules, kind)
    for one in wanted:
        there = known.pop(one.name.lower(), None)
        said = _said(kind, one, spelling)
        if there is None:
            yield _creation(kind, one.name, pulled, said, state=getattr(one, "state", ""))
            continue
        base = pulled[kind][there]
        try:
            document = said(base)
        except NotUnderstood as error:
            yield Change(kind=kind, name=there, action="by_hand", base=base, why=str(error))
            continue
        found = tuple(differences(base, document))
        if found:
            yield Change(kind=kind, name=there, action="update", base=base, document=document, differences=found)
        yield from _switched(kind, there, one, base if not found else document)
    for name in known.values():
        yield Change(kind=kind, name=name, action="left_alone", base=pulled[kind][name], why="the rules say nothing of it")


def _said(kind: Kind, one: Any, spelling: Spelling) -> Callable[[Document], dict[str, Any]]:
    says = {"relationships": spelling.relationship, "measures": spelling.measure, "segments": spelling.segment}[kind]
    return lambda like: says(like, one)  # type: ignore[operator]  # each takes the kind that it is under


def _switched(kind: Kind, name: str, one: Any, base: Mapping[str, Any]) -> Iterator[Change]:
    if kind == "segments":
        state, action = str(base.get("state", "")).lower(), "activate" if one.state == "active" else "deactivate"
        if state in {"active", "inactive"} and state != one.state:
            yield Change(kind=kind, name=name, action=action, base=base)  # type: ignore[arg-type]  # one of two


def _creation(
    kind: Kind, name: str, pulled: Configuration, said: Callable[[Document], dict[str, Any]], *, state: str
) -> Change:
    """Return the clone of the first pulled document that the rule can be said in the form of."""
    why = f"there are no {kind} to take the form from"
    for _, like in sorted(pulled[kind].items()):
        try:
            document = said(_renamed(kind, like, name))
        except NotUnderstood as error:
            why = str(error)
            continue
        return Change(kind=kind, name=name, action="create", document=document | ({"state": state} if state else {}))
    return Change(kind=kind, name=name, action="by_hand", why=why)


def _renamed(kind: Kind, like: Mapping[str, Any], name: str) -> dict[str, Any]:
    titles = {"measures": "displayName", "segments": "friendlyName", "relationships": "friendlyName"}
    named = {**like, "name": name, titles[kind]: name, "description": None}
    definition = like.get("definition")
    if definition:
        aggregates = [
            one | {"alias": name} | ({"displayName": name} if one.get("displayName") else {})
            for one in definition.get("aggregates") or ()
        ]
        named["definition"] = {**definition, "aggregates": aggregates}
    return named
