"""A gold folder as Microsoft's object model of the Common Data Model resolves it, compared with what its files hold.

Loading alone proves little: a wrong data format, a missing file, a pattern that finds nothing or a misspelt property pass
silently. So names, formats, keys and partitions of the resolved entities are compared with the parquet files.
"""

from __future__ import annotations

import asyncio
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

objectmodel = pytest.importorskip("cdm.objectmodel", reason="commondatamodel-objectmodel is not installed: make setup")
enums = pytest.importorskip("cdm.enums")
storage = pytest.importorskip("cdm.storage")

_SHAPED = "is.dataFormat.numeric.shaped"


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """One entity as the object model resolves it."""

    formats: dict[str, str]  # column -> CDM data format, a decimal's with precision and scale; in order
    key: str
    files: tuple[str, ...]  # places, relative to the manifest; those that a pattern finds, too
    means: dict[str, str]  # column -> the trait that says what it means, of those that have one


def resolved(gold: Path) -> tuple[list[str], dict[str, Resolved]]:
    """Return what the object model reports, and the entities as it resolves them, by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the object model's own properties, used by itself
        return asyncio.run(_resolve(gold))


def disagreements(gold: Path) -> list[str]:
    """Return what the object model reports, and where what it resolves is not what the files hold."""
    events, entities = resolved(gold)
    found = list(events)
    for name, entity in entities.items():
        found += [f"{name}: {problem}" for problem in _compared(gold, entity)]
    return found or ([] if entities else ["no entity is resolved"])


async def _resolve(gold: Path) -> tuple[list[str], dict[str, Resolved]]:
    events: list[str] = []
    corpus = objectmodel.CdmCorpusDefinition()
    corpus.set_event_callback(lambda _, message: events.append(str(message)), enums.CdmStatusLevel.WARNING)
    corpus.storage.mount("gold", storage.LocalAdapter(root=str(gold)))
    corpus.storage.default_namespace = "gold"
    manifest = await corpus.fetch_object_async("gold:/default.manifest.cdm.json")
    entities: dict[str, Resolved] = {}
    for declared in manifest.entities if manifest else ():
        try:
            definition = await corpus.fetch_object_async(declared.entity_path, manifest)
            made = definition and await definition.create_resolved_entity_async(f"{declared.entity_name}_resolved")
        except ValueError as error:  # it searches for a name that is not there
            events.append(f"{declared.entity_name} cannot be resolved: {error}")
            continue
        if not made:
            events.append(f"{declared.entity_name} cannot be resolved")
            continue
        entities[declared.entity_name] = Resolved(
            formats={one.name: _format(one) for one in made.attributes},
            key=str(made.primary_key or ""),
            files=tuple(_files(gold, declared)),
            means={one.name: found for one in made.attributes for found in _means(one)},
        )
    return events, entities


def _format(attribute: Any) -> str:
    name = str(attribute.data_format.name).replace("_", "").lower()
    if name != "decimal":
        return name
    for trait in attribute.applied_traits:
        given = {one.get_name() if hasattr(one, "get_name") else one.name: one.value for one in trait.arguments}
        if trait.named_reference == _SHAPED and given:
            return f"decimal({given.get('precision')},{given.get('scale')})"
    return "decimal"


def _means(attribute: Any) -> Iterator[str]:
    """Yield the trait that the document gives; a trait whose name is not defined is reported when it is resolved."""
    names = (str(trait.named_reference) for trait in attribute.applied_traits)
    yield from (name for name in names if name.startswith("means."))


def _files(gold: Path, declared: Any) -> Iterator[str]:
    for one in (*declared.data_partitions, *declared.incremental_partitions):
        if not any(trait.named_reference == "is.partition.format.parquet" for trait in one.exhibits_traits):
            yield f"{one.location} (not as parquet)"
        yield str(one.location)
    for pattern in declared.data_partition_patterns:
        root = gold / str(pattern.root_location).strip("/")
        there = sorted(path for path in root.rglob("*") if path.is_file())
        matching = [one for one in there if re.fullmatch(pattern.regular_expression or "", one.relative_to(root).as_posix())]
        yield from (one.relative_to(gold).as_posix() for one in matching)


def _compared(gold: Path, entity: Resolved) -> Iterator[str]:
    if not entity.files:
        yield "has no file"
    if entity.key not in entity.formats:
        yield f"its key is {entity.key or 'none'}, which is no column"
    for place in entity.files:
        try:
            held = {field.name: _format_of(field.type) for field in pq.read_schema(gold / place)}
        except (OSError, pa.ArrowException) as error:
            yield f"{place} cannot be read: {type(error).__name__}"
            continue
        if list(held.items()) != list(entity.formats.items()):
            yield f"{place} holds {held}, and the entity says {entity.formats}"


def _format_of(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "datetime"
    names = {pa.string(): "string", pa.int64(): "int64", pa.int32(): "int32", pa.float64(): "double", pa.bool_(): "boolean"}
    return "date" if pa.types.is_date32(kind) else names.get(kind, str(kind))
