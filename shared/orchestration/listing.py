"""Says what the parts of a batch are, once and for all: writes its manifest, or reads the one that is there.

Whoever opens a batch may die before its manifest is written, and somebody else goes on; the manifest that was created
first counts. What is done again is listed anew for each attempt: other batches may have been published since the last one. Any
other batch is listed anew when it is un-parked: its parts are the same, but an erasure may have given them other names, and a
person may have mended the configuration.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from shared.concurrency import in_parallel
from shared.contracts.columns import Column
from shared.contracts.entity import Source
from shared.contracts.erasure.keys import ErasedKey, Search
from shared.contracts.errors import ContractError
from shared.contracts.manifest import (
    LabelDocument,
    Manifest,
    ManifestPart,
    paged,
    read_manifest,
    whole_manifest,
    write_manifest,
)
from shared.contracts.places import BRONZE, PIPELINE, batch_manifest, divided, whole
from shared.errors import LandedFileChanged, Park
from shared.landing.bronze import Bronze
from shared.landing.labels import LabelKeeping
from shared.ledger.identities import Identities
from shared.ledger.label_records import TableLabels
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import Batch, Erasure, Part
from shared.orchestration.selection import every_part, parts_again
from shared.ports import Lake


class ColumnsMissing(Park):
    """Bronze does not hold the columns that a part is bound to, so nobody can tell what its values mean."""

    def __init__(self, part_id: str, schema_version: str) -> None:
        self.part_id = part_id
        self.schema_version = schema_version
        super().__init__(
            f"bronze does not hold the columns {schema_version} of part {part_id}; restore bronze/_schemas, or discard"
        )


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Batch manifests."""

    lake: Lake
    ledger: Ledger
    bronze: Bronze
    labels: LabelKeeping
    identities: Identities
    containers: tuple[str, ...]

    def listed(self, batch: Batch) -> Manifest | None:
        """Return a batch's manifest, or None where it has none yet; where its parts are many, without them."""
        if self.lake.head(PIPELINE, batch_manifest(batch.batch_id, batch.listing)) is None:
            return None
        return read_listed(self.lake, batch.batch_id, batch.listing)

    def list(self, batch: Batch, parts: Iterable[Part]) -> Manifest:
        """Write a batch's manifest, of the new parts given if it is made of such, and return it as `listed` does."""
        if batch.erasure:
            manifest = self._search(batch)
        elif batch.reprocess:
            manifest = self._again(batch)
        elif batch.parent or batch.listing > 1:
            manifest = self._manifest(batch, list(self._as_it_is_now(batch, parts)))
        else:
            manifest = self._manifest(batch, list(parts))
        head, pages = paged(manifest)
        for place, data in pages.items():
            self.lake.create(*divided(place), data)
        if self.lake.create(PIPELINE, batch_manifest(batch.batch_id, batch.listing), write_manifest(head)):
            return head
        return read_listed(self.lake, batch.batch_id, batch.listing)

    def claim(self, batch: Batch, manifest: Manifest, parts: Sequence[Known[Part]]) -> None:
        """Mark the parts listed as the batch's; `parts` are those of them that the caller has read already."""
        listed = with_all_parts(self.lake, manifest).parts
        if {part.part_id for part in listed} != {part.record.part_id for part in parts}:
            found = in_parallel(lambda p: self.ledger.part_at(p.container, p.source_path, p.generation, p.start), listed)
            parts = [part for part in found if part is not None]
        self.ledger.batch_parts(parts, batch.batch_id)

    def _as_it_is_now(self, batch: Batch, waiting: Iterable[Part]) -> Iterator[Part]:
        """Yield the parts of a batch that was listed before, or of the one that it was dissolved from, as the ledger has them.

        Where no listing of them can be read, those that the batch claimed, and what waits: it may have died before it claimed.
        """
        listed = self._listed_before(batch)
        if listed is not None:
            wanted = [part for part in listed if part.entity in batch.entities]
            found = in_parallel(lambda p: self.ledger.part_at(p.container, p.source_path, p.generation, p.start), wanted)
            yield from (known.record for known in found if known is not None)
            return
        first = batch
        while first.parent and (known := self.ledger.batch(first.parent)) is not None:
            first = known.record
        claimed = (known.record for name in self.containers for known in self.ledger.parts_in(name))
        yield from (part for part in claimed if part.batch_id == first.batch_id and part.entity in batch.entities)
        if batch.is_of_new_parts:
            yield from waiting

    def _listed_before(self, batch: Batch) -> Sequence[ManifestPart] | None:
        names = [(batch.batch_id, listing) for listing in range(batch.listing - 1, 0, -1)]
        parent = self.ledger.batch(batch.parent) if batch.parent else None
        if parent is not None:
            names.append((batch.parent, parent.record.listing))
        for name in names:
            try:
                return with_all_parts(self.lake, read_listed(self.lake, *name)).parts
            except (LandedFileChanged, ContractError):
                continue  # it was not listed then, or nobody can read it
        return None

    def _search(self, batch: Batch) -> Manifest:
        """List everything that bronze holds of the table of an erasure, discarded and waiting parts too."""
        known = self.ledger.erasure(batch.erasure)
        if known is None:
            raise ValueError(f"batch {batch.batch_id} names erasure {batch.erasure}, which does not exist")
        erasure = known.record
        parts = list(every_part(self.ledger, self.containers, erasure.source, erasure.table))
        return self._manifest(batch, parts, erasure=erasure)

    def _again(self, batch: Batch) -> Manifest:
        if batch.stage == "gold":
            return self._manifest(batch, [])
        known = self.ledger.reprocess_job(batch.reprocess)
        if known is None:
            raise ValueError(f"batch {batch.batch_id} names reprocess job {batch.reprocess}, which does not exist")
        entities = set(batch.entities)
        parts = [part for part in parts_again(self.ledger, self.containers, known.record) if part.entity in entities]
        whole = known.record.since is None and known.record.until is None
        whole = whole and not (known.record.prefix or known.record.container)
        return self._manifest(batch, parts, full_rebuild=entities if whole else ())

    def _manifest(
        self,
        batch: Batch,
        parts: Sequence[Part],
        *,
        full_rebuild: Iterable[str] = (),
        erasure: Erasure | None = None,
    ) -> Manifest:
        schemas: dict[str, tuple[Column, ...]] = {}
        columns: dict[tuple[Source, str], list[str]] = {(erasure.source, erasure.table): []} if erasure else {}
        for part in parts:
            kept = self.bronze.schemas(part.container, part.table, needed=(part.schema_version,))
            schema = kept.get(part.schema_version)
            if schema is None:
                raise ColumnsMissing(part.part_id, part.schema_version)
            schemas[part.schema_version] = schema.columns
            known = columns.setdefault((part.source, part.table), [])  # two tables may have the same columns
            known += [name for name in schema.names if name not in known]
        tables = {key: self.identities.resolved(*key, names) for key, names in sorted(columns.items())}
        listed = (_manifest_part(part, tables[part.source, part.table].name) for part in parts)
        labels = (_label_document(entity, known) for entity, known in self._labels(parts))
        return Manifest(
            batch_id=batch.batch_id,
            created_at=batch.created_at,
            stage=batch.stage,
            full_rebuild=tuple(sorted(full_rebuild)),
            parts=tuple(sorted(listed, key=lambda part: part.part_id)),
            schemas=dict(sorted(schemas.items())),
            entities=self.identities.configuration.resolved(tables),
            gold=self.identities.configuration.gold.settings(),
            labels=tuple(sorted(labels, key=lambda one: (one.entity, one.container))),
            silver=self.identities.configuration.silver.settings(),
            search=Search(key=erased_key_of(erasure), dry_run=erasure.dry_run) if erasure else None,
            kept_out=tuple(self._kept_out({one.name for one in tables.values()})),
        )

    def _kept_out(self, entities: Collection[str]) -> Iterator[ErasedKey]:
        """Yield the keys that landing may still bring, though they are to be erased."""
        for erasure in self.ledger.erasures() if entities else ():
            if erasure.entity in entities and not erasure.dry_run:
                yield erased_key_of(erasure)

    def _labels(self, parts: Sequence[Part]) -> Sequence[tuple[str, TableLabels]]:
        """Return the labels of the parts' tables, of every container: an entity may have rows of several."""
        entities = {part.table.lower(): part.entity for part in parts if part.source == "dataverse"}
        return [(entities[known.table], known) for known in self.labels.of(self.containers, entities)]


def read_listed(lake: Lake, batch_id: str, listing: int) -> Manifest:
    """Return the manifest of a batch that was listed, without its parts where they are many.

    Raises `LandedFileChanged` where there is none, `ContractError` where it is not as agreed.
    """
    return read_manifest(b"".join(lake.read(PIPELINE, batch_manifest(batch_id, listing))), batch_id)


def with_all_parts(lake: Lake, manifest: Manifest) -> Manifest:
    """Return a manifest with its parts, however many; raises as `read_listed` does."""
    return whole_manifest(manifest, lambda page: b"".join(lake.read(*divided(page))))


def erased_key_of(erasure: Erasure) -> ErasedKey:
    """Return the key of an erasure, as the job is told it."""
    return ErasedKey(erasure_id=erasure.erasure_id, entity=erasure.entity, digests=erasure.digests)


def _label_document(entity: str, known: TableLabels) -> LabelDocument:
    if known.changed_at is None:
        raise ValueError(f"the ledger does not say when the labels of {known.table} changed")
    return LabelDocument(
        entity=entity,
        container=known.container,
        table=known.table,
        path=whole(BRONZE, known.document),
        as_of=known.changed_at,
    )


def _manifest_part(part: Part, entity: str) -> ManifestPart:
    return ManifestPart(
        part_id=part.part_id,
        path=part.path,
        rejects_path=part.rejects_path or None,
        entity=entity,
        source=part.source,
        table=part.table,
        rows=part.rows,
        rejects=part.rejects,
        schema_version=part.schema_version,
        source_file=part.source_file,
        container=part.container,
        source_path=part.source_path,
        generation=part.generation,
        start=part.start,
        landed_at=part.landed_at,
        bytes=part.end - part.start,
    )
