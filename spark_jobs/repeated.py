"""Keys that several rows have: found in one narrow pass, so that the others, nearly all, need neither order nor shuffle.

Keys are told apart by a digest of 64 bits. Two that meet by chance only take the longer way; nothing else comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import DIGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame, SparkSession

    from spark_jobs.lake import Lake

#: Up to this many digests are sent to every task.
MOST = 500_000
#: From so many rows on the pass is worth it.
WORTH_A_PASS = 100_000


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """The digests of such keys."""

    digests: DataFrame
    count: int

    @classmethod
    def find(cls, spark: SparkSession, lake: Lake, place: str, digests: DataFrame) -> Self:
        """Find what comes more than once among digests; kept at `place`, which the caller deletes when all is done."""
        observed = Observation()
        several = digests.groupBy(DIGEST).count().where("count > 1").select(DIGEST)
        several = several.observe(observed, F.count(F.lit(1)).alias("keys"))
        several.write.mode("overwrite").parquet(lake.path(place))
        found = spark.read.schema(f"{DIGEST} bigint").parquet(lake.path(place))
        return cls(digests=found, count=int(observed.get.get("keys", 0)))

    def rows_of(self, rows: DataFrame, keys: Sequence[Column]) -> DataFrame:
        """Return the rows that have such a key."""
        return self._joined(rows, keys, "left_semi")

    def rows_besides(self, rows: DataFrame, keys: Sequence[Column]) -> DataFrame:
        """Return the rows that have none."""
        return self._joined(rows, keys, "left_anti") if self.count else rows

    def _joined(self, rows: DataFrame, keys: Sequence[Column], how: str) -> DataFrame:
        marked = rows.select("*", F.xxhash64(*keys).alias(DIGEST))
        return marked.join(F.broadcast(self.digests), DIGEST, how).drop(DIGEST)


def digests(rows: DataFrame, keys: Sequence[Column]) -> DataFrame:
    """Return the digest of each row's key."""
    return rows.select(F.xxhash64(*keys).alias(DIGEST))


def has_repeated(rows: DataFrame, column: str) -> bool:
    """Say whether any two rows have the same value of a column."""
    return bool(rows.groupBy(column).count().where("count > 1").take(1))
