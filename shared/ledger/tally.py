"""Counts landed files by state, exactly, without reading them: each writer adds to a row that only it writes.

The row is written in the transaction of the change that it counts, so both happen or neither; and since no two threads
write the same row, counting makes nobody wait. The sum over the rows is the answer.
"""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.ledger.records import LandedFile
from shared.ledger.rows import AFTER
from shared.ports import Row, Tables, Value, Write

_ROW = "tally-"
_WRITTEN_FOR = timedelta(hours=12)  # then a thread begins a new row
_ENDED_AFTER = timedelta(hours=24)  # no call lives so long that it still writes a row begun so long ago
_FOLDED_AT_ONCE = 90


@dataclass
class _Row:
    name: str
    begun: datetime
    counts: Counter[str] = field(default_factory=Counter)


class Tally:
    """The counting of one process."""

    def __init__(self) -> None:
        self._own = threading.local()

    def counting(self, partition: str, before: LandedFile, after: LandedFile, at: datetime) -> Write:
        """Return the write that counts a change; it belongs into the change's transaction."""
        row = self._row(partition, at)
        counts = row.counts.copy()
        if before.state:
            counts[before.state] -= 1
        counts[after.state] += 1
        counts["records"] += after.records - before.records
        counts["rejects"] += after.rejects - before.rejects
        self._own.pending = (row, counts)
        return Write(kind="upsert", key=row.name, values={"begun": row.begun, **counts})

    def counted(self) -> None:
        """Remember that the transaction went through."""
        row, counts = self._own.pending
        row.counts = counts

    def forget(self, partition: str) -> None:
        """Begin a new row: whether the last transaction went through is not known, and what is stored is right."""
        vars(self._own).pop(partition, None)

    def _row(self, partition: str, at: datetime) -> _Row:
        row: _Row | None = vars(self._own).get(partition)
        if row is None or at - row.begun > _WRITTEN_FOR:
            row = _Row(name=f"{_ROW}{uuid.uuid4().hex}", begun=at)
            vars(self._own)[partition] = row
        return row


def tallied(tables: Tables, partition: str) -> Mapping[str, int]:
    """Return how many files are in each state, and how many `records` and `rejects` they hold."""
    return _sum(tables.range(partition, _ROW, _ROW + AFTER))


def fold_tallies(tables: Tables, partition: str, now: datetime) -> None:
    """Make one row of those that nobody writes any more, so that their number does not grow with the years."""
    ended = []
    for row in tables.range(partition, _ROW, _ROW + AFTER):
        begun = row.values["begun"]
        if isinstance(begun, datetime) and now - begun > _ENDED_AFTER:
            ended.append(row)
    for first in range(0, len(ended), _FOLDED_AT_ONCE):
        some = ended[first : first + _FOLDED_AT_ONCE]
        if len(some) > 1:
            name = f"{_ROW}{uuid.uuid4().hex}"
            writes = [Write(kind="delete", key=row.key, etag=row.etag) for row in some]
            total: dict[str, Value] = {"begun": now - _ENDED_AFTER, **_sum(some)}
            tables.commit(partition, [*writes, Write(kind="insert", key=name, values=total)])


def _sum(rows: Iterable[Row]) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in rows:
        for name, value in row.values.items():
            if isinstance(value, int):
                total[name] += value
    return total
