"""Customers who are there twice, as people make duplicates: what unification has to find."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local.sample.customers import telephone

if TYPE_CHECKING:
    import random

    from local.sample.customers import Customer


def duplicate(chance: random.Random, one: Customer, cid: str) -> Customer:
    """Return the same person under another cid, with differences as people make them."""
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
