"""Counting rows while they pass: what was read, rejected and applied is counted in the pass that writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.batch import Counts, Entity
from spark_jobs.history import BECAME
from spark_jobs.landed import ERRORS, WARNINGS
from spark_jobs.rules import checks
from spark_jobs.unique import unique_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


class Observed:
    """The counts of one merge; they are known once the DataFrames that it marked were written."""

    def __init__(self, entity: Entity, columns: Mapping[str, str]) -> None:
        self._rules = [check.name for check in checks(entity.rules, columns)]
        self._rules += [rule.name for rule in unique_rules(entity.rules, columns)]
        self._landed = Observation()
        self._became = Observation()
        self._changed = Observation()

    def landed(self, rows: DataFrame) -> DataFrame:
        """Count the rows read, the rejected, and those that break each rule."""
        broken = [
            F.count_if(F.array_contains(ERRORS, name) | F.array_contains(WARNINGS, name)).alias(f"rule{place}")
            for place, name in enumerate(self._rules)
        ]
        rejected = F.count_if(F.size(ERRORS) > 0).alias("rejected")
        return rows.observe(self._landed, F.count(F.lit(1)).alias("read"), rejected, *broken)

    def became(self, ordered: DataFrame) -> DataFrame:
        """Count what became of the new events."""
        kinds = ("applied", "superseded", "duplicate")
        return ordered.observe(self._became, *(F.count_if(F.col(BECAME) == kind).alias(kind) for kind in kinds))

    def changed(self, rows: DataFrame) -> DataFrame:
        """Count the rows that the table will change by."""
        return rows.observe(self._changed, F.count(F.lit(1)).alias("changed"))

    def is_change(self) -> bool:
        """Say whether there is anything to merge; waits for the pass that makes the counts."""
        return bool(self._changed.get["changed"])

    def counts(self) -> Counts:
        """Return the counts; waits for the pass that makes them."""
        landed, became = self._landed.get, self._became.get
        return Counts(
            read=landed["read"],
            rejected=landed["rejected"],
            rules={name: landed[f"rule{place}"] for place, name in enumerate(self._rules)},
            applied=became["applied"],
            superseded=became["superseded"],
            duplicates=became["duplicate"],
        )
