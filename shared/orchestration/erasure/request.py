"""What people may ask to be erased: everything of one key of one table.

A request is only recorded here, by digests of the key; `steps` carries it out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.config.tables import resolve
from shared.contracts.entity import Source
from shared.contracts.erasure.found import Found, read_found
from shared.contracts.erasure.keys import erased_key
from shared.contracts.errors import ContractError
from shared.contracts.manifest import ManifestPart
from shared.contracts.places import PIPELINE, batch_id, found_document
from shared.errors import InvalidInput, LandedFileChanged, LedgerChanged
from shared.ledger.identities import Identities
from shared.ledger.ledger import Ledger
from shared.ledger.records import Erasure
from shared.orchestration.erasure.landing_files import LandingFile, in_the_way
from shared.orchestration.listing import read_listed, with_all_parts
from shared.orchestration.reprocess import RequestConflicts
from shared.ports import Clock, Hints, Lake

_BLANKS = " \t\r\n\u00a0"  # around a key: none of them is content


class TableUnknown(InvalidInput):
    """No table of that name ever landed, so nothing of it is there."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__("table: expected a table that landed, as it landed or as silver calls it")


class KeyMisfit(InvalidInput):
    """A key has another number of texts than the table has key columns."""

    def __init__(self, expected: Sequence[str]) -> None:
        self.expected = tuple(expected)
        several = f"a list of {len(expected)} texts" if len(expected) > 1 else "one text"
        super().__init__(f"key: expected {several}, for {', '.join(expected)}, as silver holds them")


@dataclass(frozen=True, kw_only=True)
class ErasureRequest:
    """What to erase."""

    table: str  # as landed, or as silver calls it
    key: tuple[str, ...]  # as silver holds it, a text for each key column
    dry_run: bool = False
    request_id: str = ""  # the client's: two requests with the same one are the same request


@dataclass(frozen=True, kw_only=True)
class Erase:
    """Takes requests, and tells how they stand."""

    lake: Lake
    ledger: Ledger
    identities: Identities
    hints: Hints
    clock: Clock
    new_id: Callable[[], str]

    def __call__(self, request: ErasureRequest) -> Erasure:
        """Record a request, or find what became of it; raises `TableUnknown`, `KeyMisfit`, `RequestConflicts`."""
        identity = self.identities.of(request.table)
        if identity is None:
            raise TableUnknown(request.table)
        entity = resolve(self.identities.configuration, identity.source, identity.table, (), names=identity.names)
        if len(request.key) != len(entity.keys):
            raise KeyMisfit(entity.keys)
        salt = hashlib.sha256(request.request_id.encode()).hexdigest()[:16] if request.request_id else self.new_id()
        name, now = f"e{salt}", self.clock()
        texts = [spelled(text, identity.source) for text in request.key]
        asked = Erasure(
            erasure_id=name,
            source=identity.source,
            table=identity.table,
            entity=identity.entity,
            digests=erased_key(name, identity.entity, texts).digests,
            dry_run=request.dry_run,
            batch=batch_id(now, f"{name} 1"),
            created_at=now,
        )
        with suppress(LedgerChanged):  # asked before
            self.ledger.record_erasure(None, asked, at=now, detail=f"{identity.entity}{', dry run' if asked.dry_run else ''}")
        known = self.ledger.erasure(name)
        found = known.record if known else asked
        if (found.entity, found.digests, found.dry_run) != (asked.entity, asked.digests, asked.dry_run):
            raise RequestConflicts(request.request_id)
        self.hints.send("reconcile")
        return found

    def erasure(self, erasure_id: str) -> tuple[Erasure, Sequence[LandingFile]] | None:
        """Return how an erasure stands, and the landed files that would bring back what is erased; None for no such one."""
        known = self.ledger.erasure(erasure_id)
        if known is None:
            return None
        found = self._found(known.record)
        return known.record, () if found is None else in_the_way(self.lake, self.ledger, *found)

    def _found(self, erasure: Erasure) -> tuple[Found, Sequence[ManifestPart]] | None:
        try:
            return findings(self.lake, self.ledger, erasure)
        except (LandedFileChanged, ContractError):
            return None  # it is still being searched, or what was found cannot be read, which the batch's cause tells


def findings(lake: Lake, ledger: Ledger, erasure: Erasure) -> tuple[Found, Sequence[ManifestPart]]:
    """Return what the newest search of an erasure found, and the parts that it looked at.

    Raises `LandedFileChanged` where it has not ended, `ContractError` where what it left is not as agreed.
    """
    name = erasure.batch
    batch = ledger.batch(name)
    found = read_found(b"".join(lake.read(PIPELINE, found_document(name))), name, erasure.erasure_id)
    return found, with_all_parts(lake, read_listed(lake, name, batch.record.listing if batch else 1)).parts


def spelled(text: str, source: Source) -> str:
    """Spell a text of a key as silver holds it: without blanks around it, and a GUID in lower case without its braces."""
    text = text.strip(_BLANKS)
    return text.strip("{}").lower() if source == "dataverse" else text
