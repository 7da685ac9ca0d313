"""The gold task: publishes what changed, and says so in the outcome document.

It never writes `gold/default.manifest.cdm.json`: the manifest is staged beside the batch manifest and the functions swap it
in, since Spark cannot write conditionally (`docs/contracts.md`). The SQL files beside this module are the gold tables.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from spark_jobs.batch import Batch, read_arguments, read_batch
from spark_jobs.gold.basis import Base, Basis, stands
from spark_jobs.gold.build import Build, Built
from spark_jobs.gold.collection import collect
from spark_jobs.gold.models.files import read_models
from spark_jobs.gold.publication import Publication
from spark_jobs.gold.staging import Staging
from spark_jobs.lake import Lake
from spark_jobs.report import read_report
from spark_jobs.session import spark_session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import SparkSession

    from spark_jobs.gold.models.definition import Model


def _utc_now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Run the task with the parameters of the command line; the wheel's entry point `gold`."""
    arguments = read_arguments(sys.argv[1:])
    spark = spark_session()
    lake = Lake(spark, arguments.lake)
    run(spark, lake, read_batch(lake.read_json(arguments.manifest), arguments.batch_id), read_models())


def run(
    spark: SparkSession, lake: Lake, batch: Batch, models: Sequence[Model], *, now: Callable[[], datetime] = _utc_now
) -> dict[str, Any]:
    """Publish a batch; returns the outcome document, which is written last.

    A batch whose outcome still stands (published, or built on what readers see now) is left as it is. Raises `ModelError` where
    a model cannot run or breaks its key, `NotReadyError` where Customer Insights would stumble over the publication.
    """
    started = time.monotonic()
    place, base = f"{batch.folder}/outcome.json", Base.read(lake)
    earlier: dict[str, Any] | None = lake.read_json(place)
    if earlier is not None and stands(lake, earlier, base):
        return earlier
    silver = read_report(lake, batch)
    basis = Basis.read(spark, lake, models, base)
    name = f"p{batch.batch_id[1:]}"
    built = _built(spark, lake, batch, name, [model for model in models if basis.suffices(model)], basis)
    changed = [one.table for one in built if one.changed]
    staged = None
    if changed or {one.table.name for one in built} != base.tables:
        publication = Publication(
            name=name,
            batch_id=batch.batch_id,
            base=base.name,
            created_at=batch.created_at,
            layout=batch.layout,
            silver=basis.versions,
            tables={one.table.name: one.table for one in built},
        )
        staged = Staging(spark=spark, lake=lake, batch=batch, models=models, basis=basis).stage(publication, changed)
    collect(lake, current=base.name, building=name, at=now(), grace=timedelta(days=batch.grace_days))
    outcome = {
        "batch_id": batch.batch_id,
        "publication": name if staged else None,
        "base_publication": base.name,
        "staged_manifest": staged.place if staged else None,
        "entities": {
            entity: {field: value for field, value in entry.items() if field != "merged"}
            for entity, entry in sorted(silver["entities"].items())
        },
        "gold": {one.table.name: one.summary() for one in built},
        "warnings": [asdict(finding) for finding in (staged.warnings if staged else ())],
        "seconds": {"silver": silver["seconds"], "gold": round(time.monotonic() - started, 1)},
    }
    lake.write_json(place, outcome)
    return outcome


def _built(
    spark: SparkSession, lake: Lake, batch: Batch, publication: str, models: Sequence[Model], basis: Basis
) -> list[Built]:
    def build(model: Model) -> Built:
        return Build(spark=spark, lake=lake, batch=batch, model=model, publication=publication, basis=basis).run()

    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(build, models))
