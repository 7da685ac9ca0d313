"""What each look costs when a million files have landed: `python -m benchmarks.scale [landed files]`.

The app's own code runs at full size over twins that make up what they are asked for: a landing container of so many settled
files, and a ledger of ten rows for each. So rows, calls and memory are counted, not estimated; only the time of
a call to the service is arithmetic (`docs/scale.md`).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from shared.adapters.memory import MemoryClock, MemoryCustomerInsights, MemoryHints, MemoryJobs, MemoryLake, MemoryTables
from shared.api.reprocess import read_request
from shared.context import Context
from shared.ledger.ledger import key
from shared.ledger.records import LandedFile, Part
from shared.ledger.rows import values_of
from shared.ports import BlobVersion, Row

LANDED: Final = 1_000_000
PARTS: Final = 9  # of each landed file, and so rows of the ledger beside its own
_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_ROWS_OF_A_CALL, _BLOBS_OF_A_CALL = 1000, 5000
_CONTAINER: Final = "finance"


class GrownLake(MemoryLake):
    """A lake in which so many files have landed, all of them settled."""

    def __init__(self, clock: MemoryClock, landed: int) -> None:
        super().__init__(clock)
        self._landed = landed
        self.calls = 0

    def list(self, container: str, prefix: str = "") -> Iterator[BlobVersion]:
        """See `Lake.list`."""
        if container != _CONTAINER:
            yield from super().list(container, prefix)
            return
        for number in range(self._landed):
            self.calls += number % _BLOBS_OF_A_CALL == 0
            yield BlobVersion(
                container=container, path=_path(number), etag="v", size=1, created_at=_AT, modified_at=_AT
            )  # fmt: skip


class GrownTables(MemoryTables):
    """A ledger that knows them, with their parts."""

    def __init__(self, landed: int) -> None:
        super().__init__()
        self._landed = landed
        self.calls = 0
        self.rows = 0

    def get(self, partition: str, key: str) -> Row | None:
        """See `Tables.get`."""
        self.calls += 1
        return super().get(partition, key)

    def range(self, partition: str, start: str, end: str, *, at_once: int = 1000) -> Iterator[Row]:
        """See `Tables.range`."""
        made: Iterator[Row] = super().range(partition, start, end, at_once=at_once)
        if partition == f"files-{_CONTAINER}" and start.startswith("file-"):
            made = map(_file_row, range(self._landed))
        elif partition == f"files-{_CONTAINER}" and start.startswith("part-"):
            made = (_part_row(number, part) for number in range(self._landed) for part in range(PARTS))
        self.calls += 1
        for number, row in enumerate(made):
            self.calls += number > 0 and number % _ROWS_OF_A_CALL == 0
            self.rows += 1
            yield row


def simulate(landed: int, only: Collection[str] = ()) -> dict[str, dict[str, float]]:
    """Run looks once at that size, all or `only` some; returns calls, rows, processor time in seconds, and growth of memory."""
    clock = MemoryClock()
    lake, tables = GrownLake(clock, landed), GrownTables(landed)
    settings = {
        "LakeStorage": "UseDevelopmentStorage=true", "DATAVERSE_CONTAINERS": "dataverse", "DATABRICKS_HOST": "http://127.0.0.1:9",
        "DATABRICKS_JOB_ID": "1", "CALLBACK_USERNAME": "u", "CALLBACK_PASSWORD": "p",
    }  # fmt: skip
    twins: dict[str, Any] = {"jobs": MemoryJobs(), "customer_insights": MemoryCustomerInsights(clock), "hints": MemoryHints()}
    context = Context(settings).replace(clock=clock, lake=lake, tables=tables, **twins)
    anything = read_request({"table": "bench", "dry_run": True}, (_CONTAINER,))
    merged = read_request({"table": "bench", "stage": "silver", "dry_run": True}, (_CONTAINER,))
    looks: dict[str, Callable[[], object]] = {
        "reconciliation, idle": context.reconcile,
        "status": context.status,
        "sweep of a new process": context.sweep,
        "sweep of a warm process": context.sweep,
        "dry run of reading everything again": lambda: context.reprocess.extent(anything),
        "dry run of merging everything again": lambda: context.reprocess.extent(merged),
        "a pass over all parts (rebuild, erasure)": lambda: sum(1 for _ in context.ledger.parts_in(_CONTAINER)),
    }
    return {name: _measured(look, lake, tables) for name, look in looks.items() if not only or name in only}


def _measured(look: Callable[[], object], lake: GrownLake, tables: GrownTables) -> dict[str, float]:
    listed, asked, rows = lake.calls, tables.calls, tables.rows
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    look()
    used = time.process_time() - begun
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "listing calls": lake.calls - listed,
        "table calls": tables.calls - asked,
        "rows": tables.rows - rows,
        "seconds": round(used, 1),
        "MB grown": round(grown / 1024),
    }


def _path(number: int) -> str:
    return f"bench/{number:09d}.csv"


def _file_row(number: int) -> Row:
    path = _path(number)
    file = LandedFile(container=_CONTAINER, path=path, state="ingested", version="v", modified_at=_AT, table="bench")
    return Row(partition=f"files-{_CONTAINER}", key=f"file-{key(path)}", values=values_of(file), etag="e")


def _part_row(number: int, place: int) -> Row:
    path = _path(number)
    part = Part(
        part_id=f"finance/bench/{number}/g000001-{place:015d}", container=_CONTAINER, source_path=path, path="bronze/p.parquet",
        state="batched", source="finance", table="bench", entity="bench", generation=1, start=place, end=place + 1, records=10,
        rows=10, rejects=0, schema_version="s", landed_at=_AT, written_at=_AT, batch_id="b",
    )  # fmt: skip
    return Row(partition=f"files-{_CONTAINER}", key=f"part-{key(path)}-000001-{place:015d}", values=values_of(part), etag="e")


def main() -> None:
    """Print each look as a line."""
    landed = int(sys.argv[1]) if len(sys.argv) > 1 else LANDED
    for name, found in simulate(landed).items():
        print(f"{landed} landed files, {name}: {json.dumps(found)}", flush=True)


if __name__ == "__main__":
    main()
