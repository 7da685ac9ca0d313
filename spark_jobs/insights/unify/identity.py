"""Stable ids: a profile keeps its `CustomerId` from run to run by the rows that it shares with what it was.

A profile keeps the id that most of its rows had, ties the oldest; an id goes on with the profile that holds most of its rows.
Of a merge the other ids, and of a split the id that was left, are named in `PreviousCustomerId` (reference: Customer Insights,
section 8), and each is an event of the log. A run on the same rows changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_jobs.names import literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column, DataFrame

#: What is kept between runs: which profile each row belongs to.
STATE = ("Table", "Key", "CustomerId", "PreviousCustomerId", "Since")


@dataclass(frozen=True, kw_only=True)
class Identified:
    """Profiles with their ids."""

    ids: DataFrame  # profile, CustomerId, PreviousCustomerId, Since
    state: DataFrame  # as `STATE`: what the next run is given
    log: DataFrame  # CustomerId, Event (created, merged, split, gone), OtherId, Run


def identify(members: DataFrame, before: DataFrame | None, run: str, keep: Callable[[str, DataFrame], DataFrame]) -> Identified:
    """Give each profile its id; `run` names this run in ids that are new, and sorts by time.

    `keep` writes a table under a name and reads it back.
    """
    roots = members.where("id = profile").selectExpr("profile", "name", "key")
    if before is None:
        fresh = f"md5(concat_ws('|', name, key, {literal(run)}))"
        ids = roots.selectExpr(
            "profile", f"{fresh} as CustomerId", "cast(null as string) as PreviousCustomerId", f"{literal(run)} as Since"
        )
        log = ids.where("false").selectExpr(
            "CustomerId", "'created' as Event", "cast(null as string) as OtherId", "Since as Run"
        )
        return Identified(ids=ids, state=_state(members, ids), log=log)
    known = before.selectExpr(
        "`Table` as name", "Key as key", "CustomerId as old", "PreviousCustomerId as had", "Since as born"
    )
    shared = members.select("profile", "name", "key").join(known, ["name", "key"]).groupBy("profile", "old")
    overlaps = keep("overlaps", shared.agg(*_counted()))
    # An id goes on with one profile only, and a profile with one of the ids that go on with it.
    goes_on = overlaps.selectExpr("*", "row_number() over (partition by old order by n desc, profile) as place").where(
        "place = 1"
    )
    by_age = "row_number() over (partition by profile order by n desc, born, old) as rank"
    kept = goes_on.selectExpr("profile", "old", "had", "born", by_age).where("rank = 1").drop("rank")
    still = kept.selectExpr("old", "profile as lives_in")
    others = overlaps.join(still, "old", "left").join(kept.selectExpr("profile", "old as own"), "profile", "left")
    # What left a profile that lives on is not that profile's successor, unless it is one without an id of its own.
    left = others.where("(own is null) or (lives_in is null and own <> old)")
    previous = left.groupBy("profile").agg(_joined("old").alias("added"))
    fresh = f"md5(concat_ws('|', name, key, {literal(run)}))"
    found = roots.join(kept, "profile", "left").join(previous, "profile", "left")
    ids = keep(
        "ids",
        found.selectExpr(
            "profile",
            f"coalesce(old, {fresh}) as CustomerId",
            "nullif(concat_ws(';', had, added), '') as PreviousCustomerId",
            f"coalesce(born, {literal(run)}) as Since",
        ),
    )
    split = left.where("own is null and lives_in is not null").join(ids.select("profile", "CustomerId"), "profile")
    merged = left.where("lives_in is null").join(ids.select("profile", "CustomerId"), "profile")
    seen = overlaps.select("profile").distinct()
    created = ids.join(seen, "profile", "left_anti").selectExpr(
        "CustomerId", "'created' as Event", "cast(null as string) as OtherId"
    )
    gone = known.select("old").distinct().join(overlaps.select("old"), "old", "left_anti")
    log = (
        split.selectExpr("CustomerId", "'split' as Event", "old as OtherId")
        .unionByName(merged.selectExpr("CustomerId", "'merged' as Event", "old as OtherId"))
        .unionByName(created)
        .unionByName(gone.selectExpr("old as CustomerId", "'gone' as Event", "cast(null as string) as OtherId"))
        .selectExpr("*", f"{literal(run)} as Run")
    )
    return Identified(ids=ids, state=_state(members, ids), log=log)


def _counted() -> list[Column]:
    from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

    return [F.count("*").alias("n"), F.min("born").alias("born"), F.max("had").alias("had")]


def _joined(column: str) -> Column:
    from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

    return F.expr(f"array_join(sort_array(collect_set({column})), ';')")


def _state(members: DataFrame, ids: DataFrame) -> DataFrame:
    named = members.selectExpr("name as `Table`", "key as Key", "profile")
    return named.join(ids, "profile").select(*STATE)
