"""The batch manifest: everything that a run has to know, so that it can be run again exactly.

It lists its parts itself where they are few. Where they are many, as in a rebuild of a hundred thousand, documents of their own
do, some thousand parts each: who only wants to know how many rows there are reads none of them, who shows some reads one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from shared.contracts.codec import Count, decode, encode
from shared.contracts.columns import Column
from shared.contracts.entity import Entity, Source
from shared.contracts.erasure.keys import ErasedKey, Search
from shared.contracts.errors import ContractError
from shared.contracts.places import PIPELINE, batch_folder, parts_document, whole
from shared.contracts.publication import Layout

PAGE_OF_PARTS = 2000  # parts in one document: about a megabyte
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
    bytes: Count = 0  # of its slice, as it landed; none: not told by who listed it


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
    compaction_share: float = 0.2  # layout `incremental`: of the rows of FullData, so many in increments have it written anew
    phone_region: str | None = None  # whose telephone numbers lack a country code: two letters of ISO 3166; none: nobody's


@dataclass(frozen=True, kw_only=True)
class SilverSettings:
    """How long files of silver's tables stay that hold rows which the tables do not have any more."""

    retention_days: Count = 7


@dataclass(frozen=True, kw_only=True)
class EntityExtent:
    """How much of one entity there is."""

    parts: Count
    rows: Count


@dataclass(frozen=True, kw_only=True)
class PageOfParts:
    """A document that lists some of a batch's parts, and how much that is of each entity."""

    path: str  # `<container>/<path>`; names its content
    parts: Count
    extents: Mapping[str, EntityExtent]  # by entity


@dataclass(frozen=True, kw_only=True)
class ListOfParts:
    """Such a document."""

    batch_id: str
    parts: tuple[ManifestPart, ...]


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

    pages: tuple[PageOfParts, ...] = ()  # that list the parts, in their order, where they are too many for this document

    @property
    def extents(self) -> dict[str, EntityExtent]:
        """How much of each entity there is, in all its parts."""
        found = _extents(self.parts)
        for page in self.pages:
            for entity, one in page.extents.items():
                before = found.get(entity, EntityExtent(parts=0, rows=0))
                found[entity] = EntityExtent(parts=before.parts + one.parts, rows=before.rows + one.rows)
        return found

    @property
    def given(self) -> dict[str, int]:
        """The rows of each entity that the run has to account for: of a search none, whose parts are looked through only."""
        return {} if self.stage == "erasure" else {entity: one.rows for entity, one in self.extents.items()}

    def kept_out_of(self, entity: str) -> tuple[ErasedKey, ...]:
        """Return the keys whose rows are kept out of an entity."""
        return tuple(key for key in self.kept_out if key.entity == entity)

    @property
    def folder(self) -> str:
        """The place of the batch's documents."""
        return whole(PIPELINE, batch_folder(self.batch_id))

    @property
    def listed(self) -> str:
        """A digest of the parts: what is done again is listed anew for each attempt, and notes are of one listing."""
        return hashlib.sha256("\n".join(sorted(part.part_id for part in self.parts)).encode()).hexdigest()[:16]

    def parts_of(self, entity: str) -> list[ManifestPart]:
        """Return the parts of one entity, in the manifest's order."""
        return [part for part in self.parts if part.entity == entity]


def read_manifest(data: bytes | str, batch_id: str) -> Manifest:
    """Read the manifest of a batch; raises `ContractError` where it is another one's, or names what it does not hold."""
    document = f"manifest of batch {batch_id}"
    manifest = decode(Manifest, data, document)
    if manifest.batch_id != batch_id:
        raise ContractError(document, "batch_id", expected=batch_id, got=manifest.batch_id)
    _check(manifest, manifest.parts, document)
    return manifest


def read_parts(data: bytes | str, manifest: Manifest, page: PageOfParts) -> tuple[ManifestPart, ...]:
    """Read a page of a manifest's parts; raises `ContractError` where it is not the one that the manifest names."""
    document = f"parts of batch {manifest.batch_id}"
    found = decode(ListOfParts, data, document)
    if found.batch_id != manifest.batch_id:
        raise ContractError(document, "batch_id", expected=manifest.batch_id, got=found.batch_id)
    if _extents(found.parts) != dict(page.extents):
        raise ContractError(document, "parts", expected="as many of each entity as the manifest says", got="others")
    _check(manifest, found.parts, document)
    return found.parts


def whole_manifest(manifest: Manifest, read: Callable[[str], bytes | str]) -> Manifest:
    """Return a manifest with all its parts; `read` returns the document at a place, and raises where there is none."""
    parts = (part for page in manifest.pages for part in read_parts(read(page.path), manifest, page))
    return replace(manifest, parts=(*manifest.parts, *parts), pages=())


def some_parts(manifest: Manifest, first: int, most: int, read: Callable[[str], bytes | str]) -> tuple[ManifestPart, ...]:
    """Return at most so many parts of a manifest, from the one numbered `first` on; reads the pages that hold them alone."""
    found, at = list(manifest.parts[first : first + most]), len(manifest.parts)
    for page in manifest.pages:
        if at < first + most and at + page.parts > first:
            found += read_parts(read(page.path), manifest, page)[max(0, first - at) : first + most - at]
        at += page.parts
    return tuple(found)


def paged(manifest: Manifest) -> tuple[Manifest, dict[str, bytes]]:
    """Return a manifest as it is written, and by place the pages of its parts, to be written first; none for a few parts."""
    if len(manifest.parts) <= PAGE_OF_PARTS:
        return manifest, {}
    pages, documents = [], {}
    for first in range(0, len(manifest.parts), PAGE_OF_PARTS):
        some = manifest.parts[first : first + PAGE_OF_PARTS]
        data = encode(ListOfParts(batch_id=manifest.batch_id, parts=some))
        path = whole(PIPELINE, parts_document(manifest.batch_id, data))
        documents[path] = data
        pages.append(PageOfParts(path=path, parts=len(some), extents=_extents(some)))
    return replace(manifest, parts=(), pages=tuple(pages)), documents


def _extents(parts: Iterable[ManifestPart]) -> dict[str, EntityExtent]:
    found: dict[str, list[int]] = {}
    for part in parts:
        counted = found.setdefault(part.entity, [0, 0])
        counted[0] += 1
        counted[1] += part.rows
    return {entity: EntityExtent(parts=many, rows=rows) for entity, (many, rows) in found.items()}


def _check(manifest: Manifest, parts: Iterable[ManifestPart], document: str) -> None:
    for number, part in enumerate(parts):
        for key, name, held in (
            ("entity", part.entity, manifest.entities),
            ("schema_version", part.schema_version, manifest.schemas),
        ):
            if name not in held:
                where = "entities" if key == "entity" else "schemas"
                raise ContractError(document, f"parts[{number}].{key}", expected=f"one that `{where}` holds", got=name)


def write_manifest(manifest: Manifest) -> bytes:
    """Spell a manifest; the same one gives the same bytes."""
    return encode(manifest)
