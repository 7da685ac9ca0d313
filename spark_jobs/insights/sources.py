"""Where a preview finds its tables: those of a publication of gold, or files in a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.contracts.places import GOLD, GOLD_MANIFEST, whole
from shared.contracts.publication import is_of_deletes, primary_key
from spark_jobs.catalog.published import PublishedTable
from spark_jobs.documents import read_record
from spark_jobs.errors import RulesError
from spark_jobs.insights.rules.reading import FILE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake

#: Bytes of tables, some tens of thousands of rows, up to which files for what lies between take longer than the rows.
SMALL = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class SourceTables:
    """Tables by name, and a name for what is in them."""

    tables: Mapping[str, DataFrame]
    version: str
    size: int  # bytes of their files

    @property
    def small(self) -> bool:
        """Whether a preview of them is made quickest with little but the driver."""
        return self.size <= SMALL


def published(spark: SparkSession, lake: Lake, publication: str) -> SourceTables:
    """Return the tables of a publication, visible yet or not; raises `RulesError` where no record of it is kept."""
    record = read_record(lake, publication)
    if record is None:
        raise RulesError(FILE, f"there is no record of publication {publication}, so nothing to preview")
    tables = {
        name: PublishedTable.of(table, lambda place: lake.path(whole(GOLD, place))).read(spark)
        for name, table in record.tables.items()
        if table.files
    }
    files = [file for table in record.tables.values() for file in table.files]
    places = sorted(file.place for file in files)  # files are immutable
    return SourceTables(tables=tables, version=_digest(places), size=sum(file.size for file in files))


def in_folder(spark: SparkSession, folder: Path) -> SourceTables:
    """Return the tables of a folder: a copy of gold, by its manifest; else `<table>.csv` with a header, or parquet files.

    Of these a table is `<table>.parquet`, or a folder `<table>` of files. Raises `RulesError` where there are none.
    """
    if not folder.is_dir():
        raise RulesError(str(folder), "is no folder")
    if (manifest := folder / GOLD_MANIFEST).exists():
        return _of_manifest(spark, manifest)
    tables: dict[str, DataFrame] = {}
    seen: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".csv":
            tables[path.stem] = spark.read.csv(str(path), header=True, multiLine=True, escape='"')
        elif path.suffix == ".parquet" or (path.is_dir() and any(path.glob("*.parquet"))):
            tables[path.stem] = spark.read.parquet(str(path))
        else:
            continue
        seen += sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not tables:
        raise RulesError(str(folder), "holds no tables: expected `<table>.csv`, `<table>.parquet` or folders of parquet files")
    told = [f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in seen]
    return SourceTables(tables=tables, version=_digest(told), size=_size(seen))


def _of_manifest(spark: SparkSession, manifest: Path) -> SourceTables:
    tables, seen = {}, []
    for entity in json.loads(manifest.read_text(encoding="utf-8"))["entities"]:
        named = [one["location"] for one in entity.get("dataPartitions", ())]
        increments = [one["location"] for one in entity.get("incrementalPartitions", ())]
        seen += [*named, *increments]
        if named:
            found: dict[bool, list[str]] = {False: [], True: []}
            for place in increments:
                found[is_of_deletes(place)].append(str(manifest.parent / place))
            key = _key(manifest.parent, entity) if increments else ""
            rows = [str(manifest.parent / place) for place in named]
            table = PublishedTable(key=key, rows=rows, upserts=found[False], deletes=found[True])
            tables[entity["entityName"]] = table.read(spark)
    seen.sort()
    return SourceTables(tables=tables, version=_digest(seen), size=_size(manifest.parent / place for place in seen))


def _size(files: Iterable[Path]) -> int:
    return sum(file.stat().st_size for file in files if file.exists())  # of one that is not there, Spark says so


def _key(gold: Path, entity: Mapping[str, Any]) -> str:
    return primary_key(json.loads((gold / entity["entityPath"].rpartition("/")[0]).read_text(encoding="utf-8")))


def _digest(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
