"""The text that landed of values that are stored: bronze keeps it, and each row says which record of which file it is.

A column that becomes text needs it: `1.50` as a decimal does not say whether `1.5` landed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import RECORD_NUMBER, SOURCE_FILE, SOURCE_VERSION
from shared.contracts.places import BRONZE, slug, whole
from spark_jobs.names import backticked, quoted, spelled
from spark_jobs.silver.landed.finance_casts import present

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts.entity import Entity
    from spark_jobs.lake import Lake

#: What tells a record apart, whenever it was read.
_RECORD = {SOURCE_FILE: "string", SOURCE_VERSION: "string", RECORD_NUMBER: "bigint"}
_FOUND = "__found"


def with_texts(
    spark: SparkSession, lake: Lake, rows: DataFrame, entity: Entity, columns: Collection[str], *, container: str
) -> DataFrame:
    """Return stored rows with some columns as the text that landed; one that bronze lacks keeps its value's own spelling."""
    landed = {name: [one for one, silver in entity.names.items() if silver.lower() == name.lower()] for name in columns}
    needed = dict.fromkeys(one for found in landed.values() for one in found)
    kinds = {**_RECORD, **{backticked(name): "string" for name in needed}}
    schema = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    place = whole(BRONZE, f"{slug(container)}/{slug(entity.table)}")
    # A file that was read again has parts of more than one generation: the last one counts, and names sort by it.
    parts = spark.read.schema(schema).option("recursiveFileLookup", "true").parquet(lake.path(place))
    texts = parts.select(
        *_RECORD,
        *(F.col(backticked(name)).alias(spelled(name)) for name in needed),
        F.col("_metadata.file_path").alias("__part"),
    )
    values = [
        F.expr(f"coalesce({', '.join(present(quoted(one), entity.notation) for one in found)})").alias(f"__text_{place}")
        for place, found in enumerate(landed.values())
    ]
    newest = (
        texts.select(*_RECORD, F.struct("__part", *values).alias(_FOUND)).groupBy(*_RECORD).agg(F.max(_FOUND).alias(_FOUND))
    )
    joined = rows.join(newest, list(_RECORD), "left")
    is_there = F.col(_FOUND).isNotNull()
    restored = {
        name: F.when(is_there, F.col(_FOUND)[f"__text_{place}"]).otherwise(F.col(name).cast("string"))
        for place, name in enumerate(landed)
    }
    return joined.withColumns(restored).drop(_FOUND)
