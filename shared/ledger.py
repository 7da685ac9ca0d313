"""The record of every landed file, part, batch and refresh, and the log of every step they took.

Layout, chosen so that what must change together lies in one partition (Table Storage is atomic only there), and so that
no question that is asked all the time reads history:

| partition | rows | holds |
| --- | --- | --- |
| `files-<container>` | `file-<path>`, `part-<path>-<slice>`, `log-<path>-<step>` | landed files, their parts, their log |
| the same | `wait-<path>-<slice>` | the parts that wait for a batch, and only those |
| `pipeline` | `now`, `batch-<newest first>`, `refresh-<publication>`, `log-<batch>-<step>` | what runs, what ran |

Writes are guarded by the tag of the version that was read; a writer that lost gets `LedgerChanged` and looks again.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from shared.ports import Entity, Tables, Value, Write
from shared.records import Batch, LandedFile, LogEntry, Part, Pipeline, Refresh
from shared.states import event_of

R = TypeVar("R")

_LONGEST_KEY = 400  # Table Storage allows 1 KiB of UTF-16 in a row key; two keys are joined in some rows
_FIRST = " "  # sorts before every other character that a key can hold
_AFTER = "~"  # sorts after every character that a key can hold
_NEWEST_FIRST = str.maketrans("0123456789", "9876543210")


@dataclass(frozen=True, kw_only=True)
class Known(Generic[R]):
    """A record as it was read, with the tag that guards its next change (empty: not written yet)."""

    record: R
    etag: str = ""


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A part that waits for a batch."""

    container: str
    part: str  # its row
    since: datetime


class Ledger:
    """Reads and writes the records over the table port; holds no state of its own."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    # Landed files and their parts -------------------------------------------------------------------------------

    def file(self, container: str, path: str) -> Known[LandedFile]:
        """Return what is known of a landed file; a fresh record where nothing is."""
        entity = self._tables.get(_files(container), f"file-{key(path)}")
        if entity is None:
            return Known(record=LandedFile(container=container, path=path))
        return _known(LandedFile, entity)

    def files(self, container: str, *, after: str = "") -> Iterator[Known[LandedFile]]:
        """Yield every landed file known in a container, in key order, from behind the path `after`."""
        start = f"file-{key(after)}{_FIRST}" if after else "file-"
        for entity in self._tables.range(_files(container), start, f"file-{_AFTER}"):
            yield _known(LandedFile, entity)

    def record_file(
        self, known: Known[LandedFile], after: LandedFile, *, at: datetime, parts: Iterable[Part] = (), detail: str = ""
    ) -> LandedFile:
        """Write a file's next state, the parts made in this step and the log entry, all or nothing; return what was written.

        The parts (at most 48: a transaction holds 100 writes) wait for a batch from then on.
        """
        event = event_of("file", "seen", after.state)
        after = dataclasses.replace(after, step=known.record.step + 1)
        partition, name = _files(after.container), key(after.path)
        self._tables.commit(
            partition,
            [
                _guarded(f"file-{name}", after, known.etag),
                *(write for part in parts for write in _new_part(part)),
                _log(
                    f"log-{name}",
                    LogEntry(at=at, thing="file", name=after.name, step=after.step, event=event, detail=detail),
                ),
            ],
        )
        return after

    def parts_of(self, container: str, path: str) -> Iterator[Known[Part]]:
        """Yield the parts made from a landed file, oldest slice first."""
        prefix = f"part-{key(path)}-"
        for entity in self._tables.range(_files(container), prefix, prefix + _AFTER):
            yield _known(Part, entity)

    def log_of_file(self, container: str, path: str) -> Iterator[LogEntry]:
        """Yield every step that a landed file took, in order."""
        prefix = f"log-{key(path)}-"
        for entity in self._tables.range(_files(container), prefix, prefix + _AFTER):
            yield _known(LogEntry, entity).record

    # Parts that wait ---------------------------------------------------------------------------------------------

    def pending(self, containers: Iterable[str]) -> Iterator[Pending]:
        """Yield what waits for a batch in the landing containers given."""
        for container in containers:
            for entity in self._tables.range(_files(container), "wait-", f"wait-{_AFTER}"):
                since = cast("datetime", entity.values["since"])
                yield Pending(container=container, part=f"part-{entity.row.removeprefix('wait-')}", since=since)

    def part(self, pending: Pending) -> Known[Part] | None:
        """Return the part that waits, or None where it was taken by a batch since."""
        entity = self._tables.get(_files(pending.container), pending.part)
        known = None if entity is None else _known(Part, entity)
        return known if known and known.record.state == "pending" else None

    def part_at(self, container: str, source_path: str, generation: int, start: int) -> Known[Part] | None:
        """Return the part made from the slice that starts there, or None."""
        entity = self._tables.get(_files(container), f"part-{_slice_key(source_path, generation, start)}")
        return None if entity is None else _known(Part, entity)

    def batch_part(self, known: Known[Part], batch_id: str) -> None:
        """Mark a part as taken by a batch, so that it waits no more; repeating it changes nothing."""
        part = known.record
        if part.state != "pending":
            return
        event_of("part", part.state, "batched")
        after = dataclasses.replace(part, state="batched", batch_id=batch_id)
        waits = Write(kind="delete", row=_wait_row(part))
        self._tables.commit(_files(part.container), [_guarded(_part_row(part), after, known.etag), waits])

    # The pipeline: batches and refreshes -------------------------------------------------------------------------

    def pipeline(self) -> Known[Pipeline]:
        """Return what is going on now."""
        entity = self._tables.get("pipeline", "now")
        return Known(record=Pipeline()) if entity is None else _known(Pipeline, entity)

    def batch(self, batch_id: str) -> Known[Batch] | None:
        """Return a batch, or None."""
        entity = self._tables.get("pipeline", _batch_row(batch_id))
        return None if entity is None else _known(Batch, entity)

    def batches(self, *, after: str = "") -> Iterator[Batch]:
        """Yield batches, newest first, from behind the batch `after`."""
        start = f"{_batch_row(after)}{_FIRST}" if after else "batch-"
        for entity in self._tables.range("pipeline", start, f"batch-{_AFTER}"):
            yield _known(Batch, entity).record

    def refresh(self, publication: str) -> Known[Refresh] | None:
        """Return the refresh that was asked for after a publication, or None."""
        entity = self._tables.get("pipeline", f"refresh-{publication}")
        return None if entity is None else _known(Refresh, entity)

    def record_batch(
        self,
        known: Known[Batch] | None,
        after: Batch,
        *,
        at: datetime,
        pipeline: tuple[Known[Pipeline], Pipeline] | None = None,
        refresh: Refresh | None = None,
        replaced_refresh: tuple[Known[Refresh], Refresh] | None = None,
        detail: str = "",
    ) -> None:
        """Write a batch's next state, its log entry and what changes with it in the pipeline, all or nothing."""
        before = known.record if known else None
        event = event_of("batch", before.state if before else "", after.state)
        after = dataclasses.replace(after, step=(before.step if before else 0) + 1)
        entry = LogEntry(at=at, thing="batch", name=after.batch_id, step=after.step, event=event, detail=detail)
        writes = [_guarded(_batch_row(after.batch_id), after, known.etag if known else "")]
        writes.append(_log(f"log-{after.batch_id}", entry))
        if pipeline is not None:
            writes.append(_guarded("now", pipeline[1], pipeline[0].etag))
        if refresh is not None:
            event_of("refresh", "", refresh.state)
            writes.append(Write(kind="upsert", row=f"refresh-{refresh.publication}", values=_values(refresh)))
        if replaced_refresh is not None:
            replaced, replacement = replaced_refresh
            event_of("refresh", replaced.record.state, replacement.state)
            writes.append(_guarded(f"refresh-{replacement.publication}", replacement, replaced.etag))
        self._tables.commit("pipeline", writes)

    def record_refresh(
        self, known: Known[Refresh], after: Refresh, *, pipeline: tuple[Known[Pipeline], Pipeline] | None = None
    ) -> None:
        """Write a refresh's next state, and what changes with it in the pipeline."""
        if known.record.state != after.state:
            event_of("refresh", known.record.state, after.state)
        writes = [_guarded(f"refresh-{after.publication}", after, known.etag)]
        if pipeline is not None:
            writes.append(_guarded("now", pipeline[1], pipeline[0].etag))
        self._tables.commit("pipeline", writes)

    def log_of_batch(self, batch_id: str) -> Iterator[LogEntry]:
        """Yield every step that a batch took, in order."""
        prefix = f"log-{batch_id}-"
        for entity in self._tables.range("pipeline", prefix, prefix + _AFTER):
            yield _known(LogEntry, entity).record


def key(path: str) -> str:
    """Spell a path as part of a row key: Table Storage forbids `/ \\ # ?` and control characters; long ones are hashed."""
    quoted = quote(path, safe=" !$&'()*+,;@").replace("-", "%2D").replace("~", "%7E").replace("%", "=")
    if len(quoted) <= _LONGEST_KEY:
        return quoted
    return f"{quoted[: _LONGEST_KEY - 41]}={hashlib.sha256(path.encode()).hexdigest()[:40]}"


def _files(container: str) -> str:
    return f"files-{container}"


def _part_row(part: Part) -> str:
    return f"part-{_slice_key(part.source_path, part.generation, part.start)}"


def _wait_row(part: Part) -> str:
    return f"wait-{_slice_key(part.source_path, part.generation, part.start)}"


def _new_part(part: Part) -> list[Write]:
    return [
        Write(kind="insert", row=_part_row(part), values=_values(part)),
        Write(kind="insert", row=_wait_row(part), values={"since": part.written_at}),
    ]


def _slice_key(source_path: str, generation: int, start: int) -> str:
    return f"{key(source_path)}-{generation:06d}-{start:015d}"


def _batch_row(batch_id: str) -> str:
    return f"batch-{batch_id.translate(_NEWEST_FIRST)}"


def _log(prefix: str, entry: LogEntry) -> Write:
    return Write(kind="insert", row=f"{prefix}-{entry.step:08d}", values=_values(entry))


def _guarded(row: str, record: Any, etag: str) -> Write:
    return Write(kind="replace" if etag else "insert", row=row, values=_values(record), etag=etag)


def _values(record: Any) -> Mapping[str, Value]:
    values: dict[str, Value] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if value is not None:
            values[field.name] = value
    return values


def _known(kind: type[R], entity: Entity) -> Known[R]:
    names = {field.name for field in dataclasses.fields(cast(Any, kind))}
    values: dict[str, Any] = {name: value for name, value in entity.values.items() if name in names}
    return Known(record=kind(**values), etag=entity.etag)
