"""Duplicates planted among the sample's customers, as people make them, and which are one: to see what unification finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from local.sample.customers import telephone

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from local.sample.customers import Customer


@dataclass(frozen=True, kw_only=True)
class Planted:
    """Customers with duplicates among them."""

    customers: tuple[Customer, ...]
    twins: tuple[tuple[str, str], ...]  # pairs of cids that are one person


def plant(chance: random.Random, customers: Sequence[Customer], *, share: float = 0.1) -> Planted:
    """Add a second row for a share of the customers, each with another cid and differences as people make them."""
    found = list(customers)
    twins: list[tuple[str, str]] = []
    free = 1 + max(int(one.cid) for one in customers)
    for one in chance.sample(list(customers), round(share * len(customers))):
        twin = _again(chance, one, str(free + len(twins)))
        found.append(twin)
        twins.append((one.cid, twin.cid))
    return Planted(customers=tuple(found), twins=tuple(twins))


def _again(chance: random.Random, one: Customer, cid: str) -> Customer:
    twin = replace(one, cid=cid, telephone=telephone(chance))
    if one.email is not None and chance.random() < 0.5:
        # Typed again at another counter: the same mailbox, written otherwise, and a name with a slip.
        return replace(twin, email=f" {one.email.upper()}", name=_slip(chance, one.name))
    # Another mailbox, the same person at the same place.
    return replace(twin, email=f"customer{cid}@example.net", name=_slip(chance, one.name))


def _slip(chance: random.Random, text: str) -> str:
    """Leave one letter out, or swap two where the text is long enough to be known again."""
    if len(text) < 6:
        return text
    place = chance.randrange(1, len(text) - 2)
    if len(text) >= 14 and chance.random() < 0.5:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + text[place + 1 :]
