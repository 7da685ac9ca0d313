"""Where in bronze a key is: which records of which parts, among the rows and among the rejects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.types import BinaryType, LongType, StructField, StructType

from shared.contracts.columns import RAW, RECORD_NUMBER
from shared.contracts.erasure.found import FoundPart
from shared.contracts.erasure.keys import ErasedKey
from spark_jobs.names import quoted
from spark_jobs.silver.landed.bronze import FILE
from spark_jobs.silver.landed.erased import holds_key, is_key, values_of_record

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts.manifest import ManifestPart
    from spark_jobs.lake import Lake
    from spark_jobs.silver.landed.bronze import BronzeRows
    from spark_jobs.silver.landed.shape import Shape

#: Segments of a part's path that tell it: landing container, table, landed file, slice.
_TELLING = 4


def found_in_bronze(spark: SparkSession, lake: Lake, bronze: BronzeRows, shape: Shape, key: ErasedKey) -> tuple[FoundPart, ...]:
    """Return the parts that hold the key, by their ids."""
    parts = bronze.parts
    if not parts:
        return ()
    keys = bronze.placed_keys(shape)
    texts = [f"cast({quoted(name)} as string)" for name in shape.plan.source_keys]
    rows = _by_part(keys.where(is_key(key, texts)), {part.path: part for part in parts})
    refused = [part for part in parts if part.rejects_path]
    rejects: Mapping[str, Sequence[int]] = {}
    if refused:
        held = _rejects(spark, lake, refused).where(holds_key(key, values_of_record(f"decode({RAW}, 'UTF-8')")))
        rejects = _by_part(held, {part.rejects_path or "": part for part in refused})
    return tuple(
        FoundPart(part_id=name, rows=tuple(rows.get(name, ())), rejects=tuple(rejects.get(name, ())))
        for name in sorted({*rows, *rejects})
    )


def _rejects(spark: SparkSession, lake: Lake, parts: Iterable[ManifestPart]) -> DataFrame:
    fields = StructType([StructField(RECORD_NUMBER, LongType()), StructField(RAW, BinaryType())])
    rows = spark.read.schema(fields).parquet(*(lake.path(part.rejects_path or "") for part in parts))
    return rows.select(F.col("_metadata.file_path").alias(FILE), RECORD_NUMBER, RAW)


def _by_part(rows: DataFrame, parts: Mapping[str, ManifestPart]) -> dict[str, list[int]]:
    """Return the record numbers by part; `parts` are by the place of the file that was read."""
    # A reader names a file by its full address, spelled as a URL; the end of it is the place that the manifest names.
    ends = {PurePosixPath(place).parts[-_TELLING:]: part for place, part in parts.items()}
    found: dict[str, list[int]] = {}
    for row in rows.select(FILE, RECORD_NUMBER).collect():
        part = ends[PurePosixPath(unquote(row[0])).parts[-_TELLING:]]
        found.setdefault(part.part_id, []).append(int(row[1]))
    return {name: sorted(numbers) for name, numbers in found.items()}
