"""Every event and the fields that it has, and how one is told: one line of the log, which people, alerts and queries read.

A line begins with the event's name and goes on with its fields as `name=value`, a value with blanks in it between quotes. The
fields also stand in the record as they are, for who exports them. They name things and count; none holds what a row holds.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.errors import shown

LOGGER: Final = "customer360"
"""The logger above those of all things; its handlers get every event."""

Field = str | int | float | datetime | Mapping[str, int] | None

FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "file": (
            *("file", "source", "entity", "generation", "reason", "detail"),
            *("parts", "records", "rejects", "reasons", "offset", "held_back"),
        ),
        "part": ("part", "file", "entity", "rows", "rejects", "batch"),
        "batch": (
            *("batch", "stage", "attempt", "run", "publication", "detail", "parts", "rows"),
            *("applied", "superseded", "duplicates", "rejected", "parent", "reprocess", "erasure"),
            *("landed_from", "created_at", "submitted_at", "ended_at", "recorded_at", "run_seconds", "way_seconds"),
        ),
        "refresh": ("publication", "job", "detail", "requested_at", "ended_at", "refresh_seconds"),
        "reprocess": ("reprocess", "stage", "files", "records", "batches", "failed", "detail"),
        "erasure": ("erasure", "entity", "dry_run", "searches", "parts", "records", "rows", "detail"),
        "sweep": ("file", "files", "tries", "error"),
        "reconcile": ("error",),
        "pipeline": ("files", "parts", "batches", "waiting_seconds", "gold_seconds", "insights_seconds"),
        "poison": ("file", "function", "error"),
        "callback": ("result",),
        "http": ("function", "error"),
        "configuration": ("error",),
        "telemetry": ("error",),
    }
)
"""The fields that events of a thing may have, by the thing: the first part of an event's name. What is empty is left out."""

_DEBUG, _INFO, _WARNING, _ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR

EVENTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "file.waiting": _INFO,
        "file.ingested": _INFO,
        "file.held_back": _WARNING,
        "file.rejected": _WARNING,
        "file.ignored": _INFO,
        "file.poisoned": _ERROR,
        "part.batched": _INFO,
        "batch.queued": _INFO,
        "batch.turned": _INFO,
        "batch.cancelled": _INFO,
        "batch.opened": _INFO,
        "batch.deferred": _WARNING,
        "batch.submitted": _INFO,
        "batch.parked": _ERROR,
        "batch.running": _INFO,
        "batch.succeeded": _INFO,
        "batch.failed": _WARNING,
        "batch.dissolved": _WARNING,
        "batch.retried": _INFO,
        "batch.unparked": _INFO,
        "batch.discarded": _WARNING,
        "batch.restored": _INFO,
        "refresh.requested": _INFO,
        "refresh.disabled": _INFO,
        "refresh.running": _INFO,
        "refresh.successful": _INFO,
        "refresh.failed": _WARNING,
        "refresh.skipped": _INFO,
        "reprocess.accepted": _INFO,
        "reprocess.continued": _DEBUG,
        "reprocess.succeeded": _INFO,
        "reprocess.failed": _WARNING,
        "reprocess.cancelled": _INFO,
        "erasure.accepted": _INFO,
        "erasure.found": _INFO,
        "erasure.continued": _DEBUG,
        "erasure.rewritten": _INFO,
        "erasure.cleared": _INFO,
        "erasure.waiting": _DEBUG,
        "erasure.searched_again": _INFO,
        "erasure.succeeded": _INFO,
        "erasure.failed": _WARNING,
        "sweep.done": _INFO,
        "sweep.incomplete": _WARNING,
        "sweep.unable": _ERROR,
        "sweep.failed": _ERROR,
        "reconcile.incomplete": _WARNING,
        "pipeline.seen": _DEBUG,
        "poison.recorded": _WARNING,
        "poison.settled": _INFO,
        "poison.gone": _INFO,
        "poison.changed_since": _INFO,
        "poison.not_a_landing_container": _WARNING,
        "poison.unreadable": _ERROR,
        "callback.received": _INFO,
        "http.failed": _ERROR,
        "configuration.invalid": _ERROR,
        "telemetry.unavailable": _WARNING,
    }
)
"""How grave each event is. What goes on again and again by itself is `debug`: measured where that is wanted, never written."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """An event that was told: what a record of the log is made of, and what it is written as."""

    event: str
    fields: Mapping[str, Field]

    def __str__(self) -> str:
        return " ".join([self.event, *(f"{name}={_spelled(value)}" for name, value in self.fields.items())])


def line_of(record: logging.LogRecord) -> Line | None:
    """Return the event that a record of the log tells; None where it tells none."""
    first = record.args[0] if isinstance(record.args, tuple) and record.args else None
    return first if isinstance(first, Line) else None


def tell(event: str, *, exc_info: BaseException | None = None, **fields: Field) -> None:
    """Write an event to the log; raises `KeyError` for one that is not in the table, which a test finds first."""
    level = EVENTS[event]
    logger = logging.getLogger(f"{LOGGER}.{thing_of(event)}")
    if logger.isEnabledFor(level):
        told = {name: value for name, value in fields.items() if value is not None and value not in ("", {})}
        extra = {f"{LOGGER}.{name}": _plain(value) for name, value in {"event": event, **told}.items()}
        logger.log(level, "%s", Line(event=event, fields=told), extra=extra, exc_info=exc_info, stacklevel=2)


def thing_of(event: str) -> str:
    """Return what an event is about."""
    return event.partition(".")[0]


def _plain(value: Field) -> str | int | float | None:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return ",".join(f"{name}:{count}" for name, count in sorted(value.items()))
    return value


def _spelled(value: Field) -> str:
    text = shown(str(_plain(value)))
    return json.dumps(text, ensure_ascii=False) if not text or any(letter in ' "=' for letter in text) else text
