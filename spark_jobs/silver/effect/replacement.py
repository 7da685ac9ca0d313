"""The rows of a table that change: computed once, and kept until they take the place of those that were there.

Many are kept in a folder of the lake, and meet the table in a MERGE. Few stay in the driver: they are named by digests in one
write that takes out and puts in (`replaceWhere`), so that the table is searched for them once more and not three times, and
what a reader finds is the table before or after (docs/adr/0022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from spark_jobs.names import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from spark_jobs.lake import Lake
    from spark_jobs.tables import Table

#: Types of which values that are equal have one digest: not so fractions of two, of which 0.0 is -0.0.
_EXACT = ("string", "tinyint", "smallint", "int", "bigint", "decimal", "date", "timestamp", "boolean")
_DIGESTS = ("__one", "__other")


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """The rows that change, and how they come into the table."""

    rows: DataFrame
    identity: Sequence[str]  # the columns that tell events apart
    named: str | None = None  # condition, in SQL, that names them and those that they take the place of; None: they are not
    place: str | None = None  # of the files that hold them; None: the driver does

    @classmethod
    def in_lake(cls, lake: Lake, rows: DataFrame, identity: Sequence[str], place: str) -> Self:
        """Keep them in a folder."""
        rows.write.mode("overwrite").parquet(lake.path(place))
        kept = rows.sparkSession.read.schema(rows.schema).parquet(lake.path(place))
        return cls(rows=kept, identity=identity, place=place)

    @classmethod
    def in_driver(cls, rows: DataFrame, identity: Sequence[str], there: Mapping[str, str]) -> Self:
        """Keep them in the driver. `there` are the columns of the table with their types."""
        schema, spark, types = rows.schema, rows.sparkSession, dict(rows.dtypes)
        told = all(there.get(name) == types[name] and types[name].startswith(_EXACT) for name in identity)
        digests = dict(zip(_DIGESTS, _digests(identity), strict=True)) if told else {}
        found = rows.selectExpr("*", *(f"{digest} as {name}" for name, digest in digests.items())).toArrow()
        named = (f"{digest} in ({', '.join(map(str, found[name].to_pylist()))})" for name, digest in digests.items())
        kept = spark.createDataFrame(found.drop_columns(list(digests)), schema)
        return cls(rows=kept, identity=identity, named=" and ".join(named) or None)

    def put_into(self, table: Table) -> None:
        """Put them in place of the rows of the same identity, or beside the others. One commit, and safe to repeat."""
        if self.named is None:
            table.merge(self.rows, self.identity)
        else:
            table.replace(self.rows, self.named)

    def delete(self, lake: Lake) -> None:
        """Delete the files that hold them."""
        if self.place is not None:
            lake.delete(self.place)


def _digests(identity: Sequence[str]) -> tuple[str, str]:
    """Return two digests of 64 bits, in SQL: that rows of different identity have both in common is as good as never.

    A null is passed over by a digest, so that each value is followed by whether it is one.
    """
    values = ", ".join(f"{quoted(name)}, {quoted(name)} is null" for name in identity)
    return f"xxhash64(0, {values})", f"xxhash64(1, {values})"
