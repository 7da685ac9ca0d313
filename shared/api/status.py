"""What is going on, for people and for clients that wait: `GET /api/status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from shared.api.attention import Attention
from shared.api.documents import FileCountsDocument, PublicationDocument, RefreshDocument, StatusDocument, time_text
from shared.api.runs import batch_document
from shared.errors import Misconfigured
from shared.landing.unsettled import Survey
from shared.ledger.ledger import Ledger
from shared.ledger.records import Pipeline, Refresh
from shared.ledger.states import FILE_STATES
from shared.ledger.tallies.tally import total

_RECENT = 100  # batches that the status counts, and of those that are parked or discarded
_MOST = 1000  # rows of what waits, of each container: one page


@dataclass(frozen=True, kw_only=True)
class Status:
    """Reads the state of the pipeline; changes nothing."""

    ledger: Ledger
    survey: Survey
    attention: Attention
    check: Callable[[], None]  # raises `Misconfigured`
    containers: tuple[str, ...]

    def __call__(self) -> StatusDocument:
        """Return the document of design section 9, and more; costs a page of each kind, and a listing of each container.

        `idle` is true exactly when nothing landed waits to be ingested, no part waits for a run, and nothing is active or
        queued. What landed and was never told of counts as soon as the sweep met it; where landing is small, at once: it is
        looked at before what follows, so that no file slips through between. Parts behind a parked batch of their entity are
        told apart and do not keep it from idling: they wait for a person, and all that does stands in `needs_attention`.
        """
        left = self.survey.of_small()
        glance = self.ledger.glance(self.containers, most=_MOST)
        backlog, counts = glance.backlog, total(glance.files)
        waiting = max(len(backlog.files) - backlog.exported, sum(1 for one in left or () if one.has_landed))
        parked = list(islice(self.ledger.batches(state="parked"), _RECENT))
        held = {entity for batch in parked if batch.holds for entity in batch.entities}
        waits = sum(part.parts for part in backlog.parts)
        pending = sum(part.parts for part in backlog.parts if part.entity not in held)
        pipeline = self.ledger.pipeline().record
        active = self.ledger.batch(pipeline.active_batch) if pipeline.active_batch else None
        refresh = self._refresh(pipeline)
        is_active = pipeline.active_batch or pipeline.active_refresh or backlog.batches or backlog.reprocess
        erasures = [known.record for name in backlog.erasures if (known := self.ledger.erasure(name)) is not None]
        is_erasing = any(erasure.state != "guarding" for erasure in erasures)
        return StatusDocument(
            idle=not (waiting or pending or is_active or is_erasing or backlog.has_more),
            needs_attention=self.attention(
                backlog=backlog,
                parked=parked,
                active=active.record if active else None,
                refresh=refresh,
                files=counts,
                misconfigured=self._misconfigured(),
                pipeline=pipeline,
                erasures=erasures,
            ),
            is_complete=not backlog.has_more,
            files=FileCountsDocument(**{name: counts[name] for name in (*FILE_STATES, "records", "rejects")}, waiting=waiting),
            parts_pending=pending,
            parts_held=waits - pending,
            parts_discarded=sum(batch.parts for batch in islice(self.ledger.batches(state="discarded"), _RECENT)),
            batches_queued=len(backlog.batches),
            reprocess=tuple(backlog.reprocess),
            active_run=batch_document(active.record) if active else None,
            batches=dict(Counter(batch.state for batch in islice(self.ledger.batches(), _RECENT))),
            publication=_publication(pipeline),
            refresh=refresh_document(refresh) if refresh else None,
            models_failed=pipeline.models_failed,
        )

    def _misconfigured(self) -> str:
        try:
            self.check()
        except Misconfigured as error:
            return str(error)
        return ""

    def _refresh(self, pipeline: Pipeline) -> Refresh | None:
        publication = pipeline.active_refresh or pipeline.publication
        known = self.ledger.refresh(publication) if publication else None
        return known.record if known else None


def refresh_document(refresh: Refresh) -> RefreshDocument:
    """Return what the API says of a refresh."""
    return RefreshDocument(
        publication=refresh.publication,
        state=refresh.state,
        job_id=refresh.job_id or None,
        requested_at=time_text(refresh.requested_at),
        begins_at=time_text(refresh.begins_at) if refresh.state == "requested" else None,
        ended_at=time_text(refresh.ended_at),
        detail=refresh.detail,
    )


def _publication(pipeline: Pipeline) -> PublicationDocument | None:
    if not pipeline.publication:
        return None
    return PublicationDocument(
        id=pipeline.publication, published_at=time_text(pipeline.published_at), batch_id=pipeline.published_batch
    )
