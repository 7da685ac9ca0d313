"""Documents of the API: of which kinds, what of them is configuration and not the service's own, and how two differ.

Fields and paths are those of Microsoft's client (reference: Insights, section 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Document = Mapping[str, Any]
Kind = Literal["relationships", "measures", "segments"]
KINDS: tuple[Kind, ...] = ("relationships", "measures", "segments")
"""In the order of writing: segments stand on measures, and measures on relationships."""

#: What the service writes into a document by itself: how it was computed, and who changed it when.
_OWN = frozenset({
    "createdBy", "createdUtc", "updatedBy", "updatedUtc", "instanceId", "version",
    "latestEvaluation", "output", "evaluationStats", "errorDescription", "sqlValidationStats", "evaluationHistory",
    "outputHistory", "evaluationStatus", "evaluationStatusHistory", "segmentQueryStats",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value that two documents do not share; None where it is not there."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        """Spell it on one line."""
        return f"{self.path}: {_shown(self.before)} → {_shown(self.after)}"


def configured(document: Document) -> dict[str, Any]:
    """Return what of a document is configuration: all that is not the service's own, known or not."""
    return {key: value for key, value in document.items() if key not in _OWN}


def title(kind: Kind, name: str) -> str:
    """Spell what is meant for people."""
    return f"{kind.removesuffix('s')} {name}"


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Yield where two documents differ; a value that is null and one that is not there are the same."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from differences(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            pair = [side[place] if place < len(side) else None for side in (before, after)]
            yield from differences(pair[0], pair[1], f"{path}[{place}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Difference(path=path, before=before, after=after)


def lost(written: Document, found: Document) -> tuple[str, ...]:
    """Return the paths of what was written and was not found so again; what the service adds by itself is no loss."""
    return tuple(one.path for one in differences(written, found) if one.before is not None)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return "{…}" if isinstance(value, Mapping) else "[…]"
    return "nothing" if value is None else str(value)
