"""The values of a model's `rebuilt by` column that changed rows touch: what of a gold table is computed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.driver import MOST_IN_DRIVER
from spark_jobs.names import literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake

_VALUE = "__touched"
#: Up to this many are named by the query, which then meets no second table; more make it slow to plan.
_MOST_NAMED = 1_000
#: Up to this many are sent to every task.
_MOST_BROADCAST = 250_000


@dataclass(frozen=True, kw_only=True)
class Touched:
    """The values, as text."""

    count: int
    table: DataFrame  # of one column
    named: tuple[str, ...] | None = None  # where they are few

    @property
    def are_few(self) -> bool:
        """Whether what is theirs may be few enough to pass through the driver."""
        return self.count <= MOST_IN_DRIVER

    def rows_of(self, rows: DataFrame, text: str) -> DataFrame:
        """Return the rows of which a text, given as SQL, is one of the values."""
        if self.named is not None:
            return rows.where(self._is_named(text))
        return rows.join(self.table, F.expr(text) == F.col(_VALUE), "left_semi")

    def rows_besides(self, rows: DataFrame, text: str) -> DataFrame:
        """Return the rows of which it is none, or null."""
        if self.named is not None:
            return rows.where(self.is_besides(text))
        return rows.join(self.table, F.expr(text) == F.col(_VALUE), "left_anti")

    def is_besides(self, text: str) -> str:
        """Return the SQL condition that a text is none of the values, where these are named."""
        return f"not coalesce({self._is_named(text)}, false)"

    def _is_named(self, text: str) -> str:
        return f"{text} in ({', '.join(map(literal, self.named))})" if self.named else "false"


@contextmanager
def found_touched(spark: SparkSession, lake: Lake, values: DataFrame, place: str, *, changed: int) -> Iterator[Touched]:
    """Give the distinct values of a DataFrame of one text column; those of a batch of few `changed` rows leave no files."""
    values = values.toDF(_VALUE).where(f"{_VALUE} is not null")
    if changed <= MOST_IN_DRIVER:
        together = values.coalesce(1)  # one job, without a shuffle
        found = [row[0] for row in together.distinct().limit(MOST_IN_DRIVER + 1).collect()]
        if len(found) <= MOST_IN_DRIVER:  # more where batches came before that published nothing
            table = spark.createDataFrame([(value,) for value in found], f"{_VALUE} string")
            named = tuple(sorted(found)) if len(found) <= _MOST_NAMED else None
            yield Touched(count=len(found), table=F.broadcast(table), named=named)
            return
    observed, values = Observation(), values.distinct()
    values.observe(observed, F.count(F.lit(1)).alias("values")).write.mode("overwrite").parquet(lake.path(place))
    try:
        table, count = spark.read.schema(f"{_VALUE} string").parquet(lake.path(place)), int(observed.get["values"])
        yield Touched(count=count, table=F.broadcast(table) if count <= _MOST_BROADCAST else table)
    finally:
        lake.delete(place)
