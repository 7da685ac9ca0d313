"""Looks for landed files that are not settled, and takes them: state decides, and this is where it is asked.

Two looks. The frequent one reads the rows of the files that wait (`shared/ledger/waiting.py`), and costs nothing where none
does. The rare one lists landing and finds what no event ever told of (`shared/landing/unsettled.py`).

A file may kill the process that reads it, and nobody is left to say so. So it is written that a file is being tried before it
is; where that stands still at the next look, others go first, and after a few tries it waits longer and longer. Poison is only
what the file itself causes: not a lack of memory, a network, a permission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from shared.errors import Misconfigured, PipelineError, wordless
from shared.formats.landed_paths import DataFile, TimeFolder, classify_dataverse
from shared.landing.ingest import Ingest
from shared.landing.poison import Poison
from shared.landing.unsettled import Survey
from shared.ledger.ledger import Ledger
from shared.ledger.waiting import Tried
from shared.ports import Clock, Lake
from shared.telemetry.log_events import tell

_BEING_READ_FOR = timedelta(seconds=60)  # by somebody who counts a slice in less; later, nobody reads it any more
_OFTEN = 3  # tries without an end, after which a file waits before the next
_LONGEST_WAIT = timedelta(hours=1)
_NOT_ITS_OWN = (MemoryError, OSError)  # causes that are no fault of the file


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
        self.ledger.fold_tallies(self.containers, self.clock())
        written_now = self._written_now()
        backlog = self.ledger.backlog(self.containers)
        found = (
            (left.blob.container, left.blob.path)
            for left in self.survey.unsettled(backlog)
            if left.has_landed or not self._is_open(left.blob.container, left.blob.path, written_now)
        )
        return self._take(found, backlog.tried)

    def again(self, files: Sequence[tuple[str, str]], tried: Sequence[Tried] = ()) -> int:
        """Look at files that wait, beginning somewhere else each time, so that none starves behind slow ones.

        An incremental export always has a folder that is being written: one call per container tells which, and its files
        cost no other.
        """
        written_now = self._written_now()
        landed = [file for file in files if not self._is_open(*file, written_now)]
        first = int(self.clock().timestamp()) % len(landed) if landed else 0
        return self._take([*landed[first:], *landed[:first]], tried)

    def _written_now(self) -> Callable[[str], TimeFolder | None]:
        return cache(self.ingest.dataverse_files.column_sources.written_now)

    def _is_open(self, container: str, path: str, written_now: Callable[[str], TimeFolder | None]) -> bool:
        file = None if container == self.ingest.finance_container else classify_dataverse(path)
        if not isinstance(file, DataFile) or file.folder is None:
            return False
        now = written_now(container)
        return now is None or file.folder.at >= now.at

    def _take(self, files: Iterable[tuple[str, str]], tried: Sequence[Tried]) -> int:
        until = self.clock() + self.at_most
        looked = 0
        failed: PipelineError | None = None
        tries = {(one.container, one.path): one for one in tried}
        for file in _others_first(files, tries):
            before = tries.get(file)
            if before is not None and not self._is_due(before):
                continue
            try:
                self._try(*file, before.tries if before else 0)
            except Misconfigured:  # no file is at fault, and the others fare no better
                raise
            except PipelineError as error:  # no file is at fault
                failed = error
            looked += 1
            if self.clock() >= until:
                break
        if failed is not None:
            raise failed
        return looked

    def _is_due(self, tried: Tried) -> bool:
        wait = (
            min(_LONGEST_WAIT, timedelta(minutes=1) * float(2 ** min(tried.tries, 10)))
            if tried.tries >= _OFTEN
            else timedelta(0)
        )
        return self.clock() >= tried.at + wait

    def _try(self, container: str, path: str, tries: int) -> None:
        name = f"{container}/{path}"
        self.ledger.record_try(container, path, tries + 1, at=self.clock())
        try:
            self._look(container, path)
        except PipelineError:
            self.ledger.forget_tries(container, path)
            raise
        except _NOT_ITS_OWN as error:
            tell("sweep.unable", file=name, tries=tries + 1, exc_info=error)
            return  # it stays written that it was tried: others go first
        except Exception as error:  # one file that nobody can take must not keep the others from being taken
            tell("sweep.failed", file=name, error=type(error).__name__, exc_info=wordless(error))
            self.poison.record(container, path, type(error).__name__)
        self.ledger.forget_tries(container, path)

    def _look(self, container: str, path: str) -> None:
        known = self.ledger.file(container, path)
        record = known.record
        if record.reason == "being_read" and record.changed_at and self.clock() - record.changed_at < _BEING_READ_FOR:
            return
        if known.etag and record.state == "seen" and self.lake.head(container, path) is None:
            if record.reading:
                self.ledger.give_up(known, at=self.clock())
                known = self.ledger.file(container, path)
                record = known.record
            gone = replace(record, state="ignored", reason="gone", detail="it was taken away before it was read", version="")
            self.ledger.record_file(known, gone, at=self.clock(), detail="gone")
            return
        self.ingest(container, path)


def _others_first(files: Iterable[tuple[str, str]], tried: Mapping[tuple[str, str], Tried]) -> Iterator[tuple[str, str]]:
    """Yield the files, those last that were tried without an end, the most often tried at the very end."""
    late = []
    for file in files:
        if file in tried:
            late.append(file)
        else:
            yield file
    yield from sorted(late, key=lambda file: tried[file].tries)
