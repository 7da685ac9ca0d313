"""The emulator as a whole, on a thread of this process: what `python -m local.jobs_emulator` and the tests start."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from werkzeug.serving import make_server

from local.emulation.server import QuietHandler
from local.jobs_emulator.execution import Execution
from local.jobs_emulator.faults import Faults
from local.jobs_emulator.handlers import Jobs
from local.jobs_emulator.routes import Application
from local.jobs_emulator.state import Runs
from local.jobs_emulator.webhooks import Destination, Webhooks

if TYPE_CHECKING:
    from pathlib import Path

    from local.jobs_emulator.definition import Job
    from local.jobs_emulator.execution import TaskRunner

WORKSPACE_ID = "1234567890"


class JobsEmulator:
    """A workspace with one job. `folder` keeps runs and logs; give the same one to go on after a restart."""

    def __init__(
        self, *, job: Job, runner: TaskRunner, folder: Path, port: int = 0, destination: Destination | None = None
    ) -> None:
        self.faults = Faults()
        runs = Runs(folder / "runs.json")
        webhooks = Webhooks(job=job, workspace_id=WORKSPACE_ID, destination=destination, faults=self.faults)
        self._execution = Execution(
            job=job,
            runs=runs,
            runner=runner,
            notify=webhooks.notify,
            faults=self.faults,
            logs=folder / "logs",
            now=_now,
        )
        self._server = make_server("127.0.0.1", port, _nothing_yet, threaded=True, request_handler=QuietHandler)
        self.url = f"http://127.0.0.1:{self._server.port}"
        jobs = Jobs(job=job, runs=runs, execution=self._execution, root=self.url, now=_now)
        self._server.app = Application(jobs=jobs, faults=self.faults, workspace_id=WORKSPACE_ID, root=self.url)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="http", daemon=True)

    def __enter__(self) -> Self:
        """Start answering, and running what was left."""
        self._execution.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop both."""
        self._server.shutdown()
        self._server.server_close()
        self._execution.stop()


def _now() -> int:
    return int(time.time() * 1000)


def _nothing_yet(environ: object, start_response: object) -> list[bytes]:  # replaced before the first request
    raise NotImplementedError
