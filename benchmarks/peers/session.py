"""The Spark session that contestants get: two cores, code generation and adaptive plans as Spark has them by default."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from local.toolchain import JARS
from spark_jobs.session import local_builder, with_meaning

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def session() -> "SparkSession":
    """Start it, and have it answer one query."""
    spark = with_meaning(builder().getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    spark.range(1000).selectExpr("sum(id)").collect()
    return spark


def builder() -> "SparkSession.Builder":
    """Return its builder."""
    os.environ.setdefault("SPARK_JARS_DIR", str(JARS))
    made = local_builder(cores="2", memory="8g", partitions=8, little_data=False)
    return made.config("spark.local.dir", tempfile.gettempdir())


def write_shown(rows: "DataFrame", names: tuple[str, ...], folder: Path) -> None:
    """Write some columns as text."""
    rows.selectExpr(*(f"cast(`{name}` as string) as `{name}`" for name in names)).write.parquet(str(folder))
