"""The jobs over Spark Connect, as serverless compute runs them (reference: Databricks, section 3)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

_ROOT = Path(__file__).parents[2]
#: What Spark Connect lacks, and Python code that runs for each row: `mapInArrow` takes batches, and sees texts of telephone
#: numbers alone, each once, where they are too many for the driver.
_LACKING = re.compile(r"\bsparkContext\b|\.rdd\b|\b_jvm\b|\b_jsc\b|\b_jdf\b|\b_sc\b|\b(pandas_)?udf\(|\.cache\(|\.persist\(")
_REPRESENTATIVE = (
    # history in two batches with late events, deletes and rejects, incremental gold, readiness, and a full build
    "tests/spark/test_streams.py::test_gold_of_any_batches_is_what_plain_python_computes_of_all_events",
    # every fault that Spark finds in a model, which over Connect comes from afar
    "tests/spark/test_validation.py::test_all_faults_of_all_models_are_told_at_once",
    # what is remembered with a table: comments and properties, and updates in place
    "tests/spark/test_labels.py::test_a_name_that_the_source_takes_later_holds_from_then_on_what_landed",
    # unification, ids, measures and segments, with intermediate tables
    "tests/spark/test_insights.py::test_the_documented_example_gives_the_documented_profile",
)


def test_no_module_uses_what_serverless_compute_lacks() -> None:
    files = sorted((_ROOT / "spark_jobs").rglob("*.py"))
    found = [
        f"{file.name}: {line.strip()}"
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if _LACKING.search(line)
    ]
    assert len(files) > 15
    assert found == []


@pytest.fixture
def server(spark: SparkSession) -> Iterator[str]:
    """The address of a Spark Connect server in the JVM of the other tests, which is warm; its sessions are its own."""
    context: Any = spark.sparkContext
    service = getattr(context._jvm.org.apache.spark.sql.connect.service, "SparkConnectService$").__getattr__("MODULE$")
    service.start(context._jsc.sc())
    yield f"sc://127.0.0.1:{service.localPort()}"
    service.server().shutdownNow()


@pytest.mark.spark
def test_silver_and_gold_run_over_spark_connect(server: str) -> None:
    # A classic and a Connect session cannot live in one process of Python.
    command = [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider", *_REPRESENTATIVE]
    done = subprocess.run(
        command, cwd=_ROOT, env=os.environ | {"SPARK_REMOTE": server}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert "4 passed" in done.stdout
