"""Few rows that pass through the driver, which costs less than a file in the lake, and less than to shuffle them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

#: Up to this many rows and values pass through the driver.
MOST_IN_DRIVER = 5_000


def few(rows: DataFrame) -> pa.Table | None:
    """Return rows that are few enough to pass through the driver, None where they are not."""
    found = rows.limit(MOST_IN_DRIVER + 1).toArrow()
    return found if found.num_rows <= MOST_IN_DRIVER else None


def again(found: pa.Table, rows: DataFrame) -> DataFrame:
    """Return rows that passed through the driver: in one partition, so that no join, order or group shuffles them."""
    return rows.sparkSession.createDataFrame(found, rows.schema).coalesce(1)
