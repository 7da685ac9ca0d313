"""One landed file's way, from its bytes to Customer Insights: each step with its time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from shared.api.documents import (
    BatchDocument,
    Count,
    Document,
    FileDocument,
    RefreshDocument,
    StepDocument,
    Time,
    time_text,
)
from shared.api.files import file_document
from shared.api.queries import PageQuery, QueryInvalid
from shared.api.runs import batch_document
from shared.api.status import refresh_document
from shared.ledger.ledger import Ledger
from shared.ledger.records import Batch, Part
from shared.ledger.states import FileState, PartState
from shared.ledger.tallies.increments import reasons

_STEPS = 200  # of the log: the newest
_BATCHES = 20  # the newest

_ENDS = frozenset({"file.ingested", "file.held_back", "file.rejected", "file.ignored", "file.poisoned"})
_DONE: frozenset[FileState] = frozenset({"ingested", "held_back", "rejected", "ignored", "poison"})


class StoryQuery(PageQuery, frozen=True, kw_only=True):
    """Which landed file, as `<container>/<path>`; `limit` is how many of its parts are shown."""

    file: str = ""


class StoryPartDocument(Document, frozen=True, kw_only=True):
    """A slice of the file, and the bronze part made from it."""

    part_id: str
    state: PartState
    start: Count  # of its slice, in bytes of the file
    end: Count
    records: Count
    rows: Count
    rejects: Count
    reasons: dict[str, int]  # of the rejects
    written_at: Time
    batch_id: str | None


class StoryDocument(Document, frozen=True, kw_only=True):
    """All that is known of a landed file's newest generation."""

    file: FileDocument
    steps: tuple[StepDocument, ...]  # the newest ones, in order
    parts: tuple[StoryPartDocument, ...]  # in order
    batches: tuple[BatchDocument, ...]  # that took the parts, or into which such a one was dissolved; the newest first
    refreshes: tuple[RefreshDocument, ...]  # of the publications that these made
    is_complete: bool  # False: there are more steps, parts or batches than are shown
    landed_at: Time | None
    taken_at: Time | None  # when all that landed was in bronze
    merged_at: Time | None  # when the first batch that took what landed last was in silver
    published_at: Time | None  # when such a one was in gold
    refreshed_at: Time | None  # when Customer Insights read that publication
    to_gold_seconds: float | None  # from landing to gold


@dataclass(frozen=True, kw_only=True)
class Stories:
    """Reads the ledger; changes nothing."""

    ledger: Ledger
    containers: tuple[str, ...]

    def __call__(self, query: StoryQuery) -> StoryDocument | None:
        """Return a file's story, None where no such file is known; raises `QueryInvalid`."""
        container, _, path = query.file.partition("/")
        if container not in self.containers or not path:
            raise QueryInvalid("file", f"a landed file as <container>/<path>, in one of {', '.join(self.containers)}")
        known = self.ledger.file(container, path)
        if not known.etag:
            return None
        file = known.record
        steps = list(self.ledger.log_of_file(container, path, since=max(0, file.step - _STEPS)))
        parts = [one.record for one in islice(self.ledger.of_generation(file), query.limit + 1)]
        named = list(dict.fromkeys(part.batch_id for part in reversed(parts) if part.batch_id))
        batches = list(self._batches(named[:_BATCHES], {part.entity for part in parts}))
        published = sorted((batch for batch in batches if batch.publication), key=lambda batch: batch.batch_id)
        newest = _newest(parts)
        of_newest = [batch for batch in batches if batch.batch_id in newest or batch.parent in newest]
        refreshes = [one.record for batch in published if (one := self.ledger.refresh(batch.publication))]
        taken = max((step.at for step in steps if step.event in _ENDS), default=None)
        merged = min((one.recorded_at for one in of_newest if one.state == "succeeded" and one.recorded_at), default=None)
        reached = min((one.recorded_at for one in of_newest if one.publication and one.recorded_at), default=None)
        own = {batch.publication for batch in of_newest if batch.publication}
        ends = (one.ended_at for one in refreshes if one.publication in own and one.state == "successful")
        read = min((at for at in ends if at), default=None)
        return StoryDocument(
            file=file_document(file),
            steps=tuple(StepDocument(at=time_text(one.at), event=one.event, detail=one.detail) for one in steps),
            parts=tuple(_part(part) for part in parts[: query.limit]),
            batches=tuple(batch_document(batch) for batch in batches),
            refreshes=tuple(refresh_document(one) for one in refreshes),
            is_complete=len(parts) <= query.limit and len(named) <= _BATCHES and file.step <= _STEPS,
            landed_at=time_text(file.modified_at),
            taken_at=time_text(taken) if file.state in _DONE else None,
            merged_at=time_text(merged),
            published_at=time_text(reached),
            refreshed_at=time_text(read),
            to_gold_seconds=_seconds(reached - file.modified_at) if reached and file.modified_at else None,
        )

    def _batches(self, names: Iterable[str], entities: set[str]) -> Iterator[Batch]:
        """Yield batches, and those of the file's entities into which one was dissolved."""
        for name in names:
            known = self.ledger.batch(name)
            if known is None:
                continue
            if known.record.state == "dissolved":
                newer = self.ledger.batches(at_once=_BATCHES * 10)
                yield from (one for one in islice(newer, _BATCHES * 10) if one.parent == name and entities & {*one.entities})
            yield known.record


def _newest(parts: Iterable[Part]) -> set[str]:
    """Return the batches that took what landed last: a file that grows is in gold up to what landed before."""
    listed = list(parts)
    at = max((part.landed_at for part in listed), default=None)
    return {part.batch_id for part in listed if part.landed_at == at and part.batch_id}


def _part(part: Part) -> StoryPartDocument:
    return StoryPartDocument(
        part_id=part.part_id,
        state=part.state,
        start=part.start,
        end=part.end,
        records=part.records,
        rows=part.rows,
        rejects=part.rejects,
        reasons=dict(reasons(part)),
        written_at=time_text(part.written_at),
        batch_id=part.batch_id or None,
    )


def _seconds(length: timedelta) -> float:
    return round(length.total_seconds(), 3)
