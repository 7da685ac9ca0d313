"""Rows written as parquet files of a gold table, and what is told of each: rows, bytes, telephone numbers that are lost.

What was written is not read again but for what the write itself cannot tell: of several files how many rows each has, which
their footers say, and whether keys repeat, unless that is known already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.places import GOLD, divided, whole
from shared.contracts.publication import GoldFile
from spark_jobs.errors import ModelError
from spark_jobs.names import quoted, trimmed
from spark_jobs.repeated import digests, has_repeated

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from spark_jobs.gold.models.definition import Model
    from spark_jobs.gold.parquet.touched import Touched
    from spark_jobs.lake import File, Lake

#: reference: Customer Insights, section 2: only what writer version 1 makes is read.
_WRITING = {"compression": "snappy", "parquet.writer.version": "v1"}
#: Up to this many rows are written as one file; 16 MB and more are what Customer Insights likes.
_ROWS_OF_ONE_FILE = 250_000


@dataclass(frozen=True, kw_only=True)
class Writing:
    """Writes files of one table."""

    spark: SparkSession
    lake: Lake
    model: Model
    columns: Mapping[str, str]  # name -> SQL type, in order

    def write(
        self, rows: DataFrame, place: str, *, expected: int, are_unique: Callable[[], bool] = lambda: False
    ) -> tuple[GoldFile, ...]:
        """Write rows to a folder in place of what it holds, as one file where few are `expected` (0: nobody knows).

        `are_unique` is asked when they are written whether it is known already that no two share a key. Raises `ModelError`
        where two do, or a row has none.
        """
        is_one_file = 0 < expected <= _ROWS_OF_ONE_FILE
        key, observed = F.col(quoted(self.model.primary_key)), Observation()
        counts = [F.count(F.lit(1)).alias("rows"), F.count(key).alias("keys"), *self._losses()]
        if is_one_file:
            counts.append(F.size(F.collect_set(F.xxhash64(key))).alias("digests"))
            rows = rows.coalesce(1)
        rows = rows.observe(observed, *counts)
        rows.write.mode("overwrite").options(**_WRITING).parquet(self.lake.path(whole(GOLD, place)))
        told: Mapping[str, Any] = observed.get  # empty where the plan was known to have no rows
        listed = self._listed(place)
        if told and told["keys"] < told["rows"]:
            raise ModelError(self.model.name, f"the primary key {self.model.primary_key} is null in some rows")
        # Two keys that share a digest by chance only take the longer way.
        if not told or (told.get("digests", -1) < told["keys"] and not are_unique()):
            self._check_keys(place)
        if told and len(listed) == 1:
            return (
                GoldFile(place=divided(listed[0].place)[1], rows=int(told["rows"]), size=listed[0].size, lost=self._lost(told)),
            )
        return self._counted(place, listed, losses=self._losses() if not told or self._lost(told) else [])

    def read(self, places: Collection[str]) -> DataFrame:
        """Return the rows of files or folders of the table."""
        # A schema that is given spares the job that would read it from the files.
        schema = ", ".join(f"{quoted(name)} {kind}" for name, kind in self.columns.items())
        return self.spark.read.schema(schema).parquet(*(self.lake.path(whole(GOLD, place)) for place in sorted(places)))

    @property
    def phones(self) -> dict[str, str]:
        """The columns of telephone numbers, each with that whose texts they are."""
        return {name: text for one in self.model.inputs for name, text in one.phones.items()}

    def count(self, rows: DataFrame) -> tuple[int, dict[str, int]]:
        """Count rows, and the telephone numbers that are lost in them."""
        told = rows.agg(F.count(F.lit(1)).alias("rows"), *self._losses()).first()
        return (int(told["rows"]), self._lost(told.asDict())) if told else (0, {})

    def marked(self, rows: DataFrame) -> DataFrame:
        """Return the keys of rows, and for each column of telephone numbers whether that of the row is lost."""
        return rows.select(
            quoted(self.model.primary_key), *(condition.alias(name) for name, condition in self._is_lost.items())
        )

    def lost_in(self, marked: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """Count the numbers that are lost in rows that are marked so."""
        return self._lost({name: sum(bool(row[name]) for row in marked) for name in self._is_lost})

    @property
    def _is_lost(self) -> dict[str, Column]:
        lost = (f"{trimmed(quoted(text))} <> '' and {quoted(name)} is null" for name, text in self.phones.items())
        return {f"lost{at}": F.expr(condition) for at, condition in enumerate(lost)}

    def _losses(self) -> list[Column]:
        return [F.count_if(condition).alias(name) for name, condition in self._is_lost.items()]

    def _lost(self, told: Mapping[str, Any]) -> dict[str, int]:
        return {name: int(many) for at, name in enumerate(self.phones) if (many := told[f"lost{at}"])}

    def _check_keys(self, place: str) -> None:
        written = self.read([place]).select(F.col(quoted(self.model.primary_key)).alias("key"))
        # Digests are quicker to count than keys; that two keys have the same one is as good as never.
        by_digest = digests(written, [F.col("key")])
        if has_repeated(by_digest, *by_digest.columns) and has_repeated(written, "key"):
            raise ModelError(self.model.name, f"the primary key {self.model.primary_key} has one value in several rows")

    def _counted(self, place: str, listed: Sequence[File], losses: Sequence[Column]) -> tuple[GoldFile, ...]:
        """Tell how many rows each file has, as its footer says, and with a look at two columns what is lost in it."""
        by_file = self.read([place]).groupBy(F.col("_metadata.file_name").alias("file"))
        found = by_file.agg(F.count(F.lit(1)).alias("rows"), *losses).collect()
        told = {row["file"]: row.asDict() for row in found}
        files = []
        for file in listed:
            row = told.get(PurePosixPath(file.place).name)
            rows, lost = (int(row["rows"]), self._lost(row) if losses else {}) if row else (0, {})
            files.append(GoldFile(place=divided(file.place)[1], rows=rows, size=file.size, lost=lost))
        return tuple(files)

    def _listed(self, place: str) -> list[File]:
        return [file for file in self.lake.files(whole(GOLD, place)) if file.place.endswith(".parquet")]


@dataclass(frozen=True, kw_only=True)
class FreshKeys:
    """Watches the keys of rows that are computed again, while they are written."""

    model: Model
    touched: Touched
    observed: Observation

    @property
    def is_key_rebuilt_by(self) -> bool:
        """Whether rows are computed again by the primary key itself."""
        return self.model.primary_key == self.model.rebuilt_by

    def watched(self, rows: DataFrame) -> DataFrame:
        """Return the rows, to be written."""
        if not self.is_key_rebuilt_by or self.touched.named is None:
            return rows
        key = quoted(self.model.primary_key)
        strays = F.count_if(F.expr(self.touched.is_besides(f"cast({key} as string)"))).alias("strays")
        return rows.observe(self.observed, F.count(F.col(key)).alias("rows"), strays, F.collect_set(F.col(key)).alias("keys"))

    def told(self) -> frozenset[Any] | None:
        """Return the keys, all of them touched values, once they are written; None where that is not known."""
        if not self.is_key_rebuilt_by or self.touched.named is None:
            return None
        return frozenset(self._told["keys"]) if self._told and not self._told["strays"] else None

    def are_unique(self) -> bool:
        """Say whether it is known that no two have the same key, and none that of a row which stays as it was published."""
        found = self.told()
        return found is not None and len(found) == self._told["rows"]

    @cached_property
    def _told(self) -> Mapping[str, Any]:
        """What was observed, of which Spark is asked once; empty where the plan was known to have no rows."""
        return self.observed.get
