"""Records that bronze rejected, with the keys that they may have: a snapshot holds these keys all the same.

A record of too many fields was cut where a delimiter is data, somewhere: a key stands where its column does, or as many
places behind it as there are fields too many. Bronze tells the fields of such records, and of those that are whole but no rows
(a total below the data). Of any other rejected record the key cannot be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import (
    CONTAINER,
    ERRORS,
    FIELDS,
    KEPT_LINEAGE,
    KEYS,
    LANDED_AT,
    REASON,
    RECORD_NUMBER,
    SOURCE_FILE,
    SOURCE_VERSION,
)
from spark_jobs.silver.landed.bronze import container_of
from spark_jobs.silver.landed.finance_casts import key_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts.columns import Column
    from shared.contracts.entity import Entity
    from shared.contracts.manifest import ManifestPart
    from spark_jobs.lake import Lake
    from spark_jobs.silver.landed.bronze import BronzeRows

#: What such a record's `_errors` begin with.
OF_BRONZE = "bronze:"
_MOST_TOO_MANY = 3  # fields; in a record of more, a key could stand nearly anywhere
_KEY_LIST = "array<array<string>>"


def bronze_rejects(bronze: BronzeRows) -> DataFrame | None:
    """Return the records of the batch that bronze rejected: lineage, `_errors`, `_keys` (null: cannot be told); None: none."""
    found = []
    for version, parts in bronze.groups:
        with_rejects = [part for part in parts if part.rejects and part.rejects_path]
        if with_rejects:
            found.append(_rows(bronze.spark, bronze.lake, bronze.entity, bronze.batch.schemas[version], with_rejects))
    return reduce(lambda one, other: one.union(other), found) if found else None


def told_keys(keys: str) -> str:
    """Return the SQL expression of those of some keys that can be: none has a blank in it; null where none is left."""
    told = f"filter({keys}, key -> not exists(key, part -> coalesce(part, '') = ''))"
    return f"case when size({told}) > 0 then {told} end"


def _rows(
    spark: SparkSession, lake: Lake, entity: Entity, columns: Sequence[Column], parts: Sequence[ManifestPart]
) -> DataFrame:
    lineage = f"{SOURCE_FILE} string, {SOURCE_VERSION} string, {RECORD_NUMBER} bigint, {LANDED_AT} timestamp"
    places = [lake.path(part.rejects_path) for part in parts if part.rejects_path]
    rows = spark.read.schema(f"{lineage}, {REASON} string, {FIELDS} array<string>").parquet(*places)
    keys = F.expr(told_keys(_candidates(entity, [column.name for column in columns]))).alias(KEYS)
    errors = F.array(F.concat(F.lit(OF_BRONZE), REASON)).alias(ERRORS)
    return rows.withColumn(CONTAINER, container_of()).select(*KEPT_LINEAGE, errors, keys)


def _candidates(entity: Entity, columns: Sequence[str]) -> str:
    """Return the SQL expression of the keys that a record's fields may hold."""
    if all(key in KEPT_LINEAGE for key in entity.keys):
        return f"array(array({', '.join(f'cast({key} as string)' for key in entity.keys)}))"
    lower = [name.lower() for name in columns]
    if any(key.lower() not in lower for key in entity.keys):
        return f"cast(null as {_KEY_LIST})"
    places = [lower.index(key.lower()) for key in entity.keys]
    in_order = sorted(range(len(places)), key=lambda key: places[key])
    cases = []
    for many in range(_MOST_TOO_MANY + 1):
        found = []
        # Of the delimiters that are data, those before a column move it: as many as before the column to its left, or more.
        for moved in combinations_with_replacement(range(many + 1), len(places)):
            by = dict(zip(in_order, moved, strict=True))
            texts = (key_text(f"{FIELDS}[{place + by[key]}]", entity.notation) for key, place in enumerate(places))
            found.append(f"array({', '.join(texts)})")
        cases.append(f"when size({FIELDS}) = {len(columns) + many} then array({', '.join(found)})")
    return f"case {' '.join(cases)} end"
