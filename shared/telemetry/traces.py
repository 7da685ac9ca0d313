"""The way of a batch, from landing to Customer Insights, as the spans of one trace: pure.

A batch lives for minutes or hours and in many processes, so no process can hold its span open. What the ledger recorded is told
with the event that ends something, and the spans are made of that, afterwards. The trace is named by the batch: whoever
tells a later part of the way, in whichever process, adds it to the same trace.

    batch                 landing of its oldest file ─────────────────────────▶ recorded
      wait                landing ──▶ opened
      open                            opened ──▶ submitted
      run                                        submitted ──▶ ended, as the workspace tells it; one for each attempt
      publish                                                  ended ─────────▶ recorded
    refresh               requested ──▶ ended
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.telemetry.log_events import Field

_ATTRIBUTES: Final = (
    "batch",
    "attempt",
    "run",
    "publication",
    "stage",
    "parts",
    "rows",
    "job",
    "detail",
    "parent",
    "reprocess",
)
_ENDS: Final = {"batch.succeeded": True, "batch.parked": False, "batch.dissolved": False}
_REFRESHED: Final = {"refresh.successful": True, "refresh.failed": False, "refresh.skipped": True}


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a batch's way."""

    name: str
    start: datetime
    end: datetime
    is_well: bool = True
    attributes: Mapping[str, str | int | float]
    within: tuple[Span, ...] = ()


def trace_of(name: str) -> int:
    """Return the id of the trace of a batch, or of its publication: both are named alike but for their first letter."""
    return int.from_bytes(hashlib.sha256(name[1:].encode()).digest()[:16], "big")


def spans_of(event: str, fields: Mapping[str, Field]) -> Iterator[Span]:
    """Yield the spans that an event ends."""
    told = {name: value for name in _ATTRIBUTES if isinstance(value := fields.get(name), str | int | float)}
    if event in _REFRESHED:
        yield from _span("refresh", fields.get("requested_at"), fields.get("ended_at"), told, is_well=_REFRESHED[event])
    elif event == "batch.failed":
        yield from _span("run", fields.get("submitted_at"), fields.get("ended_at"), told, is_well=False)
    elif event in _ENDS:
        is_well = _ENDS[event]
        landed, created, submitted, ended, recorded = (
            fields.get(name) for name in ("landed_from", "created_at", "submitted_at", "ended_at", "recorded_at")
        )
        within = (
            *_span("wait", landed, created, {}),
            *_span("open", created, submitted, {}),
            *_span("run", submitted, ended, told, is_well=is_well),
            *(_span("publish", ended, recorded, {}) if is_well else ()),
        )
        yield from _span("batch", landed or created, recorded, told, is_well=is_well, within=within)


def _span(
    name: str,
    start: Field,
    end: Field,
    attributes: Mapping[str, str | int | float],
    *,
    is_well: bool = True,
    within: tuple[Span, ...] = (),
) -> Iterator[Span]:
    """Yield a span, where it is known when it began and ended; clocks of two services may differ, and none ends before it."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        told = {f"customer360.{key}": value for key, value in attributes.items()}
        yield Span(name=name, start=start, end=max(start, end), is_well=is_well, attributes=told, within=within)
