"""What the files of one entity leave out: told by those of the batch, those before, and the records that were rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import END, KEY, KEYS, LANDED_AT, SOURCE_FILE
from shared.contracts.outcome import Finding
from spark_jobs.silver.history import closings
from spark_jobs.silver.history.closings import PRESENT, Point, Schedule, version_column
from spark_jobs.silver.history.plan import Plan

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_VERSION_OF, _AT, _TOLD = "__version_of", "__at", "__told"
_SINCE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What closes rows of one entity by leaving them out, in this batch and before."""

    plan: Plan
    schedule: Schedule
    present: DataFrame | None = None  # which file versions hold a rejected record of a key; None: no record was rejected
    untold: frozenset[str] = frozenset()  # snapshots of this batch that close nothing: a rejected record's key cannot be told
    unordered: frozenset[str] = frozenset()  # likewise: their records have several places in the order
    late: frozenset[str] = frozenset()  # folders to which this batch brought files after another one had begun

    def marked(self, rows: DataFrame) -> DataFrame:
        """Add to rows what may close them."""
        return closings.marked(rows, self.schedule, self.plan, self.present)

    def findings(self, entity: str) -> list[Finding]:
        """Return what a person should know of it."""

        def told(trap: str, where: str, detail: str) -> Finding:
            return Finding(trap=trap, table=entity, where=where, detail=detail, severity="warning")

        untold = (
            "a record of it was rejected whose key cannot be told, so this snapshot closes nothing; mend it and land it again"
        )
        unordered = "its records have several values of what `sequence` names, so this snapshot closes nothing"
        late = (
            "a file came to it after another folder had begun: it was taken, and closes nothing of other folders; say by "
            "`sequence` what orders them"
        )
        return [
            *(told("snapshot_untold", name, untold) for name in sorted(self.untold)),
            *(told("snapshot_unordered", name, unordered) for name in sorted(self.unordered)),
            *(told("snapshot_late", name, late) for name in sorted(self.late)),
        ]


@dataclass(frozen=True, kw_only=True)
class FileSet:
    """The files of a batch and of its table, as far as they may close something."""

    plan: Plan
    landed: Mapping[str, Point]  # those of the batch that have rows, by version, ordered by landing alone
    batch: Callable[[], DataFrame] | None = (
        None  # its events that can be used, asked where a column orders files; None: no batch
    )
    stored: DataFrame | None  # the rows of the table that count; None: there are none
    kept: DataFrame | None = None  # records that earlier batches rejected


def of_keyless(files: FileSet) -> LeftOut:
    """Find what closes the rows of records without a key."""
    points = set(files.landed.values())
    if files.stored is not None:
        points |= {point for point, _ in _points(files.plan, [files.stored])}
    return LeftOut(plan=files.plan, schedule=closings.of_keyless(points))


def of_snapshots(files: FileSet, rejected: DataFrame | None, *, folders: bool) -> LeftOut:
    """Find what closes the rows that snapshots leave out; `rejected` are the batch's rejected records: lineage and `KEYS`."""
    points, unordered = _snapshot_points(files)
    decided = closings.of_folders(points) if folders else closings.of_snapshots(points)
    present, untold = _held_by_rejects(rejected, files.kept)
    in_batch = {version: point[-1] for version, point in files.landed.items()}
    came = {closings.folder_of(name) for name in in_batch.values()}
    return LeftOut(
        plan=files.plan,
        schedule=closings.without(decided, untold),
        present=present,
        untold=frozenset(in_batch[version] for version in untold & in_batch.keys()),
        unordered=frozenset(in_batch[version] for version in unordered & in_batch.keys()),
        late=decided.late & came,
    )


def _held_by_rejects(rejected: DataFrame | None, kept: DataFrame | None) -> tuple[DataFrame | None, set[str]]:
    """Return which file versions hold a rejected record of a key, and those with one whose key cannot be told."""
    listed = [] if rejected is None else [rejected.select(version_column().alias(_VERSION_OF), KEYS)]
    if kept is not None:
        own = F.when(~F.exists(KEY, lambda part: F.coalesce(part, F.lit("")) == ""), F.array(KEY))
        listed.append(kept.select(version_column().alias(_VERSION_OF), F.coalesce(KEYS, own).alias(KEYS)))
    if not listed:
        return None, set()
    records = reduce(lambda one, other: one.union(other), listed)
    told = records.groupBy(_VERSION_OF).agg(F.bool_and(F.col(KEYS).isNotNull()).alias(_TOLD)).collect()
    if not told:
        return None, set()
    exploded = records.select(_VERSION_OF, F.explode(KEYS).alias(KEY))
    present = exploded.groupBy(KEY).agg(F.collect_set(_VERSION_OF).alias(PRESENT))
    return present, {row[_VERSION_OF] for row in told if not row[_TOLD]}


def _snapshot_points(files: FileSet) -> tuple[set[Point], set[str]]:
    """Return the places of all snapshots, and the versions of those that have several."""
    plan = files.plan
    listed = [files.stored] if files.stored is not None else []
    if not plan.ordered_by:
        points = set(files.landed.values())
        listed += [files.kept] if files.kept is not None else []
        points |= {point for point, _ in _points(plan, listed)} if listed else set()
        return points, set()
    found = _points(plan, [*listed, *([files.batch()] if files.batch else [])])
    several = {closings.version_of(point) for point, is_one in found if not is_one}
    return {point for point, is_one in found if is_one}, several


def _points(plan: Plan, listed: Sequence[DataFrame]) -> set[tuple[Point, bool]]:
    """Return the places in the order that file versions among rows have, and whether it is the only one of each."""
    first = plan.ordered_by
    found = []
    for rows in listed:
        found.append(rows.select(*first, LANDED_AT, SOURCE_FILE))
        if END in rows.columns:
            # Of a snapshot may be left only that it ended something.
            ended = rows.where(F.col(END)[plan.fields[-1]] == 0).select(
                *(F.col(END)[field].alias(name) for field, name in zip(plan.fields[:-1], plan.sequence[:-1], strict=True))
            )
            found.append(ended)
    every = reduce(lambda one, other: one.unionByName(other), found)
    at = F.unix_micros(LANDED_AT).alias(_AT)
    places = F.struct(*(_exact(every, name) for name in first)) if first else F.lit(True)
    grouped = every.groupBy(at, SOURCE_FILE).agg(F.min(places).alias("low"), F.max(places).alias("high"))
    points = set()
    for row in grouped.collect():
        landed = (_SINCE + timedelta(microseconds=row[_AT]), row[SOURCE_FILE])
        before = tuple(_python(every, name, value) for name, value in zip(first, row["low"], strict=True)) if first else ()
        points.add(((*before, *landed), row["low"] == row["high"]))
    return points


def _exact(rows: DataFrame, name: str) -> Any:
    # A timestamp as Python gets it has the zone of the machine.
    return F.unix_micros(name).alias(name) if dict(rows.dtypes)[name] == "timestamp" else F.col(name)


def _python(rows: DataFrame, name: str, value: Any) -> Any:
    return _SINCE + timedelta(microseconds=value) if dict(rows.dtypes)[name] == "timestamp" else value


def landed_points(files: Iterable[tuple[datetime, str]]) -> dict[str, Point]:
    """Return files by version, with their place in the order of landing."""
    return {closings.version_of(point): point for point in files}
