"""Events of some keys in, every event with its interval out.

The rules are those of reference: Databricks, section 4.2, and the result is a function of the set of events alone, never
of their order of arrival. So that a late event can cut what was coalesced before it, **every** accepted event stays a row:

- the last event of a *run* (consecutive upserts with equal tracked values) carries the run's interval
  `[__START_AT, __END_AT)`, from the first event of the run to the next event of the key; null ends the current row;
- any other event, and every delete, is *hidden*: its interval is empty, `__START_AT = __END_AT` = its own sequence. A query
  "as of" never meets it, and `__END_AT IS NULL` is the current state, with no further condition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.window import Window

from shared.contracts.columns import DELETED, END, START
from spark_jobs.silver.history.plan import Plan, digest
from spark_jobs.tables import is_shown

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.window import WindowSpec

#: Working columns: is the event new in this batch, and what became of it (applied, superseded, duplicate; null: stored).
NEW, BECAME = "__new", "__became"
#: Of an event: does another one with the same key and sequence beat it?
BEATEN = "__beaten"
#: Of an event whose row changes: was its row current before, and did it show (false for a new one)?
WAS_CURRENT, WAS_SHOWN = "__was_current", "__was_shown"
#: Of an event: when its row ends unless another event says else, as `(start, last)` of the files that may close it, in order.
CLOSINGS = "__closings"


def order_of(plan: Plan, *, versionless: bool) -> Column:
    """Return what orders the events of a key first.

    `versionless` says that some delete lacks the first sequence column: it stands behind the events that are not later than it
    by the second (design, section 6).
    """
    if not versionless:
        return F.col(plan.sequence[0])
    first, second = plan.sequence
    so_far = Window.partitionBy(*plan.keys).orderBy(F.col(second).asc_nulls_first())
    return F.coalesce(first, F.max(first).over(so_far.rangeBetween(Window.unboundedPreceding, Window.currentRow)))


def read_off(events: DataFrame, plan: Plan, *, versionless: bool) -> DataFrame:
    """Order the events of each key, and say of each new one what became of it; nothing is dropped yet.

    `events` holds `NEW`, `DELETED` and the plan's columns.
    """
    order = order_of(plan, versionless=versionless)
    events = events.select("*", order.alias("__order"), digest(plan.content).alias("__content"))
    following = F.lead(F.struct(*plan.sequence, DELETED, "__content")).over(_in_order(plan))
    beaten = following.isNotNull()
    for name in plan.sequence:
        beaten &= F.col(name).eqNullSafe(F.col("__next")[name])
    same = (F.col("__next")[DELETED] == F.col(DELETED)) & (F.col("__next")["__content"] == F.col("__content"))
    became = F.when(~beaten, "applied").when(same, "duplicate").otherwise("superseded")
    return (
        events.select("*", following.alias("__next"))
        .select("*", beaten.alias(BEATEN), F.when(F.col(NEW), became).alias(BECAME))
        .drop("__next")
    )


def intervals(ordered: DataFrame, plan: Plan, *, closing: bool = False) -> DataFrame:
    """Give each event that nothing beats its interval; returns only those that are new, or whose interval changed.

    Besides the new interval, `WAS_CURRENT` and `WAS_SHOWN` tell of the one before. `closing` says that events have the column
    `CLOSINGS`: what a file leaves out ends where that file begins.
    """
    first = plan.fields[0]
    own = F.struct(
        F.col("__order").alias(first),
        *(F.col(name).alias(field) for name, field in zip(plan.sequence[1:], plan.fields[1:], strict=True)),
    )
    window = _in_order(plan)
    events = ordered.where(~F.col(BEATEN)).select("*", own.alias("__own"), digest(plan.tracked).alias("__tracked"))
    after = F.lead(F.struct("__own", DELETED, "__tracked")).over(window)
    gap = F.lit(None).cast(plan.sequence_type)
    if closing:
        ends = _closed_by(plan, F.col("__own"))
        is_held = after.isNotNull() & (plan.point(after["__own"]) <= ends["last"])
        gap = F.when(ends.isNotNull() & ~is_held, plan.before(ends["start"]))
    events = events.select("*", after.alias("__after"), gap.alias("__gap"))
    before = F.lag(F.struct(DELETED, "__tracked", "__gap")).over(window)
    events = events.select("*", before.alias("__before"))

    goes_on = F.col("__before").isNotNull() & ~F.col("__before")[DELETED] & F.col("__before")["__gap"].isNull()
    goes_on &= F.col("__before")["__tracked"] == F.col("__tracked")
    starts = ~F.col(DELETED) & ~goes_on
    same_after = F.col("__after").isNotNull() & ~F.col("__after")[DELETED] & F.col("__gap").isNull()
    same_after &= F.col("__after")["__tracked"] == F.col("__tracked")
    shows = ~F.col(DELETED) & ~same_after

    run = window.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    started = F.last(F.when(starts, F.col("__own")), ignorenulls=True).over(run)
    ended = F.coalesce("__gap", F.col("__after")["__own"]) if closing else F.col("__after")["__own"]
    dated = events.select(
        "*",
        F.when(shows, started).otherwise(F.col("__own")).alias("__start"),
        F.when(shows, ended).otherwise(F.col("__own")).alias("__end"),
    )
    changed = F.col(NEW) | ~F.col("__start").eqNullSafe(F.col(START)) | ~F.col("__end").eqNullSafe(F.col(END))
    was = {WAS_CURRENT: ~F.col(NEW) & F.col(END).isNull(), WAS_SHOWN: ~F.col(NEW) & is_shown()}
    return dated.where(changed).withColumns(was).withColumns({START: F.col("__start"), END: F.col("__end")})


def alone(events: DataFrame, plan: Plan, *, closing: bool = False) -> DataFrame:
    """Give events that are the only ones of their keys their intervals, which takes no order: as `intervals` would."""
    own = plan.own()
    open_end = F.lit(None).cast(plan.sequence_type)
    if closing:
        ends = _closed_by(plan, own)
        open_end = F.when(ends.isNotNull(), plan.before(ends["start"]))
    return events.withColumns({START: own, END: F.when(F.col(DELETED), own).otherwise(open_end)})


def _closed_by(plan: Plan, own: Column) -> Column:
    """Return the first files that may close the row of an event, null where there are none."""
    return F.try_element_at(F.filter(CLOSINGS, lambda files: files["start"] > plan.point(own)), F.lit(1))


def _in_order(plan: Plan) -> WindowSpec:
    first = plan.sequence[0]
    return Window.partitionBy(*plan.keys).orderBy(
        F.col("__order").asc_nulls_first(),
        *(F.col(name).asc_nulls_first() for name in plan.sequence[1:]),
        F.col(first).asc_nulls_last(),  # a delete without a version stands behind the event that it follows
        F.col(DELETED),  # of the same sequence a delete wins, then the greater content; both are properties of events
        F.col("__content"),
        F.col(NEW).desc(),  # of equal events the stored one stays
    )
