"""The part of the ledger that holds bronze parts: in the partition of the landed file that each is a slice of.

| partition | row | holds |
| --- | --- | --- |
| `files-<container>` | `part-<path>-<slice>` | bronze parts |
| | `wait-part-…`, `wait-whole-…` | those that no batch took yet: see `shared/ledger/waiting.py` |
| `rejects` | `<newest first>-<container>-<path>-<slice>` | parts with rejects, by the time that they landed |
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from shared.concurrency import chunks, in_parallel
from shared.ledger.records import LandedFile, Part
from shared.ledger.rows import AFTER, AT_ONCE, Known, guarded, key, key_prefix, known_as, time_key, values_of
from shared.ledger.states import event_of
from shared.ledger.told.file_steps import tell_batched
from shared.ledger.waiting import Pending
from shared.ports import Row, Tables, Value, Write

_REJECTS = "rejects"


class PartRecords:
    """Bronze parts; a part of the ledger."""

    _tables: Tables

    def parts_of(self, container: str, path: str) -> Iterator[Known[Part]]:
        """Yield the parts made from a landed file, oldest slice first."""
        prefix = f"part-{key(path)}-"
        for row in self._tables.range(files_of(container), prefix, prefix + AFTER):
            yield known_as(Part, row)

    def parts_in(self, container: str, *, prefix: str = "") -> Iterator[Known[Part]]:
        """Yield every part made from the landed files whose path begins with `prefix`: reads history."""
        start = f"part-{key_prefix(prefix)}"
        for row in self._tables.range(files_of(container), start, f"{start}{AFTER}"):
            known = known_as(Part, row)
            if known.record.source_path.startswith(prefix):
                yield known

    def part_at(self, container: str, source_path: str, generation: int, start: int) -> Known[Part] | None:
        """Return the part made from the slice that starts there, or None."""
        row = self._tables.get(files_of(container), f"part-{_slice_key(source_path, generation, start)}")
        return None if row is None else known_as(Part, row)

    def parts_with_rejects(self, *, since: str = "", until: str = AFTER) -> Iterator[tuple[str, Part]]:
        """Yield parts with rejects, last landed first, each with its key; from the key `since` to the key `until`.

        One that was never counted, because its file was read anew first, is listed too: `part_at` tells.
        """
        for row in self._tables.range(_REJECTS, since, until):
            yield row.key, known_as(Part, row).record

    def of_generation(self, file: LandedFile) -> Iterator[Known[Part]]:
        """Yield the parts counted of the generation that a file is in."""
        prefix = f"part-{_generation_key(file)}-"
        for row in list(self._tables.range(files_of(file.container), prefix, prefix + AFTER)):
            yield known_as(Part, row)

    def pending_parts(self, waits: Sequence[Pending]) -> list[Known[Part]]:
        """Return the parts that wait, without those that a batch took since."""
        rows = [row for found in in_parallel(self._rows_of, waits) for row in found]
        parts = [known_as(Part, row) for row in rows]
        return [part for part in parts if part.record.state == "pending"]

    def _rows_of(self, pending: Pending) -> list[Row]:
        partition = files_of(pending.container)
        if pending.whole:
            return list(self._tables.range(partition, f"{pending.part}-", f"{pending.part}-{AFTER}"))
        found = self._tables.get(partition, pending.part)
        return [] if found is None else [found]

    def batch_parts(self, parts: Sequence[Known[Part]], batch_id: str) -> None:
        """Mark parts as taken by a batch, so that they wait no more; repeating it changes nothing.

        What a file that is taken as a whole waits by goes last, so that whoever repeats this finds all its parts.
        """
        event_of(("part", "pending", "batched"))
        by_container: dict[str, list[Known[Part]]] = {}
        for part in parts:
            if part.record.state == "pending":
                by_container.setdefault(part.record.container, []).append(part)
        some = [(name, few) for name, listed in by_container.items() for few in chunks(listed, AT_ONCE // 2)]
        in_parallel(lambda job: self._batch_some(*job, batch_id), some)
        whole = {(part.record.container, _whole_key(part.record)) for part in parts if part.record.whole}
        in_parallel(lambda row: self._tables.commit(files_of(row[0]), [Write(kind="delete", key=row[1])]), sorted(whole))

    def _batch_some(self, container: str, parts: Sequence[Known[Part]], batch_id: str) -> None:
        writes = []
        batched = [dataclasses.replace(part.record, state="batched", batch_id=batch_id) for part in parts]
        for part, after in zip(parts, batched, strict=True):
            writes.append(guarded(part_row(after), after, part.etag))
            if not after.whole:
                writes.append(Write(kind="delete", key=_wait_row(after)))
        self._tables.commit(files_of(container), writes)
        tell_batched(batched)

    def record_rewritten(self, known: Known[Part], after: Part) -> None:
        """Write a part of which an erasure took records out; raises `LedgerChanged` where it is not as it was read."""
        event_of(("part", known.record.state, after.state))
        if known.record.rejects:
            listed = Write(kind="upsert" if after.rejects else "delete", key=_rejects_row(after), values=values_of(after))
            self._tables.commit(_REJECTS, [listed])
        self._tables.commit(files_of(after.container), [guarded(part_row(after), after, known.etag)])

    def note_rejects(self, parts: Iterable[Part]) -> None:
        """List the parts that have rejects, before they are counted."""
        rows = [Write(kind="upsert", key=_rejects_row(part), values=values_of(part)) for part in parts if part.rejects]
        for some in chunks(rows, AT_ONCE):
            self._tables.commit(_REJECTS, some)


def files_of(container: str) -> str:
    """Name the partition of a landing container."""
    return f"files-{container}"


def part_row(part: Part) -> str:
    """Name the row of a part."""
    return f"part-{_slice_of(part)}"


def _rejects_row(part: Part) -> str:
    return f"{time_key(part.landed_at)}-{part.container}-{_slice_of(part)}"


def _wait_row(part: Part) -> str:
    return f"wait-part-{_slice_of(part)}"


def _whole_key(part: Part) -> str:
    return f"wait-whole-{key(part.source_path)}-{part.generation:06d}"


def whole_row(file: LandedFile, at: datetime) -> Write:
    """Let all parts of a file that is taken as a whole wait for a batch."""
    values: dict[str, Value] = {"since": at, "entity": file.entity, "parts": file.parts}
    return Write(kind="upsert", key=f"wait-whole-{_generation_key(file)}", values=values)


def new_part(part: Part) -> list[Write]:
    """Write a part; one of a growing file waits for a batch from then on."""
    written = Write(kind="insert", key=part_row(part), values=values_of(part))
    if part.whole:
        return [written]
    return [written, Write(kind="insert", key=_wait_row(part), values={"since": part.written_at, "entity": part.entity})]


def _generation_key(file: LandedFile) -> str:
    return f"{key(file.path)}-{file.generation:06d}"


def _slice_of(part: Part) -> str:
    return _slice_key(part.source_path, part.generation, part.start)


def _slice_key(source_path: str, generation: int, start: int) -> str:
    return f"{key(source_path)}-{generation:06d}-{start:015d}"
