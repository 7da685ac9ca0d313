"""Counts, by day, without reading what is counted: each writer adds to a row that only it writes.

The row is written in the transaction of the change that it counts, so both happen or neither; and since no two threads
write the same row, counting makes nobody wait. A writer begins a new row each day (in UTC), so the sum over all rows is how
things stand, and the sum over those of a day is what that day changed.

| partition | row | counts |
| --- | --- | --- |
| `files-<container>` | `tally-<day>-<writer>` | landed files by state and what they hold; parts, bytes, records, rejects |
| `pipeline` | likewise | batches by state; runs, what became of their rows, how long they and the way to gold took; refreshes |

What each name counts says `shared/ledger/tallies/increments.py`.
"""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shared.ledger.rows import AFTER
from shared.ports import Row, Tables, Value, Write

PREFIX = "tally-"
KEPT_DAYS = 90
"""How many days are told apart; what is older is one row."""

NO_TIMES: Mapping[str, datetime] = {}
_BEGUN = "begun"
_BEFORE = "00000000"  # where a day stands: what is older than those that are told apart
_ENDED_AFTER = timedelta(hours=24)  # no call lives so long that it still writes a row of the day before yesterday
_FOLDED_AT_ONCE = 90


@dataclass
class _Row:
    name: str
    begun: datetime
    counts: Counter[str] = field(default_factory=Counter)
    newest: dict[str, datetime] = field(default_factory=dict)


class Tally:
    """The counting of one process."""

    def __init__(self) -> None:
        self._own = threading.local()

    def counting(
        self, partition: str, changes: Mapping[str, int], at: datetime, *, newest: Mapping[str, datetime] = NO_TIMES
    ) -> Write:
        """Return the write that counts a change; it belongs into the change's transaction.

        `newest` are times of which the latest is kept, by name.
        """
        row = self._row(partition, at)
        counts = row.counts.copy()
        for name, change in changes.items():
            if change:
                counts[name] += change
        times = latest(row.newest, newest)
        self._own.pending = (row, counts, times)
        return Write(kind="upsert", key=row.name, values={_BEGUN: row.begun, **times, **counts})

    def counted(self) -> None:
        """Remember that the transaction went through."""
        row, counts, times = self._own.pending
        row.counts, row.newest = counts, times

    def forget(self, partition: str) -> None:
        """Begin a new row: whether the last transaction went through is not known, and what is stored is right."""
        vars(self._own).pop(partition, None)

    def _row(self, partition: str, at: datetime) -> _Row:
        row: _Row | None = vars(self._own).get(partition)
        if row is None or row.begun.date() != at.date():
            row = _Row(name=row_name(at.date()), begun=at)
            vars(self._own)[partition] = row
        return row


def row_name(day: date | None) -> str:
    """Name a new row of a day, or of what is older than the days that are told apart."""
    return f"{PREFIX}{day:%Y%m%d}-{uuid.uuid4().hex}" if day else f"{PREFIX}{_BEFORE}-{uuid.uuid4().hex}"


def tallied(tables: Tables, partition: str) -> Mapping[str, int]:
    """Return the sum over all days."""
    return total(tables.range(partition, PREFIX, PREFIX + AFTER))


def by_day(rows: Iterable[Row]) -> dict[date, Counter[str]]:
    """Sum rows by the day that they were counted on; what is older than the days that are told apart is left out."""
    days: dict[date, Counter[str]] = {}
    for row in rows:
        day = day_of(row)
        if day is not None:
            _add(days.setdefault(day, Counter()), row)
    return days


def total(rows: Iterable[Row]) -> Counter[str]:
    """Sum rows."""
    counts: Counter[str] = Counter()
    for row in rows:
        _add(counts, row)
    return counts


def newest(rows: Iterable[Row]) -> dict[str, datetime]:
    """Return the latest of each time that rows keep."""
    times: dict[str, datetime] = {}
    for row in rows:
        times = latest(times, {name: at for name, at in row.values.items() if name != _BEGUN and isinstance(at, datetime)})
    return times


def latest(times: Mapping[str, datetime], others: Mapping[str, datetime]) -> dict[str, datetime]:
    """Return the later of each two times."""
    return {**times, **{name: max(at, times.get(name, at)) for name, at in others.items()}}


def fold_tallies(tables: Tables, partition: str, now: datetime) -> None:
    """Make one row of those of a day that nobody writes any more, so that their number grows neither by writers nor years."""
    ended: dict[date | None, list[Row]] = {}
    for row in tables.range(partition, PREFIX, PREFIX + AFTER):
        begun = row.values[_BEGUN]
        if isinstance(begun, datetime) and now - begun > _ENDED_AFTER:
            day = day_of(row)
            is_old = day is not None and now.date() - day > timedelta(days=KEPT_DAYS)
            ended.setdefault(None if is_old else day, []).append(row)
    for day, rows in ended.items():
        for some in _chunks(rows):
            writes = [Write(kind="delete", key=row.key, etag=row.etag) for row in some]
            begun = min(begun for row in some if isinstance(begun := row.values[_BEGUN], datetime))
            counts: dict[str, Value] = {_BEGUN: begun, **newest(some), **total(some)}
            tables.commit(partition, [*writes, Write(kind="insert", key=row_name(day), values=counts)])


def rewrite(
    tables: Tables,
    partition: str,
    days: Mapping[date | None, Mapping[str, int]],
    *,
    newest: Mapping[str, datetime],
    at: datetime,
) -> None:
    """Put other counts in the place of all that are there; nobody may count meanwhile; repeating it mends what broke off."""
    old = list(tables.range(partition, PREFIX, PREFIX + AFTER))
    for first in range(0, len(old), _FOLDED_AT_ONCE):
        some = old[first : first + _FOLDED_AT_ONCE]
        tables.commit(partition, [Write(kind="delete", key=row.key, etag=row.etag) for row in some])
    for day, counts in days.items():
        values: dict[str, Value] = {_BEGUN: at, **newest, **{name: count for name, count in counts.items() if count}}
        tables.commit(partition, [Write(kind="insert", key=row_name(day), values=values)])


def day_of(row: Row) -> date | None:
    """Return the day that a row counts; None for what is older, or was written before days were told apart."""
    day, _, writer = row.key.removeprefix(PREFIX).partition("-")
    if not writer or day == _BEFORE:
        return None
    return date(int(day[:4]), int(day[4:6]), int(day[6:]))


def _chunks(rows: list[Row]) -> Iterator[list[Row]]:
    for first in range(0, len(rows), _FOLDED_AT_ONCE):
        some = rows[first : first + _FOLDED_AT_ONCE]
        if len(some) > 1:
            yield some


def _add(counts: Counter[str], row: Row) -> None:
    for name, value in row.values.items():
        if isinstance(value, int):
            counts[name] += value
