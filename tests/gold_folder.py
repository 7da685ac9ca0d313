"""Gold folders for tests: records of publications, and the files that they name, made without Spark."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shared.contracts.publication import GoldFile, GoldTable, Publication
from spark_jobs.gold.cdm import cdm_entity, cdm_manifest

AT = datetime(2026, 11, 1, tzinfo=UTC)


def gold_table(
    *places: str,
    table: str = "customer",
    columns: dict[str, str] | None = None,
    key: str = "cid",
    size: int = 10,
    document: str = "",
) -> GoldTable:
    """Make one table of a publication's record."""
    places = places or (f"{table}/p1/part-0.parquet",)
    return GoldTable(
        name=table,
        description="One row for each customer",
        primary_key=key,
        digest="d",
        document=document or f"{'/'.join(places[0].split('/')[:2])}/{table}.cdm.json",
        columns=columns or {"cid": "string"},
        files=tuple(GoldFile(place=place, rows=1, size=size) for place in places),
    )


def publication(*tables: GoldTable, name: str = "p1", **more: Any) -> Publication:
    """Make the record of a publication."""
    tables = tables or (gold_table(),)
    given: dict[str, Any] = {"name": name, "batch_id": "b", "base": None, "created_at": AT} | more
    return Publication(**given, tables={table.name: table for table in tables})


def sql_type(kind: Any) -> str:
    """Return the SQL type of an Arrow type, as Spark would name it."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    names = {pa.string(): "string", pa.int64(): "bigint", pa.int32(): "int", pa.float64(): "double", pa.bool_(): "boolean"}
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return "date" if pa.types.is_date32(kind) else names.get(kind, "string")


def gold(
    folder: Path,
    *parts: pa.Table,
    key: str = "cid",
    layout: str = "publications",
    semantic_types: dict[str, str] | None = None,
    **options: Any,
) -> Path:
    """Write a gold folder with the table `customer`, one file for each part; `options` are pyarrow's.

    In the layout `incremental` the first part is the table, and each other one is the upserts of a publication.
    """
    incremental = layout == "incremental"
    place = {"full_data": "customer/p1/FullData", "incremental": "customer/FullData/p1"}.get(layout, "customer/p1")
    places = [f"{place}/part-{number}.parquet" for number in range(1 if incremental else len(parts))]
    places += [
        f"customer/IncrementalData/2026/11/01/00/Upserts/p{number}/part-0.parquet" for number in range(len(places), len(parts))
    ]
    for location, part in zip(places, parts, strict=True):
        (folder / location).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(part, folder / location, **options)
    columns = {field.name: sql_type(field.type) for field in parts[0].schema}
    table = gold_table(*places, columns=columns, key=key, document="customer/p1/customer.cdm.json")
    files = [replace(file, role="upserts") if "/Upserts/" in file.place else file for file in table.files]
    made = publication(replace(table, files=tuple(files)), layout=layout)
    (folder / "customer" / "p1").mkdir(parents=True, exist_ok=True)
    write(folder / "customer" / "p1" / "customer.cdm.json", cdm_entity("customer", "", key, columns, semantic_types))
    write(folder / "default.manifest.cdm.json", cdm_manifest(made))
    return folder


def write(path: Path, document: Any) -> None:
    """Write a document."""
    path.write_text(json.dumps(document), encoding="utf-8")


def change(path: Path, old: str, new: str) -> None:
    """Put one text in place of another that is there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
