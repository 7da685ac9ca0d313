"""Reports what is held back for too long: the bytes at the end of a growing file that do not become a complete record.

Most such tails are a moment of an export and go away by themselves. One that stays is a record that was cut off, or a quote
that never closes and swallows every row that is added; nothing of it may be lost, so somebody has to be told. Told once, in
the log and in the file's state; found in the rows of what waits (`shared/ledger/waiting.py`), which a report takes away.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.errors import LedgerChanged
from shared.ledger.ledger import HeldBack, Ledger
from shared.ports import Clock, Lake


@dataclass(frozen=True, kw_only=True)
class ReportTails:
    """Tells of each tail that waited too long, once; it is taken by itself when the file grows past it."""

    lake: Lake
    ledger: Ledger
    clock: Clock
    wait: timedelta

    def due(self, tails: Sequence[HeldBack]) -> list[HeldBack]:
        """Return the tails that waited long enough; asks nobody."""
        now = self.clock()
        return [tail for tail in tails if now - tail.since >= self.wait]

    def __call__(self, tails: Sequence[HeldBack]) -> None:
        """Report those of the tails that still stand; safe to repeat."""
        for tail in tails:
            with suppress(LedgerChanged):  # its file is being read in this moment
                self._report(tail)

    def _report(self, tail: HeldBack) -> None:
        known = self.ledger.file(tail.container, tail.path)
        record = known.record
        if record.state != "ingested" or not record.held_back or record.held_back_since != tail.since:
            return
        blob = self.lake.head(tail.container, tail.path)
        if blob is not None and blob.etag != record.version:
            return  # it changed, and may be complete by now: to be read first
        told = replace(record, state="held_back", held_back_told=True)
        self.ledger.record_file(known, told, at=self.clock(), detail=f"{record.reason} at byte {record.offset}")
