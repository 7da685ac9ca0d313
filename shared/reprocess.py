"""Reads landed files again from their start, as a new generation; what was there before stays in bronze.

Silver applies the same rows once, however often they come, so this is safe at any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.errors import LedgerChanged, Reject
from shared.ledger import Known, Ledger
from shared.ports import Clock, Hints
from shared.records import LandedFile

_AGAIN = frozenset({"ingested", "rejected"})


class RequestInvalid(Reject):
    """A request to reprocess cannot be understood; says which field, and what was expected."""

    def __init__(self, field: str, expected: str) -> None:
        self.field = field
        self.expected = expected
        super().__init__(f"{field}: expected {expected}")


@dataclass(frozen=True, kw_only=True)
class ReprocessRequest:
    """Which landed files to read again."""

    table: str  # a Dataverse table or a finance data set, as landed or as named in silver
    container: str = ""  # only there
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True)
class Reprocessed:
    """What a request comes to."""

    files: int
    size: int  # bytes
    records: int  # as they were read before


def read_request(document: Mapping[str, Any]) -> ReprocessRequest:
    """Read a request; raises `RequestInvalid`."""
    unknown = sorted(set(document) - {"table", "container", "dry_run"})
    if unknown:
        raise RequestInvalid(unknown[0], "only table, container, dry_run")
    table, container, dry_run = document.get("table"), document.get("container", ""), document.get("dry_run", False)
    if not isinstance(table, str) or not table:
        raise RequestInvalid("table", "the name of a Dataverse table or a finance data set")
    if not isinstance(container, str):
        raise RequestInvalid("container", "the name of a landing container")
    if not isinstance(dry_run, bool):
        raise RequestInvalid("dry_run", "true or false")
    return ReprocessRequest(table=table, container=container, dry_run=dry_run)


@dataclass(frozen=True, kw_only=True)
class Reprocess:
    """Marks landed files to be read again; the sweep does the reading."""

    ledger: Ledger
    hints: Hints
    clock: Clock
    containers: tuple[str, ...]

    def __call__(self, request: ReprocessRequest) -> Reprocessed:
        """Mark what the request names and say how much it is; a file that is being changed right now is marked as well."""
        if request.container and request.container not in self.containers:
            raise RequestInvalid("container", f"one of {', '.join(self.containers)}")
        files = size = records = 0
        for known in self._named(request):
            files += 1
            size += known.record.size
            records += known.record.records
            if not request.dry_run:
                self._mark(known)
        if files and not request.dry_run:
            self.hints.send("sweep")
        return Reprocessed(files=files, size=size, records=records)

    def _named(self, request: ReprocessRequest) -> Iterator[Known[LandedFile]]:
        for container in (request.container,) if request.container else self.containers:
            for known in self.ledger.files(container):
                record = known.record
                if record.state in _AGAIN and request.table in {record.table, record.entity}:
                    yield known

    def _mark(self, known: Known[LandedFile]) -> None:
        while True:
            again = replace(known.record.from_start(), state="seen", reason="reprocess", detail="")
            try:
                self.ledger.record_file(known, again, at=self.clock(), detail="reprocess")
            except LedgerChanged:
                known = self.ledger.file(known.record.container, known.record.path)
            else:
                return
