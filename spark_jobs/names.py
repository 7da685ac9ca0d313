"""Names: what a landed column is called in silver, and how SQL quotes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from shared.contracts.columns import LINEAGE


def quoted(name: str) -> str:
    """Return a name as a SQL identifier."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Return a text as a SQL literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def silver_names(landed: Iterable[str], prefixes: Sequence[str], renames: Mapping[str, str]) -> dict[str, str]:
    """Return landed name -> silver name, in order.

    A configured rename wins, else the publisher's prefix goes, and what Delta Lake or Customer Insights refuse in a name
    becomes `_` (reference: Customer Insights, section 2). Names that would meet (Spark does not tell case apart) keep
    their prefix, then count up: a column is never lost to another.
    """
    columns = [name for name in landed if name not in LINEAGE]
    plain = {name: _legal(name) for name in columns}
    wanted = {name: renames.get(name) or _legal(_stripped(name, prefixes)) for name in columns}
    renamed = {wanted[name].lower() for name in columns if name in renames}
    own = {plain[name].lower() for name in columns if plain[name] == wanted[name]}
    taken: set[str] = set()
    names: dict[str, str] = {}
    for name in sorted(columns, key=lambda column: column not in renames):  # renames choose first
        choice = wanted[name]
        if name not in renames and choice != plain[name] and choice.lower() in own | renamed | taken:
            choice = plain[name]
        unique, count = choice, 2
        while unique.lower() in taken:
            unique, count = f"{choice}_{count}", count + 1
        taken.add(unique.lower())
        names[name] = unique
    return {name: names[name] for name in columns}


def _stripped(name: str, prefixes: Sequence[str]) -> str:
    for prefix in prefixes:
        if name.lower().startswith(prefix.lower()) and len(name) > len(prefix):
            return name[len(prefix) :]
    return name


def _legal(name: str) -> str:
    legal = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
    return legal if legal[:1].isalpha() else f"c_{legal}"
