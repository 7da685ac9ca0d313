"""The local functions host runs an app on Microsoft's runtime library as the real host would, and survives being killed."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from local.stack.azurite import create_containers
from local.stack.child import Child, start_module
from local.stack.ports import free_ports
from local.toolchain import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytest.importorskip("azure_functions_runtime", reason="the Functions runtime is not installed: make setup")
pytestmark = pytest.mark.azurite

SECONDS = 30

APP = """
import os, pathlib, time
import azure.functions as func
import azurefunctions.extensions.bindings.blob as blob

app = func.FunctionApp()
SEEN = pathlib.Path(os.environ["SEEN"])

def note(line: str) -> None:
    with SEEN.open("a") as file:
        file.write(line + "\\n")

@app.route(route="echo/{name}", methods=["POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    body = req.get_body().decode()
    return func.HttpResponse(f"{req.route_params['name']} {req.params.get('q')} {body}", status_code=201, headers={"X-A": "b"})

@app.route(route="broken")
def broken(req: func.HttpRequest) -> str:
    raise ValueError("no")

@app.blob_trigger(arg_name="client", path="landing/{name}", connection="LakeStorage", source=func.BlobSource.EVENT_GRID)
def on_landed(client: blob.BlobClient) -> None:
    note(f"begin {client.container_name}/{client.blob_name}")
    if client.blob_name == "bad.csv":
        raise ValueError("bad")
    while client.blob_name == "slow.csv" and not pathlib.Path(os.environ["GO"]).exists():
        time.sleep(0.05)
    note(f"end {client.container_name}/{client.blob_name}")

@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="LakeStorage")
def on_message(message: func.QueueMessage) -> None:
    note(f"message {message.get_body().decode()} {message.dequeue_count}")

@app.timer_trigger(arg_name="timer", schedule="%TICK%", run_on_startup=True)
def tick(timer: func.TimerRequest) -> None:
    note(f"tick {timer.past_due}")
"""


class Hosted:
    """A host process with the app above."""

    def __init__(self, folder: Path, storage: str) -> None:
        self.folder, self.storage = folder, storage
        self.seen_file = folder / "seen.txt"
        self.port = free_ports(1)[0]
        self.child: Child | None = None
        self.queue = f"q{self.port}"
        (folder / "function_app.py").write_text(APP)
        (folder / "host.json").write_text('{"version": "2.0", "extensions": {"blobs": {"maxDegreeOfParallelism": 2}}}')

    def start(self) -> None:
        env = {
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "AzureWebJobsStorage": self.storage,
            "LakeStorage": self.storage,
            "AzureFunctionsWebHost__hostid": f"host{self.port}",
            "SEEN": str(self.seen_file),
            "GO": str(self.folder / "go"),
            "QUEUE": self.queue,
            "TICK": "0 0 0 1 1 *",
        }
        log = self.folder / "host.log"
        self.child = start_module(
            "local.functions_host", "--port", str(self.port), name="host", log=log, root=self.folder, env=env
        )
        self.child.wait_until(lambda: self.call("/admin/host/status")[0] == 200, seconds=SECONDS)

    def kill(self) -> None:
        assert self.child is not None
        self.child.kill()

    def call(self, path: str, body: object = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - likewise
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except urllib.error.URLError:
            return 0, ""

    def land(self, name: str, *, exists: bool = True) -> int:
        if exists:
            with BlobServiceClient.from_connection_string(self.storage) as service:
                service.get_blob_client("landing", name).upload_blob(b"x", overwrite=True)
        event = {"data": {"url": f"http://any/landing/{name}", "blobType": "BlockBlob", "eTag": "0x1"}}
        return self.call(
            "/runtime/webhooks/blobs?functionName=Host.Functions.on_landed",
            [event],
            {"aeg-event-type": "Notification", "Content-Type": "application/json"},
        )[0]

    def seen(self) -> list[str]:
        return self.seen_file.read_text().splitlines() if self.seen_file.exists() else []

    def until(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < give_up, (self.folder / "host.log").read_text()
            time.sleep(0.02)


@pytest.fixture
def host(tmp_path: Path, azurite: str) -> Iterator[Hosted]:
    create_containers(azurite, ["landing"])
    one = Hosted(tmp_path, azurite)
    one.start()
    yield one
    assert one.child is not None
    one.child.stop()


def test_http_blob_queue_and_timer_reach_their_functions(host: Hosted) -> None:
    """reference: Azure Functions, sections 14.3 and 14.4."""
    assert host.call("/api/echo/ada?q=1", b"hello", {"Content-Type": "text/plain"}) == (201, "ada 1 hello")
    assert host.call("/api/echo/ada")[0] == 404  # GET is not among its methods
    assert host.call("/api/nothing")[0] == 404
    assert host.call("/api/broken")[0] == 500

    assert host.land("a.csv") == 202
    assert host.land("gone.csv", exists=False) == 202  # absent: succeeds silently
    QueueClient.from_connection_string(host.storage, host.queue).send_message(base64.b64encode(b"hi").decode())
    host.until(lambda: "end landing/a.csv" in host.seen() and "message hi 1" in host.seen())
    assert "tick False" in host.seen()
    assert host.call("/admin/functions/tick", {"input": ""}, {"Content-Type": "application/json"})[0] == 202
    host.until(lambda: host.seen().count("tick False") == 2)
    assert not [line for line in host.seen() if "gone.csv" in line]


def test_the_webhook_wants_event_grids_header_and_a_blob(host: Hosted) -> None:
    """reference: Azure Functions, section 2."""
    webhook = "/runtime/webhooks/blobs?functionName=Host.Functions.on_landed"
    kind = {"Content-Type": "application/json"}
    assert host.call(webhook, [{"data": {}}], kind)[0] == 400
    assert host.call(webhook, [{"data": {}}], {**kind, "aeg-event-type": "Notification"})[0] == 500
    validation = [{"data": {"validationCode": "c0de"}}]
    assert host.call(webhook, validation, {**kind, "aeg-event-type": "SubscriptionValidation"}) == (
        200,
        '{"validationResponse": "c0de"}',
    )


def test_a_blob_that_fails_five_times_is_poison(host: Hosted) -> None:
    """reference: Azure Functions, section 3: default 5, tried again at once, a JSON message on the blob's account."""
    host.land("bad.csv")
    poison = QueueClient.from_connection_string(host.storage, "webjobs-blobtrigger-poison")

    def poisoned() -> bool:
        try:
            return bool(poison.peek_messages())
        except Exception:
            return False

    host.until(poisoned)
    assert host.seen().count("begin landing/bad.csv") == 5
    message = json.loads(base64.b64decode(poison.peek_messages()[0].content))
    assert (message["ContainerName"], message["BlobName"]) == ("landing", "bad.csv")


def test_a_killed_host_loses_nothing(host: Hosted) -> None:
    host.land("slow.csv")
    host.until(lambda: "begin landing/slow.csv" in host.seen())
    host.kill()
    assert host.land("late.csv") == 0  # nobody answers; the bridge sends it again
    (host.folder / "go").touch()
    host.start()
    host.until(lambda: "end landing/slow.csv" in host.seen())
