"""Landed bytes to bronze parquet, storage excluded: the kernel and what else could do it, on the same bytes, in the same run.

    python -m benchmarks.ingest [--megabytes 200] [--rounds 3] [--without-spark]

Every measurement is a process of its own that imports, warms up, notes its memory, works and says how long that took. Inputs
are read from a temporary folder (and so from the page cache), alternatives write to memory (/dev/shm) where there is one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

import pyarrow.parquet as pq
from pyarrow import csv

from benchmarks.generate import narrow_schema, wide_schema, write_table
from shared.formats.slices import Lineage, SliceSpec, read_slices
from shared.formats.table_schema import TableSchema

CHUNK: Final = 4 * 1024 * 1024
SMALL_FILES: Final = 2_000
LINEAGE: Final = Lineage(
    source_file="dataverse-contoso-sales/t/2026.csv", source_version="0x8DD", landed_at=datetime(2026, 11, 23, tzinfo=UTC)
)
WIDTHS: Final[dict[str, Callable[[float, Random], int]]] = {
    # As exports are: columns come at the end, and the width never decreases down a file (reference: Synapse Link, section 7.2).
    "mixed": lambda part, _: 26 + int(part * 4),
    # As no export is: four widths thrown together row by row.
    "shuffled": lambda _, random: 26 + random.randrange(4),
}
SCHEMAS: Final = {
    "wide": wide_schema(),
    "narrow": narrow_schema(),
    "mixed": narrow_schema(3),
    "shuffled": narrow_schema(3),
    "tiny": narrow_schema(),
}


def chunks(path: Path) -> Iterator[bytes]:
    """Yield the file as a download would bring it."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def kernel(source: Path, schema: TableSchema, _target: Path) -> int:
    """Run what the functions run; the parts stay in memory, one at a time."""
    spec = SliceSpec(schema=schema, lineage=LINEAGE, min_width=26 if schema.width < 100 else None)
    rows = 0
    for slice_ in read_slices(chunks(source), spec):
        assert slice_.records == slice_.rows, "no record of the benchmark is a reject"
        rows += slice_.rows
        del slice_  # as the functions do
    return rows


def small(source: Path, schema: TableSchema, _target: Path) -> int:
    """Run the kernel on one small file after the other, each of its own stream."""
    spec = SliceSpec(schema=schema, lineage=LINEAGE)
    data = source.read_bytes()
    return sum(slice_.rows for _ in range(SMALL_FILES) for slice_ in read_slices([data], spec))


def polars(source: Path, schema: TableSchema, target: Path) -> int:
    """Run Polars: scan_csv to sink_parquet, streaming."""
    import polars as pl

    types = dict.fromkeys(schema.names, pl.String())
    pl.scan_csv(source, has_header=False, schema=types, quote_char='"').sink_parquet(target)
    return pq.ParquetFile(target).metadata.num_rows  # type: ignore[no-any-return]  # pyarrow has no types


def duckdb(source: Path, schema: TableSchema, target: Path) -> int:
    """Run DuckDB: COPY of read_csv to parquet, two threads."""
    import duckdb as engine

    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in schema.names)
    read = f"read_csv('{source}', header=false, auto_detect=false, delim=',', quote='\"', escape='\"', columns={{{columns}}})"
    connection = engine.connect(config={"threads": 2})
    connection.execute(f"COPY (SELECT * FROM {read}) TO '{target}' (FORMAT parquet)")  # noqa: S608  paths of our own
    return pq.ParquetFile(target).metadata.num_rows  # type: ignore[no-any-return]  # pyarrow has no types


def pyarrow(source: Path, schema: TableSchema, target: Path) -> int:
    """Run pyarrow: open_csv to ParquetWriter, its own defaults but for the block, which is ours."""
    names = list(schema.names)
    reader = csv.open_csv(
        source,
        read_options=csv.ReadOptions(column_names=names, block_size=8 * 1024 * 1024),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, "string"),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    rows = 0
    with pq.ParquetWriter(target, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def spark(source: Path, schema: TableSchema, target: Path) -> int:
    """Run Spark as the sample reads: multi-line CSV, all strings; with the escape that it forgot. Session start excluded."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession() or SparkSession.builder.master("local[2]").getOrCreate()
    columns = ", ".join(f"`{name}` STRING" for name in schema.names)
    frame = session.read.csv(str(source), schema=columns, multiLine=True, escape='"')
    frame.write.mode("overwrite").parquet(str(target))
    return session.read.parquet(str(target)).count()


CONTESTANTS: Final = {function.__name__: function for function in (kernel, small, polars, duckdb, pyarrow, spark)}


def memory(key: str) -> int:
    """Return the megabytes of this process now (VmRSS) or at most so far (VmHWM)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) // 1024
    raise LookupError(key)


def measure(name: str, table: str, source: Path, warm: Path, target: Path) -> None:
    """Print, in a process of its own, what one contestant needs for one file."""
    contestant, schema = CONTESTANTS[name], SCHEMAS[table]
    if name != "small":
        contestant(warm, schema, target.with_suffix(".warm"))
    idle, begin, processor = memory("VmRSS"), time.perf_counter(), time.process_time()
    rows = contestant(source, schema, target)
    seconds = time.perf_counter() - begin
    used = time.process_time() - processor
    print(json.dumps({"seconds": seconds, "processor": used, "rows": rows, "memory": memory("VmHWM") - idle}))


def once(folder: Path, name: str, table: str) -> dict[str, float]:
    """Take one measurement in a process of its own."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").exists() else None) as target:  # noqa: S108  unguessable
        files = [folder / f"{table}.csv", folder / f"{table}-warm.csv", Path(target) / "out.parquet"]
        command = [sys.executable, "-m", "benchmarks.ingest", "--measure", name, table, *map(str, files)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found


def compare(megabytes: int, rounds: int, *, with_spark: bool) -> None:
    """Print the table of all measurements; each round measures all in turn, so that a busy moment hits them alike."""
    runs = [(table, name) for table in ("wide", "narrow") for name in ("kernel", "polars", "duckdb", "pyarrow")]
    runs += [("mixed", "kernel"), ("shuffled", "kernel"), ("tiny", "small")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for table, schema in SCHEMAS.items():
            for suffix, size in (("", 20_000 if table == "tiny" else megabytes * 1_000_000), ("-warm", 100_000)):
                write_table(folder / f"{table}{suffix}.csv", schema, size, widths=WIDTHS.get(table))
        results = {run: [once(folder, run[1], run[0])] for run in runs}
        for _ in range(rounds - 1):
            for run in runs:
                results[run].append(once(folder, run[1], run[0]))
        for table in ("wide", "narrow") if with_spark else ():
            results[table, "spark"] = [once(folder, "spark", table)]
        show(folder, results)


def show(folder: Path, results: dict[tuple[str, str], list[dict[str, float]]]) -> None:
    """Print the best time and the most memory of all rounds, as a table."""
    print("| input | with | MB/s | kernel is | CPU ns/byte | peak memory over idle, MB |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    fastest = {run: min(found["seconds"] for found in rounds) for run, rounds in results.items()}
    for (table, contestant), rounds in results.items():
        if contestant == "small":
            continue
        size = (folder / f"{table}.csv").stat().st_size
        seconds = fastest[table, contestant]
        # Spark works, and keeps its memory, in another process.
        own = contestant != "spark"
        cells = [table, contestant, f"{size / 1e6 / seconds:.0f}", f"{seconds / fastest[table, 'kernel']:.1f} x"]
        cells += [f"{min(found['processor'] for found in rounds) / size * 1e9:.1f}" if own else "-"]
        cells += [f"{max(found['memory'] for found in rounds):.0f}" if own else "-"]
        print(f"| {' | '.join(cells)} |")
    print(f"\n{SMALL_FILES} files of 20 kB: {SMALL_FILES / fastest['tiny', 'small']:.0f} files/s")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="bytes to bronze parquet, against the alternatives")
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-spark", action="store_true")
    parser.add_argument("--measure", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, table, *paths = options.measure
        measure(name, table, *map(Path, paths))
    else:
        compare(options.megabytes, options.rounds, with_spark=not options.without_spark)


if __name__ == "__main__":
    main()
