"""The host as a whole: settings and host.json read, the app indexed, everything that triggers it started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from local.emulation.server import Server
from local.functions_host.functions import Function, connection
from local.functions_host.queues import BLOB_POISON, Limits, Pump, open_queue
from local.functions_host.runtime import Runtime
from local.functions_host.timers import Timer
from local.functions_host.triggers import Triggers
from local.functions_host.web import HostApplication

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from azure.storage.queue import QueueClient, QueueMessage


@dataclass(frozen=True, kw_only=True)
class HostSettings:
    """What of host.json matters here, with the real host's defaults (reference: Azure Functions, sections 3 and 9)."""

    prefix: str
    blobs: Limits
    queues: Limits


def read_host_settings(file: Path, *, cores: int) -> HostSettings:
    """Read host.json."""
    extensions: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")).get("extensions", {})
    http, blobs, queues = (extensions.get(name, {}) for name in ("http", "blobs", "queues"))
    return HostSettings(
        prefix=http.get("routePrefix", "api"),
        blobs=Limits(parallel=blobs.get("maxDegreeOfParallelism", 8 * cores), tries=blobs.get("poisonBlobThreshold", 5)),
        queues=Limits(parallel=queues.get("batchSize", 16), tries=queues.get("maxDequeueCount", 5)),
    )


class Host:
    """A running host. As a context manager it serves until left."""

    def __init__(self, *, root: Path, settings: Mapping[str, str], port: int, cores: int) -> None:
        self._settings = settings
        limits = read_host_settings(root / "host.json", cores=cores)
        runtime = Runtime.start(root, settings)
        self.functions = runtime.functions
        self._triggers = Triggers(runtime, settings)
        storage = connection("AzureWebJobsStorage", settings)
        waiting = open_queue(storage, f"azure-webjobs-blobtrigger-{settings.get('AzureFunctionsWebHost__hostid', 'local')}")
        landed = Pump(queue=waiting, poison=self._poison_of_blob, handle=self._triggers.waiting_blob, limits=limits.blobs)
        pumps = [landed, *(self._pump(function, limits.queues) for function in self._of("queueTrigger"))]
        timers = [self._timer(function) for function in self._of("timerTrigger")]
        self._parts: list[Pump | Timer] = [*pumps, *timers]
        self._application = HostApplication(triggers=self._triggers, prefix=limits.prefix, queue=waiting, wake=landed.wake)
        self._server = Server(port)

    def __enter__(self) -> Self:
        """Start everything; HTTP last."""
        for part in self._parts:
            part.start()
        self._server.start(self._application)
        return self

    def __exit__(self, *_: object) -> None:
        """Start nothing new; what runs may end by itself or with the process."""
        for part in self._parts:
            part.stop()
        self._server.stop()

    def wait(self) -> None:
        """Return when nothing is answered any more."""
        self._server.wait()

    def _of(self, kind: str) -> list[Function]:
        return [function for function in self.functions if function.kind == kind]

    def _pump(self, function: Function, limits: Limits) -> Pump:
        storage = connection(function.trigger.get("connection") or "AzureWebJobsStorage", self._settings)
        name = function.trigger["queueName"]

        def poison(_: QueueMessage) -> QueueClient:
            return open_queue(storage, f"{name}-poison")

        def handle(message: QueueMessage) -> Any:
            return self._triggers.queue(function, message)

        return Pump(queue=open_queue(storage, name), poison=poison, handle=handle, limits=limits)

    def _poison_of_blob(self, message: QueueMessage) -> QueueClient:
        function = self._triggers.function_of(message)
        # On the account of the blob that triggered (reference: Azure Functions, section 3).
        setting = function.trigger.get("connection") if function else None
        return open_queue(connection(setting or "AzureWebJobsStorage", self._settings), BLOB_POISON)

    def _timer(self, function: Function) -> Timer:
        return Timer(
            name=function.name,
            schedule=function.trigger["schedule"],
            tick=lambda: self._triggers.timer(function),
            on_startup=bool(function.trigger.get("runOnStartup")),
        )
