"""`python -m shared.config.schema`: write `customer360.schema.json`, by which editors complete and check the configuration.

It is made from the model that the app reads the file with, and checked in; a test says when it is stale.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from shared.config.tables import FILE, Configuration

SCHEMA = Path(__file__).resolve().parents[2] / "customer360.schema.json"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `customer360.toml`."""
    made = msgspec.json.schema(Configuration)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": FILE}
    fit: dict[str, Any] = _for_editors(made)
    return head | fit


def spelled() -> str:
    """Return the schema as it is checked in."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _for_editors(node: Any) -> Any:
    """Spell what only TOML has otherwise: no null (a key is left out), and no key that nobody reads."""
    if isinstance(node, list):
        return [_for_editors(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {name: _for_editors(item) for name, item in node.items() if not (name == "default" and item is None)}
    if isinstance(made.get("properties"), dict):
        made["additionalProperties"] = False
    if "anyOf" in made:
        made["anyOf"] = [option for option in made["anyOf"] if option != {"type": "null"}]
        if len(made["anyOf"]) == 1:
            (only,) = made.pop("anyOf")
            made = only | made
    return made


if __name__ == "__main__":
    SCHEMA.write_text(spelled(), encoding="utf-8")
