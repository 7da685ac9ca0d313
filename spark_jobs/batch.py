"""The batch manifest that the job is given and what it says of itself at the end, as records (`docs/contracts.md`)."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spark_jobs.errors import ConservationError, ManifestError
from spark_jobs.gold.layouts import LAYOUTS, PUBLICATIONS


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """The job parameters, as Databricks hands them to a wheel task."""

    batch_id: str
    manifest: str  # `<container>/<path>`
    lake: str  # a template with `{container}` in it


@dataclass(frozen=True, kw_only=True)
class Column:
    """A landed column with its CDM type."""

    name: str
    type: str
    precision: int | None = None
    scale: int | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """A bronze part of the batch."""

    path: str  # `<container>/<path>`
    entity: str
    rows: int
    schema_version: str
    landed_at: str  # ISO 8601, UTC


@dataclass(frozen=True, kw_only=True)
class LabelDocument:
    """Where bronze keeps the labels of the choices and states of one table."""

    entity: str
    container: str  # of the landed metadata: an entity may have rows of several environments
    path: str  # `<container>/<path>`; names its content
    as_of: str  # ISO 8601, UTC: of two documents of one container the later one counts


@dataclass(frozen=True, kw_only=True)
class Entity:
    """How one entity is built, resolved from the configuration by the functions."""

    name: str
    source: str  # dataverse | finance
    table: str
    keys: tuple[str, ...]  # landed names
    mode: str = "upsert"  # upsert | snapshot
    prefixes: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    untracked: tuple[str, ...] = ()
    lenient: tuple[str, ...] = ()
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    label_language: int = 1033


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one run has to do."""

    batch_id: str
    created_at: str
    stage: str  # silver: merge the parts, then gold | gold: publish again from silver
    parts: tuple[Part, ...]
    schemas: Mapping[str, tuple[Column, ...]]
    entities: Mapping[str, Entity]
    full_rebuild: frozenset[str] = frozenset()
    labels: tuple[LabelDocument, ...] = ()
    grace_days: int = 7
    layout: str = PUBLICATIONS

    @property
    def folder(self) -> str:
        """The place of the batch's documents."""
        return f"pipeline/batches/{self.batch_id}"

    def parts_of(self, entity: str) -> list[Part]:
        """Return the parts of one entity, in the manifest's order."""
        return [part for part in self.parts if part.entity == entity]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of the rows that one entity was given."""

    read: int = 0
    applied: int = 0  # events that the table now holds and did not hold before
    superseded: int = 0  # events that another one with the same key and sequence beats
    duplicates: int = 0  # events that the table, or the batch, already holds exactly
    rejected: int = 0
    rules: Mapping[str, int] = field(default_factory=dict)

    def check(self, entity: str, expected: int) -> None:
        """Raise `ConservationError` unless rows given = rows read = what became of them."""
        became = self.applied + self.superseded + self.duplicates + self.rejected
        if not expected == self.read == became:
            raise ConservationError(entity, expected, self.to_json_counts())

    def to_json_counts(self) -> dict[str, int]:
        """Return the numbers without the rules."""
        return {name: getattr(self, name) for name in ("read", "applied", "superseded", "duplicates", "rejected")}


def read_arguments(arguments: Sequence[str]) -> Arguments:
    """Parse the task's parameters (`--batch_id=... --manifest=... --lake=...`), in either spelling of an option."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--batch_id", "--manifest", "--lake"):
        parser.add_argument(name, required=True)
    known, _ = parser.parse_known_args(arguments)
    return Arguments(batch_id=known.batch_id, manifest=known.manifest, lake=known.lake)


def read_batch(document: Mapping[str, Any] | None, batch_id: str) -> Batch:
    """Read a batch manifest; raises `ManifestError` where it is absent, of another batch, or lacks something."""
    if document is None:
        raise ManifestError(batch_id, "there is no batch manifest at the place that the job was given")
    if document.get("batch_id") != batch_id:
        raise ManifestError(batch_id, f"the manifest given is that of batch {document.get('batch_id')}")
    try:
        entities = {name: _entity(name, value) for name, value in document["entities"].items()}
        batch = Batch(
            batch_id=batch_id,
            created_at=document["created_at"],
            stage=document["stage"],
            parts=tuple(_part(part) for part in document["parts"]),
            schemas={version: tuple(_column(one) for one in columns) for version, columns in document["schemas"].items()},
            entities=entities,
            full_rebuild=frozenset(document.get("full_rebuild", ())),
            labels=tuple(_labels(one) for one in document.get("labels", ())),
            **document.get("gold", {}),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ManifestError(batch_id, f"the manifest is not of the form agreed: {error!r}") from error
    if batch.stage not in {"silver", "gold"}:
        raise ManifestError(batch_id, f"expected the stage silver or gold, got {batch.stage!r}")
    if batch.layout not in LAYOUTS:
        raise ManifestError(batch_id, f"expected a layout of gold that is one of {', '.join(LAYOUTS)}, got {batch.layout!r}")
    for part in batch.parts:
        if part.entity not in entities:
            raise ManifestError(batch_id, f"part {part.path} is of entity {part.entity}, which `entities` lacks")
        if part.schema_version not in batch.schemas:
            raise ManifestError(batch_id, f"part {part.path} has schema {part.schema_version}, which `schemas` lacks")
        names = [column.name.lower() for column in batch.schemas[part.schema_version]]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            problem = f"columns of {part.entity} differ in case only, which Spark cannot tell apart: {', '.join(twice)}"
            raise ManifestError(batch_id, f"{problem}; leave one of them out of the export")
    return batch


def _labels(value: Mapping[str, Any]) -> LabelDocument:
    return LabelDocument(**{name: value[name] for name in ("entity", "container", "path", "as_of")})


def _part(value: Mapping[str, Any]) -> Part:
    names = ("path", "entity", "rows", "schema_version", "landed_at")
    return Part(**{name: value[name] for name in names})


def _column(value: Mapping[str, Any]) -> Column:
    return Column(name=value["name"], type=value["type"], precision=value.get("precision"), scale=value.get("scale"))


def _entity(name: str, value: Mapping[str, Any]) -> Entity:
    dataverse = value["source"] == "dataverse"
    return Entity(
        name=name,
        source=value["source"],
        table=value["table"],
        keys=tuple(value.get("keys") or (("Id",) if dataverse else ("_source_file", "_record_number"))),
        mode=value.get("mode", "upsert"),
        prefixes=tuple(value.get("prefixes", ())),
        renames=value.get("renames", {}),
        types=value.get("types", {}),
        untracked=tuple(value.get("untracked", ())),
        lenient=tuple(value.get("lenient", ())),
        rules=value.get("rules", {}),
        label_language=value.get("label_language", 1033),
    )
