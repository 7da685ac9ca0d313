"""Counting rows while they pass: what was read, rejected and applied is counted in the pass that writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import END, ERRORS, START
from shared.contracts.counts import Counts
from shared.contracts.entity import Entity
from spark_jobs.silver.history.closings import Closing, start_of
from spark_jobs.silver.history.intervals import BEATEN, BECAME, NEW, WAS_CURRENT, WAS_SHOWN
from spark_jobs.silver.history.plan import Plan
from spark_jobs.silver.landed.events import UNREAD, WARNINGS
from spark_jobs.silver.landed.rules import checks
from spark_jobs.silver.unique import unique_rules
from spark_jobs.tables import Totals, is_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame


class Observed:
    """The counts of one merge; they are known once all the DataFrames that it marked were written."""

    def __init__(self, entity: Entity, columns: Mapping[str, str], *, overtaken: int = 0) -> None:
        self._overtaken = overtaken  # rows of file versions that another one took the place of: read, and superseded unseen
        self._rules = [check.name for check in checks(entity.rules, columns)]
        self._rules += [rule.name for rule in unique_rules(entity.rules, columns)]
        self._counted: list[Observation] = []

    def landed(self, rows: DataFrame, *, alone: bool = False) -> DataFrame:
        """Count the rows read, the rejected, and those that break each rule; of `alone` ones, all that are good apply."""
        broken = {
            f"rule{place}": F.array_contains(ERRORS, name) | F.array_contains(WARNINGS, name)
            for place, name in enumerate(self._rules)
        }
        applied = {"applied": F.size(ERRORS) == 0} if alone else {}
        return self._count(rows, read=F.lit(True), rejected=F.size(ERRORS) > 0, unread=F.col(UNREAD), **applied, **broken)

    def became(self, ordered: DataFrame) -> DataFrame:
        """Count what became of the new events, and of the stored ones that a new one takes the place of."""
        kinds = {kind: F.col(BECAME) == kind for kind in ("applied", "superseded", "duplicate")}
        replaced = F.col(BEATEN) & ~F.col(NEW)
        return self._count(ordered, current_before=replaced & F.col(END).isNull(), shown_before=replaced & is_shown(), **kinds)

    def changed(self, rows: DataFrame) -> DataFrame:
        """Count the rows that the table will change by, and how many of them are and were current, and show."""
        before = {"current_before": F.col(WAS_CURRENT), "shown_before": F.col(WAS_SHOWN)}
        return self.written(rows, changed=F.lit(True), **before)

    def written(self, rows: DataFrame, **more: Column) -> DataFrame:
        """Count how many rows are current, and how many show; and `more`, by name."""
        return self._count(rows, current=F.col(END).isNull(), shown=is_shown(), **more)

    def ended(self, rows: DataFrame, plan: Plan, snapshots: Sequence[Closing]) -> DataFrame:
        """Count how many keys each snapshot found, and how many of them it ended."""
        conditions: dict[str, Column] = {}
        for place, one in enumerate(snapshots):
            start = plan.before(start_of(one, plan))
            found = is_shown() & (F.col(START) < start) & (F.col(END).isNull() | (F.col(END) >= start))
            conditions |= {f"found{place}": found, f"ended{place}": found & (F.col(END) == start)}
        return self._count(rows, **conditions) if conditions else rows

    def most_ended(self, snapshots: Sequence[Closing]) -> list[tuple[Closing, int, int]]:
        """Return the snapshots that ended more than half of the keys that they found, with both numbers."""
        counted = [(one, self._sum(f"ended{place}"), self._sum(f"found{place}")) for place, one in enumerate(snapshots)]
        return [(one, ended, found) for one, ended, found in counted if 2 * ended > found]

    def totals(self, before: Totals) -> Totals:
        """Return how many rows of the table are current and show, after a merge into one that had so many."""
        return Totals(
            current=before.current + self._sum("current") - self._sum("current_before"),
            shown=before.shown + self._sum("shown") - self._sum("shown_before"),
        )

    def is_all_read(self) -> bool:
        """Say whether every value was of the type that its column was inferred to have; waits for the pass that counts."""
        return not self._sum("unread")

    def is_change(self) -> bool:
        """Say whether there is anything to merge; waits for the pass that makes the counts."""
        return bool(self._sum("changed"))

    def counts(self) -> Counts:
        """Return the counts; waits for the pass that makes them."""
        return Counts(
            read=self._sum("read") + self._overtaken,
            rejected=self._sum("rejected"),
            rules={name: self._sum(f"rule{place}") for place, name in enumerate(self._rules)},
            applied=self._sum("applied"),
            superseded=self._sum("superseded") + self._overtaken,
            duplicates=self._sum("duplicate"),
        )

    def _count(self, rows: DataFrame, **conditions: Column) -> DataFrame:
        self._counted.append(Observation())
        return rows.observe(self._counted[-1], *(F.count_if(condition).alias(name) for name, condition in conditions.items()))

    def _sum(self, name: str) -> int:
        return sum(int(observation.get.get(name, 0)) for observation in self._counted)
