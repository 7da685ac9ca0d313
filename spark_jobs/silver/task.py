"""The silver task: merges the parts of a batch into the history of each entity."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any

from spark_jobs.batch import Batch, read_arguments, read_batch
from spark_jobs.gold.models.files import model_texts
from spark_jobs.gold.validation import check_models
from spark_jobs.lake import Lake
from spark_jobs.report import read_report, write_report
from spark_jobs.session import spark_session, tag
from spark_jobs.silver.merge import Merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession


def main() -> None:
    """Run the task with the parameters of the command line; the wheel's entry point `silver`."""
    arguments = read_arguments(sys.argv[1:])
    spark = spark_session()
    lake = Lake(spark, arguments.lake)
    run(spark, lake, read_batch(lake.read_json(arguments.manifest), arguments.batch_id), model_texts())


def run(spark: SparkSession, lake: Lake, batch: Batch, models: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Merge every entity of a batch; returns (and leaves beside the manifest) what became of the rows.

    `models` are the files of the gold models: raises `ModelsError`, and merges nothing, where gold could not be built.

    Safe to repeat: an entity that is merged is left alone, one that was cut off keeps the counts of its first attempt,
    since by then the table may hold the batch already.
    """
    started = time.monotonic()
    check_models(spark, lake, models or {})
    report = read_report(lake, batch)
    noted: dict[str, dict[str, Any]] = dict(report["entities"])
    waiting = sorted({part.entity for part in batch.parts if not noted.get(part.entity, {}).get("merged")})
    if not waiting:
        return report
    tag(spark, batch.batch_id)
    writing = Lock()

    def note(name: str, entry: dict[str, Any]) -> None:
        with writing:
            earlier = noted.get(name, {})
            # What the rejected rows lack is counted after the merge, so an attempt that was cut off has not told it.
            rules = entry["rules"] | earlier.get("rules", {})
            told = {"rules": dict(sorted(rules.items())), "merged": entry["merged"]}
            report["entities"][name] = entry | earlier | told
            report["seconds"] = round(time.monotonic() - started, 1)
            write_report(lake, batch, report)

    def merge(name: str) -> None:
        Merge.read(spark, lake, batch, batch.entities[name]).run(lambda entry: note(name, entry))

    # Much of a small merge is waiting for one task or one commit; a few entities at a time overlap it.
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(merge, waiting))
    return report
