"""`model.json` of several tables (reference: Synapse Link, section 4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from local.sample import synapse_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PRECISION: Final = 38  # of every decimal of finance and operations
SCALE: Final = 6

WITHOUT_TABLES: Final = json.dumps({"name": "cdm", "description": "cdm", "version": "1.0"}).encode()


def make_model(tables: Mapping[str, Mapping[str, str]], *, locations: Mapping[str, Iterable[str]] | None = None) -> bytes:
    """Spell the model that describes these tables; `locations`: URIs of the partitions, of the tables that have any."""
    partitions = locations or {}
    documents = [
        json.loads(synapse_link.model(table, columns, locations=partitions.get(table, ()))) for table, columns in tables.items()
    ]
    entities = [entity for document in documents for entity in document["entities"]]
    for entity in entities:
        entity["attributes"] = [_shaped(attribute) for attribute in entity["attributes"]]
    return json.dumps({**documents[0], "entities": entities}, indent=2).encode()


def _shaped(attribute: dict[str, Any]) -> dict[str, Any]:
    """Return the attribute; a decimal with its precision and scale, which stand in a trait and nowhere else."""
    if attribute["dataType"] != "decimal":
        return attribute
    arguments = [{"name": "precision", "value": PRECISION}, {"name": "scale", "value": SCALE}]
    return {**attribute, "cdm:traits": [{"traitReference": "is.dataFormat.numeric.shaped", "arguments": arguments}]}
