"""Names: what a landed column is called in silver, and how SQL quotes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from shared.contracts.columns import LINEAGE

#: Spark replaces `${env:…}`, `${system:…}` and `${<setting>}` in the text of SQL before it parses it, within quotes too. That
#: is turned off (`session`), but serverless compute may refuse to be told, so no name or text is ever spelled with it.
_SUBSTITUTED = "${"
_BREAK = "\ue000"  # of the area for private use


def quoted(name: str) -> str:
    """Return a name as a SQL identifier; one with `${` in it is that of a column which was renamed so (`spelled`)."""
    return backticked(spelled(name))


def backticked(name: str) -> str:
    """Return a name as the address of a column, outside of SQL text."""
    return "`" + name.replace("`", "``") + "`"


def spelled(name: str) -> str:
    """Return what a landed column is called within the job: without what Spark would replace, and distinct where names are."""
    return name.replace(_BREAK, 2 * _BREAK).replace(_SUBSTITUTED, f"${_BREAK}{{")


def literal(text: str) -> str:
    """Return a text as a SQL literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace(_SUBSTITUTED, "\\u0024{") + "'"


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
