"""The batch manifest: everything that a run has to know, so that it can be run again exactly.

Its form is a contract with the Spark jobs: `docs/contracts.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.places import BRONZE
from shared.ledger.label_records import TableLabels
from shared.ledger.records import Part


@dataclass(frozen=True, kw_only=True)
class ManifestPart:
    """What a manifest says of a part that the functions themselves need again."""

    part_id: str
    container: str
    source_path: str
    generation: int
    start: int
    entity: str
    rows: int


def write_manifest(
    batch_id: str,
    created_at: datetime,
    *,
    stage: str,
    parts: Iterable[Part],
    full_rebuild: Iterable[str] = (),
    schemas: Mapping[str, list[dict[str, object]]],
    entities: Mapping[str, Mapping[str, Any]],
    gold: Mapping[str, Any],
    labels: Iterable[tuple[str, TableLabels]] = (),
) -> bytes:
    """Spell a batch manifest; the same arguments give the same bytes. `labels` come with the entity that they are for."""
    document = {
        "batch_id": batch_id,
        "created_at": created_at.isoformat().replace("+00:00", "Z"),
        "stage": stage,
        "full_rebuild": sorted(full_rebuild),
        "parts": [_part(part) for part in sorted(parts, key=lambda part: part.part_id)],
        "schemas": dict(sorted(schemas.items())),
        "entities": dict(sorted(entities.items())),
        "gold": dict(gold),
        "labels": [_labels(entity, known) for entity, known in sorted(labels, key=lambda one: (one[0], one[1].container))],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def manifest_of_some(manifest: bytes, batch_id: str, created_at: datetime, entities: Iterable[str]) -> bytes:
    """Spell the manifest of a batch that has, of another one's parts, those of some entities."""
    document = json.loads(manifest)
    some = set(entities)
    document |= {
        "batch_id": batch_id,
        "created_at": created_at.isoformat().replace("+00:00", "Z"),
        "full_rebuild": [entity for entity in document["full_rebuild"] if entity in some],
        "parts": [part for part in document["parts"] if part["entity"] in some],
        "labels": [labels for labels in document["labels"] if labels["entity"] in some],
    }
    used = {part["schema_version"] for part in document["parts"]}
    document["schemas"] = {version: columns for version, columns in document["schemas"].items() if version in used}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def read_parts(manifest: bytes) -> list[ManifestPart]:
    """Read back which parts a manifest lists."""
    return [
        ManifestPart(
            part_id=part["part_id"],
            container=part["container"],
            source_path=part["source_path"],
            generation=part["generation"],
            start=part["start"],
            entity=part["entity"],
            rows=part["rows"],
        )
        for part in json.loads(manifest)["parts"]
    ]


def _labels(entity: str, known: TableLabels) -> dict[str, object]:
    return {
        "entity": entity,
        "container": known.container,
        "table": known.table,
        "path": f"{BRONZE}/{known.document}",
        "as_of": known.changed_at.isoformat().replace("+00:00", "Z") if known.changed_at else "",
    }


def _part(part: Part) -> dict[str, object]:
    return {
        "part_id": part.part_id,
        "path": part.path,
        "rejects_path": part.rejects_path or None,
        "entity": part.entity,
        "source": part.source,
        "table": part.table,
        "rows": part.rows,
        "rejects": part.rejects,
        "schema_version": part.schema_version,
        "source_file": part.source_file,
        "container": part.container,
        "source_path": part.source_path,
        "generation": part.generation,
        "start": part.start,
        "landed_at": part.landed_at.isoformat().replace("+00:00", "Z"),
    }
