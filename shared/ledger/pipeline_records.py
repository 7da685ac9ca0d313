"""The part of the ledger that says what runs and what ran: the pipeline, its batches, refreshes, reprocess jobs and erasures.

| partition | row | holds |
| --- | --- | --- |
| `pipeline` | `now` | the one record that names the active batch and the active refresh |
| | `batch-<newest first>` | batches |
| | `in-<state>-<newest first>` | each batch once more, by state |
| | `refresh-<publication>` | refreshes |
| | `reprocess-<id>` | reprocess jobs |
| | `of-<reprocess id>-<batch>` | which batches a reprocess job makes, or un-parks |
| | `erasure-<id>` | erasures |
| | `log-<batch or id>-<step>` | every step of these |
| | `called-<batch>` | when the workspace told that a batch's run ended |
| | `table-<layer>-<name>` | tables of silver and gold: see `shared/ledger/table_records.py` |
| | `tally-…` | counts by day: see `shared/ledger/tallies/tally.py` |
| | `wait-…` | what waits: see `shared/ledger/waiting.py` |
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial

from shared.concurrency import chunks
from shared.ledger.records import Batch, Erasure, Pipeline, Refresh, ReprocessJob
from shared.ledger.rows import AFTER, AT_ONCE, FIRST, Known, guarded, known_as, logged, newest_first, values_of
from shared.ledger.states import BatchState, LogEntry, Unset, event_of
from shared.ledger.tallies import increments
from shared.ledger.tallies.tally import NO_TIMES, Tally
from shared.ledger.told.pipeline_steps import tell_batch, tell_erasure, tell_refresh, tell_reprocess
from shared.ports import Tables, Write

PIPELINE = "pipeline"
"""The partition of what runs and what ran."""


class PipelineRecords:
    """Batches, refreshes, reprocess jobs; a part of the ledger."""

    _tables: Tables
    _tally: Tally

    def pipeline(self) -> Known[Pipeline]:
        """Return what is going on now."""
        row = self._tables.get(PIPELINE, "now")
        return Known(record=Pipeline()) if row is None else known_as(Pipeline, row)

    # Batches --------------------------------------------------------------------------------------------------------

    def batch(self, batch_id: str) -> Known[Batch] | None:
        """Return a batch, or None."""
        row = self._tables.get(PIPELINE, f"batch-{newest_first(batch_id)}")
        return None if row is None else known_as(Batch, row)

    def batches(self, *, state: BatchState | Unset = "", after: str = "", at_once: int = 1000) -> Iterator[Batch]:
        """Yield batches, newest first, all or those in a state, from behind the batch `after`."""
        prefix = f"in-{state}-" if state else "batch-"
        start = f"{prefix}{newest_first(after)}{FIRST}" if after else prefix
        for row in self._tables.range(PIPELINE, start, prefix + AFTER, at_once=at_once):
            yield known_as(Batch, row).record

    def discarded(self) -> frozenset[tuple[str, str]]:
        """Return what was set aside, as the batch that took the parts and the entity."""
        aside = set()
        for batch in self.batches(state="discarded"):
            taken, known = batch, self.batch(batch.parent) if batch.parent else None
            while known is not None:
                taken, known = known.record, self.batch(known.record.parent) if known.record.parent else None
            if not batch.reprocess:  # the parts of one that does things again are others', which were published
                aside |= {(taken.batch_id, entity) for entity in batch.entities}
        return frozenset(aside)

    def held_entities(self) -> frozenset[str]:
        """Return the entities whose new parts wait behind a parked batch that failed for a cause of its own."""
        parked = [batch for batch in self.batches(state="parked") if batch.holds]
        return frozenset(entity for batch in parked for entity in batch.entities)

    def record_batch(
        self,
        known: Known[Batch] | None,
        after: Batch,
        *,
        at: datetime,
        pipeline: tuple[Known[Pipeline], Pipeline] | None = None,
        refresh: Refresh | None = None,
        replaced_refresh: tuple[Known[Refresh], Refresh] | None = None,
        into: Iterable[Batch] = (),
        detail: str = "",
    ) -> None:
        """Write a batch's next state, its log entry and what changes with it in the pipeline, all or nothing.

        `into` are the queued batches that it is dissolved into, 25 at most.
        """
        tells: list[Callable[[], None]] = []
        writes = _batch_writes(known, after, at, detail, tells)
        changes = increments.of_batch(known.record if known else None, after)
        for part in into:
            writes += _batch_writes(None, part, at, f"of {after.batch_id}", tells)
            changes.update(increments.of_batch(None, part))
        if pipeline is not None:
            writes.append(guarded("now", pipeline[1], pipeline[0].etag))
        if refresh is not None:
            tells.append(partial(tell_refresh, event_of(("refresh", "", refresh.state)), refresh))
            writes.append(Write(kind="upsert", key=f"refresh-{refresh.publication}", values=values_of(refresh)))
        if replaced_refresh is not None:
            replaced, replacement = replaced_refresh
            tells.append(partial(tell_refresh, event_of(("refresh", replaced.record.state, replacement.state)), replacement))
            writes.append(guarded(f"refresh-{replacement.publication}", replacement, replaced.etag))
        self._counted(PIPELINE, changes, writes, at)
        for tell in tells:
            tell()

    def log_of_batch(self, batch_id: str) -> Iterator[LogEntry]:
        """Yield every step that a batch took, in order."""
        prefix = f"log-{batch_id}-"
        for row in self._tables.range(PIPELINE, prefix, prefix + AFTER):
            yield known_as(LogEntry, row).record

    def note_callback(self, batch_id: str, *, at: datetime) -> None:
        """Write that the workspace told of the end of a batch's run; the last word counts, and nothing depends on it."""
        self._tables.commit(PIPELINE, [Write(kind="upsert", key=f"called-{batch_id}", values={"at": at})])

    def callback_of(self, batch_id: str) -> datetime | None:
        """Return when the workspace told that the run of a batch ended; None where it did not, or not yet."""
        row = self._tables.get(PIPELINE, f"called-{batch_id}")
        at = row.values.get("at") if row else None
        return at if isinstance(at, datetime) else None

    # Refreshes ------------------------------------------------------------------------------------------------------

    def refresh(self, publication: str) -> Known[Refresh] | None:
        """Return the refresh that was asked for after a publication, or None."""
        row = self._tables.get(PIPELINE, f"refresh-{publication}")
        return None if row is None else known_as(Refresh, row)

    def record_refresh(
        self, known: Known[Refresh], after: Refresh, *, pipeline: tuple[Known[Pipeline], Pipeline] | None = None
    ) -> None:
        """Write a refresh's next state, and what changes with it in the pipeline."""
        changed = known.record.state != after.state
        event = event_of(("refresh", known.record.state, after.state)) if changed else None
        writes = [guarded(f"refresh-{after.publication}", after, known.etag)]
        if pipeline is not None:
            writes.append(guarded("now", pipeline[1], pipeline[0].etag))
        if changed and after.ended_at:
            self._counted(PIPELINE, increments.of_refresh(after), writes, after.ended_at)
        else:
            self._tables.commit(PIPELINE, writes)
        if event:
            tell_refresh(event, after)

    # Reprocess jobs -------------------------------------------------------------------------------------------------

    def reprocess_job(self, reprocess_id: str) -> Known[ReprocessJob] | None:
        """Return a reprocess job, or None."""
        row = self._tables.get(PIPELINE, f"reprocess-{reprocess_id}")
        return None if row is None else known_as(ReprocessJob, row)

    def record_reprocess(
        self, known: Known[ReprocessJob] | None, after: ReprocessJob, *, at: datetime, detail: str = ""
    ) -> None:
        """Write a reprocess job's next state and its log entry."""
        before = known.record if known else None
        event = event_of(("reprocess", before.state if before else "", after.state))
        after = dataclasses.replace(after, step=(before.step if before else 0) + 1)
        name = after.reprocess_id
        entry = LogEntry(at=at, thing="reprocess", name=name, step=after.step, event=event, detail=detail)
        writes = [guarded(f"reprocess-{name}", after, known.etag if known else ""), logged(f"log-{name}", entry)]
        writes += _wait_rows("reprocess", name, before is None, after.state == "running")
        self._tables.commit(PIPELINE, writes)
        tell_reprocess(event, after, detail)

    def _counted(
        self,
        partition: str,
        changes: Mapping[str, int],
        writes: Iterable[Write],
        at: datetime,
        newest: Mapping[str, datetime] = NO_TIMES,
    ) -> None:
        """Commit a step, and what it adds to the tally, all or nothing."""
        try:
            self._tables.commit(partition, [*writes, self._tally.counting(partition, changes, at, newest=newest)])
        except BaseException:  # it may have gone through all the same: the answer can get lost
            self._tally.forget(partition)
            raise
        self._tally.counted()

    def name_batches(self, reprocess_id: str, batches: Iterable[tuple[str, str]]) -> None:
        """Write which batches a reprocess job makes, or un-parks, each with its entity; naming one again changes nothing."""
        rows = [Write(kind="upsert", key=f"of-{reprocess_id}-{name}", values={"entity": entity}) for name, entity in batches]
        for some in chunks(rows, AT_ONCE):
            self._tables.commit(PIPELINE, some)

    def batches_of(self, reprocess_id: str, *, after: str = "") -> Iterator[tuple[str, str]]:
        """Yield the batches of a reprocess job, each with its entity, from behind the batch `after`."""
        prefix = f"of-{reprocess_id}-"
        for row in self._tables.range(PIPELINE, f"{prefix}{after}{FIRST}" if after else prefix, prefix + AFTER):
            yield row.key.removeprefix(prefix), str(row.values["entity"])

    # Erasures -------------------------------------------------------------------------------------------------------

    def erasure(self, erasure_id: str) -> Known[Erasure] | None:
        """Return an erasure, or None."""
        row = self._tables.get(PIPELINE, f"erasure-{erasure_id}")
        return None if row is None else known_as(Erasure, row)

    def erasures(self) -> list[Erasure]:
        """Return the erasures that go on."""
        names = [row.key.removeprefix("wait-erasure-") for row in self._tables.range(PIPELINE, "wait-erasure-", "wait-f")]
        return [known.record for name in names if (known := self.erasure(name)) is not None]

    def record_erasure(self, known: Known[Erasure] | None, after: Erasure, *, at: datetime, detail: str = "") -> None:
        """Write an erasure's next state and its log entry."""
        before = known.record if known else None
        event = event_of(("erasure", before.state if before else "", after.state))
        after = dataclasses.replace(after, step=(before.step if before else 0) + 1)
        name = after.erasure_id
        entry = LogEntry(at=at, thing="erasure", name=name, step=after.step, event=event, detail=detail)
        writes = [guarded(f"erasure-{name}", after, known.etag if known else ""), logged(f"log-{name}", entry)]
        writes += _wait_rows("erasure", name, before is None, after.state not in {"succeeded", "failed"})
        self._tables.commit(PIPELINE, writes)
        tell_erasure(event, after, detail)


def _batch_writes(
    known: Known[Batch] | None, after: Batch, at: datetime, detail: str, tells: list[Callable[[], None]]
) -> list[Write]:
    """Return what a batch's step writes; what there is to tell of it, once that is stored, comes behind `tells`."""
    before = known.record if known else None
    event = event_of(("batch", before.state if before else "", after.state))
    after = dataclasses.replace(after, step=(before.step if before else 0) + 1)
    tells.append(partial(tell_batch, event, after, detail))
    entry = LogEntry(at=at, thing="batch", name=after.batch_id, step=after.step, event=event, detail=detail)
    sorted_id = newest_first(after.batch_id)
    writes = [guarded(f"batch-{sorted_id}", after, known.etag if known else ""), logged(f"log-{after.batch_id}", entry)]
    writes.append(Write(kind="upsert", key=f"in-{after.state}-{sorted_id}", values=values_of(after)))
    if before and before.state != after.state:
        writes.append(Write(kind="delete", key=f"in-{before.state}-{sorted_id}"))
    was_queued = before is not None and before.state == "queued"
    if was_queued or after.state == "queued":
        writes += _wait_rows("batch", after.batch_id, not was_queued, after.state == "queued")
    return writes


def _wait_rows(thing: str, name: str, is_new: bool, goes_on: bool) -> list[Write]:
    row = f"wait-{thing}-{name}"
    if goes_on:
        return [Write(kind="insert", key=row, values={})] if is_new else []
    return [] if is_new else [Write(kind="delete", key=row)]
