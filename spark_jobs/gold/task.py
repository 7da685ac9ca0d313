"""The gold task: publishes what changed, and says so in the outcome document.

It never writes `gold/default.manifest.cdm.json`: the manifest is staged beside the batch manifest and the functions swap it
in, since Spark cannot write conditionally (`docs/contracts.md`). The SQL files beside this module are the gold tables.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.contracts.arguments import read_arguments
from shared.contracts.manifest import Manifest
from shared.contracts.outcome import Outcome, Seconds
from shared.contracts.places import publication_name
from shared.contracts.publication import Publication
from spark_jobs.catalog.registration import Registration
from spark_jobs.catalog.schemas import SCHEMA, Catalog
from spark_jobs.documents import begin, read_outcome, read_report, write_outcome
from spark_jobs.errors import ModelError
from spark_jobs.findings import errors, unreadable_record
from spark_jobs.gold.basis import Base, Basis, stands
from spark_jobs.gold.build import Build, Built
from spark_jobs.gold.collection import collect
from spark_jobs.gold.delta import GoldDelta
from spark_jobs.gold.models.files import model_texts, parse_models
from spark_jobs.gold.staging import Staging
from spark_jobs.gold.traps import table_findings
from spark_jobs.lake import Lake
from spark_jobs.raised.states import fault_of_query
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
    models, faults = parse_models(model_texts())
    catalog = Catalog(name=arguments.catalog, schema=arguments.schema or SCHEMA) if arguments.catalog else None
    run(spark, lake, begin(lake, arguments), models, faults, catalog=catalog)


def run(
    spark: SparkSession,
    lake: Lake,
    batch: Manifest,
    models: Sequence[Model],
    faults: Sequence[ModelError] = (),
    *,
    now: Callable[[], datetime] = _utc_now,
    catalog: Catalog | None = None,
) -> Outcome:
    """Publish a batch; returns the outcome document, which is written last. With a `catalog`, tables are registered there.

    A batch whose outcome still stands (published, or built on what readers see now) is left as it is. A model that cannot run,
    breaks its key or makes a table that Customer Insights would stumble over fails alone: its table stays as it was published
    last, and the outcome says why. `faults` are those of model files that cannot be read.
    """
    started = time.monotonic()
    base = Base.read(lake)
    earlier = read_outcome(lake, batch.batch_id)
    if earlier is not None and stands(lake, earlier, base):
        return earlier
    silver, at = read_report(lake, batch.batch_id), base.after(now())
    basis = Basis.read(spark, lake, models, base)
    name = publication_name(batch.batch_id)
    wanted = [model for model in models if basis.suffices(model)]
    found = _built(spark, lake, batch, name, wanted, basis, at)
    failed = {fault.model: str(fault) for fault in (*faults, *(one for one in found if isinstance(one, ModelError)))}
    built = [one for one in found if isinstance(one, Built)]
    built += [Built(table=table, changed=False, rewritten=0) for table in basis.base.kept(failed, batch.gold.layout)]
    changed = [one.table for one in built if one.changed]
    staged = None
    if changed or {one.table.name for one in built} != base.tables:
        publication = Publication(
            name=name,
            batch_id=batch.batch_id,
            base=base.name,
            created_at=batch.created_at,
            layout=batch.gold.layout,
            published_at=at if batch.gold.layout == "incremental" else None,
            silver=basis.versions,
            tables={one.table.name: one.table for one in built},
        )
        sound = [model for model in models if model.name not in failed]
        staged = Staging(spark=spark, lake=lake, batch=batch, models=sound, basis=basis).stage(publication, changed)
    unread = collect(
        lake,
        current=base.name,
        building=name,
        at=now(),
        grace=timedelta(days=batch.gold.grace_days),
        is_replaced=batch.search is not None,
    )
    if batch.search is not None and batch.gold.layout == "delta":
        GoldDelta(spark=spark, lake=lake).vacuum([one.table.name for one in built])
    told = [finding for one in built for finding in one.findings]
    if catalog is not None:
        registration = Registration(spark=spark, lake=lake, catalog=catalog)
        tables = {one.table.name: one.table for one in built}
        told += registration.run(batch, tables, base.tables - tables.keys())
    outcome = Outcome(
        batch_id=batch.batch_id,
        publication=name if staged else None,
        base_publication=base.name,
        staged_manifest=staged.place if staged else None,
        entities=silver.outcome(),
        gold={one.table.name: one.counts() for one in built},
        warnings=(
            *silver.findings(),
            *(staged.warnings if staged else ()),
            *(unreadable_record(one) for one in unread),
            *told,
        ),
        failed=failed,
        seconds=Seconds(silver=silver.seconds, gold=round(time.monotonic() - started, 1)),
    )
    write_outcome(lake, outcome)
    return outcome


def _built(
    spark: SparkSession, lake: Lake, batch: Manifest, publication: str, models: Sequence[Model], basis: Basis, at: datetime
) -> list[Built | ModelError]:
    def build(model: Model) -> Built | ModelError:
        try:
            told = Build(spark=spark, lake=lake, batch=batch, model=model, publication=publication, basis=basis, at=at)
            built = told.run()
        except ModelError as error:
            return error
        except Exception as error:
            fault = fault_of_query(error)
            if fault is None:
                raise  # of the platform: another attempt may succeed
            return ModelError(model.name, f"its rows cannot be computed: {fault}")  # values are not told
        traps = errors(table_findings(built.table)) if built.changed else []
        return ModelError(model.name, "; ".join(str(one) for one in traps)) if traps else built

    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(build, models))
