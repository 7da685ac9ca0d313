"""What a landing event causes: a look at the file, and a hint for what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.ingest import Ingest
from shared.ports import Clock, Hints
from shared.records import LandedFile

_HINT_EVERY = timedelta(seconds=1)  # a burst of files needs no more hints than that


@dataclass(kw_only=True)
class Landing:
    """Takes one landed file and sees to it that its batch is not forgotten."""

    ingest: Ingest
    hints: Hints
    clock: Clock
    containers: tuple[str, ...]
    quiet: timedelta
    _hinted_at: dict[str, datetime] = field(default_factory=dict)  # by name; only saves messages, so memory will do

    def __call__(self, container: str, path: str) -> LandedFile | None:
        """Take the file; None where it is in no landing container, since events may name any blob."""
        if container not in self.containers:
            return None
        file = self.ingest(container, path)
        if file.state == "ingested":
            self._hint("dispatch", self.quiet.total_seconds())
        elif file.reason == "metadata":
            self._hint("sweep", 0)  # a file may have waited for this model
        return file

    def _hint(self, name: str, after_seconds: float) -> None:
        now = self.clock()
        last = self._hinted_at.get(name)
        if last is None or now - last >= _HINT_EVERY:
            self._hinted_at[name] = now
            self.hints.send(name, after_seconds=after_seconds)
