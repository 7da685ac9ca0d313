"""The stage `erasure` of a batch: search, note what was found, take it out of silver, and let nothing old be kept.

In this order, so that an attempt which dies anywhere is gone on with by the next one: what is found is noted before anything is
taken out, and what was noted counts. Bronze is the functions' to write; the note says what they take out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.columns import KEY, KEYS, ROW
from shared.contracts.erasure.found import Found
from shared.contracts.places import INSIGHTS
from spark_jobs.documents import read_found, write_found
from spark_jobs.names import quoted
from spark_jobs.session import tag
from spark_jobs.silver.erasure.search import found_in_bronze
from spark_jobs.silver.landed.bronze import BronzeRows
from spark_jobs.silver.landed.erased import holds_key, is_key, values_of_json
from spark_jobs.silver.stored import Stored

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts.erasure.keys import Search
    from shared.contracts.manifest import Manifest
    from spark_jobs.lake import Lake


def erase(spark: SparkSession, lake: Lake, batch: Manifest, search: Search) -> Found:
    """Find everything of a key, and unless only that is asked for, take it out of silver; returns what was found."""
    key, entity = search.key, batch.entities[search.key.entity]
    stored = Stored.read(spark, lake, batch, entity)
    bronze = BronzeRows(spark=spark, lake=lake, batch=batch, entity=entity, misses_none=True)
    shape = bronze.shape(stored.columns)
    in_silver = is_key(key, [f"cast({quoted(name)} as string)" for name in shape.plan.source_keys])
    in_rejected = f"({is_key(key, [f'{KEY}[{place}]' for place in range(len(shape.plan.source_keys))])}) or "
    in_rejected += f"({holds_key(key, values_of_json(ROW))})"
    if stored.keeps_rejects and KEYS in stored.rejected.columns():  # of a snapshot: what bronze rejected, too
        one = is_key(key, [f"one[{place}]" for place in range(len(shape.plan.source_keys))])
        in_rejected += f" or coalesce(exists({KEYS}, one -> {one}), false)"
    conditions = [
        (table, where) for table, where in ((stored.table, in_silver), (stored.rejected, in_rejected)) if table.exists()
    ]
    counted = {table.name: table.read().where(where).count() for table, where in conditions}
    noted = read_found(lake, batch.batch_id, key.erasure_id)
    found = Found(
        batch_id=batch.batch_id,
        erasure_id=key.erasure_id,
        silver=max(counted.get(stored.table.name, 0), noted.silver if noted else 0),
        rejected=max(counted.get(stored.rejected.name, 0), noted.rejected if noted else 0),
        parts=found_in_bronze(spark, lake, bronze, shape, key),
    )
    write_found(lake, found)
    if search.dry_run:
        return found
    tag(spark, batch.batch_id)
    for table, where in conditions:
        if counted[table.name]:
            table.delete(where)
        table.purge()
        table.vacuum(days=batch.silver.retention_days)
    lake.delete(INSIGHTS)  # a preview holds keys and normalised values; the next one makes it again
    return found
