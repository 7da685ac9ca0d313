"""`python -m spark_jobs.insights.rules.schema`: write `insights.schema.json`, by which editors complete and check the rules.

It is made from the model that the rules are read with, and checked in; a test says when it is stale.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from spark_jobs.insights.rules.reading import FILE
from spark_jobs.insights.rules.vocabulary import InsightsRules

SCHEMA = Path(__file__).resolve().parents[3] / "insights.schema.json"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `insights.toml`."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": FILE}
    made: dict[str, Any] = _for_editors(InsightsRules.model_json_schema())
    return made | head


def spelled() -> str:
    """Return the schema as it is checked in."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _for_editors(node: Any) -> Any:
    """Leave out what only TOML has otherwise: no null (a key is left out)."""
    if isinstance(node, list):
        return [_for_editors(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {name: _for_editors(item) for name, item in node.items() if not (name == "default" and item is None)}
    if isinstance(made.get("anyOf"), list):
        made["anyOf"] = [option for option in made["anyOf"] if option != {"type": "null"}]
        if len(made["anyOf"]) == 1:
            (only,) = made.pop("anyOf")
            made = only | made
    return made


if __name__ == "__main__":
    SCHEMA.write_text(spelled(), encoding="utf-8")
