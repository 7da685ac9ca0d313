"""What a search for a key found: how many rows of silver, and which records of which bronze parts. Positions, never content."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.codec import Count, decode, encode
from shared.contracts.errors import ContractError


@dataclass(frozen=True, kw_only=True)
class FoundPart:
    """A bronze part that holds such rows, or has them among its rejects."""

    part_id: str
    rows: tuple[Count, ...] = ()  # record numbers
    rejects: tuple[Count, ...] = ()  # likewise


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one search found."""

    batch_id: str
    erasure_id: str
    silver: Count  # rows of the entity's table, of its whole history
    rejected: Count  # rows of the table of its rejected rows
    parts: tuple[FoundPart, ...]  # those alone that hold any

    @property
    def is_nothing(self) -> bool:
        """Whether nothing was there."""
        return not (self.silver or self.rejected or self.parts)


def read_found(data: bytes | str, batch_id: str, erasure_id: str) -> Found:
    """Read what the search of a batch found; raises `ContractError` where it is that of another one."""
    document = f"findings of batch {batch_id}"
    found = decode(Found, data, document)
    for key, got, expected in (("batch_id", found.batch_id, batch_id), ("erasure_id", found.erasure_id, erasure_id)):
        if got != expected:
            raise ContractError(document, key, expected=expected, got=got)
    return found


def write_found(found: Found) -> bytes:
    """Spell it."""
    return encode(found)
