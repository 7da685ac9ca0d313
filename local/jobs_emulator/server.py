"""The emulator as a whole, on a thread of this process: what `__main__` and the tests start."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from local.emulation.application import Application
from local.emulation.server import Server
from local.jobs_emulator.calls.file_calls import FileCalls
from local.jobs_emulator.calls.job_calls import JobCalls
from local.jobs_emulator.calls.run_calls import RunCalls
from local.jobs_emulator.faults import JobsFault, JobsFaults
from local.jobs_emulator.routes import jobs_service
from local.jobs_emulator.running.definition import Definitions
from local.jobs_emulator.running.execution import Execution
from local.jobs_emulator.running.state import Runs
from local.jobs_emulator.running.webhooks import Destination, Webhooks

if TYPE_CHECKING:
    from pathlib import Path

    from local.jobs_emulator.running.definition import Job
    from local.jobs_emulator.running.execution import TaskRunner

WORKSPACE_ID = "1234567890"


class JobsEmulator:
    """A workspace, with one job to begin with. `folder` keeps all of it; give the same one to go on after a restart."""

    def __init__(
        self, *, job: Job, runner: TaskRunner, folder: Path, port: int = 0, destination: Destination | None = None
    ) -> None:
        self.faults = JobsFaults(JobsFault)
        self._server = Server(port)
        self.url = self._server.url
        runs = Runs(folder / "runs.json")
        definitions = Definitions(job, folder / "jobs.json")
        webhooks = Webhooks(definitions=definitions, workspace_id=WORKSPACE_ID, destination=destination, faults=self.faults)
        self._execution = Execution(
            definitions=definitions,
            runs=runs,
            runner=runner,
            notify=webhooks.notify,
            faults=self.faults,
            logs=folder / "logs",
            now=_now,
        )
        service = jobs_service(
            jobs=JobCalls(definitions=definitions, runs=runs, now=_now),
            runs=RunCalls(definitions=definitions, runs=runs, execution=self._execution, root=self.url, now=_now),
            files=FileCalls(folder / "workspace"),
            workspace_id=WORKSPACE_ID,
            root=self.url,
        )
        self._application = Application(service, self.faults)

    def __enter__(self) -> Self:
        """Start answering, and running what was left."""
        self._execution.start()
        self._server.start(self._application)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop both."""
        self._server.stop()
        self._execution.stop()


def _now() -> int:
    return int(time.time() * 1000)
