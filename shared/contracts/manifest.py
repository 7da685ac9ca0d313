"""The batch manifest: everything that a run has to know, so that it can be run again exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.contracts.codec import Count, decode, encode
from shared.contracts.columns import Column
from shared.contracts.entity import Entity, Source
from shared.contracts.erasure.keys import ErasedKey, Search
from shared.contracts.errors import ContractError
from shared.contracts.places import PIPELINE, batch_folder, whole
from shared.contracts.publication import Layout

Stage = Literal["silver", "gold", "erasure"]  # merge the parts, then gold | publish again | search them, erase, then gold


@dataclass(frozen=True, kw_only=True)
class ManifestPart:
    """One bronze part of the batch."""

    part_id: str
    path: str  # `<container>/<path>`, as `rejects_path`
    rejects_path: str | None
    entity: str
    source: Source
    table: str
    rows: Count
    rejects: Count
    schema_version: str
    source_file: str  # the landed file, as lineage names it: `<container>/<source_path>`
    container: str  # of the landed file
    source_path: str  # of the landed file, in its container
    generation: Count
    start: Count  # of its slice, in bytes
    landed_at: datetime


@dataclass(frozen=True, kw_only=True)
class LabelDocument:
    """Where bronze keeps the labels of the choices and states of one table."""

    entity: str
    container: str  # of the landed metadata: an entity may have rows of several environments
    table: str
    path: str  # `<container>/<path>`; names its content
    as_of: datetime  # of two documents of one container the later one counts


@dataclass(frozen=True, kw_only=True)
class GoldSettings:
    """How gold is laid out, and how long files stay that readers of a replaced publication may still want."""

    layout: Layout = "publications"
    grace_days: Count = 7


@dataclass(frozen=True, kw_only=True)
class SilverSettings:
    """How long files of silver's tables stay that hold rows which the tables do not have any more."""

    retention_days: Count = 7


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What one run has to do."""

    batch_id: str
    created_at: datetime
    stage: Stage
    full_rebuild: tuple[str, ...]  # entities whose silver is made anew of the parts, which are all there are
    parts: tuple[ManifestPart, ...]
    schemas: Mapping[str, tuple[Column, ...]]  # by schema version: the columns that parts are bound to
    entities: Mapping[str, Entity]  # those of the parts, and all that are configured
    gold: GoldSettings
    labels: tuple[LabelDocument, ...]
    silver: SilverSettings = field(default_factory=SilverSettings)
    search: Search | None = None  # of the stage `erasure`
    kept_out: tuple[ErasedKey, ...] = ()  # keys whose rows are not taken, though landing still brings them

    @property
    def given(self) -> tuple[ManifestPart, ...]:
        """The parts whose rows the run has to account for: those of a search are looked through, and merged by nobody."""
        return () if self.stage == "erasure" else self.parts

    def kept_out_of(self, entity: str) -> tuple[ErasedKey, ...]:
        """Return the keys whose rows are kept out of an entity."""
        return tuple(key for key in self.kept_out if key.entity == entity)

    @property
    def folder(self) -> str:
        """The place of the batch's documents."""
        return whole(PIPELINE, batch_folder(self.batch_id))

    def parts_of(self, entity: str) -> list[ManifestPart]:
        """Return the parts of one entity, in the manifest's order."""
        return [part for part in self.parts if part.entity == entity]


def read_manifest(data: bytes | str, batch_id: str) -> Manifest:
    """Read the manifest of a batch; raises `ContractError` where it is another one's, or names what it does not hold."""
    document = f"manifest of batch {batch_id}"
    manifest = decode(Manifest, data, document)
    if manifest.batch_id != batch_id:
        raise ContractError(document, "batch_id", expected=batch_id, got=manifest.batch_id)
    for number, part in enumerate(manifest.parts):
        for key, name, held in (
            ("entity", part.entity, manifest.entities),
            ("schema_version", part.schema_version, manifest.schemas),
        ):
            if name not in held:
                where = "entities" if key == "entity" else "schemas"
                raise ContractError(document, f"parts[{number}].{key}", expected=f"one that `{where}` holds", got=name)
    return manifest


def write_manifest(manifest: Manifest) -> bytes:
    """Spell a manifest; the same one gives the same bytes."""
    return encode(manifest)
