"""Writes a plan, one change after the other: each guarded by what was pulled, each read back.

There are no transactions over the API: what was written stays, also where the next change fails, and the snapshot says how
far it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from customer_insights.configuration import snapshot
from customer_insights.configuration.documents import KINDS, Document, Kind, configured, differences, lost
from customer_insights.configuration.plan import Change, Plan
from customer_insights.configuration.snapshot import Configuration
from customer_insights.errors import ChangedSincePull, NotAsWritten, PlanChanged
from shared.errors import ServiceUnavailable


class Configured(Protocol):
    """An instance, as far as its configuration goes; raises `ServiceRefused` and `ServiceUnavailable`."""

    def documents(self, kind: Kind) -> list[Document]:
        """Return all documents of a kind."""

    def create(self, kind: Kind, document: Document) -> None:
        """Make a new one."""

    def update(self, kind: Kind, name: str, document: Document) -> None:
        """Replace one by another."""

    def switch(self, name: str, *, active: bool) -> None:
        """Let a segment be computed from now on, or not."""

    def delete(self, kind: Kind, name: str) -> None:
        """Delete one."""


def pull(instance: Configured) -> Configuration:
    """Return what is set in an instance."""
    return snapshot.of_instance({kind: instance.documents(kind) for kind in KINDS})


@dataclass(frozen=True, kw_only=True)
class Apply:
    """Carries out a plan that somebody confirmed."""

    instance: Configured
    folder: Path  # of the snapshot
    pulled: Configuration
    told: Callable[[Change], None]  # what was done

    def __call__(self, plan: Plan, confirmed: str) -> None:
        """Write it all; raises `PlanChanged` before the first write, else at the first change that is not as expected."""
        if plan.name != confirmed:
            raise PlanChanged(confirmed, plan.name)
        self._check(plan)
        for change in plan.writes:
            self._write(change)
            self.told(change)

    def _check(self, plan: Plan) -> None:
        for kind in {one.kind for one in plan.writes}:
            found = self._found(kind)
            for change in plan.writes:
                if change.kind == kind:
                    _guard(change, found.get(change.name))

    def _write(self, change: Change) -> None:
        now = self._found(change.kind).get(change.name)
        if change.action in {"create", "update", "delete"}:
            _guard(change, now)
        try:
            self._call(change, now or {})
        except ServiceUnavailable:  # it may have gone through all the same: what is read back decides
            if not self._is_done(change):
                raise
        self._read_back(change)

    def _call(self, change: Change, now: Document) -> None:
        if change.action == "create":
            self.instance.create(change.kind, change.document)
        elif change.action == "update":
            # The fresh document, so that what the service keeps in it, its version too, goes back as it came.
            self.instance.update(change.kind, change.name, {**now, **change.document})
        elif change.action == "delete":
            self.instance.delete(change.kind, change.name)
        else:
            self.instance.switch(change.name, active=change.action == "activate")

    def _is_done(self, change: Change) -> bool:
        found = self._found(change.kind).get(change.name)
        return found is None if change.action == "delete" else found is not None and not _missing(change, found)

    def _read_back(self, change: Change) -> None:
        found = self._found(change.kind).get(change.name)
        missing = _missing(change, found)
        if (found is None) != (change.action == "delete") or missing:
            raise NotAsWritten(change.title, missing)
        if found is None:
            self.pulled[change.kind].pop(change.name, None)
        else:
            self.pulled[change.kind][change.name] = configured(found)
        snapshot.write(self.folder, self.pulled)

    def _found(self, kind: Kind) -> Mapping[str, dict[str, Any]]:
        return {str(document["name"]): dict(document) for document in self.instance.documents(kind)}


def _guard(change: Change, now: Document | None) -> None:
    if change.action == "create":
        if now is not None:
            raise ChangedSincePull(change.title, ())
        return
    if now is None:
        raise ChangedSincePull(change.title, ())
    base = change.base if change.action in {"update", "delete"} else {}
    changed = tuple(one.path for one in differences(base, configured(now))) if base else ()
    if changed:
        raise ChangedSincePull(change.title, changed)


def _missing(change: Change, found: Document | None) -> tuple[str, ...]:
    if change.action in {"activate", "deactivate"}:
        wanted = {"state": "active" if change.action == "activate" else "inactive"}
    else:
        wanted = dict(change.document)
    return lost(wanted, found or {}) if change.action != "delete" else ()
