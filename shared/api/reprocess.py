"""Requests to do something again, and reprocess jobs: what `/api/reprocess` takes and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from shared.api.documents import ExtentDocument, ReprocessJobDocument, time_text
from shared.config.mistakes import mistakes
from shared.errors import InvalidInput
from shared.ledger.records import ReprocessJob
from shared.ledger.states import ReprocessStatus, Source, Stage
from shared.orchestration.reprocess import FILTERS, Extent, ReprocessRequest, asked

_YEARS = (1700, 9000)  # that Table Storage can hold, in any zone
_LONGEST = 1024  # of a text in a request: a blob's name has no more


def _is_time(text: str) -> bool:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return False
    return at.tzinfo is not None and _YEARS[0] <= at.year <= _YEARS[1]


Text = Annotated[
    str,
    Meta(max_length=_LONGEST, extra={"expected": f"at most {_LONGEST} printable characters of text", "fits": str.isprintable}),
]
Moment = Annotated[
    str,
    Meta(
        extra_json_schema={"format": "date-time"},
        extra={"expected": "a time with its zone, as 2026-11-23T10:11:12Z", "fits": _is_time},
    ),
]


class RequestInvalid(InvalidInput):
    """A request cannot be understood; says which field, and what is wrong with it or was expected."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


class ReprocessBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do again, as a client asks for it; a filter that is left out or empty lets everything through."""

    stage: Stage | None = None  # None: silver for parked batches, else bronze
    source: Literal["", Source] = ""
    table: Text = ""
    container: Text = ""
    prefix: Text = ""
    since: Moment | None = None
    until: Moment | None = None
    status: Literal["", ReprocessStatus] = ""
    dry_run: bool = False
    request_id: Text = ""


def read_request(document: Mapping[str, Any], containers: tuple[str, ...]) -> ReprocessRequest:
    """Read a request; raises `RequestInvalid`."""
    for mistake in mistakes(document, ReprocessBody):
        raise RequestInvalid(".".join(mistake.place)[:50], mistake.problem)
    body = msgspec.convert(document, ReprocessBody)
    if body.container not in {"", *containers}:
        raise RequestInvalid("container", f"expected one of {', '.join(containers)}")
    request = ReprocessRequest(
        stage=body.stage or ("silver" if body.status == "parked" else "bronze"),
        source=body.source,
        table=body.table,
        container=body.container,
        prefix=body.prefix,
        since=_time(body.since),
        until=_time(body.until),
        status=body.status,
        dry_run=body.dry_run,
        request_id=body.request_id,
    )
    filters = [name for name in FILTERS if getattr(request, name)]
    if request.stage == "gold" and filters:
        raise RequestInvalid(filters[0], "expected no filter: gold is published as a whole")
    if request.stage != "gold" and not filters:
        problem = f"expected at least one of {', '.join(FILTERS)}, so that nothing is repeated by mistake"
        raise RequestInvalid("table", problem)
    if (request.status == "parked") != (request.stage == "silver") and request.status:
        raise RequestInvalid("stage", "expected silver for parked batches, bronze for rejected and poison files")
    return request


def extent_document(extent: Extent) -> ExtentDocument:
    """Return what the API says of how much a request comes to."""
    return ExtentDocument(files=extent.files, bytes=extent.size, records=extent.records, is_complete=extent.is_complete)


def job_document(job: ReprocessJob, batches: Sequence[tuple[str, str]] = ()) -> ReprocessJobDocument:
    """Return what the API says of a job, with its first batches and their entities."""
    return ReprocessJobDocument(
        reprocess_id=job.reprocess_id,
        state=job.state,
        asked=asked(job),
        listed=job.listed,
        files=job.files,
        bytes=job.size,
        records=job.records,
        entities=tuple(entity for _, entity in batches if entity),
        batches=tuple(name for name, _ in batches),
        batches_in_all=job.batches,
        created_at=time_text(job.created_at),
        ended_at=time_text(job.ended_at),
        detail=job.detail or None,
        progress=f"/api/reprocess/{job.reprocess_id}",
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
