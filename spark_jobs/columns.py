"""Columns of a silver table besides its data: when a row holds, which commit wrote it, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

#: The interval `[START, END)` in which a row holds, as sequence values; whether the event is a delete; the newest commit that
#: wrote the row (design, section 6; `silver.history` says what a hidden event is).
START, END, DELETED, VERSION = "__START_AT", "__END_AT", "__deleted", "__version"
#: Which lineage columns of bronze silver keeps, with their types, so that each row tells where it came from.
KEPT_LINEAGE = {
    "_source_file": "string",
    "_source_version": "string",
    "_record_number": "bigint",
    "_landed_at": "timestamp",
}


def shown(history: DataFrame) -> DataFrame:
    """Return the rows of history that show, without the hidden events."""
    return history.where(is_shown())


def is_shown() -> Column:
    """Say whether a row is no hidden event."""
    return ~F.col(START).eqNullSafe(F.col(END))
