"""The rules of the Common Data Model that our manifest and entity documents follow, each with its source.

A rule is a function that yields what breaks it; `broken` runs all of them over a gold folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

#: reference: Customer Insights, section 2: letters, digits and `_`, a letter first.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: The dataFormat of each SQL type that gold may have (reference: Customer Insights, section 2 of types, section 5 of the form).
DATA_FORMATS = {
    "string": "String",
    "int": "Int32",
    "bigint": "Int64",
    "double": "Double",
    "boolean": "Boolean",
    "date": "Date",
    "timestamp": "DateTime",
    "decimal": "Decimal",
}
Document = Mapping[str, Any]


def broken(gold: Path, columns: Mapping[str, Mapping[str, str]], keys: Mapping[str, str]) -> list[str]:
    """Return every rule that a gold folder breaks; `columns` are table -> column -> SQL type, `keys` table -> primary key."""
    manifest = json.loads((gold / "default.manifest.cdm.json").read_text(encoding="utf-8"))
    found = list(_head(manifest)) + list(_tables(manifest, set(columns)))
    for entity in manifest["entities"]:
        name = entity["entityName"]
        found += [f"{name}: {problem}" for rule in (_entity, _partitions) for problem in rule(entity)]
        path = gold / str(PurePosixPath(entity["entityPath"]).parent)
        if not path.is_file():
            found.append(f"{name}: entityPath names no document: {entity['entityPath']}")
            continue
        document = json.loads(path.read_text(encoding="utf-8"))
        found += [f"{name}: {problem}" for problem in _head(document, manifest=False)]
        found += [f"{name}: {problem}" for problem in _definition(document, name, columns[name], keys[name])]
        found += [f"{name}: no file at {place}" for place in _locations(gold, entity) if not (gold / place).is_file()]
    return found


def _head(document: Document, *, manifest: bool = True) -> Iterator[str]:
    """Section 5, both examples: version, imports, and in a manifest its name and relationships."""
    if document.get("jsonSchemaSemanticVersion") != "1.0.0":
        yield "jsonSchemaSemanticVersion is not 1.0.0"
    if {"corpusPath": "cdm:/foundations.cdm.json"} not in document.get("imports", []):
        yield "imports lack cdm:/foundations.cdm.json, which defines the traits and formats"
    if manifest and document.get("manifestName") != "default":
        yield "manifestName is not that of default.manifest.cdm.json"
    if manifest and not isinstance(document.get("relationships"), list):
        yield "relationships are no list"


def _tables(manifest: Document, expected: set[str]) -> Iterator[str]:
    names = [entity.get("entityName") for entity in manifest["entities"]]
    if sorted(names) != sorted(expected):
        yield f"entities are {sorted(names)}, not each table once: {sorted(expected)}"


def _entity(entity: Document) -> Iterator[str]:
    """Section 5: a LocalEntity, its path `<document>/<entity>`, date formats as traits; section 2: names."""
    name = entity["entityName"]
    if entity.get("type") != "LocalEntity":
        yield "type is not LocalEntity"
    if not NAME.fullmatch(name):
        yield "name is not legal"
    if not re.fullmatch(rf"{_RELATIVE}\.cdm\.json/{name}", entity.get("entityPath", "")):
        yield f"entityPath is not <relative document>.cdm.json/{name}"
    formats = {
        trait["traitReference"]: {argument["name"]: argument["value"] for argument in trait["arguments"]}
        for trait in entity.get("exhibitsTraits", [])
        if isinstance(trait, dict)
    }
    expected = {"is.formatted.dateTime": {"format": "yyyy-MM-dd'T'HH:mm:ss"}, "is.formatted.date": {"format": "yyyy-MM-dd"}}
    if formats != expected:
        yield f"date formats are {formats}; en-US is assumed unless ISO 8601 is declared"


_RELATIVE = r"[A-Za-z][A-Za-z0-9_]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*"


def _partitions(entity: Document) -> Iterator[str]:
    """Section 5: named partitions, or patterns, never both: a file would count twice; places are relative.

    Increments are named beside the former, each with what its rows are: the object model's `is.partition.incremental`.
    """
    named, patterns = entity.get("dataPartitions"), entity.get("dataPartitionPatterns")
    increments = entity.get("incrementalPartitions", [])
    if (named is None) == (patterns is None) or (increments and named is None):
        yield "needs dataPartitions or dataPartitionPatterns, and not both"
    files = [*(named or []), *increments]
    for partition in [*files, *(patterns or [])]:
        format_told, *more = partition.get("exhibitsTraits") or [None]
        if format_told != "is.partition.format.parquet":
            yield f"partition {partition.get('name')} lacks the trait is.partition.format.parquet"
        kind = "Delete" if "/Deletes/" in partition.get("location", "") else "Upsert"
        told = {"traitReference": "is.partition.incremental", "arguments": [{"name": "type", "value": kind}]}
        if more != ([told] if partition in increments else []):
            yield f"partition {partition.get('name')} does not say what its rows are"
    names = [partition.get("name") for partition in [*files, *(patterns or [])]]
    if len(set(names)) != len(names) or not all(names):
        yield "partitions do not have one name each"
    for partition in files:
        if not re.fullmatch(rf"{_RELATIVE}\.parquet", partition.get("location", "")):
            yield f"location is not a relative path to a parquet file: {partition.get('location')}"
    for pattern in patterns or []:
        if not re.fullmatch(rf"{_RELATIVE}/", pattern.get("rootLocation", "")):
            yield f"rootLocation is not a relative folder: {pattern.get('rootLocation')}"
        if "globPattern" in pattern or not re.compile(pattern.get("regularExpression", "")).fullmatch("part-0.snappy.parquet"):
            yield "a glob beats the regular expression, or this does not find the parquet files"
        if pattern.get("parameters") != []:
            yield "parameters name groups that the expression does not have"


def _definition(document: Document, name: str, columns: Mapping[str, str], key: str) -> Iterator[str]:
    """Section 5, the entity document; section 2: one key attribute, decimals of at most 16 digits."""
    definitions = document.get("definitions", [])
    if [one.get("entityName") for one in definitions] != [name]:
        yield "the document does not define exactly this entity"
        return
    identified = {"name": "attribute", "value": f"{name}/(resolvedAttributes)/{key}"}
    if {"traitReference": "is.identifiedBy", "arguments": [identified]} not in definitions[0].get("exhibitsTraits", []):
        yield f"is.identifiedBy does not name {key}"
    attributes = definitions[0].get("hasAttributes", [])
    if [one.get("name") for one in attributes] != list(columns):
        yield "attributes are not the columns of the files, in their order"
        return
    if len({one["name"].lower() for one in attributes}) != len(attributes):
        yield "two attributes differ in case only"
    if [one["name"] for one in attributes if "isPrimaryKey" in one] != [key]:
        yield f"isPrimaryKey does not name {key} alone"
    for attribute in attributes:
        yield from _attribute(attribute, columns[attribute["name"]])


def _attribute(attribute: Document, kind: str) -> Iterator[str]:
    name = attribute["name"]
    if not NAME.fullmatch(name):
        yield f"{name}: name is not legal"
    if set(attribute) - {"name", "dataFormat", "isPrimaryKey", "appliedTraits"}:
        yield f"{name}: has a property that no example has"
    if attribute.get("dataFormat") != DATA_FORMATS.get(kind.partition("(")[0]):
        yield f"{name}: dataFormat {attribute.get('dataFormat')} is not that of {kind}"
    traits = attribute.get("appliedTraits", [])
    if any(not one.startswith("means.") for one in traits if isinstance(one, str)):
        yield f"{name}: has a trait that is no semantic type"
    shaped = [one for one in traits if isinstance(one, dict) and one["traitReference"] == "is.dataFormat.numeric.shaped"]
    arguments = [{one["name"]: one["value"] for one in trait["arguments"]} for trait in shaped]
    decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", kind)
    if arguments != ([{"precision": decimal[1], "scale": decimal[2]}] if decimal else []):
        yield f"{name}: precision and scale are not those of {kind}"
    if decimal and int(decimal[1]) > 16:
        yield f"{name}: more than 16 digits"


def _locations(gold: Path, entity: Document) -> list[str]:
    kinds = ("dataPartitions", "incrementalPartitions")
    named = [str(partition.get("location")) for kind in kinds for partition in entity.get(kind, [])]
    for pattern in entity.get("dataPartitionPatterns", []):
        root, expression = gold / str(pattern.get("rootLocation")), str(pattern.get("regularExpression"))
        found = [path for path in root.glob("*") if re.fullmatch(expression, path.name)]
        named += [path.relative_to(gold).as_posix() for path in found] or [f"{pattern.get('rootLocation')}*.parquet"]
    return named
