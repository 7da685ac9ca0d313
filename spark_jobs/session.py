"""The Spark session: the one that Databricks brings, or a small one with Delta Lake for a laptop."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: What the results depend on. Set wherever the job runs; serverless compute refuses some and has them so already.
_MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # Else `${env:…}` in the text of SQL reads the driver's environment (`names` says how that is kept out in any case).
    "spark.sql.variable.substitute": "false",
    # Customer Insights may not show INT96 columns (reference: Customer Insights, section 2).
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Dates of the year 0001 stand on delete rows (reference: Synapse Link, section 6).
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
}

#: What the results do not depend on, and is spared wherever the session lets itself be told.
_SPARED = {
    # A replacement of few rows is named by some thousand digests of just these rows. Delta would look each of them up again,
    # in a class of 39,000 lines that is made and compiled anew for each batch.
    "spark.databricks.delta.replaceWhere.constraintCheck.enabled": "false",
}

#: What makes a laptop quick on little data; a cluster knows better.
_LAPTOP = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.snapshotPartitions": "2",  # default 50 tasks to read a log of a few files
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.warehouse.dir": ".local/spark-warehouse",
    # A batch needs some 220 generated classes. With room for 100 (the default), of which the one used longest ago goes first,
    # none is left when the next batch asks for it: all are compiled again, by Spark and by the JIT.
    "spark.sql.codegen.cache.maxEntries": "1000",
    # Joins of much data hash the smaller side of each partition, as Photon does, and need not sort both.
    "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "64m",
    # Each order, group and join takes memory by the page, cleared. By the size of the heap a page is up to 64 MB, for rows that
    # fill some kilobytes: half of what was alive in six minutes of tests, collected as a whole thirty times.
    "spark.buffer.pageSize": "1m",
}

_MARKS = "spark.databricks.delta.properties.defaults.enableDeletionVectors"

#: On little data most of the time goes into making and compiling code and into plans remade on the way. The quick compiler's
#: own 48 MB of code cache are full after some hundred plans, and what is thrown out is compiled again: it gets the usual 240.
#: What a plan leaves behind is garbage at once; with room for it, it is collected a quarter as often.
_LITTLE_DATA = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmn512m -XX:ReservedCodeCacheSize=240m",
    "spark.sql.codegen.wholeStage": "false",
    # Expressions are interpreted, too: to compile those of a hundred plans takes a fifth of what three small batches take.
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    # A small file written anew takes a third of the jobs that marks of what is deleted in it take; and a reader of a table
    # that may have such marks lists its files twice, each time with a query.
    _MARKS: "false",
}


def spark_session() -> SparkSession:
    """Return the running session where there is one (Databricks, a warm local worker), else start a local one."""
    from pyspark.sql import SparkSession

    spark = SparkSession.getActiveSession() or (None if os.environ.get("DATABRICKS_RUNTIME_VERSION") else _start())
    return with_meaning(spark or SparkSession.builder.getOrCreate())


def with_meaning(spark: SparkSession) -> SparkSession:
    """Set what the results depend on, and spare what they do not, where the session lets itself be told."""
    from pyspark.errors import PySparkException

    for name, value in (_MEANING | _SPARED).items():
        try:
            if spark.conf.get(name, None) != value:
                spark.conf.set(name, value)
        except PySparkException:
            continue  # serverless compute has its own list of settings, with these meanings as its defaults
    return spark


def plain_builder(*, cores: str = "*") -> SparkSession.Builder:
    """Return the builder of a local session without Delta Lake: enough to plan queries over tables that are not there."""
    from pyspark.sql import SparkSession

    builder: SparkSession.Builder = SparkSession.builder.master(f"local[{cores}]").appName("customer360")
    plain = {name: value for name, value in _LAPTOP.items() if "delta" not in value and "delta" not in name}
    for name, value in (_MEANING | plain | _LITTLE_DATA).items():
        builder = builder.config(name, value)
    return builder


def local_builder(
    *, cores: str = "*", memory: str = "2g", partitions: int = 2, little_data: bool = True, jars: Path | None = None
) -> SparkSession.Builder:
    """Return the builder of a local session with Delta Lake, tuned for little data unless told otherwise.

    `jars` is the folder of the jars, else `SPARK_JARS_DIR`; without either, Spark fetches what delta-spark names.
    """
    from pyspark.sql import SparkSession

    # Python beside Spark is this one, which has the job's libraries, and not whichever `python3` is found first.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder: SparkSession.Builder = SparkSession.builder.master(f"local[{cores}]").appName("customer360")
    settings = _MEANING | _LAPTOP | {"spark.driver.memory": memory, "spark.sql.shuffle.partitions": str(partitions)}
    settings |= _LITTLE_DATA if little_data else {}
    for name, value in settings.items():
        builder = builder.config(name, value)
    folder = jars or os.environ.get("SPARK_JARS_DIR")
    if folder:
        return builder.config("spark.jars", ",".join(str(path) for path in sorted(Path(folder).glob("*.jar"))))
    from delta import configure_spark_with_delta_pip

    fetched: SparkSession.Builder = configure_spark_with_delta_pip(builder)
    return fetched


def _start() -> SparkSession:
    read = os.environ.get
    return local_builder(
        cores=read("SPARK_CORES", "*"),
        memory=read("SPARK_DRIVER_MEMORY", "2g"),
        partitions=int(read("SPARK_SHUFFLE_PARTITIONS", "2")),
    ).getOrCreate()


def marks_rows(spark: SparkSession) -> bool:
    """Say whether new tables mark rows that are deleted: unless the session says no, as a laptop's does.

    Serverless compute tells and takes a few settings only; asked for another, it raises.
    """
    from pyspark.errors import PySparkException

    try:
        return spark.conf.get(_MARKS, "true") != "false"
    except PySparkException:
        return True


def tag(spark: SparkSession, batch_id: str) -> None:
    """Have every Delta commit from here on name the batch, where the session lets itself be told (design, rule 4)."""
    from pyspark.errors import PySparkException

    try:
        spark.conf.set("spark.databricks.delta.commitInfo.userMetadata", f'{{"batch_id": "{batch_id}"}}')
    except PySparkException:
        return  # for the reader of a table's history only: nothing in the job depends on it
