"""What is counted and measured by events: pure. `docs/operations.md` says what each is good for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from shared.telemetry.log_events import Field

MeasureKind = Literal["counter", "histogram", "gauge"]

_FILES = ("file.ingested", "file.held_back", "file.rejected", "file.ignored", "file.poisoned")
_RUNS = ("batch.succeeded", "batch.failed", "batch.parked", "batch.dissolved")
_REFRESHES = ("refresh.successful", "refresh.failed", "refresh.skipped")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One metric: of which events, and which of their fields it adds up or shows."""

    name: str
    kind: MeasureKind
    unit: str  # UCUM, as OpenTelemetry wants it
    events: tuple[str, ...]
    of: tuple[str, ...] = ()  # none: the events are counted; several: each is an attribute `outcome`
    by: tuple[str, ...] = ()  # fields that are its attributes; `state` is the last part of the event's name


MEASURES: Final = (
    Measure(name="customer360.files", kind="counter", unit="{file}", events=_FILES, by=("state", "source")),
    Measure(
        name="customer360.records",
        kind="counter",
        unit="{record}",
        events=("file.waiting", *_FILES),
        of=("records",),
        by=("source", "entity"),
    ),
    Measure(
        name="customer360.rejects",
        kind="counter",
        unit="{record}",
        events=("file.waiting", *_FILES),
        of=("reasons",),
        by=("source", "entity"),
    ),
    Measure(
        name="customer360.rows",
        kind="counter",
        unit="{row}",
        events=("batch.succeeded",),
        of=("applied", "superseded", "duplicates", "rejected"),
    ),
    Measure(name="customer360.runs", kind="counter", unit="{run}", events=_RUNS, by=("state",)),
    Measure(
        name="customer360.run.duration", kind="histogram", unit="s", events=_RUNS, of=("run_seconds",), by=("state", "stage")
    ),
    Measure(name="customer360.gold.delay", kind="histogram", unit="s", events=("batch.succeeded",), of=("way_seconds",)),
    Measure(name="customer360.refreshes", kind="counter", unit="{refresh}", events=_REFRESHES, by=("state",)),
    Measure(
        name="customer360.refresh.duration",
        kind="histogram",
        unit="s",
        events=_REFRESHES,
        of=("refresh_seconds",),
        by=("state",),
    ),
    Measure(name="customer360.waiting.files", kind="gauge", unit="{file}", events=("pipeline.seen",), of=("files",)),
    Measure(name="customer360.waiting.parts", kind="gauge", unit="{part}", events=("pipeline.seen",), of=("parts",)),
    Measure(name="customer360.waiting.batches", kind="gauge", unit="{batch}", events=("pipeline.seen",), of=("batches",)),
    Measure(name="customer360.waiting.age", kind="gauge", unit="s", events=("pipeline.seen",), of=("waiting_seconds",)),
    Measure(name="customer360.gold.age", kind="gauge", unit="s", events=("pipeline.seen",), of=("gold_seconds",)),
    Measure(name="customer360.insights.age", kind="gauge", unit="s", events=("pipeline.seen",), of=("insights_seconds",)),
)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One value of a metric."""

    measure: Measure
    value: float
    attributes: Mapping[str, str]


def measured(event: str, fields: Mapping[str, Field]) -> Iterator[Measurement]:
    """Yield what an event adds to metrics."""
    known: dict[str, Field] = {"state": event.partition(".")[2], **fields}
    for measure in MEASURES:
        if event in measure.events:
            attributes = {name: str(known[name]) for name in measure.by if name in known}
            for value, more in _values(measure, fields):
                yield Measurement(measure=measure, value=value, attributes=attributes | more)


def _values(measure: Measure, fields: Mapping[str, Field]) -> Iterator[tuple[float, dict[str, str]]]:
    if not measure.of:
        yield 1, {}
    for name in measure.of:
        value = fields.get(name)
        if isinstance(value, Mapping):
            yield from ((count, {"reason": reason}) for reason, count in value.items())
        elif isinstance(value, int | float):
            yield value, ({"outcome": name} if len(measure.of) > 1 else {})
