"""Landed files that nobody could take: the Functions host gave up on their events, or the sweep met an error in the code.

The host tries an event five times within seconds and then leaves a message in a queue of the landed file's own account
(reference: Azure Functions, section 3). It does not say why: storage that was away for a minute looks like a file that kills
whoever reads it. So the file is left to the sweep, behind all others, and only what the sweep finds to be the file's own fault
is recorded as poison. That is taken again by reprocessing, or by itself when the file's next version lands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.errors import InvalidInput
from shared.ledger.ledger import Ledger
from shared.ledger.states import PoisonResult
from shared.ports import Clock, Lake

_TRIED_BY_HOST = 2  # counted as fewer than it tried: what was away for a minute is taken by the next sweep


class PoisonUnreadable(InvalidInput):
    """A poison message is not of the form that the Functions host writes; says what is missing."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(f"poison message: expected {expected}")


@dataclass(frozen=True, kw_only=True)
class PoisonMessage:
    """Which file the host gave up on."""

    container: str
    path: str
    version: str  # ETag without quotes
    function: str


def read_poison(body: bytes) -> PoisonMessage:
    """Read a message of `webjobs-blobtrigger-poison`, decoded; raises `PoisonUnreadable`.

    Its ETag may be quoted twice (reference: Azure Functions, section 3).
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PoisonUnreadable("JSON") from error
    if not isinstance(document, Mapping):
        raise PoisonUnreadable("a JSON object")
    for name in ("ContainerName", "BlobName"):
        if not isinstance(document.get(name), str) or not document[name]:
            raise PoisonUnreadable(f"text in {name}")
    return PoisonMessage(
        container=document["ContainerName"],
        path=document["BlobName"],
        version=str(document.get("ETag") or "").strip('"'),
        function=str(document.get("FunctionId") or "").rpartition(".")[2],
    )


@dataclass(frozen=True, kw_only=True)
class Poison:
    """Records files that could not be taken."""

    lake: Lake
    ledger: Ledger
    clock: Clock
    containers: tuple[str, ...]

    def __call__(self, message: PoisonMessage) -> PoisonResult:
        """Record what the host gave up on; return what was done; safe to repeat."""
        if message.container not in self.containers:
            return PoisonResult.NOT_LANDING
        blob = self.lake.head(message.container, message.path)
        if blob is not None and message.version and blob.etag != message.version:
            return PoisonResult.CHANGED  # the new version has an event of its own, and the sweep looks anyway
        if blob is None:
            return PoisonResult.GONE
        known = self.ledger.file(message.container, message.path)
        if known.record.version == blob.etag:
            return PoisonResult.SETTLED
        if known.record.state != "seen":
            left = replace(
                known.record, state="seen", reason="given_up", detail="the host gave up on its event", size=blob.size
            )
            self.ledger.record_file(known, left, at=self.clock(), detail="the host gave up")
        self.ledger.record_try(message.container, message.path, _TRIED_BY_HOST, at=self.clock())
        return PoisonResult.RECORDED

    def record(self, container: str, path: str, detail: str) -> PoisonResult:
        """Record that the newest version of a file cannot be taken, unless it was taken since."""
        known, blob = self.ledger.file(container, path), self.lake.head(container, path)
        if blob is None:
            return PoisonResult.GONE
        if known.record.version == blob.etag:
            return PoisonResult.SETTLED
        after = replace(
            known.record,
            state="poison",
            reason="poison",
            detail=detail,
            version=blob.etag,
            size=blob.size,
            modified_at=blob.modified_at,
        )
        self.ledger.record_file(known, after, at=self.clock(), detail=detail)
        return PoisonResult.RECORDED
