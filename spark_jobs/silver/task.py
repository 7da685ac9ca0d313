"""The silver task: merges the parts of a batch into the history of each entity."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from shared.contracts.arguments import read_arguments
from shared.contracts.counts import MergeCounts
from shared.contracts.manifest import Manifest
from shared.contracts.places import PIPELINE, outcome_document, whole
from shared.contracts.report import SilverReport
from spark_jobs.documents import begin, read_report, write_report
from spark_jobs.lake import Lake
from spark_jobs.raised.states import despite_conflicts
from spark_jobs.session import spark_session, tag
from spark_jobs.silver.erasure.task import erase
from spark_jobs.silver.merge import Merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from shared.contracts.outcome import Finding


def main() -> None:
    """Run the task with the parameters of the command line; the wheel's entry point `silver`."""
    arguments = read_arguments(sys.argv[1:])
    spark = spark_session()
    lake = Lake(spark, arguments.lake)
    run(spark, lake, begin(lake, arguments))


def run(spark: SparkSession, lake: Lake, batch: Manifest) -> SilverReport:
    """Merge every entity of a batch; returns (and leaves beside the manifest) what became of the rows.

    Safe to repeat: an entity that is merged is left alone, one that was cut off keeps the counts of its first attempt,
    since by then the table may hold the batch already.
    """
    if batch.search is not None:
        erase(spark, lake, batch, batch.search)
        return SilverReport(batch_id=batch.batch_id)
    started = time.monotonic()
    noted = _noted(lake, batch)
    merged = {name for name, counts in noted.entities.items() if counts.merged}
    waiting = sorted({part.entity for part in batch.parts} - merged)
    if not waiting:
        return noted
    entities, warnings = dict(noted.entities), dict(noted.warnings)
    tag(spark, batch.batch_id)
    writing = Lock()

    def report() -> SilverReport:
        seconds = round(time.monotonic() - started, 1)
        return SilverReport(batch_id=batch.batch_id, listed=batch.listed, entities=entities, warnings=warnings, seconds=seconds)

    def note(name: str, counts: MergeCounts) -> None:
        with writing:
            entities[name] = _carried_on(noted.entities.get(name), counts)
            write_report(lake, report())

    def warn(name: str, found: Sequence[Finding]) -> None:
        with writing:
            warnings[name] = tuple(dict.fromkeys((*warnings.get(name, ()), *found)))

    def merge(name: str) -> None:
        def act() -> None:
            found = Merge.read(spark, lake, batch, batch.entities[name])
            found.run(lambda counts: note(name, counts), lambda told: warn(name, told))

        despite_conflicts(act)  # a merge is safe to repeat

    # Much of a small merge is waiting for one task or one commit; a few entities at a time overlap it.
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(merge, waiting))
    return report()


def _noted(lake: Lake, batch: Manifest) -> SilverReport:
    """Return what an earlier attempt at these parts noted; what one at others left, outcome and all, is of another listing."""
    noted = read_report(lake, batch.batch_id)
    if noted.listed == batch.listed or not noted.entities:
        return noted
    lake.delete(whole(PIPELINE, outcome_document(batch.batch_id)))
    return SilverReport(batch_id=batch.batch_id)


def _carried_on(earlier: MergeCounts | None, counts: MergeCounts) -> MergeCounts:
    """Return the counts of an entity as they are now, after those that an attempt which was cut off noted."""
    if earlier is None:
        return counts
    # What the rejected rows lack is counted after the merge, so an attempt that was cut off has not told it.
    rules = dict(sorted({**counts.rules, **earlier.rules}.items()))
    return replace(earlier, rules=rules, merged=counts.merged, current=counts.current, history=counts.history)
