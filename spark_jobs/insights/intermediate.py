"""Intermediate tables of a preview, each made once: serverless compute keeps no DataFrame in memory.

A stage is named by what it was made of, so that a preview with one changed rule takes over all that the rule does not touch.
It is written; of tables that are small it is kept on the driver, since a file and the reading of it take longer than the rows.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake

#: Rows of a stage that the driver keeps.
MOST_KEPT = 50_000


def digest(*made_of: Any) -> str:
    """Name what a stage is made of: plain values, or models of the rules."""
    text = json.dumps(made_of, sort_keys=True, default=lambda one: one.model_dump(mode="json"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Intermediate:
    """The stages below one folder; `place` is `<container>/<path>`.

    Of `small` tables the driver keeps what it can, and nothing of that is written.
    """

    def __init__(self, spark: SparkSession, lake: Lake, place: str, *, small: bool = False) -> None:
        self._spark = spark
        self._lake = lake
        self._place = place
        self._small = small
        self._used: set[str] = set()
        self._kept: dict[str, DataFrame] = {}
        self._noted: dict[str, Any] = {}

    def keep(self, name: str, made_of: str, make: Callable[[], DataFrame]) -> DataFrame:
        """Return a stage as it is read back; it is made unless it is there, whole."""
        stage = f"{name}-{made_of}"
        if stage in self._kept:
            return self._kept[stage]
        if not self._small:
            return self._written(stage, make)
        rows = make()
        told = rows.limit(MOST_KEPT + 1).toArrow()
        if told.num_rows > MOST_KEPT:
            return self._written(stage, lambda: rows)
        return self._kept.setdefault(stage, self._spark.createDataFrame(told, rows.schema))

    def _written(self, stage: str, make: Callable[[], DataFrame]) -> DataFrame:
        place, whole = f"{self._place}/{stage}", f"{self._place}/{stage}.whole"
        self._used.add(stage)
        path = self._lake.path(place)
        if self._lake.read_text(whole) is not None:
            return self._spark.read.parquet(path)
        rows = make()
        rows.write.mode("overwrite").parquet(path)
        self._lake.write_text(whole, "")  # last, so that what a crash left is made again
        return self._spark.read.schema(rows.schema).parquet(path)  # known, so that no file is opened for it

    def note(self, name: str, made_of: str, make: Callable[[], Any]) -> Any:
        """Return plain values that belong to a stage; they are computed unless they are there."""
        if self._small:
            stage = f"{name}-{made_of}"
            if stage not in self._noted:
                self._noted[stage] = make()
            return self._noted[stage]
        place = f"{self._place}/{name}-{made_of}.json"
        self._used.add(f"{name}-{made_of}.json")
        found = self._lake.read_json(place)
        if found is None:
            found = make()
            self._lake.write_json(place, found)
        return found

    def sweep(self) -> None:
        """Delete what nobody used since this object was made."""
        for stage in self._lake.folders(self._place):
            if stage not in self._used:
                self._lake.delete(f"{self._place}/{stage}.whole")
                self._lake.delete(f"{self._place}/{stage}")
        for file in self._lake.files(self._place, deep=False):
            if file.place.endswith(".json") and file.place.rpartition("/")[2] not in self._used:
                self._lake.delete(file.place)
