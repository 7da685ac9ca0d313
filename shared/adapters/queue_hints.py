"""Hints as messages of an Azure Storage queue: the visibility timeout is the delay."""

from __future__ import annotations

import base64
import math
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from shared.adapters.connecting import patient
from shared.errors import ServiceUnavailable

_ENOUGH_SECONDS = 3600  # a hint that nobody took by then is stale: the timers have looked


class QueueHints:
    """One queue behind the hints port; made when it is first needed."""

    def __init__(self, queue: QueueClient) -> None:
        self._queue = queue

    def send(self, name: str, *, after_seconds: float = 0) -> None:
        """See `Hints.send`; base64, as the Functions host expects its messages."""
        message = base64.b64encode(name.encode()).decode()
        delay = max(0, math.ceil(after_seconds))  # too early, it would find that it has to wait and be sent again
        try:
            try:
                self._queue.send_message(message, visibility_timeout=delay, time_to_live=_ENOUGH_SECONDS + delay)
            except ResourceNotFoundError:
                self._create()
                self._queue.send_message(message, visibility_timeout=delay, time_to_live=_ENOUGH_SECONDS + delay)
        except AzureError as error:
            raise ServiceUnavailable("queue storage", type(error).__name__) from error

    def _create(self) -> None:
        try:
            self._queue.create_queue()
        except ResourceExistsError:
            return  # somebody else made it in the same moment


def queue_client(connection: str | tuple[str, Any], name: str) -> QueueClient:
    """Make the client from a connection string, or from an endpoint and a credential."""
    if isinstance(connection, str):
        return QueueClient.from_connection_string(connection, name, **patient())
    endpoint, credential = connection
    return QueueClient(endpoint, queue_name=name, credential=credential, **patient())
