"""Whose rows are to leave: a key of one entity, told by digests alone.

Nothing that is stored, sent or logged for an erasure holds the key itself. Each of its texts is hashed together with the id of
the erasure, so that the digests of two erasures of one person have nothing in common; whoever knows a key, and the id, can
tell whether it is the one that was erased, and nobody can read it back from a list of all erasures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ErasedKey:
    """The key of one person's rows in one entity."""

    erasure_id: str
    entity: str
    digests: tuple[str, ...]  # one for each key column of the entity, in their order


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a batch of the stage `erasure` does: it looks at everything that its parts hold, and at silver."""

    key: ErasedKey
    dry_run: bool = False  # look only, and change nothing


def salted(erasure_id: str) -> str:
    """Return what stands before each text that is hashed."""
    return f"{erasure_id}:"


def digest(erasure_id: str, text: str) -> str:
    """Hash a text of a key, spelled as silver holds it."""
    return hashlib.sha256(f"{salted(erasure_id)}{text}".encode()).hexdigest()


def erased_key(erasure_id: str, entity: str, texts: Sequence[str]) -> ErasedKey:
    """Tell a key by its digests."""
    return ErasedKey(erasure_id=erasure_id, entity=entity, digests=tuple(digest(erasure_id, text) for text in texts))
