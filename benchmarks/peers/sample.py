"""The sample's notebooks, with the quote escape they forgot and corrected for versions, duplicates and deletes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.window import Window

from benchmarks.customers import CUSTOMER
from benchmarks.peers.contestant import Clock
from benchmarks.peers.oracle import GOLD
from benchmarks.peers.session import session, write_shown
from benchmarks.peers.workload import Workload

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Sample:
    """Landed CSV to CSV to parquet to parquet, all columns text, current rows only; each batch begins again from all bytes."""

    def __init__(self, workload: Workload, folder: Path, clock: Clock) -> None:
        """See `Contestant`."""
        self._workload = workload
        self._folder = folder
        self._clock = clock
        self._spark = session()

    def run(self, number: int) -> None:
        """See `Contestant`."""
        with self._clock.step("silver"):
            self._bronze(self._workload.landed(number))
            self._silver()
        with self._clock.step("customer"):
            joined = self._read("silver/customer").join(self._read("silver/finance"), "cid", "left")
            joined.write.mode("overwrite").parquet(f"{self._folder}/gold/customer")

    def _bronze(self, landed: Sequence[Path]) -> None:
        columns = ", ".join(f"`{name}` STRING" for name in CUSTOMER.names)
        rows = self._spark.read.csv([str(file) for file in landed], schema=columns, multiLine=True, escape='"')
        rows.write.mode("overwrite").csv(f"{self._folder}/bronze/customer", header=True, escape='"')
        spend = self._spark.read.csv(str(self._workload.finance), header=True)
        spend.write.mode("overwrite").csv(f"{self._folder}/bronze/finance", header=True)

    def _silver(self) -> None:
        rows = self._spark.read.csv(f"{self._folder}/bronze/customer", header=True, multiLine=True, escape='"')
        order = F.col("versionnumber").cast("bigint").desc(), F.col("IsDelete").desc_nulls_last()
        newest = Window.partitionBy("Id").orderBy(*order)
        rows = rows.withColumn("place", F.row_number().over(newest)).where("place = 1 and IsDelete is null")
        names = [name for name in CUSTOMER.names if name.startswith("crc33_")]
        selected = rows.selectExpr(*(f"`{name}` as `{name.removeprefix('crc33_')}`" for name in names))
        selected.write.mode("overwrite").parquet(f"{self._folder}/silver/customer")
        finance = self._spark.read.csv(f"{self._folder}/bronze/finance", header=True)
        last = Window.partitionBy("cid").orderBy(F.monotonically_increasing_id().desc())
        finance = finance.withColumn("place", F.row_number().over(last)).where("place = 1").drop("place")
        finance.write.mode("overwrite").parquet(f"{self._folder}/silver/finance")

    def _read(self, place: str) -> "DataFrame":
        return self._spark.read.parquet(f"{self._folder}/{place}")

    def show(self, silver: Path, gold: Path) -> None:  # noqa: ARG002 - its silver has no versions
        """See `Contestant`."""
        write_shown(self._read("gold/customer"), GOLD, gold)

    def close(self) -> None:
        """See `Contestant`."""
        self._spark.stop()
