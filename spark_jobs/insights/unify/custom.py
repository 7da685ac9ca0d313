"""Custom matches: pairs that are one whatever the rules say, and pairs that no rule joins.

Both are tables with the columns `Table1, Table1Key, Table2, Table2Key`, as Customer Insights takes them
(reference: Customer Insights, section 8). Published from gold, every later decision travels by file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.names import literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from spark_jobs.insights.unify.edges import Comparing

COLUMNS = ("Table1", "Table1Key", "Table2", "Table2Key")


@dataclass(frozen=True, kw_only=True)
class CustomPairs:
    """The tables of custom matches that there are."""

    always: DataFrame | None = None
    never: DataFrame | None = None
    version: str = ""  # what is in them

    def applied(self, edges: DataFrame, comparing: Comparing) -> DataFrame:
        """Return edges with the pairs that are always one, without those that never are."""
        if self.always is not None:
            made = _pairs(self.always, comparing).selectExpr("a", "b", "-1 as rule", "100 as score")
            edges = edges.unionByName(made)
        if self.never is not None:
            edges = edges.join(_pairs(self.never, comparing), ["a", "b"], "left_anti")
        return edges


def _pairs(custom: DataFrame, comparing: Comparing) -> DataFrame:
    """Return the ids `a` (of the first table) and `b` (of the second) of custom pairs, in whichever order they are told."""
    first, second = comparing.first.profiles.table.name, comparing.second.profiles.table.name

    def side(one: int, other: int) -> DataFrame:
        named = custom.where(f"Table{one} = {literal(first)} and Table{other} = {literal(second)}")
        return named.selectExpr(
            f"xxhash64({literal(first)}, cast(Table{one}Key as string)) as a",
            f"xxhash64({literal(second)}, cast(Table{other}Key as string)) as b",
        )

    both = side(1, 2).unionByName(side(2, 1)).distinct()
    return both.where(F.col("a") < F.col("b")) if comparing.within else both
