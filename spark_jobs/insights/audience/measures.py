"""Measures: a figure for each profile, for each value of dimensions, or of all. Reference: Customer Insights, section 9."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.insights.audience.comparisons import condition
from spark_jobs.names import literal, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from spark_jobs.insights.rules.vocabulary import InsightsRules, Measure

CUSTOMER = "Customer"
CUSTOMER_MEASURE = "Customer_Measure"
_FUNCTIONS = {
    "sum": "sum({})", "average": "avg({})", "count": "count({})", "count_unique": "count(distinct {})",
    "max": "max({})", "min": "min({})", "first": "min_by({}, {})", "last": "max_by({}, {})",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Related:
    """Tables, each with the profile that its rows belong to."""

    rules: InsightsRules
    customer: DataFrame
    state: DataFrame  # Table, Key, CustomerId of every row of every profile table
    tables: Mapping[str, DataFrame]

    def rows(self, name: str) -> DataFrame:
        """Return the rows of a table with `CustomerId`; those that belong to no profile are left out."""
        if name == CUSTOMER:
            return self.customer
        relationship = next((one for one in self.rules.relationships if one.table == name), None)
        profiles = self.rules.table(relationship.to if relationship else name)
        key = relationship.column if relationship else profiles.key if profiles else ""
        named = self.state.where(f"`Table` = {literal(profiles.name if profiles else name)}").select("Key", "CustomerId")
        rows = self.tables[name]
        if "CustomerId" in rows.columns:
            rows = rows.drop("CustomerId")
        return rows.join(named, F.expr(f"cast({quoted(key)} as string) = Key")).drop("Key")


def customer_measure(related: Related) -> DataFrame:
    """Return `Customer_Measure`: a row for each profile, a column for each of its measures."""
    found = related.customer.select("CustomerId")
    for measure in related.rules.measures:
        if measure.kind == "customer_attribute":
            figures = _rows(related, measure).groupBy("CustomerId").agg(F.expr(_aggregate(measure)).alias(measure.name))
            found = found.join(figures, "CustomerId", "left")
            if measure.null is not None or measure.function in {"count", "count_unique"}:
                found = found.na.fill({measure.name: measure.null if measure.null is not None else 0})
    return found


def measure_tables(related: Related) -> dict[str, DataFrame]:
    """Return the measures that are tables of their own: by profile and dimension, and those of the business."""
    found = {}
    for measure in related.rules.measures:
        by = [quoted(name) for name in measure.dimensions]
        if measure.kind == "customer_measure":
            by = ["CustomerId", *by]
        elif measure.kind == "customer_attribute":
            continue
        found[measure.name] = _rows(related, measure).groupBy(*by).agg(F.expr(_aggregate(measure)).alias(measure.name))
    return found


def _rows(related: Related, measure: Measure) -> DataFrame:
    rows = related.rows(measure.table)
    for one in measure.where:
        rows = rows.where(condition(one))
    return rows


def _aggregate(measure: Measure) -> str:
    column = quoted(measure.column) if measure.column else "*"
    return _FUNCTIONS[measure.function].format(column, quoted(measure.by or ""))
