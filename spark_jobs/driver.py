"""Few rows that pass through the driver, which costs less than a file in the lake, and less than to shuffle them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

#: Up to this many rows and values pass through the driver.
MOST_IN_DRIVER = 5_000
#: Up to this many bytes of them do: it holds three such tables, each twice, in the gigabyte of a laptop.
MOST_BYTES = 64 << 20
_REFUSED = "spark.driver.maxResultSize"  # what Spark names where it takes no more results


def few(rows: DataFrame) -> pa.Table | None:
    """Return rows that are few enough to pass through the driver, None where they are not."""
    found = taken(rows)
    return found if found is not None and found.num_rows <= MOST_IN_DRIVER else None


def taken(rows: DataFrame) -> pa.Table | None:
    """Return rows, or one more of them than may pass through the driver; None where these are too many bytes."""
    try:
        found: pa.Table = rows.limit(MOST_IN_DRIVER + 1).toArrow()
    except Exception as error:  # of Py4J, or of Spark Connect: they have no class in common
        if _REFUSED not in str(error):
            raise
        return None
    return found if found.nbytes <= MOST_BYTES else None


def fits(rows: int, size: int) -> bool:
    """Say whether rows of so many bytes pass through the driver."""
    return rows <= MOST_IN_DRIVER and size <= MOST_BYTES


def again(found: pa.Table, rows: DataFrame) -> DataFrame:
    """Return rows that passed through the driver: in one partition, so that no join, order or group shuffles them."""
    return rows.sparkSession.createDataFrame(found, rows.schema).coalesce(1)
