"""Segments: profiles by conditions, rules combined from left to right. Reference: Customer Insights, section 9."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.insights.audience.comparisons import condition, owner
from spark_jobs.insights.audience.measures import CUSTOMER, CUSTOMER_MEASURE, Related

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from spark_jobs.insights.rules.vocabulary import Comparison, Segment, SegmentRule


def members(related: Related, measures: DataFrame, segment: Segment) -> DataFrame:
    """Return `CustomerId` of the members of a segment."""
    found: DataFrame | None = None
    for rule in segment.rules:
        own = _of_rule(related, measures, rule)
        if found is None:
            found = own
        elif rule.operation == "union":
            found = found.union(own).distinct()
        else:
            found = found.join(own, "CustomerId", "left_semi" if rule.operation == "intersect" else "left_anti")
    return found if found is not None else related.customer.select("CustomerId").where("false")


def segment_table(related: Related, measures: DataFrame, segment: Segment) -> DataFrame:
    """Return the table of a segment: all attributes of its members."""
    return related.customer.join(members(related, measures, segment), "CustomerId", "left_semi")


def _of_rule(related: Related, measures: DataFrame, rule: SegmentRule) -> DataFrame:
    conditions, word = (rule.all, " and ") if rule.all else (rule.any, " or ")
    by_table: dict[str, list[Comparison]] = {}
    for one in conditions:
        by_table.setdefault(owner(one), []).append(one)
    found = related.customer.select("CustomerId") if rule.all or not rule.any else None
    for table, own in by_table.items():
        # Conditions on one related table are on one and the same row of it.
        where = F.expr(word.join(f"({condition(one)})" for one in own))
        rows = measures if table == CUSTOMER_MEASURE else related.customer if table == CUSTOMER else related.rows(table)
        ids = rows.where(where).select("CustomerId").distinct()
        if found is None:
            found = ids
        else:
            found = found.join(ids, "CustomerId", "left_semi") if rule.all else found.union(ids).distinct()
    return found if found is not None else related.customer.select("CustomerId")
