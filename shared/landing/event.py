"""What a landing event causes: a look at the file, and a hint for what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.landing.ingest import Ingest
from shared.ledger.records import LandedFile
from shared.ports import Hints


@dataclass(frozen=True, kw_only=True)
class Landing:
    """Takes one landed file and sees to it that its batch is not forgotten."""

    ingest: Ingest
    hints: Hints
    containers: tuple[str, ...]
    quiet: timedelta
    write_quiet: timedelta

    def __call__(self, container: str, path: str) -> LandedFile | None:
        """Take the file; None where it is in no landing container, since events may name any blob."""
        if container not in self.containers:
            return None
        file = self.ingest(container, path)
        if file.reason == "just_written":
            self.hints.send("look", after_seconds=self.write_quiet.total_seconds())
        elif file.state == "ingested":
            self.hints.send("dispatch", after_seconds=self.quiet.total_seconds())
        elif file.reason == "metadata":
            self.hints.send("look", after_seconds=1)  # a file may have waited for this model
        return file
