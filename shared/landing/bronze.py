"""Writes slices of landed files as bronze parts, each exactly once.

The order makes every crash harmless: rejects first, under a name of their content; then the part, created only if absent,
with all that the ledger needs in its metadata. Whoever finds a part written takes it over from its metadata, whichever
worker wrote it.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.places import BRONZE, PartName, metadata_copy, schema_document
from shared.formats.slices import Lineage, Slice
from shared.formats.table_schema import TableSchema
from shared.ledger.records import Part
from shared.ledger.states import Source
from shared.ports import Clock, Lake

_MOST_TABLES = 1000  # whose schemas a process remembers: a few kilobytes each


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What all parts of one landed file have in common."""

    container: str
    path: str
    source: Source
    table: str
    entity: str


@dataclass(frozen=True, kw_only=True)
class Written:
    """A part that is in bronze, written by this call or by somebody before it."""

    part: Part
    source_version: str  # ETag of the landed file that it was made from
    fingerprint: str  # of the last bytes of its slice
    width: int  # fields of its widest row
    read_as: str  # of a finance file: how it was read
    taken_over: bool  # it was there already


class Bronze:
    """The bronze container as ingest sees it."""

    def __init__(self, lake: Lake, clock: Clock) -> None:
        self._lake = lake
        self._clock = clock
        self._schemas: OrderedDict[tuple[str, str], dict[str, TableSchema]] = OrderedDict()

    def schemas(
        self, container: str, table: str, *, needed: Collection[str] = (), fresh: bool = False
    ) -> Mapping[str, TableSchema]:
        """Return every schema that a table's parts were ever bound to, by version, oldest first.

        What this process remembers is listed anew where it lacks one of the versions `needed`, which another process may have
        kept since, and where it has to be `fresh`. A version that is not in the answer is not in bronze.
        """
        kept = self._schemas.get((container, table))
        if kept is None or fresh or not all(version in kept for version in needed):
            kept = self._listed(container, table, kept or {})
            self._schemas[container, table] = kept
        self._schemas.move_to_end((container, table))
        if len(self._schemas) > _MOST_TABLES:
            self._schemas.popitem(last=False)
        return kept

    def _listed(self, container: str, table: str, known: Mapping[str, TableSchema]) -> dict[str, TableSchema]:
        kept: dict[str, TableSchema] = {}
        prefix = schema_document(container, table, "").removesuffix(".json")
        for blob in sorted(self._lake.list(BRONZE, prefix), key=lambda blob: blob.modified_at):
            version = blob.path.removeprefix(prefix).removesuffix(".json")
            schema = known.get(version)
            if schema is None:
                schema = TableSchema.from_json(table, json.loads(b"".join(self._lake.read(BRONZE, blob.path))))
            kept[schema.version] = schema
        return kept

    def keep(self, container: str, schema: TableSchema) -> None:
        """Keep the columns beside the parts that are bound to them: positions mean nothing without."""
        kept = self.schemas(container, schema.table)
        if schema.version not in kept:
            document = json.dumps(schema.to_json(), ensure_ascii=False).encode()
            self._lake.create(BRONZE, schema_document(container, schema.table, schema.version), document)
            self.schemas(container, schema.table, fresh=True)

    def copy(self, container: str, path: str, data: bytes) -> str:
        """Keep a metadata file as it landed; the same content again is kept once. Returns its hash."""
        content = hashlib.sha256(data).hexdigest()[:32]
        self._lake.create(BRONZE, metadata_copy(container, path, content), data)
        return content

    def write(
        self,
        cut: Slice,
        origin: Origin,
        lineage: Lineage,
        *,
        schema: str,
        generation: int,
        start: int,
        fingerprint: str,
        read_as: str = "",
    ) -> Written:
        """Write a slice as a part, or take over the part that stands at its place; `schema` is the schema's version."""
        name = PartName(
            container=origin.container,
            table=origin.table,
            source_path=origin.path,
            generation=generation,
            start=start,
        )
        rejects_path = ""
        if cut.rejected is not None:
            rejects_path = name.rejects(cut.rejected)
            self._lake.create(BRONZE, rejects_path, cut.rejected)
        metadata = {
            "end": str(start + cut.consumed),
            "records": str(cut.records),
            "rows": str(cut.rows),
            "rejects": str(cut.rejects),
            "reasons": ",".join(f"{reason}={rejects}" for reason, rejects in sorted(cut.reasons.items())),
            "width": str(cut.width),
            "rejects_path": rejects_path,
            "schema_version": schema,
            "source_version": lineage.source_version,
            "landed_at": lineage.landed_at.isoformat(),
            "fingerprint": fingerprint,
        }
        if lineage.contract_version is not None:
            metadata |= {"contract_version": str(lineage.contract_version), "read_as": read_as}
        created = self._lake.create(BRONZE, name.data, cut.parquet, metadata=metadata)
        if not created:
            found = self._lake.head(BRONZE, name.data)
            metadata = dict(found.metadata) if found else metadata
        rejects_path = metadata.get("rejects_path", "")
        part = Part(
            part_id=name.part_id,
            container=origin.container,
            source_path=origin.path,
            path=f"{BRONZE}/{name.data}",
            rejects_path=f"{BRONZE}/{rejects_path}" if rejects_path else "",
            source=origin.source,
            table=origin.table,
            entity=origin.entity,
            generation=generation,
            start=start,
            end=int(metadata["end"]),
            records=int(metadata["records"]),
            rows=int(metadata["rows"]),
            rejects=int(metadata["rejects"]),
            reasons=tuple(filter(None, metadata.get("reasons", "").split(","))),
            schema_version=metadata["schema_version"],
            contract_version=int(metadata.get("contract_version", 0)),
            landed_at=datetime.fromisoformat(metadata["landed_at"]),
            written_at=self._clock(),
        )
        return Written(
            part=part,
            source_version=metadata["source_version"],
            fingerprint=metadata["fingerprint"],
            width=int(metadata["width"]),
            read_as=metadata.get("read_as", ""),
            taken_over=not created,
        )
