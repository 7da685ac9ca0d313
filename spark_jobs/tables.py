"""The silver tables of Delta Lake: `silver/<entity>/`, addressed by path, so that no catalog is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_jobs.history import END, START, VERSION
from spark_jobs.names import literal, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake

#: Operations that change rows only where they say so in `__version`, or not at all; after any other, gold is built anew.
_INCREMENTAL = {"MERGE", "OPTIMIZE", "ADD COLUMNS", "SET TBLPROPERTIES", "VACUUM START", "VACUUM END"}


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One line of a table's history."""

    version: int
    operation: str


class Table:
    """One silver table."""

    def __init__(self, spark: SparkSession, lake: Lake, name: str) -> None:
        self._spark = spark
        self._lake = lake
        self.name = name
        self.place = f"silver/{name}"
        self.path = lake.path(self.place)
        self._sql_name = f"delta.{quoted(self.path)}"

    def exists(self) -> bool:
        """Say whether the table was ever written."""
        return self._lake.exists(f"{self.place}/_delta_log")

    def read(self) -> DataFrame:
        """Return all rows, hidden events too."""
        return self._spark.read.format("delta").load(self.path)

    def columns(self) -> dict[str, str]:
        """Return column -> SQL type, in order."""
        return {field.name: field.dataType.simpleString() for field in self.read().schema.fields}

    def commits(self, limit: int = 1) -> list[Commit]:
        """Return the newest commits, newest first."""
        rows = self._spark.sql(f"DESCRIBE HISTORY {self._sql_name} LIMIT {limit}").select("version", "operation").collect()
        return [Commit(version=row[0], operation=row[1]) for row in rows]

    def version(self) -> int:
        """Return the number of the newest commit, -1 where there is no table."""
        return self.commits()[0].version if self.exists() else -1

    def changed_only_by_merge(self, since: int, until: int) -> bool:
        """Say whether the rows that changed after a version can be found by their `__version`."""
        if not 0 <= since <= until:
            return False
        between = [commit for commit in self.commits(until - since + 1) if since < commit.version <= until]
        return len(between) == until - since and all(commit.operation in _INCREMENTAL for commit in between)

    def write(self, rows: DataFrame, keys: Sequence[str]) -> None:
        """Make the table of these rows, in place of what it may have held."""
        (
            rows.write.format("delta")
            .mode("overwrite")
            .option("overwriteSchema", "true")
            # An update marks the row and writes the new one, at the cost of the change; without, it copies whole files.
            # Silver is read by this job and Databricks only: gold, which Customer Insights reads, is plain parquet.
            .option("delta.enableDeletionVectors", "true")
            .option("delta.dataSkippingStatsColumns", ",".join(quoted(name) for name in (VERSION, *keys)))
            .save(self.path)
        )

    def add_columns(self, columns: Mapping[str, str]) -> None:
        """Add columns; rows that are there hold null."""
        if columns:
            added = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
            self._spark.sql(f"ALTER TABLE {self._sql_name} ADD COLUMNS ({added})")

    def merge(self, rows: DataFrame, identity: Sequence[str]) -> None:
        """Insert the rows that are new by their identity, and replace the others. One commit, and safe to repeat."""
        view = f"changed_{self.name}"
        rows.createOrReplaceTempView(view)
        same = " AND ".join(f"t.{quoted(name)} <=> s.{quoted(name)}" for name in identity)
        self._spark.sql(
            f"MERGE INTO {self._sql_name} t USING {view} s ON {same} "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )

    def replace_batch(self, rows: DataFrame, batch_id: str) -> None:
        """Put the rows of one batch in place of what an earlier attempt of it left."""
        writer = rows.write.format("delta").mode("overwrite")
        if self.exists():
            writer = writer.option("replaceWhere", f"_batch_id = {literal(batch_id)}")
        writer.option("mergeSchema", "true").save(self.path)

    def shape(self) -> tuple[int, int]:
        """Return how many rows are current, and how many show in all."""
        found = self.read().selectExpr(f"count_if({END} is null)", f"count_if(not ({START} <=> {END}))").first()
        return (int(found[0]), int(found[1])) if found else (0, 0)
