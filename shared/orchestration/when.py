"""Decides when waiting parts become a batch, and when a refresh begins: few of each for many files, and no file waits long.

Pure: the shells around it are `shared/orchestration/dispatch.py` and `refresh.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from shared.config.refresh_settings import RefreshSettings
from shared.config.settings import DispatchSettings
from shared.ledger.waiting import Pending

MOST_NAMES = 150_000  # characters: a row of the ledger holds a megabyte, and a transaction four
_LONGEST_DEFERRAL = timedelta(minutes=10)


def time_left(now: datetime, since: Sequence[datetime], settings: DispatchSettings) -> timedelta:
    """Return how long the parts that wait since the times given have to wait still; zero: dispatch now.

    They go when nothing new came for the quiet time, or the oldest waits too long, or there are enough of them.
    """
    if not since:
        return timedelta.max
    if len(since) >= settings.enough_parts:
        return timedelta(0)
    due = min(max(since) + settings.quiet, min(since) + settings.longest_wait)
    return max(timedelta(0), due - now)


def chosen(waiting: Sequence[Pending], most: int) -> list[Pending]:
    """Return the parts that go into one batch: at most so many, but all of one file together.

    Half of a snapshot would close every key of the other half. The names of a batch's entities are kept with it, so they are
    bounded too.
    """
    names = 0
    fit: dict[str, bool] = {}
    for pending in waiting:
        if pending.entity not in fit:
            names += len(pending.entity) + 1
            fit[pending.entity] = names <= MOST_NAMES
    waiting = [pending for pending in waiting if fit[pending.entity]]
    ends = list(accumulate(pending.parts for pending in waiting))
    if not ends or ends[-1] <= most:
        return list(waiting)
    last = waiting[next(number for number, end in enumerate(ends) if end >= most)].file
    whole = [pending for pending, end in zip(waiting, ends, strict=True) if end <= most and pending.file != last]
    return whole or [pending for pending in waiting if pending.file == last]


def is_turn_of_queue(*, queued: bool, is_due: bool, was_queued: bool) -> bool:
    """Tell whether a batch in the queue goes before new parts: in turns, so that neither waits for all of the other."""
    return queued and not (is_due and was_queued)


def retry_at(now: datetime, attempt: int, settings: DispatchSettings) -> datetime | None:
    """Return when a batch whose attempt failed is tried again, doubling the wait; None when it was tried often enough."""
    if attempt >= settings.attempts:
        return None
    return now + settings.back_off * float(2 ** (attempt - 1))


def deferred_to(now: datetime, deferrals: int, retry_after: float | None, settings: DispatchSettings) -> datetime:
    """Return when a workspace that did not take a run is asked again: as it says, else after a wait that doubles."""
    if retry_after is not None:
        return now + min(timedelta(seconds=retry_after), _LONGEST_DEFERRAL)
    return now + min(settings.back_off * float(2 ** min(deferrals, 20)), _LONGEST_DEFERRAL)


def refresh_from(at: datetime, last_began: datetime | None, settings: RefreshSettings) -> datetime:
    """Return when a refresh may begin, not before a time: so long after the last one did, and in no quiet hours."""
    earliest = at if last_began is None else max(at, last_began + settings.interval)
    return settings.quiet_hours.over(earliest) if settings.quiet_hours else earliest
