"""Files that close rows by leaving them out (docs/adr/0016): when, and whose.

| data set | what a file closes |
| --- | --- |
| no keys: a record is a row of its own | what the same file held when it landed before |
| `mode = "snapshot"` | everything that it leaves out |
| `mode = "snapshot"`, `snapshot_of = "folder"` | the same of other folders, and what the same file held before |

A folder's files are one snapshot as far as they come one after the other. What comes to it once another folder has begun is
taken and closes nothing of other folders: it is late, or it is the whole again, and nobody can tell.

A snapshot closes only what it really lacks. A record that was rejected is in it all the same; where its key cannot be told, the
snapshot closes nothing. So it is where its records have more than one place in the order (`sequence`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import KEY, LANDED_AT, SOURCE_FILE
from spark_jobs.names import literal, quoted
from spark_jobs.silver.history.intervals import CLOSINGS
from spark_jobs.silver.history.plan import Plan

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

Point = tuple[Any, ...]
"""A file version's place in the order (`Plan.point_type`): what its records are ordered by first, when it landed, its name."""

#: Which versions of files hold a rejected record of a key.
PRESENT = "__present"


@dataclass(frozen=True, kw_only=True)
class Closing:
    """Files from one place in the order to another that close what was there before them and is in none of them."""

    start: Point
    last: Point
    versions: tuple[str, ...]  # of its files (`version_of`)
    folder: str | None = None  # of which they close nothing


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """All closings of one entity."""

    of_all: Sequence[Closing] = ()
    of_file: Mapping[str, Sequence[Closing]] = field(default_factory=dict)  # by the file whose older versions end
    late: frozenset[str] = frozenset()  # folders to which files came once another one had begun

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.of_all or self.of_file)


def of_keyless(points: Iterable[Point]) -> Schedule:
    """Return the closings of files whose records have no key of their own."""
    return Schedule(of_file=_versions(points))


def of_snapshots(points: Iterable[Point]) -> Schedule:
    """Return the closings of files that hold every key there is."""
    return Schedule(of_all=[_one(point) for point in sorted(set(points))])


def of_folders(points: Iterable[Point]) -> Schedule:
    """Return the closings of folders that hold every key there is."""
    points = sorted(set(points))
    found: dict[str, Closing] = {}
    late = set()
    for folder, run in groupby(points, key=lambda point: folder_of(point[-1])):
        files = list(run)
        if folder in found:
            late.add(folder)
        else:
            versions = tuple(version_of(point) for point in files)
            found[folder] = Closing(start=files[0], last=files[-1], versions=versions, folder=folder)
    return Schedule(of_all=list(found.values()), of_file=_versions(points), late=frozenset(late))


def without(schedule: Schedule, versions: Collection[str]) -> Schedule:
    """Return the closings of which no file is one of these versions."""

    def others(listed: Sequence[Closing]) -> list[Closing]:
        return [one for one in listed if not set(one.versions) & set(versions)]

    of_file = {file: left for file, listed in schedule.of_file.items() if (left := others(listed))}
    return Schedule(of_all=others(schedule.of_all), of_file=of_file, late=schedule.late)


def version_of(point: Point) -> str:
    """Return the text that a file version is told by: when it landed, and its name."""
    landed_at, name = point[-2:]
    return f"{round((landed_at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)} {name}"


def version_column() -> Column:
    """Return the same of a row."""
    return F.concat_ws(" ", F.unix_micros(LANDED_AT).cast("string"), F.col(SOURCE_FILE))


def folder_of(file: str) -> str:
    """Return the folder of a landed file."""
    return file.rpartition("/")[0]


def marked(rows: DataFrame, schedule: Schedule, plan: Plan, present: DataFrame | None = None) -> DataFrame:
    """Add to rows what may close them (`intervals.CLOSINGS`).

    `present` says in which file versions a rejected record has a key (`KEY`, `PRESENT`): these do not close its rows.
    """
    kind = f"array<struct<start:{plan.point_type},last:{plan.point_type},versions:array<string>,folder:string>>"
    if present is not None:
        rows = rows.withColumn(KEY, plan.key()).join(present, KEY, "left").drop(KEY)
    every = F.expr(f"from_json({literal(_spelled(schedule.of_all, plan))}, {literal(kind)})")
    if schedule.of_file:
        listed = [(file, _spelled(found, plan)) for file, found in sorted(schedule.of_file.items())]
        by_file = rows.sparkSession.createDataFrame(listed, f"{SOURCE_FILE} string, __spelled string")
        by_file = by_file.select(SOURCE_FILE, F.expr(f"from_json(__spelled, {literal(kind)})").alias("__of_file"))
        rows = rows.join(F.broadcast(by_file), SOURCE_FILE, "left")
        every = F.array_sort(F.concat(every, F.coalesce("__of_file", F.array().cast(kind))))
    own = F.regexp_replace(SOURCE_FILE, "/[^/]*$", "")
    held = F.coalesce(PRESENT, F.array().cast("array<string>")) if present is not None else None

    def closes(files: Column) -> Column:
        others = files["folder"].isNull() | (files["folder"] != own)
        return others if held is None else others & ~F.arrays_overlap(files["versions"], held)

    columns = [name for name in rows.columns if name not in {PRESENT, "__of_file"}]
    return rows.select(*(F.col(quoted(name)) for name in columns), F.filter(every, closes).alias(CLOSINGS))


def start_of(closing: Closing, plan: Plan) -> Column:
    """Return where it begins, as `Plan.point_type`."""
    spelled = json.dumps(_place(closing.start, plan), ensure_ascii=False)
    return F.expr(f"from_json({literal(spelled)}, {literal(plan.point_type)})")


def _versions(points: Iterable[Point]) -> dict[str, list[Closing]]:
    """Return by file what closes the rows of its older versions, where it has any."""
    by_file: dict[str, list[Point]] = {}
    for point in sorted(set(points)):
        by_file.setdefault(point[-1], []).append(point)
    return {file: [_one(point) for point in found[1:]] for file, found in by_file.items() if len(found) > 1}


def _one(point: Point) -> Closing:
    return Closing(start=point, last=point, versions=(version_of(point),))


def _spelled(closings: Iterable[Closing], plan: Plan) -> str:
    # One literal, which the planner reads once; a struct of literals each would be a thousand expressions.
    listed = [
        {
            "start": _place(one.start, plan),
            "last": _place(one.last, plan),
            "versions": one.versions,
            "folder": one.folder,
        }
        for one in closings
    ]
    return json.dumps(listed, ensure_ascii=False)


def _place(point: Point, plan: Plan) -> dict[str, Any]:
    return {name: _plain(value) for name, value in zip(plan.fields[:-1], point, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | Decimal):
        return str(value)
    return value
