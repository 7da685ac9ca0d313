"""The record of every landed file, part, batch, refresh and reprocess job, and the log of every step they took.

Rows lie so that what must change together is in one partition (Table Storage is atomic only there), and so that
no question that is asked all the time reads history:

| partition | rows | holds |
| --- | --- | --- |
| `files-<container>` | `file-<path>`, `part-<path>-<slice>`, `log-<path>-<step>` | landed files, their parts, their log |
| | `wait-…` | what waits, and only that: see `shared/ledger/waiting.py` |
| | `in-<state>-<newest first>-<path>` | each file once more, by state and time of its last change |
| | `content-<table>-<hash>` | which file holds a content, where of several one is taken |
| | `tally-<day>-<writer>` | how many files are in each state, and what was taken when: `shared/ledger/tallies/tally.py` |
| `rejects` | see `shared/ledger/part_records.py` | parts with rejects, by the time that they landed |
| `labels-<container>` | see `shared/ledger/label_records.py` | the labels known of each table |
| `pipeline` | see `shared/ledger/pipeline_records.py` | batches, refreshes, reprocess jobs |

Writes are guarded by the tag of the version that was read; a writer that lost gets `LedgerChanged` and looks again.
"""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from shared.concurrency import chunks
from shared.ledger.label_records import LabelRecords
from shared.ledger.part_records import PartRecords, files_of, new_part, part_row, whole_row
from shared.ledger.pipeline_records import PIPELINE, PipelineRecords
from shared.ledger.records import LandedFile, Part
from shared.ledger.rows import AFTER, FIRST, key_prefix, known_as, logged, time_key, values_of
from shared.ledger.rows import Known as Known  # noqa: PLC0414 - part of what this module offers
from shared.ledger.rows import guarded as _guarded
from shared.ledger.rows import key as key  # noqa: PLC0414 - likewise
from shared.ledger.states import FILE_STATES, FileState, LogEntry, event_of
from shared.ledger.table_records import PREFIX as TABLES
from shared.ledger.table_records import LakeTable, TableRecords, table_record
from shared.ledger.tallies import increments
from shared.ledger.tallies.tally import PREFIX as TALLIES
from shared.ledger.tallies.tally import Tally, fold_tallies, rewrite, tallied
from shared.ledger.told.file_steps import tell_file
from shared.ledger.waiting import PREFIX as WAITS
from shared.ledger.waiting import Backlog, backlog, backlog_of
from shared.ledger.waiting import HeldBack as HeldBack  # noqa: PLC0414 - likewise
from shared.ledger.waiting import Pending as Pending  # noqa: PLC0414 - likewise
from shared.ports import Row, Tables, Value, Write

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_DROPPED_AT_ONCE = 90


@dataclass(frozen=True, kw_only=True)
class Glance:
    """All that is kept for being shown, whatever happened before."""

    files: Sequence[Row]  # of the tallies of landed files
    runs: Sequence[Row]  # of the tally of the pipeline
    tables: Sequence[LakeTable]
    backlog: Backlog


class Ledger(PipelineRecords, LabelRecords, PartRecords, TableRecords):
    """Reads and writes the records over the table port; holds no state of its own but its share of the tally."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._tally = Tally()

    def backlog(self, containers: Iterable[str], *, most: int | None = None) -> Backlog:
        """Return everything that waits, in the landing containers given and in the pipeline; reads nothing else.

        `most` is how many rows of each are looked at, for who only wants to show it.
        """
        return backlog(self._tables, containers, most)

    # Landed files ---------------------------------------------------------------------------------------------------

    def file(self, container: str, path: str) -> Known[LandedFile]:
        """Return what is known of a landed file; a fresh record where nothing is."""
        row = self._tables.get(files_of(container), f"file-{key(path)}")
        if row is None:
            return Known(record=LandedFile(container=container, path=path))
        return known_as(LandedFile, row)

    def files(self, container: str, *, prefix: str = "", after: str = "") -> Iterator[Known[LandedFile]]:
        """Yield the landed files known in a container whose path begins with `prefix`, in key order, from behind `after`."""
        start = f"file-{key(after)}{FIRST}" if after else f"file-{key_prefix(prefix)}"
        for row in self._tables.range(files_of(container), start, f"file-{key_prefix(prefix)}{AFTER}"):
            known = known_as(LandedFile, row)
            if known.record.path.startswith(prefix):
                yield known

    def changed_files(
        self, containers: Iterable[str], states: Iterable[FileState] = FILE_STATES, *, after: str = "", at_once: int = 1000
    ) -> Iterator[tuple[str, LandedFile]]:
        """Yield the landed files in some states, last changed first, each with the key `after` which the next one comes."""
        states = tuple(states)
        streams = [self._changed(container, state, after, at_once) for container in containers for state in states]
        yield from heapq.merge(*streams, key=lambda pair: pair[0])

    def record_file(
        self,
        known: Known[LandedFile],
        after: LandedFile,
        *,
        at: datetime,
        parts: Iterable[Part] = (),
        complete: bool = False,
        dropped: Iterable[Known[Part]] = (),
        also: Iterable[Write] = (),
        detail: str = "",
    ) -> LandedFile:
        """Write a file's next state, the parts made in this step and the log entry, all or nothing; return what was written.

        The parts (45 at most: two writes each) wait for a batch from then on; those of a file that is taken as a whole wait
        from the step on that is `complete`, all that its generation has, whatever their number. `dropped` are parts of a
        reading that was given up, which nobody ever could take; `also` is what else changes with the file.
        """
        parts, dropped = list(parts), list(dropped)
        event = event_of(("file", "seen", after.state))
        after = dataclasses.replace(after, step=known.record.step + 1, changed_at=at)
        stored = known.stored or LandedFile(container=after.container, path=after.path)
        self.note_rejects(parts)
        partition, name = files_of(after.container), key(after.path)
        changes = increments.of_file(stored, after, parts, (part.record for part in dropped))
        entry = LogEntry(at=at, thing="file", name=after.name, step=after.step, event=event, detail=detail)
        listed = {_state_row(after): Write(kind="upsert", key=_state_row(after), values=values_of(after))}
        if stored.state and _state_row(stored) not in listed:
            listed[_state_row(stored)] = Write(kind="delete", key=_state_row(stored))
        writes = [
            _guarded(f"file-{name}", after, known.etag),
            *listed.values(),
            *_wait_rows(stored, after),
            *(write for part in parts for write in new_part(part)),
            *(Write(kind="delete", key=part_row(part.record), etag=part.etag) for part in dropped),
            *([whole_row(after, at)] if complete and after.parts else []),
            *also,
            logged(f"log-{name}", entry),
        ]
        self._counted(partition, changes, writes, at, increments.times_of_file(after, parts))
        tell_file(event, stored, after, parts)
        return after

    def holder_of_content(self, file: LandedFile) -> tuple[str, Write | None]:
        """Return which other file of its table holds a file's content, and the write that makes this one the one that does.

        The write goes with the file's own, so of two that are read at the same time one finds the other.
        """
        name = f"content-{key(file.table)}-{file.fingerprint}"
        row = self._tables.get(files_of(file.container), name)
        values: dict[str, Value] = {"path": file.path}
        if row is None:
            return "", Write(kind="insert", key=name, values=values)
        held = str(row.values["path"])
        if held == file.path:
            return "", None
        other = self.file(file.container, held).record
        if other.fingerprint == file.fingerprint and other.state == "ingested":
            return other.name, None
        return "", Write(kind="replace", key=name, values=values, etag=row.etag)

    def record_try(self, container: str, path: str, tries: int, *, at: datetime) -> None:
        """Write that a file is being tried, for the how-manieth time; before it is, since whoever tries it may die of it."""
        values: dict[str, Value] = {"path": path, "tries": tries, "at": at}
        self._tables.commit(files_of(container), [Write(kind="upsert", key=f"wait-try-{key(path)}", values=values)])

    def forget_tries(self, container: str, path: str) -> None:
        """Write that trying a file came to an end, whatever that was."""
        self._tables.commit(files_of(container), [Write(kind="delete", key=f"wait-try-{key(path)}")])

    def tally(self, container: str) -> Mapping[str, int]:
        """Return how many files are in each state, and how many `records` and `rejects` they hold; reads no file."""
        return tallied(self._tables, files_of(container))

    def fold_tallies(self, containers: Iterable[str], now: datetime) -> None:
        """Keep the tallies short; worth doing now and then."""
        for partition in (*map(files_of, containers), PIPELINE):
            fold_tallies(self._tables, partition, now)

    def rewrite_tally(
        self, container: str, days: Mapping[date | None, Mapping[str, int]], *, newest: Mapping[str, datetime], at: datetime
    ) -> None:
        """Put other counts in the place of those of a landing container, or, without a name, of the pipeline."""
        rewrite(self._tables, files_of(container) if container else PIPELINE, days, newest=newest, at=at)

    def glance(self, containers: Iterable[str], *, most: int) -> Glance:
        """Return what is counted, what waits and what the tables hold: one call for each container and one for the pipeline.

        `most` is how many rows of each that wait are looked at.
        """
        files = {container: self._at_the_end(files_of(container), most) for container in containers}
        pipeline = self._at_the_end(PIPELINE, most, first=TABLES)
        waits = {container: [row for row in rows if row.key.startswith(WAITS)] for container, rows in files.items()}
        return Glance(
            files=[row for rows in files.values() for row in rows if row.key.startswith(TALLIES)],
            runs=[row for row in pipeline if row.key.startswith(TALLIES)],
            tables=[table_record(row) for row in pipeline if row.key.startswith(TABLES)],
            backlog=backlog_of(waits, [row for row in pipeline if row.key.startswith(WAITS)], most),
        )

    def _at_the_end(self, partition: str, most: int, first: str = TALLIES) -> list[Row]:
        """Read what lies at the end of a partition, one behind the other: tables, tallies, and what waits."""
        rows: list[Row] = []
        waits = 0
        for row in self._tables.range(partition, first, WAITS + AFTER):
            rows.append(row)
            waits += row.key.startswith(WAITS)
            if waits > most:
                break
        return rows

    def log_of_file(self, container: str, path: str, *, since: int = 0) -> Iterator[LogEntry]:
        """Yield every step that a landed file took, in order, from behind the step `since`."""
        prefix = f"log-{key(path)}-"
        for row in self._tables.range(files_of(container), f"{prefix}{since:08d}{FIRST}", prefix + AFTER):
            yield known_as(LogEntry, row).record

    def _changed(self, container: str, state: FileState, after: str, at_once: int) -> Iterator[tuple[str, LandedFile]]:
        prefix = f"in-{state}-"
        start = prefix + after[: len(time_key(_ANY_TIME))] if after else prefix
        for row in self._tables.range(files_of(container), start, prefix + AFTER, at_once=at_once):
            place = f"{row.key.removeprefix(prefix)}\t{container}"  # sorts as the row: a tab comes before all else
            if place > after:
                yield place, known_as(LandedFile, row).record

    def give_up(self, known: Known[LandedFile], *, at: datetime) -> None:
        """Drop what was counted of a version that will not be read to its end, so that nothing ever takes half a file.

        Each step is guarded by the file's record, so whoever still reads that version loses; safe to repeat.
        """
        reading = known.stored or known.record
        counted = chunks(self.of_generation(reading), _DROPPED_AT_ONCE)
        for some in counted[:-1]:
            after = dataclasses.replace(reading, state="seen", reason="restarted", detail="")
            self.record_file(Known(record=reading, etag=known.etag, stored=reading), after, at=at, dropped=some)
            known = self.file(reading.container, reading.path)
            reading = known.record
        detail = f"{reading.parts} parts of generation {reading.generation} given up"
        last = counted[-1] if counted else []
        self.record_file(
            Known(record=reading, etag=known.etag, stored=reading), reading.given_up(), at=at, dropped=last, detail=detail
        )


def _state_row(file: LandedFile) -> str:
    return f"in-{file.state}-{time_key(file.changed_at or _ANY_TIME)}-{key(file.path)}"


def _wait_rows(before: LandedFile, after: LandedFile) -> list[Write]:
    name = key(after.path)
    writes = []
    if after.state == "seen":
        writes.append(Write(kind="upsert", key=f"wait-file-{name}", values={"path": after.path, "reason": after.reason}))
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
