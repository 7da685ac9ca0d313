"""What landed columns and tables are called in silver: readable in any alphabet, and decided once.

A name that was given stays: neither another order of columns, nor one that is missing, nor a new one that would have had it
first changes it (`shared/ledger/identities.py` keeps what was given).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from anyascii import anyascii

from shared.contracts.columns import LINEAGE
from shared.contracts.places import REJECTED

#: Columns of Dataverse that order and identify events: no other column may end up under their names.
_MEANT: Final = frozenset({"id", "versionnumber", "sinkmodifiedon", "sinkcreatedon", "isdelete"})
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def column_names(
    known: Mapping[str, str], columns: Iterable[str], *, prefixes: Sequence[str], renames: Mapping[str, str]
) -> dict[str, str]:
    """Return landed name in lower case -> silver name: those that are `known`, and new ones for the other columns.

    A configured rename wins, else the publisher's prefix goes, and what Delta Lake or Customer Insights refuse in a name
    becomes `_` (reference: Customer Insights, section 2). New names that would meet one that is given (Spark does not tell case
    apart) keep their prefix, then count up: a column is never lost to another.
    """
    told = {landed.lower(): name for landed, name in renames.items()}
    new = list(dict.fromkeys(name for name in columns if name not in LINEAGE and name.lower() not in known))
    plain = {name: legal(name) for name in new}
    wanted = {name: _stripped(name, prefixes) for name in new}
    own = {plain[name].lower() for name in new if plain[name] == wanted[name]}
    names = {landed: told.get(landed, name) for landed, name in known.items()}
    names |= {name.lower(): told[name.lower()] for name in new if name.lower() in told}
    taken = {name.lower() for name in names.values()}
    # Columns that keep their own name choose before those that lose a prefix.
    for name in sorted(new, key=lambda column: plain[column] != wanted[column]):
        if name.lower() in names:
            continue
        choice = wanted[name]
        if choice != plain[name] and choice.lower() in own | taken:
            choice = plain[name]
        unique, count = choice, 2
        while unique.lower() in taken:
            unique, count = f"{choice}_{count}", count + 1
        taken.add(unique.lower())
        names[name.lower()] = unique
    return names


def legal(name: str) -> str:
    """Return a column's name as Delta Lake and Customer Insights take it."""
    found = re.sub(r"[^A-Za-z0-9_]+", "_", anyascii(name)).strip("_")
    return found if found[:1].isalpha() else f"c_{found}"


def table_name(table: str) -> str:
    """Return a table's name as that of an entity."""
    found = re.sub(r"[^a-z0-9_]+", "_", anyascii(table).lower()).strip("_")
    return found if _NAME.fullmatch(found) else f"t_{found}"


def is_reserved(entity: str) -> bool:
    """Say whether an entity's name would be that of a table of our own."""
    return entity.lower().endswith(REJECTED)


def _stripped(name: str, prefixes: Sequence[str]) -> str:
    for prefix in prefixes:
        if name.lower().startswith(prefix.lower()) and len(name) > len(prefix):
            rest = name[len(prefix) :]
            return legal(name) if rest.lower() in _MEANT else legal(rest)
    return legal(name)
