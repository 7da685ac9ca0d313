"""Batches and their runs: `GET /api/runs`, `GET /api/runs/{batch_id}`, and un-parking one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from msgspec import structs

from shared.api.documents import (
    BatchDetailDocument,
    BatchDocument,
    LinksDocument,
    PartDocument,
    RunsPage,
    StepDocument,
    TimingsDocument,
    time_text,
)
from shared.api.pages import cursor, page_of, place_of
from shared.api.queries import PageQuery, QueryInvalid, RunsQuery
from shared.contracts.codec import encoded
from shared.contracts.errors import ContractError
from shared.contracts.manifest import Manifest, ManifestPart, read_manifest, some_parts
from shared.contracts.outcome import read_outcome
from shared.contracts.places import PIPELINE, batch_manifest, divided, outcome_document
from shared.errors import Conflict, LandedFileChanged, LedgerChanged
from shared.ledger.ledger import Ledger
from shared.ledger.records import Batch
from shared.ports import Clock, Hints, Lake

T = TypeVar("T")
_BATCH_ID = re.compile(r"b\d{8}T\d{6}Z_[0-9a-f]{8}")


class NotParked(Conflict):
    """Only a parked batch can be un-parked or discarded; says how the batch stands."""

    def __init__(self, batch_id: str, state: str, wanted: str = "un-parked") -> None:
        self.batch_id = batch_id
        self.state = state
        super().__init__(f"{batch_id} is {state}; only a parked batch can be {wanted}")


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Tells of batches, and gives a parked one its next attempt."""

    lake: Lake
    ledger: Ledger
    hints: Hints
    clock: Clock

    def page(self, query: RunsQuery) -> RunsPage:
        """Return batches, newest first; raises `QueryInvalid`."""
        place = place_of(query.cursor)
        if not isinstance(place, str | None) or (place and not _BATCH_ID.fullmatch(place)):
            raise QueryInvalid("cursor", "what `next` of the page before said")
        listed = self.ledger.batches(state=query.state or "", after=place or "", at_once=query.limit + 1)
        found = ((batch.batch_id, batch) for batch in listed)
        page = page_of(found, batch_document, limit=query.limit)
        return RunsPage(runs=page.items, next=page.following)

    def detail(self, batch_id: str, query: PageQuery) -> BatchDetailDocument | None:
        """Return all that is known of a batch, and a page of its parts; None where there is no such batch."""
        known = self.ledger.batch(batch_id) if _BATCH_ID.fullmatch(batch_id) else None
        if known is None:
            return None
        batch, limit, place = known.record, query.limit, place_of(query.cursor)
        if not isinstance(place, str | None) or (place and not (place.isascii() and place.isdigit() and len(place) < 9)):
            raise QueryInvalid("cursor", "what `next` of the page before said")
        first = int(place or 0)
        outcome = self._read(outcome_document(batch_id), read_outcome, batch_id)
        manifest = self._read(batch_manifest(batch_id, batch.listing), read_manifest, batch_id)
        parts = self._parts(manifest, first, limit) if manifest else ()
        many = sum(one.parts for one in manifest.extents.values()) if manifest else 0
        following = cursor(str(first + limit)) if first + limit < many else None
        return BatchDetailDocument(
            **structs.asdict(batch_document(batch)),
            steps=tuple(
                StepDocument(at=time_text(entry.at), event=entry.event, detail=entry.detail)
                for entry in self.ledger.log_of_batch(batch_id)
            ),
            called_back_at=time_text(self.ledger.callback_of(batch_id)),
            counts=encoded(outcome.entities) if outcome else {},
            gold=encoded(outcome.gold) if outcome else {},
            failed=dict(outcome.failed) if outcome else {},
            warnings=tuple(encoded(outcome.warnings)) if outcome else (),
            timings=TimingsDocument(
                open_seconds=_seconds(batch.created_at, batch.submitted_at),
                run_seconds=_seconds(batch.submitted_at, batch.ended_at),
                recorded_after_seconds=_seconds(batch.ended_at, batch.recorded_at),
            ),
            links=LinksDocument(
                run=batch.run_url or None,
                manifest=f"{PIPELINE}/{batch_manifest(batch_id, batch.listing)}",
                outcome=f"{PIPELINE}/{outcome_document(batch_id)}" if outcome else None,
                parent=f"/api/runs/{batch.parent}" if batch.parent else None,
                reprocess=f"/api/reprocess/{batch.reprocess}" if batch.reprocess else None,
            ),
            listed=tuple(_part(part) for part in parts),
            next=following,
        )

    def unpark(self, batch_id: str) -> Batch | None:
        """Give a parked batch, or one that was discarded, its next attempt; None where there is none; raises `NotParked`."""
        known = self.ledger.batch(batch_id) if _BATCH_ID.fullmatch(batch_id) else None
        if known is None:
            return None
        if known.record.state not in {"parked", "discarded"}:
            raise NotParked(batch_id, known.record.state)
        after = known.record.unparked()
        try:
            self.ledger.record_batch(known, after, at=self.clock(), detail=f"attempt {after.attempt}")
        except LedgerChanged as error:
            raise NotParked(batch_id, "being un-parked") from error
        self.hints.send("reconcile")
        return after

    def discard(self, batch_id: str) -> Batch | None:
        """Set the parts of a parked batch aside; None where there is no such batch; raises `NotParked`.

        Bronze keeps them, nothing waits behind them, and no rebuild takes them, until the batch is un-parked. Repeating it
        changes nothing.
        """
        known = self.ledger.batch(batch_id) if _BATCH_ID.fullmatch(batch_id) else None
        if known is None:
            return None
        if known.record.state == "discarded":
            return known.record
        if known.record.state != "parked":
            raise NotParked(batch_id, known.record.state, "discarded")
        after = replace(known.record, state="discarded", holds=False)
        try:
            self.ledger.record_batch(known, after, at=self.clock(), detail=f"{after.parts} parts set aside")
        except LedgerChanged as error:
            raise NotParked(batch_id, "being un-parked or discarded", "discarded") from error
        self.hints.send("reconcile")
        return after

    def _parts(self, manifest: Manifest, first: int, limit: int) -> tuple[ManifestPart, ...]:
        try:
            return some_parts(manifest, first, limit, lambda page: b"".join(self.lake.read(*divided(page))))
        except (LandedFileChanged, ContractError):
            return ()

    def _read(self, path: str, read: Callable[[bytes, str], T], batch_id: str) -> T | None:
        try:
            return read(b"".join(self.lake.read(PIPELINE, path)), batch_id)
        except (LandedFileChanged, ContractError):
            return None  # not written yet, or not as agreed, which the batch's cause tells


def batch_document(batch: Batch) -> BatchDocument:
    """Return what the API says of a batch."""
    return BatchDocument(
        batch_id=batch.batch_id,
        stage=batch.stage,
        state=batch.state,
        attempt=batch.attempt,
        run_id=batch.run_id or None,
        run_url=batch.run_url or None,
        entities=batch.entities,
        parts=batch.parts,
        rows=batch.rows,
        created_at=time_text(batch.created_at),
        submitted_at=time_text(batch.submitted_at),
        ended_at=time_text(batch.ended_at),
        recorded_at=time_text(batch.recorded_at),
        retry_at=time_text(batch.retry_at),
        publication=batch.publication or None,
        cause=batch.cause or None,
        landed_from=time_text(batch.landed_from),
        landed_until=time_text(batch.landed_until),
        applied=batch.applied,
        superseded=batch.superseded,
        duplicates=batch.duplicates,
        rejected=batch.rejected,
        holds_its_entities=batch.holds,
        parent=batch.parent or None,
        reprocess=batch.reprocess or None,
    )


def _part(part: ManifestPart) -> PartDocument:
    return PartDocument(**{name: getattr(part, name) for name in PartDocument.__struct_fields__})


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    return round((end - begin).total_seconds(), 3) if begin and end else None
