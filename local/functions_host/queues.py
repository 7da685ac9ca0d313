"""Queues: the pump that empties one into a function, with retries and a poison queue, and the blob trigger's messages.

All that is to be done lies in Azurite's queues, so a host that is killed loses nothing: what it had in hand appears
again (reference: Azure Functions, sections 2, 3 and 14.4).
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from local.functions_host.runtime import InvocationFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.storage.queue import QueueMessage

log = logging.getLogger(__name__)

# A message in hand is hidden for so long, and again as long as its function goes on. The real host hides for 10
# minutes; here a restart should not take that long to find what a killed host had in hand.
HIDDEN_SECONDS = 10
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between two looks into an empty queue
BLOB_POISON = "webjobs-blobtrigger-poison"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much at once and how often, from host.json."""

    parallel: int
    tries: int


def open_queue(storage: str, name: str) -> QueueClient:
    """Open a queue, made if it is not there."""
    queue = QueueClient.from_connection_string(storage, name)
    with contextlib.suppress(ResourceExistsError):
        queue.create_queue()
    return queue


def encode(text: str) -> str:
    """Encode as the host writes messages."""
    return base64.b64encode(text.encode()).decode()


def decode(content: str) -> bytes:
    """Decode as the host reads them: base64, and text where it is not."""
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        return content.encode()


def blob_message(function: str, container: str, blob: str, etag: str) -> str:
    """Write what waits for a blob trigger (reference: Azure Functions, section 3)."""
    fields = {"Type": "BlobTrigger", "FunctionId": f"Host.Functions.{function}", "BlobType": "BlockBlob"}
    return json.dumps({**fields, "ContainerName": container, "BlobName": blob, "ETag": f'"{etag}"'})


class Pump:
    """Threads that take messages from one queue; `handle` starts the function (None: nothing to do).

    A message whose function fails is tried again at once, `limits.tries` times in all, then put in the poison queue.
    """

    def __init__(
        self,
        *,
        queue: QueueClient,
        poison: Callable[[QueueMessage], QueueClient],
        handle: Callable[[QueueMessage], Future[Any] | None],
        limits: Limits,
    ) -> None:
        self._queue, self._poison, self._handle, self._limits = queue, poison, handle, limits
        self._free = threading.Semaphore(limits.parallel)
        self._pool = ThreadPoolExecutor(limits.parallel, thread_name_prefix=queue.queue_name)
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pump {queue.queue_name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look now: something was put in."""
        self._wake.set()

    def stop(self) -> None:
        """Take no more; what is in hand goes on."""
        self._stopped.set()
        self.wake()

    def _run(self) -> None:
        pause = SHORTEST_PAUSE
        while not self._stopped.is_set():
            self._free.acquire()
            message = self._next()
            if message is not None:
                pause = SHORTEST_PAUSE
                self._pool.submit(self._work, message)
                continue
            self._free.release()
            if self._wake.wait(pause):
                self._wake.clear()
                pause = SHORTEST_PAUSE
            pause = min(pause * 2, LONGEST_PAUSE)

    def _next(self) -> QueueMessage | None:
        try:
            return self._queue.receive_message(visibility_timeout=HIDDEN_SECONDS)
        except AzureError as error:
            log.warning("queue %s cannot be read: %s", self._queue.queue_name, type(error).__name__)
            return None

    def _work(self, message: QueueMessage) -> None:
        try:
            self._finish(message)
        except AzureError as error:  # it appears again, and is handled again
            log.warning("queue %s: %s", self._queue.queue_name, type(error).__name__)
        finally:
            self._free.release()

    def _finish(self, message: QueueMessage) -> None:
        try:
            invocation = self._handle(message)
            while invocation is not None:
                try:
                    invocation.result(HIDDEN_SECONDS / 2)
                    break
                except NotYetError:
                    kept = self._queue.update_message(message, visibility_timeout=HIDDEN_SECONDS)
                    message.pop_receipt = kept.pop_receipt
        except (InvocationFailedError, ValueError, KeyError) as error:  # the function failed, or nothing can be read
            log.warning("%s (try %s)\n%s", error, message.dequeue_count, getattr(error, "trace", ""))
            if (message.dequeue_count or 0) < self._limits.tries:
                self._queue.update_message(message, visibility_timeout=0)
                self.wake()
                return
            self._poison(message).send_message(message.content)
        with contextlib.suppress(ResourceNotFoundError):  # another host has it in hand now, and will find the work done
            self._queue.delete_message(message)
