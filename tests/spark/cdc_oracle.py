"""AUTO CDC, SCD type 2, in the plainest Python there is: the oracle for the Spark code (reference: Databricks, section 4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: (versionnumber, SinkModifiedOn); what is compared, in this order.
Sequence = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One change of one key."""

    key: str
    version: int | None  # None: a delete that came without
    sink: int
    deleted: bool = False
    value: str | None = None  # a tracked column
    note: str | None = None  # an untracked one


@dataclass(frozen=True, kw_only=True, order=True)
class Row:
    """One row of history that shows."""

    key: str
    start: Sequence
    end: Sequence | None
    value: str | None
    note: str | None


def history(events: Iterable[Event]) -> list[Row]:
    """Return the rows that show, of all keys. The order of the events given does not matter."""
    return sorted(row for own in _by_key(events) for row in _history_of_key(own))


def newest(events: Iterable[Event]) -> list[Event]:
    """Return the last event of each key, which is its current row unless it is a delete (SCD type 1)."""
    return [_in_order(own)[-1][1] for own in _by_key(events)]


def _by_key(events: Iterable[Event]) -> list[list[Event]]:
    by_key: dict[str, list[Event]] = {}
    for event in events:
        by_key.setdefault(event.key, []).append(event)
    return list(by_key.values())


def _history_of_key(events: list[Event]) -> list[Row]:
    ordered = _in_order(events)
    rows: list[Row] = []
    position = 0
    while position < len(ordered):
        start, event = ordered[position]
        last = position
        if not event.deleted:
            while last + 1 < len(ordered) and _continues(event, ordered[last + 1][1]):
                last += 1
            end = ordered[last + 1][0] if last + 1 < len(ordered) else None
            if start != end:
                final = ordered[last][1]
                rows.append(Row(key=event.key, start=start, end=end, value=final.value, note=final.note))
        position = last + 1
    return rows


def _continues(event: Event, following: Event) -> bool:
    return not following.deleted and following.value == event.value


def _in_order(events: list[Event]) -> list[tuple[Sequence, Event]]:
    """Order a key's events; of one identity a delete stays, and of two upserts one (the caller makes no such two)."""
    winners: dict[tuple[int | None, int], Event] = {}
    for event in sorted(set(events), key=lambda one: one.deleted):
        winners[event.version, event.sink] = event

    def place(event: Event) -> tuple[int, int, bool]:
        if event.version is not None:
            return (event.version, event.sink, False)
        # A delete without version stands behind all events that are not later than it by SinkModifiedOn.
        seen = [one.version for one in winners.values() if one.version is not None and one.sink <= event.sink]
        return (max(seen, default=-1), event.sink, True)

    return [(place(event)[:2], event) for event in sorted(winners.values(), key=place)]
