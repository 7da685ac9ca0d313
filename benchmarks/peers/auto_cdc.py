"""Spark's own declarative pipelines: AUTO CDC, which keeps what is current (SCD type 1) and no history; silver only.

It runs on this Delta Lake only behind a small catalog (`RowLevelCatalog.java` says why), which is compiled before the clock
starts, and so wants a JDK. One Spark Connect server stays up, and each batch is one update of one pipeline.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyspark

from benchmarks.customers import FINANCE, TABLE
from benchmarks.peers.contestant import Clock
from benchmarks.peers.merges import EVENTS, FINANCE_EVENTS
from benchmarks.peers.oracle import SILVER
from benchmarks.peers.session import builder, write_shown
from benchmarks.peers.workload import Workload
from local.toolchain import JARS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_CATALOG: Final = Path(__file__).with_name("RowLevelCatalog.java")
#: Target -> table of bronze, columns of its events, key, sequence and delete condition.
_FLOWS: Final = {
    "customer": (TABLE, EVENTS, "Id", "versionnumber", "deleted"),
    "finance": (FINANCE.table, FINANCE_EVENTS, "cid", "_record_number", None),
}


class AutoCdc:
    """Both tables by a flow each."""

    def __init__(self, workload: Workload, folder: Path, clock: Clock) -> None:
        """See `Contestant`."""
        self._workload = workload
        self._folder = folder
        self._clock = clock
        os.environ["SPARK_API_MODE"] = "connect"
        started = builder()
        settings = {
            "spark.jars": ",".join(map(str, [*sorted(JARS.glob("*.jar")), _compiled(folder)])),
            "spark.sql.catalog.spark_catalog": "customer360.benchmarks.RowLevelCatalog",
            "spark.sql.sources.default": "delta",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.databricks.delta.properties.defaults.enableDeletionVectors": "true",
        }
        for name, value in settings.items():
            started = started.config(name, value)
        self._spark = started.getOrCreate()
        self._spark.range(1000).selectExpr("sum(id)").collect()
        for table, *_ in _FLOWS.values():
            (folder / table).mkdir()

    def run(self, number: int) -> None:
        """See `Contestant`."""
        for table, *_ in _FLOWS.values():
            for part in self._workload.bronze(number, table):
                shutil.copy(part, self._folder / table)
        with self._clock.step("silver"):
            self._update()

    def _update(self) -> None:
        from pyspark import pipelines as dp
        from pyspark.pipelines.add_pipeline_analysis_context import add_pipeline_analysis_context
        from pyspark.pipelines.graph_element_registry import graph_element_registration_context
        from pyspark.pipelines.spark_connect_graph_element_registry import SparkConnectGraphElementRegistry
        from pyspark.pipelines.spark_connect_pipeline import create_dataflow_graph, handle_pipeline_events, start_run

        graph = create_dataflow_graph(self._spark, "spark_catalog", "default", {})
        with (
            graph_element_registration_context(SparkConnectGraphElementRegistry(self._spark, graph)),
            add_pipeline_analysis_context(spark=self._spark, dataflow_graph_id=graph, flow_name=None),
        ):
            for target, (table, columns, key, sequence, deletes) in _FLOWS.items():
                dp.temporary_view(name=f"{target}_events")(self._events(table, columns))
                dp.create_streaming_table(target)
                dp.create_auto_cdc_flow(target, f"{target}_events", [key], sequence, apply_as_deletes=deletes)
        run = start_run(
            self._spark, graph, full_refresh=None, full_refresh_all=False, refresh=None, dry=False,
            storage=(self._folder / "storage").as_uri(),
        )  # fmt: skip
        handle_pipeline_events(run)

    def _events(self, table: str, columns: Sequence[str]) -> "Callable[[], DataFrame]":
        place = str(self._folder / table)
        schema = self._spark.read.parquet(place).schema
        return lambda: self._spark.readStream.schema(schema).parquet(place).selectExpr(*columns)

    def show(self, silver: Path, gold: Path) -> None:  # noqa: ARG002 - it has no gold
        """See `Contestant`."""
        write_shown(self._spark.read.table("customer"), SILVER, silver)

    def close(self) -> None:
        """See `Contestant`."""
        self._spark.stop()


def _compiled(folder: Path) -> Path:
    """Compile the catalog into a jar."""
    classes = folder / "classes"
    path = f"{Path(pyspark.__file__).parent}/jars/*:{JARS}/*"
    subprocess.run(["javac", "-proc:none", "-nowarn", "-cp", path, "-d", str(classes), str(_CATALOG)], check=True)
    return Path(shutil.make_archive(str(folder / "catalog"), "zip", classes)).rename(folder / "catalog.jar")
