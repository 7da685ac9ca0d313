"""Spark reads and writes the lake in Azurite through Hadoop's ABFS driver, and `dbutils` is there as on Databricks."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import BlobServiceClient
from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped] # it ships no types

from local.spark_worker import dbutils
from local.spark_worker.session import azurite_settings
from local.stack.azurite import LAKE_FOR_SPARK, create_containers
from spark_jobs.lake import Lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.azurite, pytest.mark.spark]


@pytest.fixture
def in_azurite(spark: SparkSession, azurite: str, monkeypatch: pytest.MonkeyPatch) -> SparkSession:
    """A session of its own that is led to Azurite, as the worker's is, in a process that knows `dbutils`."""
    monkeypatch.setitem(sys.modules, "pyspark.dbutils", sys.modules[__name__])  # so that it is taken away again
    dbutils.provide()
    create_containers(azurite)
    session = spark.newSession()
    with BlobServiceClient.from_connection_string(azurite) as service:
        port = int(service.url.split(":")[2].split("/")[0])
    for name, value in azurite_settings(port).items():
        session.conf.set(name.removeprefix("spark.hadoop."), value)
    return session


def test_a_delta_merge_and_small_files_on_azurite(in_azurite: SparkSession) -> None:
    """reference: Databricks, section 1.7; docs/adr/0004."""
    files, lake = import_module("pyspark.dbutils").DBUtils(in_azurite).fs, Lake(in_azurite, LAKE_FOR_SPARK)
    table, order, outcome = (lake.path(f"{place}/of-this-test") for place in ("silver", "pipeline/order", "pipeline/outcome"))
    in_azurite.range(10).write.format("delta").save(table)
    in_azurite.range(5, 15).createOrReplaceTempView("changes")
    in_azurite.sql(f"MERGE INTO delta.`{table}` t USING changes c ON t.id = c.id WHEN NOT MATCHED THEN INSERT *")
    assert in_azurite.read.format("delta").load(table).count() == 15
    versions = sorted(file.name for file in files.ls(f"{table}/_delta_log") if file.name.endswith(".json"))
    assert versions == ["00000000000000000000.json", "00000000000000000001.json"]
    written = [file.place for file in lake.files("silver/of-this-test") if file.place.endswith(".parquet")]
    assert {lake.end(place, 4) for place in written} == {b"PAR1"}, "what the gold task judges a parquet file by"

    files.put(f"{order}/b1/manifest.json", '{"rows": 10}')
    assert files.head(f"{order}/b1/manifest.json") == '{"rows": 10}'
    assert [file.name for file in files.ls(order)] == ["b1/"]
    files.put(f"{outcome}.json", "{}")
    with pytest.raises(Py4JJavaError):
        files.put(f"{outcome}.json", "again")
    files.put(f"{outcome}.json", "once more", True)
    assert files.head(f"{outcome}.json") == "once more"
    with pytest.raises(Py4JJavaError, match="FileNotFound"):
        files.ls(lake.path("pipeline/nothing"))
    assert files.rm(order, True)
    with pytest.raises(Py4JJavaError, match="FileNotFound"):
        files.ls(order)
