"""Publications: what one was made of, and the CDM manifest and entity documents that show it to Customer Insights.

The form of the documents: reference: Customer Insights, section 5. Files are named one by one or as a whole folder of one
publication (`layouts`), so that a reader sees exactly one publication.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_jobs.gold.layouts import PUBLICATIONS, partitions

MANIFEST = "gold/default.manifest.cdm.json"
RECORDS = "pipeline/publications"
_FORMATS = {
    "string": "String",
    "int": "Int32",
    "bigint": "Int64",
    "double": "Double",
    "boolean": "Boolean",
    "date": "Date",
    "timestamp": "DateTime",
}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


@dataclass(frozen=True, kw_only=True)
class GoldFile:
    """One immutable parquet file."""

    place: str  # relative to the manifest: `customer/p…/part-….parquet`
    rows: int
    size: int  # bytes


@dataclass(frozen=True, kw_only=True)
class GoldTable:
    """One table of a publication."""

    name: str
    description: str
    primary_key: str
    digest: str  # of the model
    document: str  # place of the entity document, relative to the manifest
    columns: Mapping[str, str]  # name -> SQL type
    files: tuple[GoldFile, ...]

    @property
    def rows(self) -> int:
        """How many rows the table has."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One version of gold."""

    name: str
    batch_id: str
    base: str | None
    created_at: str
    layout: str = PUBLICATIONS
    silver: Mapping[str, int] = field(default_factory=dict)  # entity -> version of its table, -1: none
    tables: Mapping[str, GoldTable] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the record of the publication lies."""
        return place_of(self.name)


def place_of(name: str) -> str:
    """Return where the record of a publication lies."""
    return f"{RECORDS}/{name}.json"


def to_json(publication: Publication) -> dict[str, Any]:
    """Return the record of a publication."""
    return {
        "publication": publication.name,
        "batch_id": publication.batch_id,
        "base_publication": publication.base,
        "created_at": publication.created_at,
        "layout": publication.layout,
        "silver": dict(sorted(publication.silver.items())),
        "tables": {
            name: {
                "description": table.description,
                "primary_key": table.primary_key,
                "model": table.digest,
                "document": table.document,
                "columns": dict(table.columns),
                "rows": table.rows,
                "files": [{"place": file.place, "rows": file.rows, "bytes": file.size} for file in table.files],
            }
            for name, table in sorted(publication.tables.items())
        },
    }


def from_json(document: Mapping[str, Any]) -> Publication:
    """Read the record of a publication."""
    return Publication(
        name=document["publication"],
        batch_id=document["batch_id"],
        base=document["base_publication"],
        created_at=document["created_at"],
        layout=document.get("layout", PUBLICATIONS),
        silver=document["silver"],
        tables={
            name: GoldTable(
                name=name,
                description=table["description"],
                primary_key=table["primary_key"],
                digest=table["model"],
                document=table["document"],
                columns=table["columns"],
                files=tuple(GoldFile(place=file["place"], rows=file["rows"], size=file["bytes"]) for file in table["files"]),
            )
            for name, table in document["tables"].items()
        },
    )


def cdm_manifest(publication: Publication) -> dict[str, Any]:
    """Return the manifest that readers begin with; its `explanation` is the publication."""
    return {
        "jsonSchemaSemanticVersion": "1.0.0",
        "imports": [{"corpusPath": "cdm:/foundations.cdm.json"}],
        "manifestName": "default",
        "explanation": publication.name,
        "entities": [_manifest_entity(table, publication.layout) for _, table in sorted(publication.tables.items())],
        "relationships": [],
    }


def cdm_entity(name: str, description: str, primary_key: str, columns: Mapping[str, str]) -> dict[str, Any]:
    """Return the entity document of a table."""
    identified = {"name": "attribute", "value": f"{name}/(resolvedAttributes)/{primary_key}"}
    return {
        "jsonSchemaSemanticVersion": "1.0.0",
        "imports": [{"corpusPath": "cdm:/foundations.cdm.json"}],
        "definitions": [
            {
                "entityName": name,
                "description": description,
                "exhibitsTraits": [{"traitReference": "is.identifiedBy", "arguments": [identified]}],
                "hasAttributes": [_attribute(column, kind, column == primary_key) for column, kind in columns.items()],
            }
        ],
    }


def _manifest_entity(table: GoldTable, layout: str) -> dict[str, Any]:
    return {
        "type": "LocalEntity",
        "entityName": table.name,
        "entityPath": f"{table.document}/{table.name}",
        "explanation": table.description,
        "exhibitsTraits": [
            _formatted("is.formatted.dateTime", "yyyy-MM-dd'T'HH:mm:ss"),
            _formatted("is.formatted.date", "yyyy-MM-dd"),
        ],
        **partitions(layout, table.name, [file.place for file in table.files]),
    }


def _formatted(trait: str, form: str) -> dict[str, Any]:
    return {"traitReference": trait, "arguments": [{"name": "format", "value": form}]}


def _attribute(name: str, kind: str, is_key: bool) -> dict[str, Any]:
    attribute: dict[str, Any] = {"name": name, "dataFormat": _FORMATS.get(kind, "String")}
    if is_key:
        attribute["isPrimaryKey"] = True
    found = _DECIMAL.fullmatch(kind)
    if found:
        attribute["dataFormat"] = "Decimal"
        arguments = [{"name": "precision", "value": int(found[1])}, {"name": "scale", "value": int(found[2])}]
        attribute["appliedTraits"] = [{"traitReference": "is.dataFormat.numeric.shaped", "arguments": arguments}]
    return attribute
