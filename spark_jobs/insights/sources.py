"""Where a preview finds its tables: those of a publication of gold, or files in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spark_jobs.documents import read_record
from spark_jobs.errors import RulesError
from spark_jobs.insights.rules.reading import FILE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake


@dataclass(frozen=True, kw_only=True)
class SourceTables:
    """SourceTables by name, and a name for what is in them."""

    tables: Mapping[str, DataFrame]
    version: str


def published(spark: SparkSession, lake: Lake, publication: str) -> SourceTables:
    """Return the tables of a publication, visible yet or not; raises `RulesError` where no record of it is kept."""
    record = read_record(lake, publication)
    if record is None:
        raise RulesError(FILE, f"there is no record of publication {publication}, so nothing to preview")
    tables = {
        name: spark.read.parquet(*(lake.path(f"gold/{file.place}") for file in table.files))
        for name, table in record.tables.items()
        if table.files
    }
    places = sorted(file.place for table in record.tables.values() for file in table.files)  # files are immutable
    return SourceTables(tables=tables, version=_digest(places))


def in_folder(spark: SparkSession, folder: Path) -> SourceTables:
    """Return the tables of a folder: `<table>.csv` with a header, `<table>.parquet`, or a folder of parquet files."""
    tables: dict[str, DataFrame] = {}
    seen: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".csv":
            tables[path.stem] = spark.read.csv(str(path), header=True, multiLine=True, escape='"')
        elif path.suffix == ".parquet" or (path.is_dir() and any(path.glob("*.parquet"))):
            tables[path.stem] = spark.read.parquet(str(path))
        else:
            continue
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        seen += [f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    if not tables:
        raise RulesError(
            FILE, f"{folder.name} holds no tables: expected `<table>.csv`, `<table>.parquet` or folders of parquet files"
        )
    return SourceTables(tables=tables, version=_digest(seen))


def _digest(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
