"""Spark reads and writes the lake in Azurite through Hadoop's ABFS driver, and `dbutils` is there as on Databricks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import BlobServiceClient

from local.jobs_emulator.running.runs import SUCCESS
from local.jobs_emulator.running.worker import SparkWorker
from local.stack.azurite import LAKE_FOR_SPARK, create_containers
from local.toolchain import JARS, ROOT, java_home

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.azurite, pytest.mark.spark]

JOB = """
import json, sys
from pyspark.dbutils import DBUtils
from pyspark.sql import SparkSession
from spark_jobs.lake import Lake

def main():
    lake = sys.argv[1].removeprefix("--lake=")
    spark = SparkSession.builder.getOrCreate()
    files = DBUtils(spark).fs
    bronze, silver, pipeline = (lake.replace("{container}", name) for name in ("bronze", "silver", "pipeline"))

    order = json.loads(files.head(f"{pipeline}/of-this-test/b1/manifest.json"))
    spark.range(order["rows"]).write.format("delta").save(f"{silver}/of_this_test")
    spark.range(5, 15).createOrReplaceTempView("changes")
    spark.sql(f"MERGE INTO delta.`{silver}/of_this_test` t USING changes c ON t.id = c.id WHEN NOT MATCHED THEN INSERT *")

    written = [file.place for file in Lake(spark, lake).files("silver/of_this_test") if file.place.endswith(".parquet")]
    files.put(f"{pipeline}/of-this-test/b1/outcome.json", json.dumps({
        "ends": sorted({Lake(spark, lake).end(place, 4).decode() for place in written}),
        "rows": spark.read.format("delta").load(f"{silver}/of_this_test").count(),
        "versions": sorted(f.name for f in files.ls(f"{silver}/of_this_test/_delta_log") if f.name.endswith(".json")),
        "folders": [f.name for f in files.ls(f"{pipeline}/of-this-test")],
    }), True)
    try:
        files.put(f"{pipeline}/of-this-test/b1/outcome.json", "again")
    except Exception as error:
        print("refused", type(error).__name__)
    try:
        files.ls(f"{pipeline}/nothing")
    except Exception as error:
        assert "FileNotFound" in str(error), str(error)
    files.put(f"{pipeline}/old/x.json", "{}", True)
    assert files.rm(f"{pipeline}/old", True)
"""


def test_a_delta_merge_and_small_files_on_azurite(azurite: str, tmp_path: Path) -> None:
    """reference: Databricks, section 1.7; docs/adr/0004."""
    if not JARS.exists() or java_home() is None:
        pytest.skip("Java or Delta's jars are missing: make setup")
    create_containers(azurite)
    site = tmp_path / "site"
    (site / "job-1.0.dist-info").mkdir(parents=True)
    (site / "job-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: job\nVersion: 1.0\n")
    (site / "job-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\nmain = lakejob:main\n")
    (site / "lakejob.py").write_text(JOB)
    with BlobServiceClient.from_connection_string(azurite) as service:
        pipeline = service.get_container_client("pipeline")
        pipeline.upload_blob("of-this-test/b1/manifest.json", json.dumps({"rows": 10}), overwrite=True)
        port = service.url.split(":")[2].split("/")[0]
        worker = SparkWorker(
            root=ROOT,
            folder=tmp_path / "worker",
            arguments=["--jars", str(JARS), "--blob-port", port],
            env={"PYTHONPATH": f"{site}:{ROOT}", "PATH": "/usr/bin:/bin", "JAVA_HOME": str(java_home())},
        )
        log = tmp_path / "job.log"
        try:
            result = worker.run(package="job", entry_point="main", argv=["job", f"--lake={LAKE_FOR_SPARK}"], log=log)
        finally:
            worker.stop()
        assert result.termination == SUCCESS, result.error_trace
        outcome = json.loads(pipeline.download_blob("of-this-test/b1/outcome.json").readall())
        assert outcome == {
            "ends": ["PAR1"],  # what the gold task judges a parquet file by
            "rows": 15,
            "versions": ["00000000000000000000.json", "00000000000000000001.json"],
            "folders": ["b1/"],
        }
        assert log.read_text().startswith("refused")
        assert [one.name for one in pipeline.list_blobs(name_starts_with="old/")] == []
