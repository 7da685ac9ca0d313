"""How answers of the API look on a terminal; whatever a name holds, it is shown as text and never as a style."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from shared.api.data_sets import DataSetDetailDocument, DataSetDocument
from shared.api.details.rejected_records import RejectedDocument
from shared.api.details.story import StoryDocument
from shared.api.documents import (
    BatchDetailDocument,
    BatchDocument,
    ExtentDocument,
    FileDocument,
    RejectsDocument,
    ReprocessJobDocument,
    StepDocument,
)
from shared.api.overview.documents import OverviewDocument, StageDocument
from shared.errors import shown

T = TypeVar("T")
Columns = Mapping[str, Callable[[T], Any]]

_WHAT_AND_WHY: Columns[Any] = {
    "kind": lambda one: one.kind,
    "what": lambda one: one.what,
    "why": lambda one: one.why,
}
_STAGES: Columns[StageDocument] = {
    "stage": lambda one: one.stage,
    "holds": lambda one: one.holds,
    "waits": lambda one: one.waits,
    "newest": lambda one: one.newest_at,
}
_FILES: Columns[FileDocument] = {
    "file": lambda one: one.file,
    "state": lambda one: one.state,
    "reason": lambda one: ": ".join(filter(None, (one.reason, one.detail))),
    "records": lambda one: one.records,
    "rejects": lambda one: one.rejects,
    "changed": lambda one: one.changed_at,
}
_BATCHES: Columns[BatchDocument] = {
    "batch": lambda one: one.batch_id,
    "state": lambda one: one.state,
    "attempt": lambda one: one.attempt,
    "entities": lambda one: ", ".join(one.entities),
    "parts": lambda one: one.parts,
    "rows": lambda one: one.rows,
    "ended": lambda one: one.ended_at,
    "cause": lambda one: one.cause,
}
_REJECTS: Columns[RejectsDocument] = {
    "file": lambda one: one.file,
    "rejects": lambda one: one.rejects,
    "of": lambda one: one.records,
    "reasons": lambda one: _counted(one.reasons),
    "landed": lambda one: one.landed_at,
}
_RECORDS: Columns[RejectedDocument] = {
    "record": lambda one: one.record,
    "byte": lambda one: one.offset,
    "reason": lambda one: one.reason,
    "detail": lambda one: one.detail,
}
_DATA_SETS: Columns[DataSetDocument] = {
    "data set": lambda one: one.name,
    "entity": lambda one: one.entity,
    "contract": lambda one: one.contract_version,
    "columns": lambda one: one.columns,
    "refused": lambda one: one.files_refused,
    "told": lambda one: one.files_told,
    "made by": lambda one: one.made_by,
}
_STEPS: Columns[StepDocument] = {"at": lambda one: one.at, "event": lambda one: one.event, "detail": lambda one: one.detail}


def overview(found: OverviewDocument) -> Iterator[RenderableType]:
    """Yield what needs a look, the flow, and what goes on."""
    if found.attention:
        yield listed("Needs a look", found.attention, _WHAT_AND_WHY)
    yield listed("Flow", found.stages, _STAGES)
    active = found.active_run
    yield _facts(
        "Now",
        {
            "active run": f"{active.batch_id}, {active.state}, attempt {active.attempt}" if active else None,
            "batches queued": found.batches_queued,
            "reprocess jobs": ", ".join(found.reprocess),
            "publication": f"{found.publication.id} of {found.publication.published_at}" if found.publication else None,
            "refresh": found.insights.state,
            "needs a look": len(found.attention) or "nothing",
        },
    )


def files(found: Iterable[FileDocument]) -> Iterator[RenderableType]:
    """Yield landed files."""
    yield listed("Landed files", found, _FILES)


def story(found: StoryDocument) -> Iterator[RenderableType]:
    """Yield one landed file's way."""
    yield listed("Landed file", (found.file,), _FILES)
    yield listed("Steps", found.steps, _STEPS)
    yield listed("Batches", found.batches, _BATCHES)
    seconds = found.to_gold_seconds
    yield _facts(
        "Way",
        {
            "landed": found.landed_at,
            "in bronze": found.taken_at,
            "in gold": found.published_at,
            "in Customer Insights": found.refreshed_at,
            "landing to gold": None if seconds is None else f"{seconds:,.0f} s",
        },
    )


def batches(found: Iterable[BatchDocument]) -> Iterator[RenderableType]:
    """Yield batches."""
    yield listed("Batches", found, _BATCHES)


def batch(found: BatchDetailDocument) -> Iterator[RenderableType]:
    """Yield all of one batch."""
    yield listed("Batch", (found,), _BATCHES)
    yield listed("Steps", found.steps, _STEPS)
    if found.counts:
        yield _entities(found.counts)
    if found.failed:
        yield _facts("Gold models that failed", found.failed)
    for warning in found.warnings:
        yield _facts("Warning", warning)
    yield _facts(
        "Where there is more", {"run": found.links.run, "manifest": found.links.manifest, "outcome": found.links.outcome}
    )


def rejects(found: Iterable[RejectsDocument]) -> Iterator[RenderableType]:
    """Yield parts with rejects."""
    yield listed("Rejects", found, _REJECTS)


def rejected_records(found: Iterable[RejectedDocument]) -> Iterator[RenderableType]:
    """Yield rejected records: places and reasons."""
    yield listed("Rejected records", found, _RECORDS)


def data_sets(found: Iterable[DataSetDocument]) -> Iterator[RenderableType]:
    """Yield finance data sets."""
    yield listed("Data sets", found, _DATA_SETS)


def data_set(found: DataSetDetailDocument) -> Iterator[RenderableType]:
    """Yield how one data set is read, and why."""
    yield listed("Data set", (found,), _DATA_SETS)
    contract = found.contract
    if contract:
        yield _facts("How it is read", {name: getattr(contract, name) for name in contract.__struct_fields__})
    yield _facts("Evidence", found.evidence)
    yield listed(
        "Columns",
        found.listed,
        {"landed": lambda one: one.landed, "silver": lambda one: one.silver, "type": lambda one: one.type},
    )
    if found.warnings:
        yield listed("Warnings", found.warnings, _WHAT_AND_WHY)


def extent(found: ExtentDocument) -> Iterator[RenderableType]:
    """Yield how much a request comes to."""
    least = "" if found.is_complete else "at least "
    told = {name: f"{least}{getattr(found, name):,}" for name in ("files", "bytes", "records")}
    yield _facts("To be done again", told)


def job(found: ReprocessJobDocument) -> Iterator[RenderableType]:
    """Yield how far a reprocess job is."""
    asked = ", ".join(f"{name} {value}" for name, value in found.asked.items())
    facts = {"job": found.reprocess_id, "state": found.state, "asked": asked, "detail": found.detail}
    counts = {"files": found.files, "bytes": found.bytes, "records": found.records, "batches": found.batches_in_all}
    yield _facts("Reprocess job", {**facts, **counts, "ended": found.ended_at})


def listed(title: str, items: Iterable[T], columns: Columns[T]) -> Table:
    """Return things of one kind as a table; numbers stand to the right."""
    table = Table(title=title, box=box.SIMPLE, title_justify="left")
    rows = [[look(item) for look in columns.values()] for item in items]
    for place, heading in enumerate(columns):
        is_number = any(isinstance(row[place], int) for row in rows)
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _entities(counts: Mapping[str, Any]) -> Table:
    """Return what became of a batch's rows, by entity, as its outcome counted them."""
    numbers = list(dict.fromkeys(name for one in counts.values() for name, value in one.items() if isinstance(value, int)))
    found = [{"entity": entity, **one} for entity, one in counts.items()]
    return listed("Rows", found, {name: partial(_value, name) for name in ("entity", *numbers)})


def _value(name: str, one: Mapping[str, Any]) -> Any:
    return one.get(name)


def _facts(title: str, facts: Mapping[str, Any]) -> Table:
    table = Table(title=title, box=box.SIMPLE, show_header=False, title_justify="left")
    for name, value in facts.items():
        if value not in (None, "", ()):
            table.add_row(_cell(name), _cell(value))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return escape(shown(", ".join(map(str, value)) if isinstance(value, tuple) else str(value)))


def _counted(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items(), key=lambda one: -one[1]))
