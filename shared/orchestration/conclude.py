"""Follows the active run to its end: verified, published, recorded, or tried again, or parked.

A webhook and a timer tick both only cause a look; the workspace says how the run stands, the outcome document says what it
did, and the ledger says what was already concluded from that. That an attempt is concluded is written beside its manifest
first: a run that somebody repairs in the workspace later finds it there and refuses, instead of writing beside the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.config.settings import DispatchSettings
from shared.contracts.erasure.found import Found, read_found
from shared.contracts.errors import ContractError
from shared.contracts.manifest import Manifest
from shared.contracts.outcome import Conclusion, Outcome, imbalance, read_conclusion, read_outcome, write_conclusion
from shared.contracts.places import (
    PIPELINE,
    batch_id,
    conclusion_document,
    found_document,
    outcome_document,
    whole,
)
from shared.errors import LandedFileChanged, LedgerChanged, ServiceRefused, ServiceUnavailable
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import Batch, Pipeline, Refresh
from shared.ledger.table_records import concluded, unread
from shared.ledger.tallies.increments import ROWS
from shared.orchestration.listing import read_listed
from shared.orchestration.publish import Published, publish, read_whole
from shared.orchestration.when import retry_at
from shared.ports import Clock, JobRun, Jobs, Lake, Termination

_WORTH_RETRYING: frozenset[Termination] = frozenset({"internal_error", "cloud_failure", "skipped"})
_LARGEST_OUTCOME = 16 << 20  # bytes; that of a thousand entities has some hundred thousand
_MOST_TOLD = 50  # failed models that the status names; the outcome has all
_MOST_REFUSALS = 5  # that the cause of a batch names; the outcome has all
_SAID_THERE = "the run's page in the workspace says why"
_MOST_INTO = 20  # batches that one is dissolved into, all in one transaction; with more entities, some share one


@dataclass(frozen=True, kw_only=True)
class Conclude:
    """Moves the active batch on as far as its run allows."""

    lake: Lake
    ledger: Ledger
    jobs: Jobs
    clock: Clock
    settings: DispatchSettings
    refresh_enabled: bool

    def __call__(self) -> None:
        """Look at the active run, if there is one; raises `Retry` errors where a service fails."""
        try:
            active = self.ledger.pipeline().record.active_batch
            batch = self.ledger.batch(active) if active else None
            if batch is not None:
                self._look(batch)
        except LedgerChanged:
            return  # somebody else concluded it in this very moment

    def _look(self, batch: Known[Batch]) -> None:
        record = batch.record
        if record.state == "failed":
            if record.retry_at and self.clock() >= record.retry_at:
                again = replace(record, state="open", attempt=record.attempt + 1, run_id=0, run_url="", retry_at=None)
                self.ledger.record_batch(batch, again, at=self.clock(), detail=f"attempt {again.attempt}")
            return
        if record.state not in {"submitted", "running"}:
            return
        try:
            run = self.jobs.run(record.run_id)
        except ServiceRefused as error:  # the run goes on whether we may see it or not: whoever took the right may give it back
            raise ServiceUnavailable(error.service, f"{error.reason}: {error.detail}") from error
        if run is None or run.batch_id not in {"", record.batch_id}:
            self._failed(batch, "internal_error", f"run {record.run_id} is gone", None)
        elif run.state == "succeeded":
            self._succeeded(batch, run)
        elif run.state == "failed":
            self._failed(batch, run.termination, f"{run.code}: {_SAID_THERE}{self._refusals(record)}", run)
        elif run.state == "running" and record.state == "submitted":
            self.ledger.record_batch(batch, replace(record, state="running", run_url=run.url), at=self.clock())

    def _succeeded(self, batch: Known[Batch], run: JobRun) -> None:
        record = batch.record
        try:
            outcome = self._outcome(record)
            manifest = self._manifest(record)
            wrong = imbalance(outcome, manifest.given)
            if record.erasure:
                self._found(record)
            if wrong:
                self._failed(batch, "client_error", f"the counts do not add up: {wrong}", run)
                return
            published = publish(self.lake, outcome)
        except LandedFileChanged as error:
            self._failed(batch, "internal_error", f"the run left no outcome document, or no manifest: {error.file}", run)
            return
        except ContractError as error:
            self._failed(batch, "internal_error", f"what the run left cannot be used: {error}", run)
            return
        if published is not Published.DONE:
            self._failed(batch, "internal_error", f"gold was not published: {published.value}", run)
            return
        self._conclude(record)
        now = self.clock()
        tables = self.ledger.table_records()
        self.ledger.record_tables(concluded(tables, record, outcome, manifest.parts, now))
        landed, became = [part.landed_at for part in unread(tables, manifest.parts)], outcome.entities.values()
        done = replace(
            record,
            state="succeeded",
            publication=outcome.publication or "",
            run_url=run.url,
            ended_at=run.ended_at,
            recorded_at=now,
            cause="",
            landed_from=min(landed, default=None),
            landed_until=max(landed, default=None),
            **{name: sum(getattr(counts, name) for counts in became) for name in ROWS},
        )
        pipeline = self.ledger.pipeline()
        after = replace(pipeline.record, active_batch="", models_failed=tuple(sorted(outcome.failed)[:_MOST_TOLD]))
        after = _newer(after, done.landed_until)
        if not outcome.publication:
            self.ledger.record_batch(batch, done, at=now, pipeline=(pipeline, after), detail="gold did not change")
            return
        after = replace(
            after,
            publication=outcome.publication,
            published_at=now,
            published_batch=record.batch_id,
            refreshed_until=pipeline.record.refreshed_until,
            refresh_state="requested" if self.refresh_enabled else "disabled",
            refresh_detail="",
        )
        state = after.refresh_state or "disabled"
        refresh = Refresh(publication=outcome.publication, state=state, requested_at=now, gold_until=after.gold_until)
        after, given_up = self._next_refresh(after)
        self.ledger.record_batch(
            batch,
            done,
            at=now,
            pipeline=(pipeline, after),
            refresh=refresh,
            replaced_refresh=self._replaced(given_up, now),
            detail=outcome.publication,
        )

    def _next_refresh(self, pipeline: Pipeline) -> tuple[Pipeline, str]:
        """Say which refresh is active and which waits, now that the newest publication is another; and which is given up."""
        newest = pipeline.publication if self.refresh_enabled else ""
        active = self.ledger.refresh(pipeline.active_refresh) if pipeline.active_refresh else None
        if active is not None and active.record.state == "running":  # it goes on: Customer Insights cannot be told otherwise
            return replace(pipeline, waiting_refresh=newest), pipeline.waiting_refresh
        return replace(pipeline, active_refresh=newest, waiting_refresh=""), pipeline.active_refresh

    def _replaced(self, publication: str, now: datetime) -> tuple[Known[Refresh], Refresh] | None:
        known = self.ledger.refresh(publication) if publication else None
        if known is None or known.record.state not in {"requested", "running"}:
            return None
        return known, replace(known.record, state="skipped", detail="a newer publication came first", ended_at=now)

    def _outcome(self, batch: Batch) -> Outcome:
        place, document = whole(PIPELINE, outcome_document(batch.batch_id)), f"outcome of batch {batch.batch_id}"
        return read_outcome(read_whole(self.lake, place, most=_LARGEST_OUTCOME, document=document), batch.batch_id)

    def _refusals(self, batch: Batch) -> str:
        """Say why the job would not have gold published; nothing where it did not come so far as to say."""
        with suppress(LandedFileChanged, ContractError):
            told = [f"{one.where}: {one.detail}" for one in self._outcome(batch).warnings if one.severity == "error"]
            return f" ({'; '.join(told[:_MOST_REFUSALS])})" if told else ""
        return ""

    def _found(self, batch: Batch) -> Found:
        place, document = whole(PIPELINE, found_document(batch.batch_id)), f"findings of batch {batch.batch_id}"
        return read_found(read_whole(self.lake, place, most=_LARGEST_OUTCOME, document=document), batch.batch_id, batch.erasure)

    def _manifest(self, batch: Batch) -> Manifest:
        return read_listed(self.lake, batch.batch_id, batch.listing)

    def _conclude(self, batch: Batch) -> None:
        """Write down that the current attempt is over, unless that is there already; raises `LedgerChanged`."""
        path = conclusion_document(batch.batch_id)
        blob = self.lake.head(PIPELINE, path)
        if blob is not None:
            data = b"".join(self.lake.read(PIPELINE, path, if_match=blob.etag))
            with suppress(ContractError):  # what says nothing is written anew
                if read_conclusion(data, batch.batch_id).attempt >= batch.attempt:
                    return
        document = write_conclusion(Conclusion(batch_id=batch.batch_id, attempt=batch.attempt))
        if not self.lake.replace(PIPELINE, path, document, if_match=blob.etag if blob else None):
            raise LedgerChanged(PIPELINE, path)

    def _failed(self, batch: Known[Batch], termination: Termination | None, cause: str, run: JobRun | None) -> None:
        self._conclude(batch.record)
        now = self.clock()
        record = replace(
            batch.record,
            cause=cause,
            run_url=run.url if run else batch.record.run_url,
            ended_at=run.ended_at if run else None,
            recorded_at=now,
        )
        again = retry_at(now, record.tries, self.settings) if termination in _WORTH_RETRYING else None
        if again is not None:
            self.ledger.record_batch(batch, replace(record, state="failed", retry_at=again), at=now, detail=cause)
            return
        pipeline = self.ledger.pipeline()
        freed = replace(pipeline.record, active_batch="")
        entities = record.entities
        if termination == "client_error" and len(entities) > 1 and record.stage == "silver":
            into = dissolved(record, entities, now)
            ended = replace(record, state="dissolved")
            self.ledger.record_batch(batch, ended, at=now, pipeline=(pipeline, freed), into=into, detail=cause)
            return
        at_fault = termination == "client_error" and bool(record.entities) and not (record.reprocess or record.erasure)
        parked = replace(record, state="parked", holds=at_fault)
        self.ledger.record_batch(batch, parked, at=now, pipeline=(pipeline, freed), detail=cause)


def _newer(pipeline: Pipeline, landed: datetime | None) -> Pipeline:
    """Say how new silver and gold are now; where gold did not change, neither it nor its readers lack anything."""
    until = max((at for at in (pipeline.silver_until, landed) if at), default=None)
    newer = replace(pipeline, silver_until=until, gold_until=until)
    return replace(newer, refreshed_until=until) if pipeline.refreshed == pipeline.publication else newer


def dissolved(batch: Batch, entities: Sequence[str], now: datetime) -> list[Batch]:
    """Return the batches that a batch is dissolved into: one for each entity, so that the one at fault fails alone."""
    groups: list[list[str]] = [[] for _ in range(min(len(entities), _MOST_INTO))]
    for number, entity in enumerate(entities):
        groups[number % len(groups)].append(entity)
    return [
        Batch(
            batch_id=batch_id(now, f"{batch.batch_id} {group[0]}"),
            stage=batch.stage,
            state="queued",
            entities=tuple(group),
            created_at=now,
            parent=batch.batch_id,
            reprocess=batch.reprocess,
        )
        for group in groups
    ]
