"""The record of every landed file, part, batch, refresh and reprocess job, and the log of every step they took.

Rows lie so that what must change together is in one partition (Table Storage is atomic only there), and so that
no question that is asked all the time reads history:

| partition | rows | holds |
| --- | --- | --- |
| `files-<container>` | `file-<path>`, `part-<path>-<slice>`, `log-<path>-<step>` | landed files, their parts, their log |
| | `wait-…` | what waits, and only that: see `shared/ledger/waiting.py` |
| | `in-<state>-<newest first>-<path>` | each file once more, by state and time of its last change |
| | `tally-<writer>` | how many files are in each state: see `shared/ledger/tally.py` |
| `rejects` | `<newest first>-<container>-<path>-<slice>` | parts with rejects, by the time that they landed |
| `labels-<container>` | see `shared/ledger/label_records.py` | the labels known of each table |
| `pipeline` | see `shared/ledger/pipeline_records.py` | batches, refreshes, reprocess jobs |

Writes are guarded by the tag of the version that was read; a writer that lost gets `LedgerChanged` and looks again.
"""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from shared.concurrency import chunks, in_parallel
from shared.ledger.label_records import LabelRecords
from shared.ledger.pipeline_records import PipelineRecords
from shared.ledger.records import LandedFile, LogEntry, Part
from shared.ledger.rows import AFTER, AT_ONCE, FIRST, key_prefix, known_as, logged, time_key, values_of
from shared.ledger.rows import Known as Known  # noqa: PLC0414 - part of what this module offers
from shared.ledger.rows import guarded as _guarded
from shared.ledger.rows import key as key  # noqa: PLC0414 - likewise
from shared.ledger.states import FILE_STATES, FileState, event_of
from shared.ledger.tally import Tally, fold_tallies, tallied
from shared.ledger.waiting import Backlog, backlog
from shared.ledger.waiting import HeldBack as HeldBack  # noqa: PLC0414 - likewise
from shared.ledger.waiting import Pending as Pending  # noqa: PLC0414 - likewise
from shared.ports import Tables, Write

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
PARTS_AT_ONCE = 45  # in one step of a file: two writes each, of the hundred in a transaction
_REJECTS = "rejects"


class Ledger(PipelineRecords, LabelRecords):
    """Reads and writes the records over the table port; holds no state of its own but its share of the tally."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._tally = Tally()

    def backlog(self, containers: Iterable[str]) -> Backlog:
        """Return everything that waits, in the landing containers given and in the pipeline; reads nothing else."""
        return backlog(self._tables, containers)

    # Landed files ---------------------------------------------------------------------------------------------------

    def file(self, container: str, path: str) -> Known[LandedFile]:
        """Return what is known of a landed file; a fresh record where nothing is."""
        row = self._tables.get(_files(container), f"file-{key(path)}")
        if row is None:
            return Known(record=LandedFile(container=container, path=path))
        return known_as(LandedFile, row)

    def files(self, container: str, *, prefix: str = "", after: str = "") -> Iterator[Known[LandedFile]]:
        """Yield the landed files known in a container whose path begins with `prefix`, in key order, from behind `after`."""
        start = f"file-{key(after)}{FIRST}" if after else f"file-{key_prefix(prefix)}"
        for row in self._tables.range(_files(container), start, f"file-{key_prefix(prefix)}{AFTER}"):
            known = known_as(LandedFile, row)
            if known.record.path.startswith(prefix):
                yield known

    def changed_files(
        self, containers: Iterable[str], states: Iterable[FileState] = FILE_STATES, *, after: str = ""
    ) -> Iterator[tuple[str, LandedFile]]:
        """Yield the landed files in some states, last changed first, each with the key `after` which the next one comes."""
        states = tuple(states)
        streams = [self._changed(container, state, after) for container in containers for state in states]
        yield from heapq.merge(*streams, key=lambda pair: pair[0])

    def record_file(
        self, known: Known[LandedFile], after: LandedFile, *, at: datetime, parts: Iterable[Part] = (), detail: str = ""
    ) -> LandedFile:
        """Write a file's next state, the parts made in this step and the log entry, all or nothing; return what was written.

        The parts (at most `PARTS_AT_ONCE`) wait for a batch from then on.
        """
        parts = list(parts)
        event = event_of(("file", "seen", after.state))
        after = dataclasses.replace(after, step=known.record.step + 1, changed_at=at)
        stored = known.stored or LandedFile(container=after.container, path=after.path)
        self._note_rejects(parts)
        partition, name = _files(after.container), key(after.path)
        entry = LogEntry(at=at, thing="file", name=after.name, step=after.step, event=event, detail=detail)
        listed = {_state_row(after): Write(kind="upsert", key=_state_row(after), values=values_of(after))}
        if stored.state and _state_row(stored) not in listed:
            listed[_state_row(stored)] = Write(kind="delete", key=_state_row(stored))
        writes = [
            _guarded(f"file-{name}", after, known.etag),
            *listed.values(),
            *_wait_rows(stored, after),
            *(write for part in parts for write in _new_part(part)),
            logged(f"log-{name}", entry),
            self._tally.counting(partition, stored, after, at),
        ]
        try:
            self._tables.commit(partition, writes)
        except BaseException:  # it may have gone through all the same: the answer can get lost
            self._tally.forget(partition)
            raise
        self._tally.counted()
        return after

    def tally(self, container: str) -> Mapping[str, int]:
        """Return how many files are in each state, and how many `records` and `rejects` they hold; reads no file."""
        return tallied(self._tables, _files(container))

    def fold_tallies(self, container: str, now: datetime) -> None:
        """Keep the tally short; worth doing now and then."""
        fold_tallies(self._tables, _files(container), now)

    def log_of_file(self, container: str, path: str) -> Iterator[LogEntry]:
        """Yield every step that a landed file took, in order."""
        prefix = f"log-{key(path)}-"
        for row in self._tables.range(_files(container), prefix, prefix + AFTER):
            yield known_as(LogEntry, row).record

    def _changed(self, container: str, state: FileState, after: str) -> Iterator[tuple[str, LandedFile]]:
        prefix = f"in-{state}-"
        start = prefix + after[: len(time_key(_ANY_TIME))] if after else prefix
        for row in self._tables.range(_files(container), start, prefix + AFTER):
            place = f"{row.key.removeprefix(prefix)}\t{container}"  # sorts as the row: a tab comes before all else
            if place > after:
                yield place, known_as(LandedFile, row).record

    # Bronze parts ---------------------------------------------------------------------------------------------------

    def parts_of(self, container: str, path: str) -> Iterator[Known[Part]]:
        """Yield the parts made from a landed file, oldest slice first."""
        prefix = f"part-{key(path)}-"
        for row in self._tables.range(_files(container), prefix, prefix + AFTER):
            yield known_as(Part, row)

    def parts_in(self, container: str, *, prefix: str = "") -> Iterator[Known[Part]]:
        """Yield every part made from the landed files whose path begins with `prefix`: reads history."""
        start = f"part-{key_prefix(prefix)}"
        for row in self._tables.range(_files(container), start, f"{start}{AFTER}"):
            known = known_as(Part, row)
            if known.record.source_path.startswith(prefix):
                yield known

    def part_at(self, container: str, source_path: str, generation: int, start: int) -> Known[Part] | None:
        """Return the part made from the slice that starts there, or None."""
        row = self._tables.get(_files(container), f"part-{_slice_key(source_path, generation, start)}")
        return None if row is None else known_as(Part, row)

    def parts_with_rejects(self, *, since: str = "", until: str = AFTER) -> Iterator[tuple[str, Part]]:
        """Yield parts with rejects, last landed first, each with its key; from the key `since` to the key `until`.

        One that was never counted, because its file was read anew first, is listed too: `part_at` tells.
        """
        for row in self._tables.range(_REJECTS, since, until):
            yield row.key, known_as(Part, row).record

    def pending_parts(self, waits: Sequence[Pending]) -> list[Known[Part]]:
        """Return the parts that wait, without those that a batch took since."""
        found = in_parallel(lambda pending: self._tables.get(_files(pending.container), pending.part), waits)
        parts = [known_as(Part, row) for row in found if row is not None]
        return [part for part in parts if part.record.state == "pending"]

    def batch_parts(self, parts: Sequence[Known[Part]], batch_id: str) -> None:
        """Mark parts as taken by a batch, so that they wait no more; repeating it changes nothing."""
        event_of(("part", "pending", "batched"))
        by_container: dict[str, list[Known[Part]]] = {}
        for part in parts:
            if part.record.state == "pending":
                by_container.setdefault(part.record.container, []).append(part)
        some = [(name, few) for name, listed in by_container.items() for few in chunks(listed, AT_ONCE // 2)]
        in_parallel(lambda job: self._batch_some(*job, batch_id), some)

    def _batch_some(self, container: str, parts: Sequence[Known[Part]], batch_id: str) -> None:
        writes = []
        for part in parts:
            after = dataclasses.replace(part.record, state="batched", batch_id=batch_id)
            writes += [_guarded(_part_row(after), after, part.etag), Write(kind="delete", key=_wait_row(after))]
        self._tables.commit(_files(container), writes)

    def _note_rejects(self, parts: Iterable[Part]) -> None:
        rows = [
            Write(kind="upsert", key=f"{time_key(part.landed_at)}-{part.container}-{_slice_of(part)}", values=values_of(part))
            for part in parts
            if part.rejects
        ]
        for some in chunks(rows, AT_ONCE):
            self._tables.commit(_REJECTS, some)


def _files(container: str) -> str:
    return f"files-{container}"


def _state_row(file: LandedFile) -> str:
    return f"in-{file.state}-{time_key(file.changed_at or _ANY_TIME)}-{key(file.path)}"


def _part_row(part: Part) -> str:
    return f"part-{_slice_of(part)}"


def _wait_row(part: Part) -> str:
    return f"wait-part-{_slice_of(part)}"


def _new_part(part: Part) -> list[Write]:
    return [
        Write(kind="insert", key=_part_row(part), values=values_of(part)),
        Write(kind="insert", key=_wait_row(part), values={"since": part.written_at, "entity": part.entity}),
    ]


def _wait_rows(before: LandedFile, after: LandedFile) -> list[Write]:
    name = key(after.path)
    writes = []
    if after.state == "seen":
        writes.append(Write(kind="upsert", key=f"wait-file-{name}", values={"path": after.path}))
    elif before.state == "seen":
        writes.append(Write(kind="delete", key=f"wait-file-{name}"))
    since = _untold_since(after)
    if since is not None:
        writes.append(Write(kind="upsert", key=f"wait-tail-{name}", values={"path": after.path, "since": since}))
    elif _untold_since(before) is not None:
        writes.append(Write(kind="delete", key=f"wait-tail-{name}"))
    return writes


def _untold_since(file: LandedFile) -> datetime | None:
    return file.held_back_since if file.state == "ingested" and not file.held_back_told else None


def _slice_of(part: Part) -> str:
    return _slice_key(part.source_path, part.generation, part.start)


def _slice_key(source_path: str, generation: int, start: int) -> str:
    return f"{key(source_path)}-{generation:06d}-{start:015d}"
