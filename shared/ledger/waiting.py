"""What waits: rows that exist as long as something is left to do, and that are read all the time instead of everything.

Each is written and removed in the transaction that changes the thing itself, so it is exact, and a look costs as much as
there is to do, whatever happened before.

| partition | row | names |
| --- | --- | --- |
| `files-<container>` | `wait-file-<path>` | a landed file that is seen and not settled |
| | `wait-try-<path>` | a landed file that is being tried, or whose last tries did not come to an end |
| | `wait-tail-<path>` | the tail of a landed file that is held back and was not reported yet |
| | `wait-part-<path>-<slice>` | a bronze part of a growing file that no batch took yet |
| | `wait-whole-<path>-<generation>` | all bronze parts of a file that is taken as a whole, from when it is settled |
| `pipeline` | `wait-batch-<batch>` | a batch in its queue |
| | `wait-reprocess-<id>` | a reprocess job that goes on |
| | `wait-erasure-<id>` | an erasure that goes on: rows of its key are kept out of silver |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from shared.ledger.rows import AFTER
from shared.ledger.states import BEING_WRITTEN
from shared.ports import Row, Tables

PREFIX = "wait-"


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A part that waits for a batch, or all parts of a file that is taken as a whole."""

    container: str
    part: str  # its row, or what the rows of all of them begin with
    file: str  # key of the landed file that it is a slice of
    since: datetime
    entity: str
    parts: int = 1
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A landed file that was tried so often without an end: whoever tried it died, or had too little to do it with."""

    container: str
    path: str
    tries: int
    at: datetime  # of the last one


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """A tail that waits for its rest, and for being reported where that does not come."""

    container: str
    path: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """Everything that waits, at one look."""

    parts: tuple[Pending, ...]
    files: tuple[tuple[str, str], ...]  # container, path
    tails: tuple[HeldBack, ...]
    tried: tuple[Tried, ...]
    exported: int  # files that wait for their exporter, and not for us
    has_more: bool  # than it was asked to look at
    batches: tuple[str, ...]  # ids, oldest first
    reprocess: tuple[str, ...]  # ids
    erasures: tuple[str, ...]  # ids; one may wait for a person only

    def __bool__(self) -> bool:
        """Tell whether anything waits for us; a tail waits for its exporter."""
        return bool(self.parts or self.files or self.batches or self.reprocess)


def backlog(tables: Tables, containers: Iterable[str], most: int | None = None) -> Backlog:
    """Look once: one call for the pipeline and one for each landing container, if little waits, or at `most` rows of each."""
    of_files = {container: tables.range(f"files-{container}", PREFIX, PREFIX + AFTER) for container in containers}
    return backlog_of(of_files, tables.range("pipeline", PREFIX, PREFIX + AFTER), most)


def backlog_of(of_files: Mapping[str, Iterable[Row]], of_pipeline: Iterable[Row], most: int | None = None) -> Backlog:
    """Return what the rows say that wait; of each container, and of the pipeline, `most` are looked at."""
    exported, has_more = 0, False
    parts: list[Pending] = []
    files: list[tuple[str, str]] = []
    tails: list[HeldBack] = []
    tried: list[Tried] = []
    for container, rows in of_files.items():
        for number, row in enumerate(rows):
            if number == most:
                has_more = True
                break
            kind, _, rest = row.key.removeprefix(PREFIX).partition("-")
            if kind == "file":
                files.append((container, str(row.values["path"])))
                exported += row.values.get("reason") in BEING_WRITTEN
                continue
            if kind == "try":
                tries, at = cast(int, row.values["tries"]), cast(datetime, row.values["at"])
                tried.append(Tried(container=container, path=str(row.values["path"]), tries=tries, at=at))
                continue
            since = cast(datetime, row.values["since"])
            if kind == "tail":
                tails.append(HeldBack(container=container, path=str(row.values["path"]), since=since))
                continue
            parts.append(
                Pending(
                    container=container,
                    part=f"part-{rest}",
                    file=rest.split("-", 1)[0],
                    since=since,
                    entity=str(row.values["entity"]),
                    parts=cast(int, row.values.get("parts", 1)),
                    whole=kind == "whole",
                )
            )
    names: dict[str, list[str]] = {"batch": [], "reprocess": [], "erasure": []}
    for number, row in enumerate(of_pipeline):
        if number == most:
            has_more = True
            break
        kind, _, name = row.key.removeprefix(PREFIX).partition("-")
        names[kind].append(name)
    return Backlog(
        parts=tuple(parts),
        files=tuple(files),
        tails=tuple(tails),
        tried=tuple(tried),
        exported=exported,
        has_more=has_more,
        batches=tuple(names["batch"]),
        reprocess=tuple(names["reprocess"]),
        erasures=tuple(names["erasure"]),
    )
