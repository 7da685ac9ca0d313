"""Gold as Delta tables below `gold/delta/`, brought to the content of a publication (the layout `delta`, docs/adr/0012).

Files of gold never change, so what differs between the publication that a Delta table holds and the next one stands in the
files that only one of them names: those are read, and what differs is merged by the primary key in one commit. Where it is not
certain what a table holds (an attempt died in between, somebody else wrote to it), it is compared as a whole instead. Either
way the table ends as the publication is, however often that is tried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import DELETED
from shared.contracts.places import DELTA_STATE, GOLD, GOLD_DELTA, PIPELINE, whole
from shared.contracts.publication import GoldTable, Publication
from spark_jobs.documents import read_record
from spark_jobs.names import quoted
from spark_jobs.raised.states import despite_conflicts
from spark_jobs.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake

#: One root folder, and the tables right below it (reference: Customer Insights, section 4).
ROOT = whole(GOLD, GOLD_DELTA)
STATE = whole(PIPELINE, DELTA_STATE)
#: Reader version 1 is enough; deletion vectors would make it 3. Customer Insights has to find each version for 15 days, else
#: only a full refresh by hand helps: twice that leaves room (reference: Customer Insights, section 4).
RETENTION_DAYS = 30
PROPERTIES = {
    "delta.minReaderVersion": "1",
    "delta.minWriterVersion": "4",
    "delta.enableDeletionVectors": "false",
    "delta.enableTypeWidening": "false",
    "delta.enableChangeDataFeed": "true",
    "delta.logRetentionDuration": f"interval {RETENTION_DAYS} days",
    "delta.deletedFileRetentionDuration": f"interval {RETENTION_DAYS} days",
}


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a Delta table was last brought to."""

    publication: str
    files: str  # digest of the files' places and the primary key
    version: int  # of the Delta table, right after


@dataclass(frozen=True, kw_only=True)
class GoldDelta:
    """The Delta tables of gold."""

    spark: SparkSession
    lake: Lake

    def follow(self, publication: Publication, waiting: Mapping[str, Callable[[], Mapping[str, str]]]) -> None:
        """Bring the tables to what the publication holds.

        `waiting` are tables whose silver is not there yet, with a way to learn their columns: they are made empty, since
        Customer Insights takes no further table once a data source is saved (reference: Customer Insights, section 4).
        """
        state = {name: Held(**held) for name, held in (self.lake.read_json(STATE) or {}).items()}
        for name, columns in waiting.items():
            if self._table(name).version() < 0:
                self._write(self._table(name), self._none(columns()), replaces=False)
        tables = publication.tables
        with ThreadPoolExecutor(max_workers=4) as pool:
            # What a table holds is read anew each time, so following is safe to repeat where somebody maintained it meanwhile.
            followed = pool.map(
                lambda table: despite_conflicts(lambda: self._follow(table, publication.name, state.get(table.name))),
                tables.values(),
            )
            after = state | dict(zip(tables, followed, strict=True))
        if after != state:
            self.lake.write_json(STATE, {name: asdict(held) for name, held in sorted(after.items())})

    def vacuum(self, names: Iterable[str]) -> None:
        """Remove what the tables have not been made of for as long as readers may want it: what an erasure took out."""
        for table in (self._table(name) for name in names):
            if table.exists():
                table.vacuum(days=RETENTION_DAYS)

    def _follow(self, new: GoldTable, publication: str, held: Held | None) -> Held:
        table = self._table(new.name)
        version = table.version()
        certain = held if held is not None and held.version == version else None
        if certain is not None and certain.files == _digest(new):
            return certain
        if version < 0 or table.columns() != dict(new.columns):
            self._write(table, self._rows(new, _places(new)), replaces=version >= 0)
        else:
            old = self._held(certain, publication, new) if certain else None
            if old is None:
                self._merge(table, new, table.read(), self._rows(new, _places(new)), may_be_none=True)
            else:
                gone, come = _places(old) - _places(new), _places(new) - _places(old)
                self._merge(table, new, self._rows(new, gone), self._rows(new, come), may_be_none=False)
        return Held(publication=publication, files=_digest(new), version=table.version())

    def _held(self, certain: Held, publication: str, new: GoldTable) -> GoldTable | None:
        """Return the table as the publication that it holds has it, if its files are still there."""
        # An earlier attempt at this same publication wrote to its folder, and this one did so again.
        record = read_record(self.lake, certain.publication) if certain.publication != publication else None
        old = record.tables.get(new.name) if record else None
        if old is None or certain.files != _digest(old) or old.primary_key != new.primary_key:
            return None
        needed = {whole(GOLD, place) for place in _places(old) - _places(new)}
        there = {file.place for folder in {place.rpartition("/")[0] for place in needed} for file in self.lake.files(folder)}
        return old if needed <= there else None

    def _merge(self, table: Table, new: GoldTable, old: DataFrame, fresh: DataFrame, *, may_be_none: bool) -> None:
        key = new.primary_key
        names = list(new.columns)
        gone = old.select(*names).join(fresh.select(key), key, "left_anti").select(*names)
        come = fresh.select(*names).subtract(old.select(*names))
        changes = come.withColumn(DELETED, F.lit(False)).unionByName(gone.withColumn(DELETED, F.lit(True)))
        if may_be_none and changes.isEmpty():
            return
        view = f"delta_changes_{new.name}"
        changes.createOrReplaceTempView(view)
        columns = ", ".join(quoted(name) for name in names)
        set_all = ", ".join(f"{quoted(name)} = s.{quoted(name)}" for name in names)
        values = ", ".join(f"s.{quoted(name)}" for name in names)
        self.spark.sql(
            f"MERGE INTO delta.{quoted(table.path)} t USING {quoted(view)} s ON t.{quoted(key)} = s.{quoted(key)} "  # noqa: S608 - quoted
            f"WHEN MATCHED AND s.{DELETED} THEN DELETE "
            f"WHEN MATCHED THEN UPDATE SET {set_all} "
            f"WHEN NOT MATCHED AND NOT s.{DELETED} THEN INSERT ({columns}) VALUES ({values})"
        )

    def _write(self, table: Table, rows: DataFrame, *, replaces: bool) -> None:
        """Make the table, or replace it: for a table that is new, or whose model has other columns now."""
        writer = rows.write.format("delta").mode("overwrite" if replaces else "error")
        writer = writer.option("overwriteSchema", str(replaces).lower())
        for name, value in PROPERTIES.items():
            writer = writer.option(name, value)
        writer.save(table.path)

    def _rows(self, table: GoldTable, places: Iterable[str]) -> DataFrame:
        paths = [self.lake.path(whole(GOLD, place)) for place in sorted(places)]
        if not paths:
            return self._none(table.columns)
        return self.spark.read.schema(", ".join(f"{quoted(name)} {kind}" for name, kind in table.columns.items())).parquet(
            *paths
        )

    def _none(self, columns: Mapping[str, str]) -> DataFrame:
        return self.spark.range(0).selectExpr(*(f"cast(null as {kind}) as {quoted(name)}" for name, kind in columns.items()))

    def _table(self, name: str) -> Table:
        return Table(self.spark, self.lake, name, root=ROOT)


def _places(table: GoldTable) -> set[str]:
    return {file.place for file in table.files}


def _digest(table: GoldTable) -> str:
    return hashlib.sha256("\n".join([table.primary_key, *sorted(_places(table))]).encode()).hexdigest()[:16]
