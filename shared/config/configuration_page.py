"""`python -m shared.config.configuration_page`: write `docs/configuration.md`, what may be set and what it means.

It is made from the models that the app reads its settings and `customer360.toml` with, and checked in; a test says when it is
stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import NODEFAULT, Meta, Struct, structs

from shared.config.app_settings import AppSettings, StorageSettings
from shared.config.schema import schema

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
_TABLE = "| {} | default | meaning |\n| --- | --- | --- |"
_HEAD = """# Configuration

What may be set: app settings, and `customer360.toml`. This page is made from the models that the app reads both with
(`python -m shared.config.configuration_page`; a test says when it is stale).

A mistake in either is told in one sentence with file, section, key and what is known or expected there: by `make demo` and
`make up` before they start anything, by the app in its log as soon as it starts (once), and by `GET /api/ready` (503). While
it lasts no landed file is judged; all are taken once it is mended.

## App settings

Of the function app; locally the `Values` of `local.settings.json`. Read once, checked when the app starts, never logged.

A connection is either a connection string under its own name, or, for a managed identity, its endpoints:
`<name>__blobServiceUri`, `<name>__queueServiceUri`, `<name>__tableServiceUri`, and `<name>__clientId` for a user-assigned
one; never both.
"""
_TOML = """
## customer360.toml

Beside `host.json`. Everything that is not named in it works with no configuration. An editor that reads
`customer360.schema.json`, as its first line asks, shows the same while it is written. Names of tables and columns are those of
silver unless it says otherwise.
"""
#: Section of the file -> its type in the schema; those that stand inside another one's key.
_SECTIONS = {
    "[dataverse]": "Dataverse",
    "[dataverse.tables.<table>]": "TableSection",
    "[finance.<data set>]": "DataSet",
    "[finance.<data set>.deleted_when]": "Deletes",
    "[….rules]": "Rule",
    "[silver]": "Silver",
    "[gold]": "Gold",
    "[limits]": "FileLimits",
}
#: Of a rule, whose model is a contract with the job, and describes no keys for editors.
_RULES = {
    "action": "what becomes of a row that breaks it",
    "required": "a value has to be there",
    "pattern": "a Java regular expression that the whole value matches",
    "min": "the least that a value may be",
    "max": "the most that a value may be",
    "allowed": "the values that may be",
    "unique": "no two keys may share the value in their current rows",
}


def page() -> str:
    """Return the page as it is checked in."""
    settings = [_TABLE.format("setting"), *_of(StorageSettings), *_of(AppSettings)]
    parts = [_HEAD, "\n".join(settings), _TOML]
    known = schema()["$defs"]
    for section, name in _SECTIONS.items():
        described = str(known[name].get("description", "")).partition("\n")[0]
        of_rules = _RULES if name == "Rule" else {}
        rows = [
            f"| `{key}` | {_default(of)} | {_meaning({'description': of_rules.get(key, ''), **of})} |"
            for key, of in known[name]["properties"].items()
        ]
        parts.append("\n".join([f"**`{section}`** {described}\n", _TABLE.format("key"), *rows, ""]))
    return "\n".join(parts).rstrip() + "\n"


def _of(model: type[Struct]) -> Iterator[str]:
    for field in structs.fields(model):
        of: Any = field.type
        description = next(
            meta.description for meta in reversed(of.__metadata__) if isinstance(meta, Meta) and meta.description
        )
        default = "–" if field.default is NODEFAULT else f"`{field.default}`" if field.default != "" else ""
        yield f"| `{field.encode_name}` | {default} | {_cell(description)} |"


def _default(of: Mapping[str, Any]) -> str:
    found = of.get("default")
    return "" if found in (None, "", (), [], {}) else f"`{str(found).lower() if isinstance(found, bool) else found}`"


def _meaning(of: Mapping[str, Any]) -> str:
    told = str(of.get("description", "")).replace("\n", " ")
    listed = of.get("enum") or next((one["enum"] for one in of.get("anyOf", ()) if "enum" in one), None)
    choice = f"one of {', '.join(f'`{one}`' if one else 'nothing' for one in listed)}" if listed else ""
    return _cell("; ".join(filter(None, (told, choice))))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
