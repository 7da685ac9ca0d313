"""Reads what is kept for being shown, in at most ten calls to storage for two landing containers, whatever happened before.

| calls | for |
| --- | --- |
| 1 for each landing container | its tally and what waits, which lie side by side |
| 2 more for each, where its tally has any | the newest files that are poison, rejected, or held back |
| 1 | tables, tally and what waits of the pipeline, likewise |
| 1 | the record that says what is going on |
| 1 | batches that are parked |
| 1, where there is one | the active batch |
| 1 for each that goes on, 20 at most | erasures |

A range of more than a thousand rows costs another call for each thousand.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import msgspec

from shared.api.attention import Attention
from shared.api.documents import AttentionDocument, PublicationDocument, time_text
from shared.api.overview import signals
from shared.api.overview.days import days
from shared.api.overview.documents import InsightsDocument, OverviewDocument, StageDocument, StageName, TableDocument
from shared.api.runs import batch_document
from shared.config.tables import Configuration
from shared.errors import Misconfigured
from shared.ledger.ledger import Glance, Ledger
from shared.ledger.records import Batch, Pipeline, Refresh
from shared.ledger.states import BATCH_STATES, FILE_STATES
from shared.ledger.table_records import LakeTable
from shared.ledger.tallies.tally import newest, total
from shared.ports import Clock

_MOST = 1000  # rows of what waits, of each container
_PARKED = 20
_ERASURES = 20


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What the configuration says, or what is wrong with it."""

    expectations: signals.Expectations = field(default_factory=dict)
    misconfigured: str = ""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Reads the ledger; changes nothing."""

    ledger: Ledger
    attention: Attention
    configuration: Callable[[], Configuration]  # raises `Misconfigured`
    clock: Clock

    def __call__(self) -> OverviewDocument:
        """Return the document; it changes only where something happened, or a time is over that something had."""
        now, told = self.clock(), self._told()
        glance = self.ledger.glance(self.attention.containers, most=_MOST)
        pipeline = self.ledger.pipeline().record
        parked = list(islice(self.ledger.batches(state="parked", at_once=_PARKED), _PARKED))
        known = self.ledger.batch(pipeline.active_batch) if pipeline.active_batch else None
        active = known.record if known else None
        backlog, files, batches = glance.backlog, total(glance.files), total(glance.runs)
        held = {entity for batch in parked if batch.holds for entity in batch.entities}
        parts = sum(part.parts for part in backlog.parts)
        parts_held = sum(part.parts for part in backlog.parts if part.entity in held)
        return OverviewDocument(
            attention=self._attention(glance, pipeline, parked, active, files, told, now),
            stages=_stages(glance, pipeline, active, files, batches, parts),
            files={name: max(0, files[name]) for name in (*FILE_STATES, "records", "rejects")},
            batches={name: number for name in BATCH_STATES if (number := batches[name]) > 0},
            active_run=batch_document(active) if active else None,
            batches_queued=len(backlog.batches),
            parts_held=parts_held,
            reprocess=backlog.reprocess,
            publication=_publication(pipeline),
            insights=_insights(pipeline),
            days=days(glance.files, glance.runs, now.date()),
            tables=tuple(_table(table, told.expectations) for table in glance.tables),
            is_complete=not backlog.has_more,
        )

    def _attention(
        self,
        glance: Glance,
        pipeline: Pipeline,
        parked: Sequence[Batch],
        active: Batch | None,
        files: Counter[str],
        told: _Told,
        now: datetime,
    ) -> tuple[AttentionDocument, ...]:
        waits = self.attention(
            backlog=glance.backlog,
            parked=parked,
            active=active,
            refresh=_refresh(pipeline, now),
            files=files,
            misconfigured=told.misconfigured,
            pipeline=pipeline,
            erasures=[known.record for name in glance.backlog.erasures[:_ERASURES] if (known := self.ledger.erasure(name))],
        )
        held = [entity for batch in parked if batch.holds for entity in batch.entities]
        seen = signals.newest_of(glance.tables, glance.backlog)
        return (
            *waits,
            *signals.stale(glance.backlog, held, active.created_at if active else None, now),
            *signals.late(told.expectations, seen, now),
            *signals.unusual(glance.tables),
        )

    def _told(self) -> _Told:
        try:
            return _Told(expectations=signals.expected(self.configuration()))
        except Misconfigured as error:
            return _Told(misconfigured=str(error))


def tag_of(document: OverviewDocument) -> str:
    """Return the ETag of an overview: what it was made of, so that a poll that finds nothing new costs no more than that."""
    return f'"{hashlib.sha256(msgspec.json.encode(document)).hexdigest()[:32]}"'


def _stages(
    glance: Glance,
    pipeline: Pipeline,
    active: Batch | None,
    files: Mapping[str, int],
    batches: Mapping[str, int],
    parts: int,
) -> tuple[StageDocument, ...]:
    times = newest(glance.files)
    backlog = glance.backlog
    unread = pipeline.publication not in {"", pipeline.refreshed}
    rows: Counter[str] = Counter()
    for table in glance.tables:
        rows[table.layer] += table.rows
    found: tuple[tuple[StageName, int, int, datetime | None], ...] = (
        ("landing", sum(files[state] for state in FILE_STATES), len(backlog.files) - backlog.exported, times.get("landed")),
        ("bronze", files["records"] - files["rejects"], parts, times.get("taken")),
        ("silver", rows["silver"], active.parts if active else 0, pipeline.silver_until),
        ("gold", rows["gold"], 0, pipeline.gold_until),
        ("insights", batches["refresh_well"], int(unread), pipeline.refreshed_until),
    )
    return tuple(
        StageDocument(stage=stage, holds=max(0, holds), waits=max(0, waits), newest_at=time_text(at))
        for stage, holds, waits, at in found
    )


def _refresh(pipeline: Pipeline, now: datetime) -> Refresh | None:
    if not pipeline.refresh_state:
        return None
    return Refresh(
        publication=pipeline.publication,
        state=pipeline.refresh_state,
        detail=pipeline.refresh_detail,
        requested_at=pipeline.published_at or now,
    )


def _insights(pipeline: Pipeline) -> InsightsDocument:
    return InsightsDocument(
        state=pipeline.refresh_state or None,
        detail=pipeline.refresh_detail,
        publication=pipeline.refreshed or None,
        at=time_text(pipeline.refreshed_at),
        has_newest=bool(pipeline.publication) and pipeline.refreshed == pipeline.publication,
    )


def _publication(pipeline: Pipeline) -> PublicationDocument | None:
    if not pipeline.publication:
        return None
    return PublicationDocument(
        id=pipeline.publication, published_at=time_text(pipeline.published_at), batch_id=pipeline.published_batch
    )


def _table(table: LakeTable, expectations: signals.Expectations) -> TableDocument:
    due = None
    if table.layer == "silver" and table.name in expectations and table.landed_until:
        due = table.landed_until + expectations[table.name][2]
    return TableDocument(
        layer=table.layer,
        name=table.name,
        source=table.source or None,
        table=table.table,
        rows=table.rows,
        history=table.history,
        read=table.read,
        applied=table.applied,
        superseded=table.superseded,
        duplicates=table.duplicates,
        rejected=table.rejected,
        batch_id=table.batch_id,
        at=time_text(table.at),
        landed_until=time_text(table.landed_until),
        newest_file=table.newest_file,
        volumes=table.records_of_files,
        expected_by=time_text(due),
    )
