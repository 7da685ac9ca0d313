"""The rows of a published gold table, whatever files it is made of: a DataFrame, and the same as SQL for a view.

In the layout `incremental` these are the rows of FullData whose keys no increment has, and of those that one has the latest,
unless that takes them away (docs/adr/0021). In the other layouts they are all rows of all files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.window import Window

from shared.contracts.publication import PUBLISHED_AT
from spark_jobs.names import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts.publication import GoldTable

#: So many rows are read and ordered by one task in less time than two jobs take.
_OF_ONE_PARTITION = 100_000
_GONE, _NTH = "__gone", "__nth"


@dataclass(frozen=True, kw_only=True)
class PublishedTable:
    """The files of a table, by what their rows are."""

    key: str
    rows: Sequence[str]
    upserts: Sequence[str] = ()
    deletes: Sequence[str] = ()
    columns: Mapping[str, str] | None = None  # name -> SQL type; None: as the files say
    has_few_changes: bool = False  # the increments have few rows: ordering them takes no shuffle then

    @classmethod
    def of(cls, table: GoldTable, path: Callable[[str], str]) -> Self:
        """Take it from a publication's record; `path` says where Spark finds a place relative to the manifest."""
        rows, upserts, deletes = ([path(place) for place in table.places(role)] for role in ("rows", "upserts", "deletes"))
        few = sum(file.rows for file in table.files if file.role != "rows") <= _OF_ONE_PARTITION
        return cls(
            key=table.primary_key, rows=rows, upserts=upserts, deletes=deletes, columns=table.columns, has_few_changes=few
        )

    def read(self, spark: SparkSession, columns: Sequence[str] | None = None) -> DataFrame:
        """Return the rows that count: all columns, or those that are named and the key."""
        names = None if columns is None else list(dict.fromkeys([self.key, *columns]))
        rows = self._read(spark, self.rows, names)
        changes = self.changes(spark, names)
        if changes is None:
            return rows
        return (
            rows.join(changes.select(quoted(self.key)), self.key, "left_anti")
            .select(*map(quoted, rows.columns))
            .unionByName(changes.where(f"not {_GONE}").drop(_GONE))
        )

    def changes(self, spark: SparkSession, columns: Sequence[str] | None) -> DataFrame | None:
        """Return the latest row of each key that an increment has, and whether it is gone; None where there are none."""
        named = None if columns is None else [*columns, *({PUBLISHED_AT} - set(columns))]
        found = [
            self._read(spark, paths, named).withColumn(_GONE, F.lit(gone))
            for paths, gone in ((self.upserts, False), (self.deletes, True))
            if paths
        ]
        if not found:
            return None
        every = found[0] if len(found) == 1 else found[0].unionByName(found[1])
        if self.has_few_changes:
            every = every.coalesce(1)
        latest = Window.partitionBy(quoted(self.key)).orderBy(F.col(PUBLISHED_AT).desc())
        newest = every.withColumn(_NTH, F.row_number().over(latest)).where(f"{_NTH} = 1").drop(_NTH)
        return newest if columns is None or PUBLISHED_AT in columns else newest.drop(PUBLISHED_AT)

    def _read(self, spark: SparkSession, paths: Sequence[str], columns: Sequence[str] | None) -> DataFrame:
        reader = spark.read
        if self.columns is not None:  # a schema that is given spares the job that would read it from the files
            reader = reader.schema(", ".join(f"{quoted(name)} {kind}" for name, kind in self.columns.items()))
        rows = reader.parquet(*paths) if paths else self._none(spark)
        return rows if columns is None else rows.select(*(quoted(name) for name in columns))

    def _none(self, spark: SparkSession) -> DataFrame:
        kinds = self.columns or {self.key: "string"}
        return spark.range(0).selectExpr(*(f"cast(null as {kind}) as {quoted(name)}" for name, kind in kinds.items()))


def selected(table: GoldTable, folder: str) -> str:
    """Return the SQL query of a table's rows; its files are named, so one that is written beside them does not show."""
    shown = ", ".join(quoted(column) for column in table.columns)
    rows, upserts, deletes = (table.places(role) for role in ("rows", "upserts", "deletes"))
    if not rows:
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(column)}" for column, kind in table.columns.items())
        return f"SELECT {nothing} WHERE false"
    whole = f"SELECT {shown} FROM {_files(folder, rows)}"  # noqa: S608 - names are quoted
    if not upserts and not deletes:
        return whole
    every = " UNION ALL ".join(
        f"SELECT {shown}, {gone} AS {_GONE} FROM {_files(folder, places)}"  # noqa: S608 - names are quoted
        for places, gone in ((upserts, "false"), (deletes, "true"))
        if places
    )
    key = quoted(table.primary_key)
    nth = f"row_number() OVER (PARTITION BY {key} ORDER BY {quoted(PUBLISHED_AT)} DESC) AS {_NTH}"
    return (
        f"WITH changes AS (SELECT * FROM (SELECT *, {nth} FROM ({every})) WHERE {_NTH} = 1) "  # noqa: S608 - names are quoted
        f"{whole} LEFT ANTI JOIN changes USING ({key}) UNION ALL SELECT {shown} FROM changes WHERE NOT {_GONE}"
    )


def _files(folder: str, places: Sequence[str]) -> str:
    return f"parquet.{quoted(folder + '/{' + ','.join(places) + '}')}"
