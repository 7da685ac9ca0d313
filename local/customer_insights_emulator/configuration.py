"""What is set in the instance: measures, segments and relationships, kept as documents, and checked as far as they are public.

The fields and their values are those of Microsoft's client (reference: Insights, section 4). What it cannot say, as the
subtypes of expressions, is kept as it comes. How the real service answers to what is not public is not guessed: 501.
"""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.customer_insights_emulator.errors import NOT_EMULATED, InvalidError, MissingError
from local.emulation.errors import NotEmulatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

Document = dict[str, Any]

OPERATORS = frozenset({
    "equals", "notEquals", "greaterThan", "greaterThanOrEqualTo", "lessThan", "lessThanOrEqualTo", "any", "contains",
    "startsWith", "endsWith", "isNull", "isNotNull", "all", "isIn", "isWithinLast", "isBetween", "isNotBetween", "yearToDate",
    "dayOf", "monthOf", "yearOf", "dayOfWeek", "timeAt", "childOf", "parentOf",
})  # fmt: skip
AGGREGATES = frozenset({"sum", "avg", "min", "max", "count", "countDistinct", "first", "last", "argMax", "argMin"})
ROWSETS = frozenset({"union", "intersect", "except", "none", "include", "exclude"})
CARDINALITIES = frozenset({"oneToMany", "oneToOne", "manyToOne"})


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of document."""

    name: str  # of its path
    missing: str  # error code
    check: Callable[[Mapping[str, Any]], None]  # raises InvalidError


class Configuration:
    """The documents of one instance; times come from `now`."""

    def __init__(self, *, instance_id: str, now: Callable[[], datetime]) -> None:
        self._instance_id, self._now = instance_id, now
        self._known: dict[str, dict[str, Document]] = {kind: {} for kind in KINDS}
        self._lock = threading.Lock()

    def all(self, kind: str) -> list[Document]:
        """Return all documents of a kind, by name."""
        with self._lock:
            return [copy.deepcopy(self._known[kind][name]) for name in sorted(self._known[kind])]

    def get(self, kind: str, name: str) -> Document:
        """Return one; MissingError where there is none."""
        with self._lock:
            return copy.deepcopy(self._there(kind, name))

    def create(self, kind: str, document: Document) -> Document:
        """Keep a new one, as its first version."""
        name = str(document.get("name") or "")
        if not name:
            raise InvalidError("invalidName", "A document has a name.")
        KINDS[kind].check(document)
        with self._lock:
            if name in self._known[kind]:
                raise NotEmulatedError(f"What a second {name} is answered is not known.", error_code=NOT_EMULATED)
            stamp = self._stamp()
            made = {"createdBy": "emulator", "createdUtc": stamp} | self._changed(1, stamp)
            if kind == "segments":
                made = {"state": "inactive"} | made
            self._known[kind][name] = {**made, **copy.deepcopy(document), **made} | (
                {"state": document["state"]} if document.get("state") else {}
            )
            return copy.deepcopy(self._known[kind][name])

    def update(self, kind: str, name: str, document: Document) -> Document:
        """Replace one by its next version."""
        KINDS[kind].check(document)
        with self._lock:
            there = self._there(kind, name)
            if document.get("name") != name:
                raise InvalidError("invalidName", "A document keeps its name.")
            if document.get("version") not in {None, there["version"]}:
                raise NotEmulatedError("What an older version is answered is not known.", error_code=NOT_EMULATED)
            kept = {key: there[key] for key in ("createdBy", "createdUtc")}
            changed = self._changed(there["version"] + 1, self._stamp())
            self._known[kind][name] = {**copy.deepcopy(document), **kept, **changed}
            return copy.deepcopy(self._known[kind][name])

    def switch(self, name: str, state: str) -> None:
        """Set the state of a segment."""
        with self._lock:
            self._there("segments", name)["state"] = state

    def delete(self, kind: str, name: str) -> None:
        """Forget one."""
        with self._lock:
            self._there(kind, name)
            del self._known[kind][name]

    def _there(self, kind: str, name: str) -> Document:
        found = self._known[kind].get(name)
        if found is None:
            raise MissingError(KINDS[kind].missing)
        return found

    def _changed(self, version: int, stamp: str) -> Document:
        return {"version": version, "updatedBy": "emulator", "updatedUtc": stamp, "instanceId": self._instance_id}

    def _stamp(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _measure(document: Mapping[str, Any]) -> None:
    definition = document.get("definition") or {}
    _one_of(definition.get("kind"), {"entity", "attribute"}, "definition.kind")
    _structured(definition.get("type"))
    for aggregate in definition.get("aggregates") or ():
        _one_of(aggregate.get("operation"), AGGREGATES, "aggregates.operation")
    _criteria(definition.get("filteringCriteria"))


def _segment(document: Mapping[str, Any]) -> None:
    query = document.get("segmentQueryExpression") or {}
    _structured(query.get("type"))
    if not query.get("rowsets"):
        raise InvalidError("badRequest", "A segment has rowsets.")
    for rowset in query["rowsets"]:
        _one_of(rowset.get("rowsetOperation"), ROWSETS, "rowsetOperation")
        _criteria(rowset.get("criteria"))


def _relationship(document: Mapping[str, Any]) -> None:
    _one_of(document.get("cardinality"), CARDINALITIES, "cardinality")
    for end in ("fromEntityName", "fromAttributeName", "toEntityName", "toAttributeName"):
        if not document.get(end):
            raise InvalidError("badRequest", f"A relationship has {end}.")


def _criteria(criteria: Mapping[str, Any] | None) -> None:
    if not criteria:
        return
    children = criteria.get("childCriterias") or ()
    if children:
        _one_of(criteria.get("logicalOperator"), {"and", "or"}, "logicalOperator")
    elif criteria.get("attribute"):
        _one_of(criteria.get("comparisonOperator"), OPERATORS, "comparisonOperator")
    for child in children:
        _criteria(child)


def _structured(kind: Any) -> None:
    if kind != "structured":
        raise NotEmulatedError(f"A query that is {kind} is not emulated.", error_code=NOT_EMULATED)


def _one_of(value: Any, known: frozenset[str] | set[str], what: str) -> None:
    if value not in known:
        raise InvalidError("badRequest", f"{what} is one of {', '.join(sorted(known))}.")


KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="measures", missing="measureNotFound", check=_measure),
        Kind(name="segments", missing="segmentNotFound", check=_segment),
        Kind(name="relationships", missing="relationshipNotFound", check=_relationship),
    )
}
