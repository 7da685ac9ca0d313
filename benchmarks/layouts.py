"""How the rows of a table may lie in its files: `python -m benchmarks.layouts --rows N`.

A Delta table as wide as silver's customers is written in several ways; then 1,000 keys drawn evenly are looked for in each, as
a small batch does: all columns of their rows, and the key alone. Processor seconds of the JVM and megabytes that it read
(Linux counts both), medians. `keys joined` is how the job finds rows; `keys named` lists them in the condition, with Spark told
to hand so long a list down to parquet, which is what lets statistics of pages and bloom filters rule anything out. `--batches`
has so many batches of 1,000 rows replaced by name in each layout first: what they append lies as it comes.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import md5
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import psutil
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from benchmarks.customers import TEXTS, texts
from benchmarks.peers.session import session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_LOOKED_FOR: Final = 1_000
_TIMES: Final = 3  # after one that warms up
_THRESHOLD: Final = "spark.sql.parquet.pushdown.inFilterThreshold"
HEAD: Final = (
    "| rows lie | write, CPU s | MB | files | keys joined: all columns | key alone | keys named: all columns | key alone |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
)


@dataclass(frozen=True, kw_only=True)
class FileLayout:
    """One way to write the table."""

    label: str
    arranged: Callable[["DataFrame"], "DataFrame"]
    options: Mapping[str, str] = field(default_factory=dict)  # of parquet's writer, given to Hadoop's configuration


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one look-up takes."""

    cpu: float  # seconds
    megabytes: float

    def __str__(self) -> str:
        """Return it as a cell."""
        return f"{self.cpu:.2f} s, {self.megabytes:.0f} MB"


def layouts(rows: int) -> list[FileLayout]:
    """Return the layouts that are compared; `rows` decides how many files a table of the usual size has."""
    files = max(2, rows // 500_000)

    def by_key(into: int) -> "Callable[[DataFrame], DataFrame]":
        return lambda found: found.repartitionByRange(into, "Id").sortWithinPartitions("Id")

    bloom = {"parquet.bloom.filter.enabled#Id": "true", "parquet.bloom.filter.expected.ndv#Id": str(rows // files)}
    groups = {"parquet.block.size": str(1 << 20), "parquet.bloom.filter.expected.ndv#Id": "8000"}
    return [
        FileLayout(label="as they come", arranged=lambda found: found.coalesce(files)),
        FileLayout(label="hash of the key decides the file, 64 files", arranged=lambda found: found.repartition(64, "Id")),
        FileLayout(label="bloom filter of the key", arranged=lambda found: found.coalesce(files), options=bloom),
        FileLayout(
            label="bloom filter, row groups of 1 MB", arranged=lambda found: found.coalesce(files), options=bloom | groups
        ),
        FileLayout(label="sorted by key", arranged=by_key(files)),
        FileLayout(label="sorted by key, 64 files", arranged=by_key(64)),
        *(
            FileLayout(
                label=f"sorted by key, pages of {page:,} rows",
                arranged=by_key(files),
                options={"parquet.page.row.count.limit": str(page)},
            )
            for page in (2_000, 200)
        ),
    ]


def customers(spark: "SparkSession", rows: int) -> "DataFrame":
    """Return rows as silver holds them after a first load: a key that is a GUID, texts, times, lineage, an interval."""
    sets = spark.createDataFrame([(number, *one) for number, one in enumerate(texts(1))], f"place int, {_texts()}")
    every = spark.range(rows).withColumn("place", F.expr(f"cast((id * 7919 + 104729) % {sets.count()} as int)"))
    return every.join(F.broadcast(sets), "place").selectExpr(*_columns("id"))


def _texts() -> str:
    return ", ".join(f"{name} string" for name in TEXTS)


def _columns(number: str, version: int = 1) -> list[str]:
    digest = f"md5(cast({number} as string))"
    hyphens = "$1-$2-$3-$4-$5"
    time = f"timestamp_seconds(1775000000 + {number} % 86400)"
    return [
        f"regexp_replace({digest}, '(.{{8}})(.{{4}})(.{{4}})(.{{4}})(.{{12}})', '{hyphens}') as Id",
        *(f"{time} as {name}" for name in ("SinkCreatedOn", "SinkModifiedOn", "createdon", "modifiedon")),
        f"cast({number} as string) as cid",
        *TEXTS,
        "0 as statecode",
        f"cast({1_000_000 + version} as bigint) as versionnumber",
        f"concat('dataverse/customer/', 2019 + {number} % 6, '.csv') as _source_file",
        "'0x1' as _source_version",
        f"{number} as _record_number",
        "timestamp'2026-11-01' as _landed_at",
        f"named_struct('versionnumber', cast({1_000_000 + version} as bigint), 'SinkModifiedOn', {time}) as __START_AT",
        "cast(null as struct<versionnumber: bigint, SinkModifiedOn: timestamp>) as __END_AT",
        "false as __deleted",
        f"cast({version} as bigint) as __version",
    ]


def guid(number: int) -> str:
    """Return the key of a customer."""
    digits = md5(b"%d" % number, usedforsecurity=False).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class Ground:
    """A session, a folder, and what both cost so far."""

    def __init__(self, spark: "SparkSession", folder: Path, rows: int) -> None:
        self.spark, self._folder, self.rows = spark, folder, rows
        jvm: Any = spark._jvm  # there is one, but on Connect
        self._jvm = psutil.Process(int(jvm.java.lang.ProcessHandle.current().pid()))
        self._seeds = count()

    def spent(self, act: Callable[[], object]) -> Reading:
        """Return what it takes."""
        cpu, read = self._so_far()
        act()
        after, till = self._so_far()
        return Reading(cpu=after - cpu, megabytes=(till - read) / 1e6)

    def write(self, layout: FileLayout) -> tuple[str, Reading]:
        """Write the table; returns its path."""
        path = str(self._folder / layout.label.replace(" ", "-"))
        writer = layout.arranged(customers(self.spark, self.rows)).write.format("delta")
        writer = writer.option("delta.enableDeletionVectors", "true").option("delta.dataSkippingStatsColumns", "Id")
        context: Any = self.spark.sparkContext._jsc  # likewise
        hadoop = context.hadoopConfiguration()
        for name, value in layout.options.items():
            hadoop.set(name, value)
        spent = self.spent(lambda: writer.save(path))
        for name in layout.options:
            hadoop.unset(name)
        return path, spent

    def look(self, path: str, *columns: str, named: bool) -> Reading:
        """Return what looking 1,000 keys up takes, without the first time."""
        found = [self.spent(lambda: self._look(path, columns, named=named)) for _ in range(_TIMES + 1)][1:]
        return sorted(found, key=lambda one: one.cpu)[_TIMES // 2]

    def replace(self, path: str) -> None:
        """Replace 1,000 rows by name, as a small batch does (docs/adr/0022)."""
        drawn = self._drawn()
        rows = self.spark.createDataFrame([(number, "Ada") for number in drawn], "id bigint, name string")
        rows = rows.withColumns({name: F.col("name") for name in TEXTS}).selectExpr(*_columns("id", 2)).coalesce(1)
        digests = [row[0] for row in rows.selectExpr("xxhash64(Id)").collect()]
        where = f"xxhash64(Id) in ({', '.join(map(str, digests))})"
        rows.write.format("delta").mode("overwrite").option("replaceWhere", where).save(path)

    def _look(self, path: str, columns: Sequence[str], *, named: bool) -> None:
        rows = self.spark.read.format("delta").load(path)
        keys = [guid(number) for number in self._drawn()]
        self.spark.conf.set(_THRESHOLD, str(_LOOKED_FOR if named else 10))
        if named:
            rows = rows.where(f"Id in ({', '.join(map(repr, keys))})")
        else:
            told = self.spark.createDataFrame([(key,) for key in keys], "Id string")
            rows = rows.join(F.broadcast(told), "Id", "left_semi")
        found = rows.select(*columns).toArrow().num_rows
        if found != _LOOKED_FOR:
            raise SystemExit(f"{path}: {found} rows of {_LOOKED_FOR}")

    def _drawn(self) -> list[int]:
        return Random(next(self._seeds)).sample(range(self.rows), _LOOKED_FOR)

    def _so_far(self) -> tuple[float, int]:
        times = self._jvm.cpu_times()
        return times.user + times.system, self._jvm.io_counters().read_chars


def compared(ground: Ground, only: Sequence[str], batches: int) -> Iterator[str]:
    """Yield the table, a layout a row."""
    yield from (f"{ground.rows:,} rows, {batches} batches of {_LOOKED_FOR:,}", "", *HEAD)
    for layout in layouts(ground.rows):
        if not any(part in layout.label for part in only):
            continue
        path, written = ground.write(layout)
        replaced = [ground.spent(partial(ground.replace, path)) for _ in range(batches)]
        files = list(Path(path).glob("*.parquet"))
        size = sum(file.stat().st_size for file in files) / 1e6
        looks = [ground.look(path, *columns, named=named) for named in (False, True) for columns in (("*",), ("Id",))]
        yield f"| {layout.label} | {written.cpu:.1f} | {size:.0f} | {len(files)} | {' | '.join(map(str, looks))} |"
        if replaced:
            yield f"| the same: a batch, median | {statistics.median(one.cpu for one in replaced):.2f} |||||||"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="how rows may lie in the files of a table")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--batches", type=int, default=0, help="of 1,000 rows, replaced before the look-ups")
    parser.add_argument("--only", nargs="*", default=[""], help="layouts whose label has one of these in it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spark = session()
        ground = Ground(spark, Path(folder), options.rows)
        # The first of each finds nothing compiled.
        for line in compared(Ground(spark, Path(folder) / "warm", 50_000), ["sorted by key"], 2):
            print("warmed by", line, file=sys.stderr)
        for line in compared(ground, options.only, options.batches):
            print(line, flush=True)
        spark.stop()


if __name__ == "__main__":
    main()
