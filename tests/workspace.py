"""A pipeline whose job runs on the Jobs emulator, and a lake in Azurite that can do what the memory twin can."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from local.jobs_emulator.running.definition import Job, Task
from local.jobs_emulator.running.execution import TaskResult
from local.jobs_emulator.running.runs import SUCCESS
from local.jobs_emulator.server import JobsEmulator
from shared.adapters.blob_lake import BlobLake

if TYPE_CHECKING:
    from pathlib import Path

    from local.jobs_emulator.running.webhooks import Destination
    from tests.pipeline import Pipeline


class AzuriteLake(BlobLake):
    """Blob storage with the two calls that tests make beside the port."""

    def put(self, container: str, path: str, data: bytes, **_options: Any) -> None:
        """Land a file as a foreign system would."""
        self._service.get_blob_client(container, path).upload_blob(data, overwrite=True)

    def content(self, container: str, path: str) -> bytes:
        """Return a blob's bytes."""
        return b"".join(self.read(container, path))


class Worker:
    """Does what the Spark job would, on the pipeline's lake, and counts its runs."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.runs = 0
        self.may_begin = threading.Event()  # a test that cares what was known before holds its run back
        self.may_begin.set()

    def run(self, *, package: str, entry_point: str, argv: list[str], log: Path) -> TaskResult:
        """Run a task of the job."""
        self.may_begin.wait()
        batch_id = next(text for text in argv if text.startswith("--batch_id=")).removeprefix("--batch_id=")
        if entry_point == "gold":
            self.runs += 1
            self.pipeline.jobs.parameters[0] = {"batch_id": batch_id}
            self.pipeline.do_the_work_of(0)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("")
        return TaskResult(termination=SUCCESS)

    def interrupt(self) -> None:
        """Nothing to interrupt."""


def emulator(worker: Worker, folder: Path, destination: Destination | None = None) -> JobsEmulator:
    """Make the emulator with the job of this project."""
    told = {"batch_id": "{{job.parameters.batch_id}}"}
    tasks = tuple(
        Task(task_key=name, package_name="spark-jobs", entry_point=name, named_parameters=told, depends_on=after)
        for name, after in (("silver", ()), ("gold", ("silver",)))
    )
    job = Job(
        job_id=360,
        name="customer360",
        tasks=tasks,
        parameters={"batch_id": "", "attempt": "", "manifest": "", "lake": ""},
        notified=frozenset({"on_success", "on_failure"}),
        queue=True,
        max_concurrent_runs=1,
    )
    return JobsEmulator(job=job, runner=worker, folder=folder, destination=destination)
