"""Tables of Delta Lake, addressed by path, so that no catalog is needed: `silver/<entity>/` unless told otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import BATCH_ID, END, START, VERSION
from shared.contracts.places import PIPELINE, SILVER, table_totals, whole
from shared.contracts.report import TableTotals, read_totals, write_totals
from spark_jobs.names import literal, quoted
from spark_jobs.session import marks_rows

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from spark_jobs.lake import Lake

#: Operations that change rows only where they say so in `__version`, or not at all; after any other, gold is built anew.
_INCREMENTAL = {"MERGE", "UPDATE", "OPTIMIZE", "VACUUM START", "VACUUM END"}
_INCREMENTAL |= {"ADD COLUMNS", "CHANGE COLUMN", "SET TBLPROPERTIES"}
#: Metadata of the columns that tell events apart.
IDENTITY = "customer360.identity"
_COMMIT = re.compile(r"/(\d{20})\.json$")


@dataclass(frozen=True, kw_only=True)
class Totals:
    """How many rows of a table are current, and how many show in all."""

    current: int = 0
    shown: int = 0


@dataclass(frozen=True, kw_only=True)
class Described:
    """What a table says of its columns."""

    columns: Mapping[str, str] = field(default_factory=dict)  # with their SQL types, in order
    comments: Mapping[str, str] = field(default_factory=dict)  # of the columns that have one
    identity: frozenset[str] = frozenset()  # columns that told events apart when the table was made


class Table:
    """One table."""

    def __init__(self, spark: SparkSession, lake: Lake, name: str, *, root: str = SILVER) -> None:
        self._spark = spark
        self._lake = lake
        self.name = name
        self.place = f"{root}/{name}"
        self.path = lake.path(self.place)
        self._sql_name = f"delta.{quoted(self.path)}"

    def exists(self) -> bool:
        """Say whether the table was ever written: a log without a commit is what a writer left that died before its first."""
        return self.version() >= 0

    def read(self) -> DataFrame:
        """Return all rows, hidden events too."""
        return self._spark.read.format("delta").load(self.path)

    def columns(self) -> dict[str, str]:
        """Return column -> SQL type, in order."""
        return {one.name: one.dataType.simpleString() for one in self.read().schema.fields}

    def described(self) -> Described:
        """Return what the table says of its columns."""
        fields = self.read().schema.fields
        return Described(
            columns={one.name: one.dataType.simpleString() for one in fields},
            comments={one.name: one.metadata["comment"] for one in fields if "comment" in one.metadata},
            identity=frozenset(one.name for one in fields if one.metadata.get(IDENTITY)),
        )

    def properties(self) -> dict[str, str]:
        """Return the table's properties."""
        return {row["key"]: row["value"] for row in self._spark.sql(f"SHOW TBLPROPERTIES {self._sql_name}").collect()}

    def version(self) -> int:
        """Return the number of the newest commit, -1 where there is no table.

        Read off the names in the log: a query of the table's history costs two Spark jobs, this one listing.
        """
        return max(self._commits(), default=-1)

    def changed_only_by_merge(self, since: int, until: int) -> bool:
        """Say whether the rows that changed after a version can be found by their `__version`."""
        commits = self._commits() if 0 <= since <= until else {}
        between = [commits.get(version) for version in range(since + 1, until + 1)]
        return bool(commits) and all(place is not None and self._is_incremental(place) for place in between)

    def _commits(self) -> dict[int, str]:
        """Return version -> place of the commits that the log still holds."""
        files = self._lake.files(f"{self.place}/_delta_log", deep=False)
        found = {file.place: _COMMIT.search(file.place) for file in files}
        return {int(match[1]): place for place, match in found.items() if match}

    def _is_incremental(self, place: str) -> bool:
        lines = (json.loads(line) for line in (self._lake.read_text(place) or "").splitlines())
        commit: dict[str, Any] = next((line["commitInfo"] for line in lines if "commitInfo" in line), {})
        # A write with a predicate is that of `replace`: nobody else writes silver.
        is_replacement = commit.get("operation") == "WRITE" and "predicate" in commit.get("operationParameters", {})
        return is_replacement or commit.get("operation") in _INCREMENTAL

    def write(self, rows: DataFrame, keys: Sequence[str], *, replaces: bool) -> None:
        """Make the table of these rows; it remembers what tells its events apart.

        Unless it `replaces` a table that the caller knows of, there must be none: one that is there after all fails the write.
        """
        for name in keys:
            rows = rows.withMetadata(name, {IDENTITY: True})
        (
            rows.write.format("delta")
            .mode("overwrite" if replaces else "error")
            .option("overwriteSchema", str(replaces).lower())
            # An update marks the row and writes the new one, at the cost of the change; without, it copies whole files.
            # Silver is read by this job and Databricks only: gold, which Customer Insights reads, is plain parquet.
            .option("delta.enableDeletionVectors", str(marks_rows(self._spark)).lower())
            .option("delta.dataSkippingStatsColumns", ",".join(quoted(name) for name in (VERSION, *keys)))
            .save(self.path)
        )

    def add_columns(self, columns: Mapping[str, str]) -> None:
        """Add columns; rows that are there hold null."""
        if columns:
            added = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
            self._spark.sql(f"ALTER TABLE {self._sql_name} ADD COLUMNS ({added})")

    def comment(self, column: str, text: str) -> None:
        """Replace the comment of a column."""
        self._spark.sql(f"ALTER TABLE {self._sql_name} ALTER COLUMN {quoted(column)} COMMENT {literal(text)}")

    def set_property(self, name: str, value: str) -> None:
        """Remember something with the table."""
        self._spark.sql(f"ALTER TABLE {self._sql_name} SET TBLPROPERTIES ({literal(name)} = {literal(value)})")

    def update(self, columns: Mapping[str, str], where: str) -> None:
        """Set columns to SQL expressions in the rows that a condition holds for."""
        pairs = ", ".join(f"{quoted(name)} = {expression}" for name, expression in columns.items())
        self._spark.sql(f"UPDATE {self._sql_name} SET {pairs} WHERE {where}")  # noqa: S608 - names are quoted

    def merge(self, rows: DataFrame, identity: Sequence[str]) -> None:
        """Insert the rows that are new by their identity, and replace the others. One commit, and safe to repeat."""
        view = f"changed_{self.name}"
        rows.createOrReplaceTempView(view)
        same = " AND ".join(f"t.{quoted(name)} <=> s.{quoted(name)}" for name in identity)
        self._spark.sql(
            f"MERGE INTO {self._sql_name} t USING {quoted(view)} s ON {same} "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )

    def replace(self, rows: DataFrame, where: str) -> None:
        """Put a few rows in place of those that a condition holds for, as it does for each of them: one file, one commit."""
        rows.coalesce(1).write.format("delta").mode("overwrite").option("replaceWhere", where).save(self.path)

    def delete(self, where: str) -> None:
        """Delete the rows that a condition holds for; their files may hold them still (`purge`, `vacuum`)."""
        self._spark.sql(f"DELETE FROM {self._sql_name} WHERE {where}")  # noqa: S608 - names are quoted

    def purge(self) -> None:
        """Write the files anew that hold rows which are only marked as deleted; no commit where there are none."""
        self._spark.sql(f"REORG TABLE {self._sql_name} APPLY (PURGE)")

    def vacuum(self, *, days: int) -> None:
        """Remove files that the table has not been made of for so many days: no version before can be read after it."""
        self._spark.sql(f"VACUUM {self._sql_name} RETAIN {24 * days} HOURS")

    def restore(self, version: int) -> None:
        """Make the table what it was at a version."""
        self._spark.sql(f"RESTORE TABLE {self._sql_name} TO VERSION AS OF {version}")

    def replace_batch(self, rows: DataFrame, batch_id: str) -> None:
        """Put the rows of one batch in place of what an earlier attempt of it left."""
        writer = rows.write.format("delta").mode("error")
        if self.exists():
            writer = writer.mode("overwrite").option("replaceWhere", f"{BATCH_ID} = {literal(batch_id)}")
        writer.option("mergeSchema", "true").save(self.path)

    def totals(self, version: int) -> Totals | None:
        """Return how many rows are current and show as it was noted with a version of the table, None where it was not."""
        text = self._lake.read_text(self._totals)
        noted = None if text is None else read_totals(text, self.name)
        if noted is None or noted.version != version:
            return None
        return Totals(current=noted.current, shown=noted.shown)

    def note_totals(self, totals: Totals, version: int) -> None:
        """Note them with the version that the table has; to count them again takes a pass over all of it."""
        noted = TableTotals(version=version, current=totals.current, shown=totals.shown)
        self._lake.write_text(self._totals, write_totals(noted).decode())

    def count_totals(self) -> Totals:
        """Count them."""
        found = self.read().selectExpr(f"count_if({END} is null)", f"count_if(not ({START} <=> {END}))").first()
        return Totals(current=int(found[0]), shown=int(found[1])) if found else Totals()

    @property
    def _totals(self) -> str:
        return whole(PIPELINE, table_totals(self.name))


def shown(history: DataFrame) -> DataFrame:
    """Return the rows of history that show, without the hidden events (`silver.history`)."""
    return history.where(is_shown())


def is_shown() -> Column:
    """Say whether a row is no hidden event."""
    return ~F.col(START).eqNullSafe(F.col(END))
