"""Snapshots: files that hold every key there is, so that one which leaves a key out closes its row.

A record that was rejected is in its snapshot all the same: that it cannot be used does not say that its key is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import END, KEY, LANDED_AT
from spark_jobs.silver.history import Plan

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_PRESENT = "__present"


def key_of(plan: Plan) -> Column:
    """Return the key of a typed event as a rejected record keeps it."""
    return F.array(*(F.col(name).cast("string") for name in plan.keys)).alias(KEY)


def with_presence(rows: DataFrame, rejected: DataFrame, kept: DataFrame | None, keys: Mapping[str, str]) -> DataFrame:
    """Add to rows which snapshots hold their key in a rejected record.

    `rejected` are the batch's rejected events, `kept` the records that earlier batches rejected, `keys` the types of the
    key columns by name.
    """
    present = rejected.select(*keys, LANDED_AT)
    if kept is not None:
        stored = (F.col(KEY)[place].cast(kind).alias(name) for place, (name, kind) in enumerate(keys.items()))
        present = present.union(kept.select(*stored, LANDED_AT))
    present = present.groupBy(*keys).agg(F.collect_set(LANDED_AT).alias(_PRESENT))
    return rows.join(present, list(keys), "left")


def closing_times(landed: Iterable[datetime], stored: DataFrame | None, kept: DataFrame | None, plan: Plan) -> Column:
    """Return, for rows with their presence, the times of the snapshots that leave out their key unless an event says else.

    `landed` are the times of the batch's files, `stored` the rows of the table; the array is sorted.
    """
    times = set(landed)
    found = [rows.select(LANDED_AT) for rows in (stored, kept) if rows is not None]
    if stored is not None:
        at, record = (F.col(END)[name] for name in plan.fields)
        found.append(stored.where(record == 0).select(at))  # a snapshot of which nothing else is left
    if found:
        times |= {row[0].astimezone() for row in reduce(lambda one, other: one.union(other), found).distinct().collect()}
    every = F.array(*(F.to_timestamp(F.lit(at.isoformat())) for at in sorted(times)))
    return F.array_except(every, F.coalesce(_PRESENT, F.array().cast("array<timestamp>")))
