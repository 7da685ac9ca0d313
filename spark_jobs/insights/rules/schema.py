"""`python -m spark_jobs.insights.rules.schema`: write `insights.schema.json`, by which editors complete and check the rules.

It is made from the model that the rules are read with, and checked in; a test says when it is stale.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from spark_jobs.insights.rules.reading import FILE
from spark_jobs.insights.rules.vocabulary import InsightsRules

SCHEMA = Path(__file__).resolve().parents[3] / "insights.schema.json"


class _ForEditors(GenerateJsonSchema):
    """Leaves out what only TOML has otherwise: no null (a key is left out)."""

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of what may be left out."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of what has a default; nothing is none."""
        return self.generate_inner(schema["schema"]) if schema.get("default", ...) is None else super().default_schema(schema)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `insights.toml`."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": FILE}
    return InsightsRules.model_json_schema(schema_generator=_ForEditors) | head


def spelled() -> str:
    """Return the schema as it is checked in."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(spelled(), encoding="utf-8")
