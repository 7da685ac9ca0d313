"""Intermediate tables of a preview, each written once: serverless compute keeps no DataFrame in memory.

A stage is named by what it was made of, so that a preview with one changed rule takes over all that the rule does not touch.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake


def digest(*made_of: Any) -> str:
    """Name what a stage is made of: plain values, or models of the rules."""
    text = json.dumps(made_of, sort_keys=True, default=lambda one: one.model_dump(mode="json"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Intermediate:
    """The stages below one folder; `place` is `<container>/<path>`."""

    def __init__(self, spark: SparkSession, lake: Lake, place: str) -> None:
        self._spark = spark
        self._lake = lake
        self._place = place
        self._used: set[str] = set()

    def keep(self, name: str, made_of: str, make: Callable[[], DataFrame]) -> DataFrame:
        """Return a stage as it is read back; it is made unless it is there, whole."""
        stage = f"{name}-{made_of}"
        place, whole = f"{self._place}/{stage}", f"{self._place}/{stage}.whole"
        self._used.add(stage)
        if self._lake.read_text(whole) is None:  # written last, so that what a crash left is made again
            make().write.mode("overwrite").parquet(self._lake.path(place))
            self._lake.write_text(whole, "")
        return self._spark.read.parquet(self._lake.path(place))

    def note(self, name: str, made_of: str, make: Callable[[], Any]) -> Any:
        """Return plain values that belong to a stage; they are computed unless they are there."""
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
