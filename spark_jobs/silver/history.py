"""AUTO CDC, SCD type 2: events of some keys in, every event with its interval out.

The rules are those of reference: Databricks, section 4.2, and the result is a function of the set of events alone, never
of their order of arrival. So that a late event can cut what was coalesced before it, **every** accepted event stays a row:

- the last event of a *run* (consecutive upserts with equal tracked values) carries the run's interval
  `[__START_AT, __END_AT)`, from the first event of the run to the next event of the key; null ends the current row;
- any other event, and every delete, is *hidden*: its interval is empty, `__START_AT = __END_AT` = its own sequence. A query
  "as of" never meets it, and `__END_AT IS NULL` is the current state, with no further condition.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.window import Window

from shared.contracts.columns import DELETED, END, START
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


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What reconciling has to know of an entity; names are silver names."""

    keys: Sequence[str]
    sequence: tuple[str, str]  # compared in this order
    fields: tuple[str, str]  # what the two are called inside __START_AT and __END_AT
    field_types: tuple[str, str]
    content: Sequence[str]  # data columns
    tracked: Sequence[str]  # those whose change makes a new row of history

    @property
    def sequence_type(self) -> str:
        """The SQL type of `__START_AT` and `__END_AT`."""
        return f"struct<{self.fields[0]}:{self.field_types[0]},{self.fields[1]}:{self.field_types[1]}>"

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that tell events apart: those of one identity are versions of the same event."""
        return tuple(dict.fromkeys((*self.keys, *self.sequence)))


def read_off(events: DataFrame, plan: Plan, *, versionless: bool) -> DataFrame:
    """Order the events of each key, and say of each new one what became of it; nothing is dropped yet.

    `events` holds `NEW`, `DELETED` and the plan's columns. `versionless` says that some delete lacks the first sequence
    column: it stands behind the events that are not later than it by the second (design, section 6).
    """
    first, second = plan.sequence
    order = F.col(first)
    if versionless:
        so_far = Window.partitionBy(*plan.keys).orderBy(F.col(second).asc_nulls_first())
        order = F.coalesce(order, F.max(first).over(so_far.rangeBetween(Window.unboundedPreceding, Window.currentRow)))
    events = events.select("*", order.alias("__order"), digest(plan.content).alias("__content"))
    following = F.lead(F.struct(first, second, DELETED, "__content")).over(_in_order(plan))
    beaten = following.isNotNull() & F.col(first).eqNullSafe(F.col("__next")[first])
    beaten &= F.col(second).eqNullSafe(F.col("__next")[second])
    same = (F.col("__next")[DELETED] == F.col(DELETED)) & (F.col("__next")["__content"] == F.col("__content"))
    became = F.when(~beaten, "applied").when(same, "duplicate").otherwise("superseded")
    return (
        events.select("*", following.alias("__next"))
        .select("*", beaten.alias(BEATEN), F.when(F.col(NEW), became).alias(BECAME))
        .drop("__next")
    )


def intervals(ordered: DataFrame, plan: Plan, snapshots: Column | None = None) -> DataFrame:
    """Give each event that nothing beats its interval; returns only those that are new, or whose interval changed.

    Besides the new interval, `WAS_CURRENT` and `WAS_SHOWN` tell of the one before.

    `snapshots` is the sorted array of the times of all snapshots of the entity, where a file that leaves a key out
    deletes it.
    """
    first, second = plan.sequence
    own = F.struct(F.col("__order").alias(plan.fields[0]), F.col(second).alias(plan.fields[1]))
    window = _in_order(plan)
    events = ordered.where(~F.col(BEATEN)).select("*", own.alias("__own"), digest(plan.tracked).alias("__tracked"))
    after = F.lead(F.struct("__own", DELETED, "__tracked")).over(window)
    gap = F.lit(None).cast("timestamp")
    if snapshots is not None:
        left_out = _left_out(snapshots, first)
        gap = F.when(after.isNull() | (after["__own"][plan.fields[0]] > left_out), left_out)
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
    ended = F.col("__after")["__own"]
    if snapshots is not None:
        ended = F.when(F.col("__gap").isNotNull(), _gone(F.col("__gap"), plan)).otherwise(ended)
    dated = events.select(
        "*",
        F.when(shows, started).otherwise(F.col("__own")).alias("__start"),
        F.when(shows, ended).otherwise(F.col("__own")).alias("__end"),
    )
    changed = F.col(NEW) | ~F.col("__start").eqNullSafe(F.col(START)) | ~F.col("__end").eqNullSafe(F.col(END))
    was = {WAS_CURRENT: ~F.col(NEW) & F.col(END).isNull(), WAS_SHOWN: ~F.col(NEW) & is_shown()}
    return dated.where(changed).withColumns(was).withColumns({START: F.col("__start"), END: F.col("__end")})


def alone(events: DataFrame, plan: Plan, snapshots: Column | None = None) -> DataFrame:
    """Give events that are the only ones of their keys their intervals, which takes no order: as `intervals` would."""
    first, second = plan.sequence
    own = F.struct(F.col(first).alias(plan.fields[0]), F.col(second).alias(plan.fields[1]))
    open_end = F.lit(None).cast(plan.sequence_type)
    if snapshots is not None:
        gap = _left_out(snapshots, first)
        open_end = F.when(gap.isNotNull(), _gone(gap, plan))
    return events.withColumns({START: own, END: F.when(F.col(DELETED), own).otherwise(open_end)})


def _left_out(snapshots: Column, first: str) -> Column:
    """Return the time of the first snapshot after an event, null where there is none."""
    return F.try_element_at(F.filter(snapshots, lambda at: at > F.col(first)), F.lit(1))


def _gone(at: Column, plan: Plan) -> Column:
    """Return the end of a row that a snapshot leaves out."""
    return F.struct(at.alias(plan.fields[0]), F.lit(0).cast("bigint").alias(plan.fields[1]))


def _in_order(plan: Plan) -> WindowSpec:
    first, second = plan.sequence
    return Window.partitionBy(*plan.keys).orderBy(
        F.col("__order").asc_nulls_first(),
        F.col(second).asc_nulls_first(),
        F.col(first).asc_nulls_last(),  # a delete without a version stands behind the event that it follows
        F.col(DELETED),  # of the same sequence a delete wins, then the greater content; both are properties of events
        F.col("__content"),
        F.col(NEW).desc(),  # of equal events the stored one stays
    )


def digest(columns: Sequence[str]) -> Column:
    """Return a 64-bit digest of named values that a column full of nulls does not change, so that one can be added."""
    parts: list[Column] = []
    for name in sorted(columns, key=str.lower):
        mark = F.lit(zlib.crc32(name.lower().encode()))
        parts += [F.when(F.col(name).isNotNull(), mark), F.col(name)]
    return F.xxhash64(*parts) if parts else F.lit(0).cast("bigint")
