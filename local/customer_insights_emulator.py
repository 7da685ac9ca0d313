"""An emulator of the refresh API of Dynamics 365 Customer Insights - Data, with one data source: our gold.

It takes the documented call and its older form, and answers with the documented job (reference: Customer Insights,
section 7). A refresh really reads: the manifest, and every file it names; what Customer Insights could not read makes the
job fail with the documented error code. Everything else is answered 501.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import re
import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from local.emulation.server import QuietHandler
from local.errors import LocalStackError
from local.lake.manifest import locations
from local.stack.child import tether

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MANIFEST = "default.manifest.cdm.json"
JOBS = re.compile(r"(?:/v1)?/instances/(?P<instance>[^/]+)/(?:manage/)?workflows/(?P<workflow>[^/]+)/jobs(?:/(?P<job>[^/]+))?")
SOURCES = re.compile(r"(?:/v1)?/instances/(?P<instance>[^/]+)/manage/datasources(?:/v2)?")
INGESTION, ALL = "ingestion", "all"


class RefreshFailed(LocalStackError):
    """Why Customer Insights could not take the data: its error code, and the file."""

    def __init__(self, code: str, file: str) -> None:
        super().__init__(f"{code}: {file}")
        self.code, self.file = code, file


def check_gold(read: Callable[[str], bytes | None], below: Callable[[str], Iterable[str]]) -> int:
    """Read gold as Customer Insights would, and count its rows; RefreshFailed at what it would stop at.

    `read` gives a file of the container by its path, None if it is not there; `below` lists the files of a folder.
    """
    manifest = read(MANIFEST)
    if manifest is None:
        raise RefreshFailed("dataSourceManifestNotFound", MANIFEST)
    rows = 0
    try:
        for entity in json.loads(manifest)["entities"]:
            document = read(entity["entityPath"].rpartition("/")[0])
            if document is None:
                raise RefreshFailed("cdmLoadManifestFailed", entity["entityPath"])
            definition = json.loads(document)["definitions"][0]
            columns = [attribute["name"] for attribute in definition["hasAttributes"]]
            files = locations(entity, below)
            if not files:
                raise RefreshFailed("corruptRecordsFound", entity["entityName"])
            rows += sum(_rows(read, location, columns) for location in files)
    except (ValueError, KeyError, IndexError, TypeError, re.error) as error:
        raise RefreshFailed("cdmLoadManifestFailed", MANIFEST) from error
    return rows


def _rows(read: Callable[[str], bytes | None], location: str, columns: list[str]) -> int:
    content = read(location)
    if content is None:
        raise RefreshFailed("corruptRecordsFound", location)
    try:
        table = pq.read_table(io.BytesIO(content))
    except pa.ArrowException as error:
        raise RefreshFailed("corruptRecordsFound", location) from error
    if table.column_names != columns:  # another column count makes every record corrupt (section 6)
        raise RefreshFailed("corruptRecordsFound", location)
    return int(table.num_rows)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One refresh."""

    job_id: str
    operation: str
    sources: tuple[str, ...]
    submitted: datetime
    status: str = "queued"
    ended: datetime | None = None
    error: RefreshFailed | None = None

    def document(self) -> dict[str, Any]:
        """As the API shows it (GraphJobInfo)."""
        errors = [{"errorCode": self.error.code, "params": [self.error.file]}] if self.error else []
        times = {"submittedTimestamp": _stamp(self.submitted), "endTimestamp": self.ended and _stamp(self.ended)}
        task = {
            "taskId": self.job_id,
            "taskStatus": self.status,
            "operationType": self.operation,
            "jobIds": [self.job_id],
            "ciErrors": errors,
            "ciError": errors[0] if errors else None,
            "waitingTaskIds": [],
            **times,
        }
        return {
            "jobId": self.job_id,
            "jobType": "full",
            "jobSubmissionKind": "onDemand",
            "jobStatus": self.status,
            "operationType": self.operation,
            "subType": None,
            "shouldForceRunRequestedNodes": True,
            "idList": list(self.sources),
            "tasks": [task],
            **times,
        }


@dataclass(kw_only=True)
class Instance:
    """What one instance of Customer Insights remembers. Times come from `now`; a refresh takes `seconds`."""

    instance_id: str
    source_id: str
    read: Callable[[str], bytes | None]
    below: Callable[[str], Iterable[str]]
    now: Callable[[], datetime]
    seconds: float = 1.0
    _jobs: dict[str, Job] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def submit(self, operation: str, sources: tuple[str, ...]) -> Job:
        """Take in a new refresh, queued."""
        job = Job(job_id=str(uuid.uuid4()), operation=operation, sources=sources, submitted=self.now())
        with self._lock:
            self._jobs[job.job_id] = job
        return job

    def jobs(self) -> list[Job]:
        """All refreshes as they stand now, newest first."""
        with self._lock:
            self._jobs = {job_id: self._advanced(job) for job_id, job in self._jobs.items()}
            return list(reversed(self._jobs.values()))

    def _advanced(self, job: Job) -> Job:
        if job.ended is not None:
            return job
        age = (self.now() - job.submitted).total_seconds()
        if age < self.seconds:
            return replace(job, status="queued" if age < self.seconds / 2 else "running")
        try:
            check_gold(self.read, self.below)
        except RefreshFailed as error:
            return replace(job, status="failed", ended=self.now(), error=error)
        return replace(job, status="successful", ended=self.now())


class Application:
    """The WSGI application of one instance."""

    def __init__(self, *, instance: Instance, subscription_key: str) -> None:
        self._instance, self._key = instance, subscription_key

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not bearer or request.headers.get("Ocp-Apim-Subscription-Key") != self._key:
            return _error(401, "unauthorized", headers={"WWW-Authenticate": "Bearer"})
        at = JOBS.fullmatch(request.path) or SOURCES.fullmatch(request.path)
        if at is None:
            return _error(501, "notEmulated")
        if at["instance"] != self._instance.instance_id:
            return _error(404, "instanceNotFound")
        if at.re is SOURCES:
            return self._sources(request)
        if at["job"] is not None:
            return self._one(request, at["job"])
        if request.method == "POST":
            return self._refresh(request)
        return _json([job.document() for job in self._instance.jobs()])

    def _sources(self, request: Request) -> Response:
        if request.method != "GET":
            return _error(501, "notEmulated")
        return _json([{"friendlyName": "Gold", "dataSourceId": self._instance.source_id}])

    def _one(self, request: Request, job_id: str) -> Response:
        if request.method != "GET":
            return _error(501, "notEmulated")
        found = [job for job in self._instance.jobs() if job.job_id == job_id]
        return _json(found[0].document()) if found else _error(404, "graphJobNotFound")

    def _refresh(self, request: Request) -> Response:
        body = request.get_json(silent=True, force=True) or {}
        operation = str(request.args.get("operationType") or body.get("operationType", "")).lower()
        named = request.args.get("identifiers", "").replace("'", "")
        sources = tuple(filter(None, named.split(","))) or tuple(body.get("identifiers", ()))
        if operation not in {INGESTION, ALL}:
            return _error(501 if operation else 400, "invalidJobOperationType")
        if (operation == INGESTION) != bool(sources):
            return _error(400, "invalidJobIdentifiers")
        if set(sources) - {self._instance.source_id}:
            return _error(404, "dataSourceNotFound")
        return _json(self._instance.submit(operation, sources).document())


class CustomerInsightsEmulator:
    """The emulator on a thread of this process; tests and `main` start it."""

    def __init__(self, *, instance: Instance, subscription_key: str, port: int = 0) -> None:
        application = Application(instance=instance, subscription_key=subscription_key)
        self._server = make_server("127.0.0.1", port, application, threaded=True, request_handler=QuietHandler)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="http", daemon=True)

    def __enter__(self) -> Self:
        """Start answering."""
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _json(document: object, code: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(document), status=code, content_type="application/json", headers=headers)


def _error(code: int, error_code: str, headers: dict[str, str] | None = None) -> Response:
    """Return an ApiErrorResult."""
    culprit = "system" if code >= 500 else "user"
    document = {"httpStatusCode": code, "exceptionCulprit": culprit, "errorCode": error_code, "message": error_code}
    return _json(document, code, headers)


def main() -> None:
    """`python -m local.customer_insights_emulator`: the emulator as a process of the local stack."""
    tether()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("azure").setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--storage", required=True, help="connection string of the account that holds gold")
    parser.add_argument("--instance", required=True)
    parser.add_argument("--source", required=True, help="the id of the data source")
    parser.add_argument("--subscription-key", required=True)
    given = parser.parse_args()
    gold = ContainerClient.from_connection_string(given.storage, "gold")

    def read(path: str) -> bytes | None:
        try:
            return gold.download_blob(path).readall()
        except ResourceNotFoundError:
            return None

    instance = Instance(
        instance_id=given.instance,
        source_id=given.source,
        read=read,
        below=lambda root: (blob.name for blob in gold.list_blobs(name_starts_with=root)),
        now=lambda: datetime.now(UTC),
        seconds=2,
    )
    with CustomerInsightsEmulator(instance=instance, subscription_key=given.subscription_key, port=given.port) as one:
        logging.getLogger(__name__).info("Customer Insights on %s", one.url)
        while one.thread.is_alive():
            time.sleep(3600)


if __name__ == "__main__":
    main()
