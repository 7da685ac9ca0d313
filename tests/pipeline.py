"""The whole pipeline over memory twins, for tests that follow files through it."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shared.adapters.memory import (
    MemoryClock,
    MemoryCustomerInsights,
    MemoryHints,
    MemoryJobs,
    MemoryLake,
    MemoryTables,
)
from shared.context import Context
from shared.contracts.codec import encoded
from shared.contracts.erasure.found import Found, FoundPart, write_found
from shared.contracts.erasure.keys import ErasedKey, digest
from shared.contracts.manifest import Manifest, read_manifest, whole_manifest
from shared.contracts.outcome import read_conclusion
from shared.contracts.places import (
    BRONZE,
    GOLD,
    GOLD_MANIFEST,
    PIPELINE,
    batch_manifest,
    conclusion_document,
    divided,
    found_document,
    outcome_document,
    publication_name,
    staged_manifest,
)
from shared.orchestration.publish import publication_of
from shared.ports import JobRun, RefreshJob
from spark_jobs.errors import AttemptConcludedError
from tests.contracts import all_applied, make_outcome

DATAVERSE = "dataverse-contoso-sales"
FINANCE = "finance"
MODEL = "Microsoft.Athena.TrickleFeedService/contact-model.json"

SETTINGS = {
    "LakeStorage": "UseDevelopmentStorage=true",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "DATAVERSE_CONTAINERS": DATAVERSE,
    "DATABRICKS_HOST": "http://127.0.0.1:1",
    "DATABRICKS_TOKEN": "unused",
    "DATABRICKS_JOB_ID": "360",
    "CALLBACK_USERNAME": "databricks",
    "CALLBACK_PASSWORD": "correct horse",
    "CUSTOMER_INSIGHTS_ROOT": "http://127.0.0.1:1",
    "CUSTOMER_INSIGHTS_INSTANCE_ID": "i1",
    "CUSTOMER_INSIGHTS_REFRESH": "all",
    "REFRESH_INTERVAL_SECONDS": "0",
    "WRITE_QUIET_SECONDS": "0",
    "DISPATCH_QUIET_SECONDS": "10",
    "DISPATCH_MAX_WAIT_SECONDS": "60",
    "RUN_BACK_OFF_SECONDS": "30",
}


def model(*columns: str, table: str = "contact") -> bytes:
    """Spell a `model.json` of one table; a column is text unless it says otherwise, as `versionnumber:int64`."""
    attributes = []
    for column in columns:
        name, _, data_type = column.partition(":")
        attributes.append({"name": name, "dataType": data_type or "string", "maxLength": -1})
    entity = {"$type": "LocalEntity", "name": table, "description": "", "annotations": [], "attributes": attributes}
    return json.dumps({"name": "cdm", "description": "cdm", "version": "1.0", "entities": [entity]}).encode()


CONTACT = ("Id:guid", "SinkModifiedOn:dateTime", "fullname", "versionnumber:int64", "IsDelete:boolean")


def contact(number: int, name: str = "Ada", *, version: int = 1, deleted: bool = False) -> bytes:
    """Spell one row of the contact table, as Synapse Link does."""
    flag = "True" if deleted else ""
    return f'{number:08d},"6/28/2021 4:34:35 PM","{name}",{version},{flag}\r\n'.encode()


@lru_cache(maxsize=10_000)  # the worlds of one story hold the same parts, byte for byte
def _read(content: bytes) -> tuple[dict[str, Any], ...]:
    return tuple(pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False).to_pylist())


def rows_of(content: bytes) -> list[dict[str, Any]]:
    """Return the rows of a parquet file."""
    return [dict(row) for row in _read(content)]


class Pipeline:
    """Lands files, ticks the clock, ends runs, and reads what came of it."""

    def __init__(self, **settings: str) -> None:
        self.clock = MemoryClock()
        self.lake = MemoryLake(self.clock)
        self.tables = MemoryTables()
        self.jobs = MemoryJobs()
        self.customer_insights = MemoryCustomerInsights(self.clock)
        self.hints = MemoryHints()
        self.context = self.start(**settings)

    def start(self, **settings: str) -> Context:
        """Start the app as a new process would: nothing is remembered but what is stored."""
        self.context = self.fresh_context(**settings)
        return self.context

    def fresh_context(self, **settings: str) -> Context:
        """Build the app over what is stored."""
        return Context(SETTINGS | settings).replace(
            clock=self.clock,
            lake=self.lake,
            tables=self.tables,
            jobs=self.jobs,
            customer_insights=self.customer_insights,
            hints=self.hints,
        )

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes on, as the API says it."""
        return bool(self.fresh_context().status().idle)

    def land(self, container: str, path: str, data: bytes) -> None:
        """Land a file and deliver its event."""
        self.lake.put(container, path, data)
        self.context.landing(container, path)

    def land_contacts(self, *rows: bytes, path: str = "contact/2024.csv") -> None:
        """Land a year file of contacts beside its model."""
        if self.lake.head(DATAVERSE, MODEL) is None:
            self.land(DATAVERSE, MODEL, model(*CONTACT))
        self.land(DATAVERSE, path, b"".join(rows))

    def tick(self, seconds: float = 0) -> None:
        """Let time pass, then let both timers fire."""
        self.clock.advance(seconds)
        self.context.sweep()
        self.context.reconcile()

    def settle(self) -> None:
        """Tick, and end each run and refresh well, until nothing goes on."""
        for _ in range(20):
            self.tick(11)
            self.end_runs()
            self.end_refreshes()
            if self.is_idle:
                return
        raise AssertionError(f"does not settle: {self.fresh_context().status()}")

    def end_runs(self, broken: Collection[str] = ()) -> None:
        """Let every running run do its work and succeed, or, with parts of an entity that is broken, fail for that."""
        for run_id, run in list(self.jobs.runs.items()):
            if run.state != "running":
                continue
            if any(part.entity in broken for part in self.manifest(run.batch_id).parts):
                failed = JobRun(run_id=run_id, state="failed", termination="client_error", code="RUN_EXECUTION_ERROR")
                self.jobs.end(run_id, failed)
                continue
            self.do_the_work_of(run_id)
            self.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success"))

    def fail_runs(self, termination: Any, code: str = "INTERNAL_ERROR") -> None:
        """Let every running run fail."""
        for run_id, run in list(self.jobs.runs.items()):
            if run.state == "running":
                self.jobs.end(run_id, JobRun(run_id=run_id, state="failed", termination=termination, code=code))

    def end_refreshes(self) -> None:
        """Let every running refresh succeed."""
        for job_id, job in list(self.customer_insights.jobs.items()):
            if job.state == "running":
                self.customer_insights.end(job_id, RefreshJob(job_id=job_id, state="successful"))

    def do_the_work_of(self, run_id: int, **changes: Any) -> None:
        """Do what the Spark job would: publish, and account for every row; `changes` spoil the outcome document."""
        batch_id = self.jobs.parameters[run_id]["batch_id"]
        if self.is_concluded(run_id):
            raise AttemptConcludedError(batch_id, int(self.jobs.parameters[run_id]["attempt"]), 0)
        publication = publication_name(batch_id)
        base = ""
        if self.lake.head(GOLD, GOLD_MANIFEST):
            base = publication_of(self.lake.content(GOLD, GOLD_MANIFEST)) or ""
        if base == publication:
            return
        self.lake.put(PIPELINE, staged_manifest(batch_id), json.dumps({"explanation": publication, "entities": []}).encode())
        manifest = self.manifest(batch_id)
        if manifest.search is not None:
            self.lake.put(PIPELINE, found_document(batch_id), write_found(self.found(manifest, manifest.search.key)))
        counts = all_applied(() if manifest.search else manifest.parts)
        outcome = make_outcome(batch_id, publication=publication, base_publication=base or None, entities=counts)
        self.lake.put(PIPELINE, outcome_document(batch_id), json.dumps(encoded(outcome) | changes).encode())

    def found(self, manifest: Manifest, key: ErasedKey) -> Found:
        """Return what the job's search finds: the records of the parts that hold a key."""
        (column,) = manifest.entities[key.entity].keys
        wanted, parts = set(key.digests), []
        for part in manifest.parts:
            rows = [
                row["_record_number"]
                for row in self._rows_of(part.path)
                if digest(key.erasure_id, (row[column] or "").lower()) in wanted
            ]
            rejects = [
                row["_record_number"]
                for row in (self._rows_of(part.rejects_path) if part.rejects_path else [])
                if wanted & {digest(key.erasure_id, value.strip('"\r\n').lower()) for value in row["_raw"].decode().split(",")}
            ]
            if rows or rejects:
                parts.append(FoundPart(part_id=part.part_id, rows=tuple(rows), rejects=tuple(rejects)))
        many = sum(len(part.rows) for part in parts)
        return Found(batch_id=manifest.batch_id, erasure_id=key.erasure_id, silver=many, rejected=0, parts=tuple(parts))

    def _rows_of(self, place: str) -> list[dict[str, Any]]:
        return rows_of(self.lake.content(*divided(place)))

    def is_concluded(self, run_id: int) -> bool:
        """Whether the job refuses a run: the functions are done with its attempt."""
        given = self.jobs.parameters[run_id]
        place = conclusion_document(given["batch_id"])
        if "attempt" not in given or self.lake.head(PIPELINE, place) is None:
            return False
        concluded = read_conclusion(self.lake.content(PIPELINE, place), given["batch_id"])
        return int(given["attempt"]) <= concluded.attempt

    def manifest(self, batch_id: str) -> Manifest:
        """Return the manifest of a batch."""
        batch = self.fresh_context().ledger.batch(batch_id)
        listing = batch.record.listing if batch else 1
        manifest = read_manifest(self.lake.content(PIPELINE, batch_manifest(batch_id, listing)), batch_id)
        return whole_manifest(manifest, lambda page: self.lake.content(*divided(page)))

    def bronze(self, table: str, container: str = DATAVERSE) -> list[dict[str, Any]]:
        """Return every row of bronze of a table, in order of the parts' names."""
        return self._rows(f"{container}/{table}/")

    def rejected(self) -> list[dict[str, Any]]:
        """Return every reject."""
        return self._rows("_rejected/")

    def _rows(self, prefix: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for blob in self.lake.list(BRONZE, prefix):
            rows += rows_of(self.lake.content(BRONZE, blob.path))
        return rows
