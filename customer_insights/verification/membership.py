"""Which profile each row is in, by the table `Customer` of either side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
Member = tuple[str, str]
"""A row of a profile table: the table's name, and the key."""


def column(row: Row, table: str, key: str, *, alternate: bool = False) -> str | None:
    """Return the column of `Customer` that holds a table's key: `customer_cid`, or with the data source before it."""
    wanted = f"{table}_{key}{'_Alternate' if alternate else ''}".lower()
    return next((name for name in row if name.lower() == wanted or name.lower().endswith(f"_{wanted}")), None)


def members_of(row: Row, keys: Mapping[str, str]) -> set[Member]:
    """Return the rows that a profile is made of; `keys` has the key column of each table."""
    found: set[Member] = set()
    for table, key in keys.items():
        for alternate in (True, False):
            name = column(row, table, key, alternate=alternate)
            text = row.get(name) if name else None
            found |= {(table, one.strip()) for one in str(text or "").split(";") if one.strip()}
    return found


def membership(customers: Iterable[Row], keys: Mapping[str, str]) -> dict[Member, str]:
    """Return the `CustomerId` of each row."""
    return {member: str(row["CustomerId"]) for row in customers for member in members_of(row, keys)}
