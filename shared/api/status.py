"""What is going on, for people and for clients that wait: `GET /api/status`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from shared.api.documents import FileCountsDocument, PublicationDocument, RefreshDocument, StatusDocument, time_text
from shared.api.runs import batch_document
from shared.landing.unsettled import Survey
from shared.ledger.ledger import Ledger
from shared.ledger.records import Pipeline
from shared.ledger.states import FILE_STATES

_RECENT = 100  # batches that the status counts


@dataclass(frozen=True, kw_only=True)
class Status:
    """Reads the state of the pipeline; changes nothing."""

    ledger: Ledger
    survey: Survey
    containers: tuple[str, ...]

    def __call__(self) -> StatusDocument:
        """Return the document of design section 9, and more.

        `idle` is true exactly when nothing landed waits to be ingested, no part waits for a run, and nothing is active or
        queued. It is decided by looking at landing before looking at what follows, so that no file slips through between.
        Parts behind a parked batch of their entity wait for a person: they are told apart, and do not keep it from idling.
        """
        unsettled = sum(1 for left in self.survey.unsettled() if left.has_landed)
        backlog = self.ledger.backlog(self.containers)
        held = self.ledger.held_entities() if backlog.parts else frozenset()
        pending = sum(1 for part in backlog.parts if part.entity not in held)
        pipeline = self.ledger.pipeline().record
        active = self.ledger.batch(pipeline.active_batch) if pipeline.active_batch else None
        is_active = pipeline.active_batch or pipeline.active_refresh or backlog.batches or backlog.reprocess
        return StatusDocument(
            idle=not (unsettled or pending or is_active),
            files=self._files(unsettled),
            parts_pending=pending,
            parts_held=len(backlog.parts) - pending,
            batches_queued=len(backlog.batches),
            reprocess=tuple(backlog.reprocess),
            active_run=batch_document(active.record) if active else None,
            batches=dict(Counter(batch.state for batch in islice(self.ledger.batches(), _RECENT))),
            publication=_publication(pipeline),
            refresh=self._refresh(pipeline),
        )

    def _files(self, waiting: int) -> FileCountsDocument:
        counts: Counter[str] = Counter()
        for container in self.containers:
            counts.update(self.ledger.tally(container))
        return FileCountsDocument(**{name: counts[name] for name in (*FILE_STATES, "records", "rejects")}, waiting=waiting)

    def _refresh(self, pipeline: Pipeline) -> RefreshDocument | None:
        publication = pipeline.active_refresh or pipeline.publication
        refresh = self.ledger.refresh(publication) if publication else None
        if refresh is None:
            return None
        return RefreshDocument(
            publication=refresh.record.publication,
            state=refresh.record.state,
            job_id=refresh.record.job_id or None,
            requested_at=time_text(refresh.record.requested_at),
            ended_at=time_text(refresh.record.ended_at),
            detail=refresh.record.detail,
        )


def _publication(pipeline: Pipeline) -> PublicationDocument | None:
    if not pipeline.publication:
        return None
    return PublicationDocument(
        id=pipeline.publication, published_at=time_text(pipeline.published_at), batch_id=pipeline.published_batch
    )
