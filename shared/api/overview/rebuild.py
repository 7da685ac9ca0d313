"""Counts everything again from the ledger, for one that was written before its tallies were, or whose tallies are in doubt.

It passes through the whole ledger, so it is a command (`python -m function_app.rebuild`) and no call of the API. Nothing may be
written meanwhile: a process that goes on adds to rows that it began before.

Two things come out otherwise than they were counted: parts of a reading that was given up are gone, and so are not counted on
the day that they were taken on; and the states of files and batches are counted on the day that each was first seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shared.contracts.errors import ContractError
from shared.contracts.manifest import read_manifest
from shared.contracts.outcome import read_outcome
from shared.contracts.places import PIPELINE as PIPELINE_CONTAINER
from shared.contracts.places import batch_manifest, outcome_document
from shared.errors import LandedFileChanged
from shared.ledger.ledger import Ledger
from shared.ledger.records import Batch
from shared.ledger.states import LogEntry
from shared.ledger.table_records import LakeTable, concluded
from shared.ledger.tallies import increments
from shared.ledger.tallies.tally import KEPT_DAYS
from shared.ports import Clock, Lake


@dataclass
class Recount:
    """What one partition's tally should say."""

    days: dict[date | None, Counter[str]] = field(default_factory=dict)
    newest: dict[str, datetime] = field(default_factory=dict)

    def add(self, at: datetime, first_day: date, changes: Counter[str]) -> None:
        """Add what a step changed on the day of `at`."""
        day = at.date() if at.date() >= first_day else None
        self.days.setdefault(day, Counter()).update(changes)


@dataclass(frozen=True, kw_only=True)
class Rebuild:
    """Writes the tallies and the records of tables anew."""

    ledger: Ledger
    lake: Lake
    clock: Clock
    containers: tuple[str, ...]

    def __call__(self) -> int:
        """Do it and return how many things were counted; safe to repeat."""
        first_day = self.clock().date() - timedelta(days=KEPT_DAYS)
        seen = 0
        for container in self.containers:
            counted = Recount()
            seen += self._files(container, counted, first_day)
            self.ledger.rewrite_tally(container, counted.days, newest=counted.newest, at=self.clock())
        counted = Recount()
        seen += self._batches(counted, first_day)
        self.ledger.rewrite_tally("", counted.days, newest={}, at=self.clock())
        self._tables()
        return seen

    def _files(self, container: str, counted: Recount, first_day: date) -> int:
        seen = 0
        nothing = self.ledger.file(container, "").record
        for known in self.ledger.files(container):
            seen, file = seen + 1, known.record
            first = next(iter(self.ledger.log_of_file(container, file.path)), None)
            at = first.at if first else file.changed_at or self.clock()
            counted.add(at, first_day, increments.of_file(nothing, file))
            if file.modified_at:
                counted.newest["landed"] = max(file.modified_at, counted.newest.get("landed", file.modified_at))
        for part in self.ledger.parts_in(container):
            counted.add(part.record.written_at, first_day, increments.of_part(part.record))
            counted.newest["taken"] = max(part.record.landed_at, counted.newest.get("taken", part.record.landed_at))
        return seen

    def _batches(self, counted: Recount, first_day: date) -> int:
        seen = 0
        for batch in self.ledger.batches():
            seen += 1
            counted.add(batch.created_at, first_day, Counter({batch.state: 1}))
            for entry in _bad_ends(self.ledger.log_of_batch(batch.batch_id)):
                counted.add(entry.at, first_day, Counter({increments.RUN_BADLY: 1}))
            if batch.state == "succeeded":
                counted.add(batch.recorded_at or batch.created_at, first_day, increments.of_success(batch))
            refresh = self.ledger.refresh(batch.publication) if batch.publication else None
            if refresh and refresh.record.ended_at:
                counted.add(refresh.record.ended_at, first_day, increments.of_refresh(refresh.record))
        return seen

    def _tables(self) -> None:
        known: dict[tuple[str, str], LakeTable] = {}
        succeeded = sorted(self.ledger.batches(state="succeeded"), key=lambda batch: batch.recorded_at or batch.created_at)
        for batch in succeeded:
            for record in self._concluded(list(known.values()), batch):
                known[record.layer, record.name] = record
        self.ledger.record_tables(known.values())

    def _concluded(self, known: list[LakeTable], batch: Batch) -> list[LakeTable]:
        name = batch.batch_id
        try:
            outcome = read_outcome(self._read(outcome_document(name)), name)
            manifest = read_manifest(self._read(batch_manifest(name, batch.listing)), name)
        except (LandedFileChanged, ContractError):
            return []  # of an earlier version, or taken away
        return concluded(known, batch, outcome, manifest.parts, batch.recorded_at or batch.created_at)

    def _read(self, path: str) -> bytes:
        return b"".join(self.lake.read(PIPELINE_CONTAINER, path))


def _bad_ends(log: Iterator[LogEntry]) -> Iterator[LogEntry]:
    """Yield the steps at which a run ended badly: a batch may be parked without one."""
    runs = False
    for entry in log:
        if entry.event in {"batch.submitted", "batch.running"}:
            runs = True
        elif runs and entry.event in {"batch.failed", "batch.parked", "batch.dissolved"}:
            runs = False
            yield entry
