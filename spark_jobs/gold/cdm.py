"""The CDM manifest and the entity documents that show a publication to Customer Insights.

The form of the documents: reference: Customer Insights, section 5. Files are named one by one or as a whole folder of one
publication (`layouts`), so that a reader sees exactly one publication.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.contracts.publication import GoldTable, Layout, Publication
from shared.contracts.sql_types import decimal_type
from spark_jobs.gold.models.semantic_types import TRAITS
from spark_jobs.gold.parquet.layouts import partitions

#: Changes with the form of entity documents: they are written with their tables, which are built anew once then.
FORM = "2"
_FORMATS = {
    "string": "String",
    "int": "Int32",
    "bigint": "Int64",
    "double": "Double",
    "boolean": "Boolean",
    "date": "Date",
    "timestamp": "DateTime",
}


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


def cdm_entity(
    name: str, description: str, primary_key: str, columns: Mapping[str, str], semantic_types: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the entity document of a table; `semantic_types` are column -> Customer Insights' word (`semantic_types`)."""
    means = {column: TRAITS[word] for column, word in (semantic_types or {}).items()}
    identified = {"name": "attribute", "value": f"{name}/(resolvedAttributes)/{primary_key}"}
    return {
        "jsonSchemaSemanticVersion": "1.0.0",
        "imports": [{"corpusPath": "cdm:/foundations.cdm.json"}],
        "definitions": [
            {
                "entityName": name,
                "description": description,
                "exhibitsTraits": [{"traitReference": "is.identifiedBy", "arguments": [identified]}],
                "hasAttributes": [
                    _attribute(column, kind, is_key=column == primary_key, means=means.get(column))
                    for column, kind in columns.items()
                ],
            }
        ],
    }


def _manifest_entity(table: GoldTable, layout: Layout) -> dict[str, Any]:
    return {
        "type": "LocalEntity",
        "entityName": table.name,
        "entityPath": f"{table.document}/{table.name}",
        "explanation": table.description,
        "exhibitsTraits": [
            _formatted("is.formatted.dateTime", "yyyy-MM-dd'T'HH:mm:ss"),
            _formatted("is.formatted.date", "yyyy-MM-dd"),
        ],
        **partitions(layout, table.name, table.files),
    }


def _formatted(trait: str, form: str) -> dict[str, Any]:
    return {"traitReference": trait, "arguments": [{"name": "format", "value": form}]}


def _attribute(name: str, kind: str, *, is_key: bool, means: str | None) -> dict[str, Any]:
    attribute: dict[str, Any] = {"name": name, "dataFormat": _FORMATS.get(kind, "String")}
    if is_key:
        attribute["isPrimaryKey"] = True
    traits: list[Any] = [means] if means else []
    found = decimal_type(kind)
    if found:
        attribute["dataFormat"] = "Decimal"
        # As texts: Microsoft's schema of these documents takes no numbers here.
        shape = {"precision": str(found.precision), "scale": str(found.scale)}
        arguments = [{"name": one, "value": digits} for one, digits in shape.items()]
        traits.append({"traitReference": "is.dataFormat.numeric.shaped", "arguments": arguments})
    if traits:
        attribute["appliedTraits"] = traits
    return attribute
