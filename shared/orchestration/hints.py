"""Hints without a flood: one that is due soon enough already is not sent again.

Landing asks for a look after every file, and a look that comes too early asks for the next; without this, a burst would
leave as many messages as files, each breeding its own successor.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.ports import Clock, Hints


class SparseHints:
    """A hints port that remembers what it sent; a process knows only its own, which is enough to save messages."""

    def __init__(self, hints: Hints, clock: Clock) -> None:
        self._hints = hints
        self._clock = clock
        self._due: dict[str, datetime] = {}

    def send(self, name: str, *, after_seconds: float = 0) -> None:
        """See `Hints.send`; does nothing where one of that name comes between now and then."""
        now = self._clock()
        due = now + timedelta(seconds=after_seconds)
        sent = self._due.get(name)
        if sent is not None and now < sent <= due:
            return
        self._hints.send(name, after_seconds=after_seconds)
        self._due[name] = due
