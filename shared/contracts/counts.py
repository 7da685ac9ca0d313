"""What became of the rows that one entity of a batch was given (design, rule 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.codec import Count


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Rows of one entity in one batch: `read` is the sum of what became of them."""

    read: Count
    applied: Count  # events that the table now holds and did not hold before
    superseded: Count  # events that another one with the same key and sequence beats
    duplicates: Count  # events that the table, or the batch, already holds exactly
    rejected: Count
    rules: Mapping[str, Count]  # `<check>:<column>` -> rows that break it

    @property
    def became(self) -> int:
        """How many rows are accounted for."""
        return self.applied + self.superseded + self.duplicates + self.rejected

    def balances(self, given: int) -> bool:
        """Say whether rows given = rows read = what became of them."""
        return given == self.read == self.became


@dataclass(frozen=True, kw_only=True)
class EntityCounts(Counts):
    """The same, and what the silver table holds after the merge."""

    current: Count  # rows
    history: Count  # rows that show, current ones too


@dataclass(frozen=True, kw_only=True)
class MergeCounts(Counts):
    """The same while the merge goes on: noted before it, when nothing of the table is known yet, and again after it."""

    merged: bool
    current: Count | None = None
    history: Count | None = None


def impossible(counts: EntityCounts | MergeCounts) -> str:
    """Say what of an entity's counts contradicts the rest, or nothing."""
    if counts.read != counts.became:
        return f"{counts.read} read, {counts.became} accounted for"
    for rule, rows in counts.rules.items():
        if rows > counts.read:
            return f"{rows} rows of {counts.read} break {rule}"
    if counts.current is not None and counts.history is not None and counts.current > counts.history:
        return f"{counts.current} rows are current of {counts.history} that show"
    return ""
