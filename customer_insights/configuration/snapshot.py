"""What was pulled, in a folder that is kept under version control: `<kind>/<name>.json`, configuration only.

Unknown fields stay, so that a document can be written back whole; what the service writes by itself, and the names of people in
it, does not come along, so that two pulls of the same configuration are the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from customer_insights.configuration.documents import KINDS, Document, Kind, configured
from customer_insights.errors import NotPulled

Configuration = dict[Kind, dict[str, dict[str, Any]]]
"""Documents by kind and name."""


def of_instance(listed: Mapping[Kind, list[Document]]) -> Configuration:
    """Return what is set, of all that an instance lists; relationships that it made by itself are not configuration."""
    return {
        kind: {
            str(document["name"]): configured(document)
            for document in listed[kind]
            if str(document.get("source", "user")).lower() == "user"
        }
        for kind in KINDS
    }


def read(folder: Path) -> Configuration:
    """Return what was pulled into a folder; raises `NotPulled`."""
    if not any((folder / kind).is_dir() for kind in KINDS):
        raise NotPulled(folder.name)
    return {
        kind: {
            unquote(file.stem): json.loads(file.read_text(encoding="utf-8")) for file in sorted((folder / kind).glob("*.json"))
        }
        for kind in KINDS
    }


def write(folder: Path, configuration: Configuration) -> None:
    """Make a folder hold just this."""
    for kind in KINDS:
        room = folder / kind
        room.mkdir(parents=True, exist_ok=True)
        for file in room.glob("*.json"):
            if unquote(file.stem) not in configuration[kind]:
                file.unlink()
        for name, document in configuration[kind].items():
            text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
            (room / f"{quote(name, safe='')}.json").write_text(text + "\n", encoding="utf-8")
