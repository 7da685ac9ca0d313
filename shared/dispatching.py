"""Decides when waiting parts become a batch: few runs for many files, and no file waits long.

Pure: the shell around it is `shared/dispatch.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.settings import Dispatching


def waits_for(now: datetime, since: Sequence[datetime], settings: Dispatching) -> timedelta:
    """Return how long the parts that wait since the times given have to wait still; zero: dispatch now.

    They go when nothing new came for the quiet time, or the oldest waits too long, or there are enough of them.
    """
    if not since:
        return timedelta.max
    if len(since) >= settings.enough_parts:
        return timedelta(0)
    due = min(max(since) + settings.quiet, min(since) + settings.longest_wait)
    return max(timedelta(0), due - now)


def retry_at(now: datetime, attempt: int, settings: Dispatching) -> datetime | None:
    """Return when a batch whose attempt failed is tried again, doubling the wait; None when it was tried often enough."""
    if attempt >= settings.attempts:
        return None
    return now + settings.back_off * float(2 ** (attempt - 1))
