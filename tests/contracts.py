"""Documents between the functions and the job for tests: a test says only what matters to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from shared.contracts.columns import Column
from shared.contracts.counts import EntityCounts
from shared.contracts.entity import Entity
from shared.contracts.manifest import GoldSettings, Manifest, ManifestPart
from shared.contracts.outcome import Outcome, Seconds
from shared.contracts.places import PIPELINE, staged_manifest, whole

AT = datetime(2026, 11, 1, tzinfo=UTC)


def make_part(entity: str = "customer", **more: Any) -> ManifestPart:
    """Make one part of a manifest."""
    given: dict[str, Any] = {
        "part_id": f"dataverse/{entity}/2026.csv/g000001-000000000000000",
        "path": f"bronze/dataverse/{entity}/2026.csv/g000001-000000000000000.parquet",
        "rejects_path": None,
        "source": "dataverse",
        "table": entity,
        "rows": 1,
        "rejects": 0,
        "schema_version": "s0",
        "source_file": f"dataverse/{entity}/2026.csv",
        "container": "dataverse",
        "source_path": f"{entity}/2026.csv",
        "generation": 1,
        "start": 0,
        "landed_at": AT,
    }
    return ManifestPart(**given | more, entity=entity)


def make_entity(name: str = "customer", **more: Any) -> Entity:
    """Make the definition of an entity."""
    given: dict[str, Any] = {"source": "dataverse", "table": name, "keys": ("Id",), "names": {"id": "Id", "name": "name"}}
    return Entity(**given | more, name=name)


def make_manifest(*parts: ManifestPart, **more: Any) -> Manifest:
    """Make a manifest that holds what its parts need."""
    given: dict[str, Any] = {
        "batch_id": "b0001",
        "created_at": AT,
        "stage": "silver",
        "full_rebuild": (),
        "schemas": {part.schema_version: (Column(name="Id", type="guid"),) for part in parts},
        "entities": {part.entity: make_entity(part.entity) for part in parts},
        "gold": GoldSettings(),
        "labels": (),
    }
    return Manifest(**given | more, parts=parts)


def make_counts(*, applied: int = 0, **more: Any) -> EntityCounts:
    """Make the counts of one entity, of which everything that was read is applied unless told otherwise."""
    given: dict[str, Any] = {"read": applied, "superseded": 0, "duplicates": 0, "rejected": 0, "rules": {}}
    return EntityCounts(**given | {"current": applied, "history": applied} | more, applied=applied)


def make_outcome(batch_id: str = "b0001", *, publication: str | None = None, **more: Any) -> Outcome:
    """Make the outcome of a run; one with a publication staged its manifest."""
    given: dict[str, Any] = {
        "base_publication": None,
        "staged_manifest": whole(PIPELINE, staged_manifest(batch_id)) if publication else None,
        "entities": {},
        "gold": {},
        "warnings": (),
        "seconds": Seconds(silver=0.0, gold=0.0),
    }
    return Outcome(**given | more, batch_id=batch_id, publication=publication)


def all_applied(parts: Iterable[ManifestPart]) -> dict[str, EntityCounts]:
    """Return the counts of a run that applied every row it was given."""
    rows: dict[str, int] = {}
    for part in parts:
        rows[part.entity] = rows.get(part.entity, 0) + part.rows
    return {entity: make_counts(applied=many) for entity, many in rows.items()}
