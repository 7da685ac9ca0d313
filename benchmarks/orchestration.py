"""What orchestration costs, on a real Azurite: `python -m benchmarks.orchestration [parts]`.

Five measurements, the last a simulation (`python -m benchmarks.scale`).

Questions to the ledger with many parts in it (100,000 unless told); from a landed file to its run, less
the quiet time, and from the end of the run to the recorded publication and the requested refresh; storage calls of an idle
minute, counted; events per second in a burst beside a bare loop that copies blobs. The job and Customer Insights are memory
twins, so that only the functions' own time is measured. Prints each as it comes.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure.storage.blob import BlobServiceClient

from benchmarks.scale import LANDED, simulate
from local.stack.azurite import LANDING, create_containers, start_azurite
from shared.adapters.blob_lake import BlobLake, blob_service
from shared.adapters.memory import MemoryCustomerInsights, MemoryHints, MemoryJobs
from shared.adapters.table_store import TableStore, table_service
from shared.api.queries import FilesQuery
from shared.context import Context
from shared.contracts.counts import EntityCounts
from shared.contracts.manifest import read_manifest
from shared.contracts.outcome import Outcome, Seconds, write_outcome
from shared.contracts.places import PIPELINE, batch_manifest, outcome_document, publication_name, staged_manifest, whole
from shared.ledger.ledger import Known, Ledger, key
from shared.ledger.records import LandedFile, Part
from shared.ledger.rows import time_key, values_of
from shared.ledger.states import FileState
from shared.ports import JobRun, Write

if TYPE_CHECKING:
    from collections.abc import Callable

_QUIET = 2.0
_BURST = 2000
_PARTS = 90  # of a file
_START = datetime(2026, 1, 1, tzinfo=UTC)


class Counting:
    """A port that counts its calls."""

    def __init__(self, port: Any) -> None:
        self.port = port
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        target = getattr(self.port, name)

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls += 1
            return target(*arguments, **options)

        return call


class Bench:
    """A pipeline over Azurite."""

    def __init__(self, storage: str) -> None:
        self.service: BlobServiceClient = blob_service(storage)
        self.lake = Counting(BlobLake(self.service))
        self.tables = Counting(TableStore(table_service(storage), f"t{uuid.uuid4().hex[:12]}"))
        self.jobs, self.customer_insights = MemoryJobs(), MemoryCustomerInsights()
        self.context = self.process()

    def process(self) -> Context:
        """Start a process of the app."""
        settings = {
            "LakeStorage": "UseDevelopmentStorage=true", "DATAVERSE_CONTAINERS": LANDING[0], "DATABRICKS_HOST": "http://127.0.0.1:9",
            "DATABRICKS_JOB_ID": "1", "CALLBACK_USERNAME": "u", "CALLBACK_PASSWORD": "p", "CUSTOMER_INSIGHTS_ROOT": "http://127.0.0.1:9",
            "CUSTOMER_INSIGHTS_INSTANCE_ID": "i", "CUSTOMER_INSIGHTS_REFRESH": "all", "REFRESH_INTERVAL_SECONDS": "0",
            "WRITE_QUIET_SECONDS": "0", "DISPATCH_QUIET_SECONDS": str(_QUIET), "DISPATCH_MAX_WAIT_SECONDS": "600",
        }  # fmt: skip
        ports = {"jobs": self.jobs, "customer_insights": self.customer_insights, "hints": MemoryHints()}
        return Context(settings).replace(lake=self.lake, tables=self.tables, **ports)

    def land(self, path: str, data: bytes) -> None:
        """Land a finance file."""
        self.service.get_blob_client("finance", path).upload_blob(data, overwrite=True)

    def end_run(self) -> None:
        """Let the running run do its work."""
        run_id, run = next(item for item in self.jobs.runs.items() if item[1].state == "running")
        manifest = read_manifest(b"".join(self.lake.read(PIPELINE, batch_manifest(run.batch_id))), run.batch_id)
        rows: Counter[str] = Counter()
        for part in manifest.parts:
            rows[part.entity] += part.rows
        publication, staged = publication_name(run.batch_id), staged_manifest(run.batch_id)
        outcome = Outcome(
            batch_id=run.batch_id,
            publication=publication,
            base_publication=self.context.ledger.pipeline().record.publication or None,
            staged_manifest=whole(PIPELINE, staged),
            entities={
                entity: EntityCounts(
                    read=many, applied=many, superseded=0, duplicates=0, rejected=0, rules={}, current=many, history=many
                )
                for entity, many in rows.items()
            },
            gold={},
            warnings=(),
            seconds=Seconds(silver=0.0, gold=0.0),
        )
        self.lake.create(PIPELINE, staged, json.dumps({"explanation": publication, "entities": []}).encode())
        self.lake.create(PIPELINE, outcome_document(run.batch_id), write_outcome(outcome))
        self.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success"))


def questions(bench: Bench, parts: int) -> dict[str, float]:
    """Fill a ledger and time what is asked of it; milliseconds, the median of five."""
    fill(bench.tables.port, parts)
    context = bench.process()
    ledger = context.ledger
    day = FilesQuery(since=datetime(2026, 1, 19, tzinfo=UTC), until=datetime(2026, 1, 20, tzinfo=UTC))
    asked: dict[str, Callable[[], object]] = {
        "what waits (reconcile, idle)": context.reconcile,
        "files rejected, first 100": lambda: context.files.page(FilesQuery(status="rejected")),
        "files changed last, first 100": lambda: context.files.page(FilesQuery()),
        "files of one day, first 100": lambda: context.files.page(day),
        "rejects of one day, first 100": lambda: list(islice(ledger.parts_with_rejects(since=""), 100)),
        "file counts by state": lambda: ledger.tally("finance"),
    }  # fmt: skip
    return {name: round(1000 * median(call), 1) for name, call in asked.items()}


def fill(tables: TableStore, parts: int) -> None:
    """Record as many parts as asked for, 90 to a file, as they are long after they were batched; one file in fifty rejected.

    The parts' rows are written directly: on their way through a batch each would cost four writes more, and leave no trace.
    """
    ledger = Ledger(tables)

    def one(number: int) -> None:
        at = _START + timedelta(seconds=number * 1200)
        made = [part(number, slice_, at) for slice_ in range(_PARTS)]
        path = made[0].source_path
        state: FileState = "ingested" if number % 50 else "rejected"
        file = LandedFile(container="finance", path=path, state=state, version="v", modified_at=at, table="bench")
        rows = [Write(kind="insert", key=f"part-{key(path)}-000001-{p.start:015d}", values=values_of(p)) for p in made]
        tables.commit("files-finance", rows)
        rejects = [Write(kind="insert", key=f"{time_key(at)}-finance-{key(path)}-000001-{0:015d}", values=values_of(made[0]))]
        tables.commit("rejects", rejects)
        ledger.record_file(Known(record=LandedFile(container="finance", path=path)), file, at=at)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(parts // _PARTS)))


def part(file: int, number: int, at: datetime) -> Part:
    """Make up a part; the first of each file has rejects."""
    return Part(
        part_id=f"finance/bench/{file}/g000001-{number:015d}", container="finance", source_path=f"bench/{file:07d}.csv",
        path=f"bronze/bench/{file}/{number}.parquet", source="finance", table="bench", entity="bench", generation=1,
        start=number, end=number + 1, records=10, rows=10 - (number == 0), rejects=int(number == 0), schema_version="s",
        landed_at=at, written_at=at,
    )  # fmt: skip


def overhead(bench: Bench) -> dict[str, float]:
    """Time one file from landing to its run, and the run's end to the requested refresh; seconds."""
    taken, recorded = [], []
    for number in range(5):
        bench.land(f"overhead/{number}.csv", b"cid,income\n1,%d\n" % number)
        begun = time.perf_counter()
        bench.context.landing("finance", f"overhead/{number}.csv")
        quiet_from = time.perf_counter()
        time.sleep(_QUIET + 0.001)  # this is the hint's delay, and what is measured is the rest
        bench.context.reconcile()
        taken.append(time.perf_counter() - begun - _QUIET)
        assert any(run.state == "running" for run in bench.jobs.runs.values()), time.perf_counter() - quiet_from
        bench.end_run()
        begun = time.perf_counter()
        bench.context.reconcile()
        recorded.append(time.perf_counter() - begun)
        assert bench.customer_insights.jobs
        for job_id, job in list(bench.customer_insights.jobs.items()):
            if job.state == "running":
                bench.customer_insights.end(job_id, type(job)(job_id=job_id, state="successful"))
        bench.context.reconcile()
    return {
        "landed to run, less quiet (s)": round(max(taken), 3),
        "run ended to refresh requested (s)": round(max(recorded), 3),
    }


def idle(bench: Bench) -> dict[str, int]:
    """Count the storage calls of a minute in which nothing happens: one reconciliation; and of a sweep."""
    context = bench.process()
    context.sweep()
    found = {}
    for name, look in (("idle minute (reconcile)", context.reconcile), ("sweep of a warm process", context.sweep)):
        before = bench.tables.calls + bench.lake.calls
        look()
        found[f"storage calls: {name}"] = bench.tables.calls + bench.lake.calls - before
    return found


def burst(bench: Bench) -> dict[str, float]:
    """Take many small files with two workers; beside it, copy as many blobs with two bare loops."""
    rows = b"".join(b"%d,%d\n" % (number, number * 7) for number in range(500))
    paths = [f"burst/{number}.csv" for number in range(_BURST)]
    with ThreadPoolExecutor(8) as pool:  # each with a content of its own: what has landed before is taken once
        list(pool.map(lambda path: bench.land(path, b"cid,income\n%s,1\n%s" % (path.encode(), rows)), paths))
    random.Random(360).shuffle(paths)

    def copy(some: list[str]) -> None:
        for path in some:
            copied = bench.service.get_blob_client("finance", path).download_blob().readall()
            bench.service.get_blob_client("silver", path).upload_blob(copied, overwrite=True)

    def take(some: list[str]) -> None:
        context = bench.process()
        for path in some:
            context.landing("finance", path)

    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = {}
    for name, call in (("copied", copy), ("taken", take)):
        begun = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(call, (paths[0::2], paths[1::2])))
        seconds[name] = time.perf_counter() - begun
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    begun = time.perf_counter()
    time.sleep(_QUIET)
    bench.context.reconcile()
    batched = time.perf_counter() - begun - _QUIET
    bench.end_run()
    bench.context.reconcile()
    for job_id, job in list(bench.customer_insights.jobs.items()):
        bench.customer_insights.end(job_id, type(job)(job_id=job_id, state="successful"))
    bench.context.reconcile()
    return {
        "burst: events/s": round(_BURST / seconds["taken"], 1),
        "bare copies/s": round(_BURST / seconds["copied"], 1),
        "burst: x of bare copies": round(seconds["copied"] / seconds["taken"], 2),
        f"{_BURST} parts batched and run started (s)": round(batched, 2),
        "burst: memory grown (MB)": round(grown / 1024),
    }


def median(call: Callable[[], object]) -> float:
    """Return the median time of five calls, in seconds."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return sorted(times)[2]


def main() -> None:
    """Measure and print."""
    parts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        azurite = start_azurite(Path(folder) / "data", log=Path(folder) / "azurite.log")
        try:
            create_containers(azurite.connection_string)
            measured: dict[str, Any] = {}
            bench = Bench(azurite.connection_string)
            for measure in (overhead, burst, idle):
                measured |= measure(bench)
                print(json.dumps(measured), flush=True)
            asked = questions(Bench(azurite.connection_string), parts)
            measured |= {f"{name}, {parts} parts (ms)": ms for name, ms in asked.items()}
        finally:
            azurite.stop()
    for look, costs in simulate(LANDED).items():
        measured[f"{look}, {LANDED} landed files, simulated"] = costs
    for name, value in measured.items():
        print(f"{name:60} {value}")


if __name__ == "__main__":
    main()
