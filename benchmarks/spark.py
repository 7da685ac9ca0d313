"""Bronze to gold: the job against the sample's notebooks and DuckDB on the same customers, in the same run; and small batches.

    python -m benchmarks.spark [--customers 2000000] [--times 4]

Each contestant is a process of its own with two cores; the start of its session is not counted. Bronze is made by the kernel
that the functions run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq

from benchmarks.customers import CUSTOMER, FINANCE, TABLE, YEARS, write_changes, write_customers, write_finance
from benchmarks.lakehouse import Lakehouse
from local.toolchain import JARS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CHANGED: Final = 1_000


def session() -> "SparkSession":
    """Start what both contestants get: two cores, code generation and adaptive plans as Spark has them by default."""
    from spark_jobs.session import local_builder, with_meaning

    os.environ.setdefault("SPARK_JARS_DIR", str(JARS))
    builder = local_builder(cores="2", memory="8g", partitions=8, little_data=False)
    spark = with_meaning(builder.config("spark.local.dir", tempfile.gettempdir()).getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    spark.range(1000).selectExpr("sum(id)").collect()
    return spark


def job(folder: Path, customers: int) -> dict[str, float]:
    """Time the job of this project: a full build, then small batches on the warm session."""
    from shared.contracts.codec import encoded
    from spark_jobs.documents import read_batch
    from spark_jobs.gold import task as gold
    from spark_jobs.gold.models.files import read_models
    from spark_jobs.lake import Lake
    from spark_jobs.silver import task as silver

    house = Lakehouse(folder)
    began = time.perf_counter()
    for year in YEARS:
        house.ingest(house.landing / TABLE / f"{year}.csv", CUSTOMER, "dataverse")
    house.ingest(house.landing / "customer_finance.csv", FINANCE, "finance")
    found = {"kernel": time.perf_counter() - began}
    spark = session()
    lake = Lake(spark, house.template)

    def run() -> tuple[float, dict[str, Any]]:
        batch_id = house.batch()
        started = time.perf_counter()
        batch = read_batch(lake, f"pipeline/batches/{batch_id}/manifest.json", batch_id)
        silver.run(spark, lake, batch)
        middle = time.perf_counter()
        outcome: dict[str, Any] = encoded(gold.run(spark, lake, batch, read_models()))
        seconds = time.perf_counter() - started
        print(
            batch_id,
            f"silver {middle - started:.1f} s, gold {seconds - middle + started:.1f} s",
            outcome["gold"],
            file=sys.stderr,
        )
        house.publish(outcome)
        return seconds, outcome

    found["full build"], outcome = run()
    found["rows"] = outcome["gold"]["customer"]["rows"]
    changed, empty = [], []
    for number in range(3):
        file = house.landing / f"changed{number}.csv"
        some = Random(number).sample(range(customers), CHANGED)
        write_changes(file, some, version=200 + number)
        house.ingest(file, CUSTOMER, "dataverse")
        seconds, outcome = run()
        assert outcome["entities"]["customer"]["applied"] == CHANGED
        changed.append(seconds)
        house.ingest(file, CUSTOMER, "dataverse")  # the same again: nothing changes
        seconds, outcome = run()
        assert outcome["publication"] is None
        empty.append(seconds)
    found["changed"], found["empty"] = sorted(changed)[1], sorted(empty)[1]
    spark.stop()
    return found


def sample(folder: Path, _customers: int) -> dict[str, float]:
    """Time the sample's notebooks, with the quote escape they forgot and corrected for versions, duplicates and deletes."""
    from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
    from pyspark.sql.window import Window

    spark = session()
    place = str(folder / "sample")
    started = time.perf_counter()
    # prepare_bronze: the year files as text, written with a header
    columns = ", ".join(f"`{name}` STRING" for name in CUSTOMER.names)
    landed = spark.read.csv(f"{folder}/landing/{TABLE}", schema=columns, multiLine=True, escape='"')
    landed.write.mode("overwrite").csv(f"{place}/bronze/customer", header=True, escape='"')
    spend = spark.read.csv(f"{folder}/landing/customer_finance.csv", header=True)
    spend.write.mode("overwrite").csv(f"{place}/bronze/finance", header=True)
    # prepare_silver: renamed and selected, the newest version of each, as parquet
    rows = spark.read.csv(f"{place}/bronze/customer", header=True, multiLine=True, escape='"')
    newest = Window.partitionBy("Id").orderBy(F.col("versionnumber").cast("bigint").desc(), F.col("IsDelete").desc_nulls_last())
    rows = rows.withColumn("place", F.row_number().over(newest)).where("place = 1 and IsDelete is null")
    names = [name for name in CUSTOMER.names if name.startswith("crc33_")]
    _selected(rows, names).write.mode("overwrite").parquet(f"{place}/silver/customer")
    finance = spark.read.csv(f"{place}/bronze/finance", header=True)
    last = Window.partitionBy("cid").orderBy(F.monotonically_increasing_id().desc())
    finance = finance.withColumn("place", F.row_number().over(last)).where("place = 1").drop("place")
    finance.write.mode("overwrite").parquet(f"{place}/silver/finance")
    # prepare_gold: both of them together
    joined = spark.read.parquet(f"{place}/silver/customer").join(spark.read.parquet(f"{place}/silver/finance"), "cid", "left")
    joined.write.mode("overwrite").parquet(f"{place}/gold/customer")
    seconds = time.perf_counter() - started
    return {"full build": seconds, "rows": spark.read.parquet(f"{place}/gold/customer").count()}


def _selected(rows: "DataFrame", names: Sequence[str]) -> "DataFrame":
    return rows.selectExpr(*(f"`{name}` as `{name.removeprefix('crc33_')}`" for name in names))


def duckdb(folder: Path, _customers: int) -> dict[str, float]:
    """Time DuckDB over the same bronze parquet: typed history of both tables and the joined gold table, as parquet."""
    import duckdb as engine

    target = folder / "duckdb"
    target.mkdir()
    connection = engine.connect(config={"threads": 2})
    started = time.perf_counter()
    texts = ", ".join(f"{name} as {name.removeprefix('crc33_')}" for name in CUSTOMER.names if name.startswith("crc33_"))
    events = f"""
        select lower(Id) as Id, cast(versionnumber as bigint) as versionnumber, {texts},
            try_cast(statecode as bigint) as statecode, coalesce(
                try_strptime(SinkModifiedOn, '%m/%d/%Y %I:%M:%S %p'), try_cast(SinkModifiedOn as timestamp)) as sink,
            try_cast(createdon as timestamptz) as createdon, try_cast(modifiedon as timestamptz) as modifiedon,
            coalesce(lower(IsDelete) = 'true', false) as deleted, _source_file, _record_number
        from read_parquet('{folder}/bronze/dataverse/{TABLE}/0000-*.parquet')
        qualify row_number() over (partition by Id, versionnumber, SinkModifiedOn order by IsDelete desc) = 1"""  # noqa: S608  paths of our own
    history = "lead(versionnumber) over (partition by Id order by versionnumber, sink)"
    statements = {
        "customer_silver": f"select *, versionnumber as start_at, {history} as end_at from ({events})",  # noqa: S608  paths of our own
        "finance_silver": f"""
            select cid, try_cast(income as decimal(16,2)) as income, try_cast(spend as decimal(16,2)) as spend, segment,
                try_cast(as_of as date) as as_of, _record_number as start_at,
                lead(_record_number) over (partition by cid order by _record_number) as end_at
            from read_parquet('{folder}/bronze/finance/{FINANCE.table}/0000-*.parquet')""",  # noqa: S608  paths of our own
        "customer": f"""
            select c.* exclude (deleted, start_at, end_at, sink), f.income, f.spend, f.segment, f.as_of
            from (select * from read_parquet('{target}/customer_silver.parquet') where end_at is null and not deleted
                  qualify row_number() over (partition by cid order by versionnumber desc, Id) = 1) c
            left join (select * from read_parquet('{target}/finance_silver.parquet') where end_at is null) f
            on f.cid = c.cid""",  # noqa: S608  paths of our own
        "customer_finance": f"select * from read_parquet('{target}/finance_silver.parquet')",  # noqa: S608  paths of our own
    }
    for name, statement in statements.items():
        connection.execute(f"COPY ({statement}) TO '{target}/{name}.parquet' (FORMAT parquet)")
    seconds = time.perf_counter() - started
    return {"full build": seconds, "rows": pq.ParquetFile(target / "customer.parquet").metadata.num_rows}


CONTESTANTS: Final[dict[str, Callable[[Path, int], dict[str, float]]]] = {
    function.__name__: function for function in (job, sample, duckdb)
}


def measured(name: str, folder: Path, customers: int) -> dict[str, float]:
    """Run one contestant in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.spark", "--measure", name, str(folder), "--customers", str(customers)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def rows(customers: int, times: int) -> Iterator[str]:
    """Yield the table's rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        land(folder, customers)
        ours = measured("job", folder, customers)
        theirs, quack = (measured(contestant, folder, customers) for contestant in ("sample", "duckdb"))
        assert ours["rows"] == theirs["rows"] == quack["rows"], "all three publish the same customers"
    full, changed = ours["full build"], ours["changed"]
    yield row("full build, s", full, theirs["full build"], "the sample's way", theirs["full build"] / full, "≥ 3 x")
    yield row("full build, s", full, quack["full build"], "DuckDB", quack["full build"] / full, "shown")
    yield row(f"batch with {CHANGED:,} changed customers, s", changed, full, "full build", changed / full, "≤ 0.2 x")
    yield f"| batch that changes nothing, s | {ours['empty']:.1f} | – | – | ≤ 5 s |"
    if times:
        with tempfile.TemporaryDirectory() as name:
            land(Path(name), customers * times)
            large = measured("job", Path(name), customers * times)
        measure = f"the same batch on a base {times} x larger, s"
        yield row(measure, large["changed"], changed, "on the base", large["changed"] / changed, "≤ 2 x")
        yield f"| full build of that base, s | {large['full build']:.1f} | – | – | – |"
    yield f"| bronze parts by the kernel, s | {ours['kernel']:.1f} | – | – | – |"


def row(measure: str, ours: float, theirs: float, what: str, ratio: float, bar: str) -> str:
    """Return one row of the table."""
    return f"| {measure} | {ours:.1f} | {theirs:.1f} ({what}) | {ratio:.2f} x | {bar} |"


def land(folder: Path, customers: int) -> None:
    """Make the landed files."""
    write_customers(folder / "landing" / TABLE, customers)
    write_finance(folder / "landing" / "customer_finance.csv", customers)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="bronze to gold, against the alternatives")
    parser.add_argument("--customers", type=int, default=2_000_000)
    parser.add_argument("--times", type=int, default=4, help="how much larger the larger base is; 0: none")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, folder = options.measure
        print(json.dumps(CONTESTANTS[name](Path(folder), options.customers)))
        return
    print(f"| {options.customers:,} customers and as many finance rows | ours | the alternative | ratio | bar |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for row in rows(options.customers, options.times):
        print(row, flush=True)


if __name__ == "__main__":
    main()
