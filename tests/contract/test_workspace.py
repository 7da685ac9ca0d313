"""Orchestration against the Jobs emulator through the real SDK: whatever the workspace does, the batch ends defined."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from local.jobs_emulator.faults import JobsFault
from local.jobs_emulator.running.webhooks import Destination
from shared.adapters import databricks_jobs
from shared.adapters.databricks_jobs import DatabricksJobs, workspace_client
from shared.context import context
from shared.errors import PipelineError
from shared.ledger.records import Batch
from tests.pipeline import FINANCE, Pipeline, contact
from tests.web import WEB
from tests.workspace import Worker, emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDS = 30


class Workspace:
    """A pipeline whose job runs on the emulator, which posts its webhooks to the real HTTP functions."""

    def __init__(self, folder: Path) -> None:
        self.pipeline = Pipeline()
        self.worker = Worker(self.pipeline)
        self.web = make_server("127.0.0.1", 0, WEB, threaded=True)
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{self.web.server_port}/api/callback/databricks"
        destination = Destination(url=url, username="databricks", password="correct horse")
        self.emulator = emulator(self.worker, folder, destination)

    def process(self) -> None:
        jobs = DatabricksJobs(lambda: workspace_client(self.emulator.url, "any", lambda: None), 360)
        self.pipeline.start()
        self.pipeline.context.replace(jobs=jobs)
        vars(context).clear()
        vars(context).update(vars(self.pipeline.context))  # what the webhook reaches

    def break_with(self, **fault: Any) -> None:
        self.emulator.faults.add(JobsFault(**fault))

    @property
    def batches(self) -> list[Batch]:
        return list(self.pipeline.context.ledger.batches())

    def look_until(self, *states: str) -> Batch:
        """Look until the newest batch is in one of the states."""
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            self.pipeline.clock.advance(5)
            with suppress(PipelineError):
                self.pipeline.context.reconcile()
            self.pipeline.end_refreshes()
            if self.batches and self.batches[0].state in states:
                return self.batches[0]
            time.sleep(0.02)  # the emulator runs in real time
        raise AssertionError(f"{self.batches[0] if self.batches else 'no batch'}")

    def hinted(self) -> int:
        return sum(name == "reconcile" for name, _ in self.pipeline.hints.sent)

    def wait_for_hint(self) -> None:
        until = time.monotonic() + _SECONDS
        while not self.hinted():
            assert time.monotonic() < until, "no webhook came through"
            time.sleep(0.02)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(databricks_jobs, "_RETRY_SECONDS", 2)
    before = dict(vars(context))
    one = Workspace(tmp_path)
    with one.emulator:
        one.process()
        yield one
        one.worker.may_begin.set()
    one.web.shutdown()
    one.web.server_close()
    vars(context).clear()
    vars(context).update(before)


def test_a_run_ends_and_its_webhook_causes_a_look(workspace: Workspace) -> None:
    workspace.worker.may_begin.clear()  # the webhook of a run that ends before it is known to be ours hints at nothing
    workspace.pipeline.land_contacts(contact(1))
    workspace.look_until("submitted", "running")
    workspace.worker.may_begin.set()
    workspace.wait_for_hint()
    assert workspace.look_until("succeeded").rows == 1


def test_a_webhook_that_is_lost_or_late_is_not_needed(workspace: Workspace) -> None:
    workspace.break_with(kind="webhook", action="drop")
    workspace.pipeline.land_contacts(contact(1))
    workspace.look_until("succeeded")
    assert workspace.hinted() == 0
    workspace.break_with(kind="webhook", action="delay", seconds=1)
    workspace.pipeline.land_contacts(contact(2), path="contact/2025.csv")
    workspace.look_until("submitted", "running")
    assert workspace.look_until("succeeded").rows == 1


def test_a_doubled_webhook_changes_nothing(workspace: Workspace) -> None:
    workspace.break_with(kind="webhook", action="duplicate")
    workspace.pipeline.land_contacts(contact(1))
    workspace.look_until("succeeded")
    assert (len(workspace.batches), workspace.worker.runs) == (1, 1)


@pytest.mark.parametrize("after", [False, True], ids=["request lost", "answer lost"])
def test_a_run_now_that_got_lost_starts_one_run(workspace: Workspace, after: bool) -> None:
    workspace.break_with(kind="answer", route="run-now", status=0, after=after)
    workspace.pipeline.land_contacts(contact(1))
    workspace.look_until("succeeded")
    assert (len(workspace.batches), workspace.worker.runs) == (1, 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "error_code": "REQUEST_LIMIT_EXCEEDED", "retry_after": 1},
        {"status": 500, "error_code": "INTERNAL_ERROR", "times": 2},
        {"status": 503, "error_code": "TEMPORARILY_UNAVAILABLE", "times": 2},
        {"status": 0, "route": "*", "times": 3},
    ],
    ids=["too many requests", "internal error", "unavailable", "down for a while"],
)
def test_a_workspace_in_trouble_is_waited_for(workspace: Workspace, fault: dict[str, Any]) -> None:
    workspace.break_with(**{"kind": "answer", "route": "run-now", **fault})
    workspace.pipeline.land_contacts(contact(1))
    batch = workspace.look_until("succeeded")
    assert (batch.attempt, workspace.worker.runs) == (1, 1)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, "INVALID_PARAMETER_VALUE", "not_valid"),
        (401, "UNAUTHENTICATED", "not_authenticated"),
        (403, "PERMISSION_DENIED", "no_permission"),
        (404, "RESOURCE_DOES_NOT_EXIST", "not_found"),
    ],
)
def test_a_refused_run_now_parks_the_batch_which_is_unparked_when_mended(
    workspace: Workspace, status: int, code: str, reason: str
) -> None:
    workspace.break_with(kind="answer", route="run-now", status=status, error_code=code)
    workspace.pipeline.land_contacts(contact(1))
    batch = workspace.look_until("parked")
    assert reason in batch.cause
    assert workspace.pipeline.context.runs.unpark(batch.batch_id)
    assert workspace.look_until("succeeded").attempt == 2


@pytest.mark.parametrize(
    ("termination", "code", "ends"),
    [
        ("INTERNAL_ERROR", "INTERNAL_ERROR", ("succeeded", 2)),
        ("CLOUD_FAILURE", "CLOUD_FAILURE", ("succeeded", 2)),
        ("CLIENT_ERROR", "RUN_EXECUTION_ERROR", ("parked", 1)),
        ("CLIENT_ERROR", "SKIPPED", ("succeeded", 2)),
        ("CLIENT_ERROR", "MAX_CONCURRENT_RUNS_EXCEEDED", ("succeeded", 2)),
        ("CLIENT_ERROR", "USER_CANCELED", ("parked", 1)),
        ("CLIENT_ERROR", "CANCELED", ("succeeded", 2)),  # by the platform: it exceeded its time
    ],
)
def test_a_failed_run_is_repeated_or_parked_by_how_it_ended(
    workspace: Workspace, termination: str, code: str, ends: tuple[str, int]
) -> None:
    # Databricks, section 1.3: retry only INTERNAL_ERROR and CLOUD_FAILURE.
    workspace.break_with(kind="run", termination_type=termination, code=code)
    workspace.pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")
    batch = workspace.look_until("succeeded", "parked")
    assert (batch.state, batch.attempt) == ends


def test_a_run_that_was_deleted_is_repeated(workspace: Workspace) -> None:
    workspace.break_with(kind="answer", route="runs/get", status=404, error_code="RESOURCE_DOES_NOT_EXIST")
    workspace.pipeline.land_contacts(contact(1))
    assert workspace.look_until("succeeded").attempt == 2
