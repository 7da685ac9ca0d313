"""Looks for landed files that are not settled, and takes them: state decides, and this is where it is asked.

Two looks. The frequent one reads the rows of the files that wait (`shared/ledger/waiting.py`), and costs nothing where none
does. The rare one lists landing and finds what no event ever told of (`shared/landing/unsettled.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from shared.errors import Misconfigured, Retry
from shared.formats.landed_paths import DataFile, TimeFolder, classify_dataverse
from shared.landing.ingest import Ingest
from shared.landing.poison import Poison
from shared.landing.unsettled import Survey
from shared.ledger.ledger import Ledger
from shared.ports import Clock, Lake

_BEING_READ_FOR = timedelta(seconds=60)  # by somebody who counts a slice in less; later, nobody reads it any more
_log = logging.getLogger("customer360.sweep")


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Ingests what is unsettled, for as long as it is given."""

    survey: Survey
    lake: Lake
    ledger: Ledger
    ingest: Ingest
    poison: Poison
    clock: Clock
    containers: tuple[str, ...]
    at_most: timedelta = timedelta(minutes=5)  # of one call: the next one goes on

    def __call__(self) -> int:
        """Look at all of landing and return how many files were looked at; one failing file does not stop the others."""
        for container in self.containers:
            self.ledger.fold_tallies(container, self.clock())
        written_now = self._written_now()
        return self._take(
            (left.blob.container, left.blob.path)
            for left in self.survey.unsettled()
            if left.has_landed or not self._is_open(left.blob.container, left.blob.path, written_now)
        )

    def again(self, files: Sequence[tuple[str, str]]) -> int:
        """Look at files that wait, beginning somewhere else each time, so that none starves behind slow ones.

        An incremental export always has a folder that is being written: one call per container tells which, and its files
        cost no other.
        """
        written_now = self._written_now()
        landed = [file for file in files if not self._is_open(*file, written_now)]
        first = int(self.clock().timestamp()) % len(landed) if landed else 0
        return self._take([*landed[first:], *landed[:first]])

    def _written_now(self) -> Callable[[str], TimeFolder | None]:
        return cache(self.ingest.column_sources.written_now)

    def _is_open(self, container: str, path: str, written_now: Callable[[str], TimeFolder | None]) -> bool:
        file = None if container == self.ingest.finance_container else classify_dataverse(path)
        if not isinstance(file, DataFile) or file.folder is None:
            return False
        now = written_now(container)
        return now is None or file.folder.at >= now.at

    def _take(self, files: Iterable[tuple[str, str]]) -> int:
        until = self.clock() + self.at_most
        looked = 0
        failed: Retry | None = None
        for container, path in files:
            try:
                self._look(container, path)
            except Retry as error:
                failed = error
            except Misconfigured:  # no file is at fault, and the others fare no better
                raise
            except Exception as error:  # one file that nobody can take must not keep the others from being taken
                _log.exception("sweep.failed %s/%s", container, path)
                self.poison.record(container, path, type(error).__name__)
            looked += 1
            if self.clock() >= until:
                break
        if failed is not None:
            raise failed
        return looked

    def _look(self, container: str, path: str) -> None:
        known = self.ledger.file(container, path)
        record = known.record
        if record.reason == "being_read" and record.changed_at and self.clock() - record.changed_at < _BEING_READ_FOR:
            return
        if known.etag and record.state == "seen" and self.lake.head(container, path) is None:
            gone = replace(record, state="ignored", reason="gone", detail="it was taken away before it was read", version="")
            self.ledger.record_file(known, gone, at=self.clock(), detail="gone")
            return
        self.ingest(container, path)
