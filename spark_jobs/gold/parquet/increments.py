"""What a batch changes of a gold table, as files of its own: rows that are new or other, and keys whose rows are gone.

The layout `incremental` (docs/adr/0021). The cost follows the change: of what was published, only the rows of touched values
are looked for, to tell which keys are gone and how many rows count now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.places import GOLD, whole
from shared.contracts.publication import INCREMENTAL_DATA, PUBLISHED_AT, GoldFile, GoldTable
from spark_jobs.catalog.published import PublishedTable
from spark_jobs.driver import few
from spark_jobs.errors import ModelError
from spark_jobs.gold.parquet.hours import increment_folder
from spark_jobs.gold.parquet.writing import FreshKeys
from spark_jobs.names import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame

    from shared.contracts.publication import Role
    from spark_jobs.gold.parquet.touched import Touched
    from spark_jobs.gold.parquet.writing import Writing

#: Up to this many rows in increments are no burden for any reader.
_FEW_ROWS = 10_000


def is_due(table: GoldTable, *, share: float, most_files: int) -> bool:
    """Say whether the increments of a table have become so many that it is to be written anew as a whole."""
    full = sum(file.rows for file in table.files if file.role == "rows")
    more = sum(file.rows for file in table.files if file.role != "rows")
    return more > max(share * full, _FEW_ROWS) or len(table.files) > most_files


def at_time(rows: DataFrame, at: datetime) -> DataFrame:
    """Return rows with the time of their publication."""
    return rows.withColumn(PUBLISHED_AT, F.expr(f"timestamp_micros({int(at.timestamp() * 1_000_000)})"))


@dataclass(frozen=True, kw_only=True)
class _Stale:
    """The rows that were published of the touched values."""

    rows: int
    lost: Mapping[str, int]
    gone: DataFrame | None  # the keys of those that nothing takes the place of; None: there are none
    many: int  # of these, at most


@dataclass(frozen=True, kw_only=True)
class Increment:
    """What one publication changes of a table."""

    writing: Writing
    old: GoldTable
    publication: str
    at: datetime

    def write(self, fresh: DataFrame, touched: Touched) -> tuple[GoldFile, ...]:
        """Write the rows of touched values, computed again, and the keys of those that are gone; returns the files, if any.

        Raises `ModelError` where a row has no key, or one that another row has.
        """
        model = self.writing.model
        keys = FreshKeys(model=model, touched=touched, observed=Observation())
        folder = self._folder("upserts")
        written = self.writing.write(keys.watched(fresh), folder, expected=touched.count, are_unique=keys.are_unique)
        upserts = [replace(file, role="upserts") for file in written if file.rows]
        if not upserts:
            self.writing.lake.delete(whole(GOLD, folder))
        elif keys.told() is None:
            self._check_others(upserts, touched)
        stale = self._stale(touched, upserts, frozenset() if not upserts else keys.told())
        deletes = self._deletes(stale)
        gone = sum(file.rows for file in deletes)
        files = [replace(file, replaces=file.rows) for file in deletes]
        if upserts:
            files = [replace(upserts[0], replaces=stale.rows - gone), *upserts[1:], *files]
        if files and stale.lost:
            names = {*files[0].lost, *stale.lost}
            net = {name: files[0].lost.get(name, 0) - stale.lost.get(name, 0) for name in sorted(names)}
            files[0] = replace(files[0], lost={name: many for name, many in net.items() if many})
        return tuple(files)

    def write_gone(self, new: GoldTable) -> None:
        """Write the keys that were published and that a table which was built anew has not: it is whole without these files.

        Who reads hours and not the manifest is told at once who is gone, an erased person above all, though not what is other.
        """
        found = PublishedTable.of(new, self._path).read(self.writing.spark, ())
        gone = self._published(()).join(found, self.writing.model.primary_key, "left_anti")
        self._deletes(_Stale(rows=0, lost={}, gone=gone, many=max(1, self.old.rows - new.rows)))

    def forget_earlier(self) -> None:
        """Delete what an attempt before this one left in the folder of another hour."""
        table, here = self.writing.model.name, {self._folder("upserts"), self._folder("deletes")}
        found = {file.place.rpartition("/")[0] for file in self.writing.lake.files(whole(GOLD, f"{table}/{INCREMENTAL_DATA}"))}
        for place in sorted(found - {whole(GOLD, folder) for folder in here}):
            if place.endswith(f"/{self.publication}"):
                self.writing.lake.delete(place)

    def _folder(self, role: Role) -> str:
        return increment_folder(self.writing.model.name, role, self.publication, self.at)

    @property
    def _rebuilt_by(self) -> str:
        return f"cast({quoted(self.writing.model.rebuilt_by)} as string)"

    def _published(self, columns: Sequence[str]) -> DataFrame:
        return PublishedTable.of(self.old, self._path).read(self.writing.spark, columns)

    def _path(self, place: str) -> str:
        return self.writing.lake.path(whole(GOLD, place))

    def _keys(self, upserts: Sequence[GoldFile]) -> DataFrame:
        return self.writing.read([file.place for file in upserts]).select(quoted(self.writing.model.primary_key))

    def _check_others(self, upserts: Sequence[GoldFile], touched: Touched) -> None:
        """Raise `ModelError` where a row that stays as it was published has the key of one that is new."""
        key = self.writing.model.primary_key
        others = touched.rows_besides(self._published([self.writing.model.rebuilt_by]), self._rebuilt_by)
        if others.join(F.broadcast(self._keys(upserts)), key, "left_semi").take(1):
            raise ModelError(self.writing.model.name, f"the primary key {key} has one value in several rows")

    def _stale(self, touched: Touched, upserts: Sequence[GoldFile], new: frozenset[Any] | None) -> _Stale:
        key, phones = self.writing.model.primary_key, self.writing.phones
        held = [self.writing.model.rebuilt_by, *phones, *phones.values()]
        stale = touched.rows_of(self._published(held), self._rebuilt_by)
        found = few(self.writing.marked(stale)) if touched.are_few else None
        if found is not None and new is None and (written := few(self._keys(upserts))) is not None:
            new = frozenset(written.column(0).to_pylist())
        if found is not None and new is not None:
            left = [(value,) for value in found.column(0).to_pylist() if value not in new]
            gone = self.writing.spark.createDataFrame(left, f"{quoted(key)} {self.writing.columns[key]}") if left else None
            return _Stale(rows=found.num_rows, lost=self.writing.lost_in(found.to_pylist()), gone=gone, many=len(left))
        rows, lost = self.writing.count(stale)
        keys = stale.select(quoted(key))
        gone = keys.join(self._keys(upserts), key, "left_anti") if upserts else keys
        return _Stale(rows=rows, lost=lost, gone=gone, many=rows)

    def _deletes(self, stale: _Stale) -> list[GoldFile]:
        """Write the keys that are gone. The other columns hold null: without them the records would be corrupt."""
        folder, key = self._folder("deletes"), self.writing.model.primary_key
        files: list[GoldFile] = []
        if stale.gone is not None and stale.many:
            nulls = (f"cast(null as {kind}) as {quoted(name)}" for name, kind in self.writing.columns.items() if name != key)
            rows = at_time(stale.gone.selectExpr(quoted(key), *nulls), self.at).select(*map(quoted, self.writing.columns))
            written = self.writing.write(rows, folder, expected=stale.many, are_unique=lambda: True)
            files = [replace(file, role="deletes") for file in written if file.rows]
        if not files:
            self.writing.lake.delete(whole(GOLD, folder))
        return files
