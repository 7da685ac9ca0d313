"""The outcome document of a run, read and checked: what the job says it did must add up with what it was given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.manifest import ManifestPart

_COUNTED = ("applied", "superseded", "duplicates", "rejected")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run says of itself."""

    batch_id: str
    publication: str  # empty: gold did not change
    base_publication: str  # the one that it was built on; empty: the first
    staged_manifest: str  # `<container>/<path>`
    entities: Mapping[str, Mapping[str, Any]]


def read_outcome(data: bytes) -> Outcome:
    """Read an outcome document; raises `ValueError` where it is none."""
    try:
        document = json.loads(data)
        return Outcome(
            batch_id=document["batch_id"],
            publication=document.get("publication") or "",
            base_publication=document.get("base_publication") or "",
            staged_manifest=document.get("staged_manifest") or "",
            entities=document["entities"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an outcome document: {error}") from error


def imbalance(outcome: Outcome, parts: Iterable[ManifestPart]) -> str:
    """Say what does not add up, or nothing: for each entity, rows given = rows read = the sum of what became of them."""
    given: dict[str, int] = {}
    for part in parts:
        given[part.entity] = given.get(part.entity, 0) + part.rows
    for entity, rows in sorted(given.items()):
        counts = outcome.entities.get(entity)
        if counts is None:
            return f"{entity}: {rows} rows given, none accounted for"
        read = counts.get("read", 0)
        became = sum(counts.get(name, 0) for name in _COUNTED)
        if not rows == read == became:
            return f"{entity}: {rows} rows given, {read} read, {became} accounted for"
    return ""
