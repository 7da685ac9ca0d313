"""From what happened to an invocation: what each kind of trigger takes (reference: Azure Functions, section 14.3)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobClient

from local.functions_host.functions import Function, connection
from local.functions_host.messages import Message, TypedData
from local.functions_host.queues import decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from azure.storage.queue import QueueMessage

    from local.functions_host.runtime import Runtime


class Triggers:
    """Starts functions."""

    def __init__(self, runtime: Runtime, settings: Mapping[str, str]) -> None:
        self._runtime, self._settings = runtime, settings
        self.functions = {function.name: function for function in runtime.functions}

    def timer(self, function: Function, *, past_due: bool = False) -> Future[Any]:
        """Run a function for a tick."""
        tick = {"IsPastDue": past_due, "Schedule": {}, "ScheduleStatus": None}
        return self._runtime.invoke(function, TypedData(json=json.dumps(tick)))

    def http(self, function: Function, request: Message) -> Future[TypedData | None]:
        """Run a function for an HTTP request; `request.params` are the route's values."""
        params = {key: TypedData(string=value) for key, value in request.params.items()}
        return self._runtime.invoke(function, TypedData(http=request), params)

    def queue(self, function: Function, message: QueueMessage) -> Future[Any]:
        """Run a function for a queue message."""
        times = {
            "ExpirationTime": message.expires_on,
            "InsertionTime": message.inserted_on,
            "NextVisibleTime": message.next_visible_on,
        }
        content = decode(message.content)
        metadata = {
            "Id": TypedData(string=message.id),
            "DequeueCount": TypedData(string=str(message.dequeue_count)),
            "PopReceipt": TypedData(string=message.pop_receipt),
            "QueueTrigger": TypedData(bytes=content),
            **{name: TypedData(string=at.isoformat()) for name, at in times.items() if at},
        }
        return self._runtime.invoke(function, TypedData(bytes=content), metadata)

    def blob(self, function: Function, container: str, name: str) -> Future[Any] | None:
        """Run a function for a written blob; None if it is gone. Neither its ETag nor the path is compared (section 2)."""
        setting = function.trigger.get("connection") or "AzureWebJobsStorage"
        storage = connection(setting, self._settings)
        try:
            with BlobClient.from_connection_string(storage, container, name) as client:
                found = client.get_blob_properties()
                deferred = function.trigger.get("properties", {}).get("SupportsDeferredBinding")
                content = b"" if deferred else client.download_blob().readall()
                uri = client.url
        except ResourceNotFoundError:
            return None
        properties = {"ETag": found.etag, "ContentLength": found.size, "LastModified": found.last_modified.isoformat()}
        metadata = {
            "BlobTrigger": TypedData(string=f"{container}/{name}"),
            "Uri": TypedData(json=json.dumps(uri)),
            "Properties": TypedData(json=json.dumps(properties)),
            "Metadata": TypedData(json=json.dumps(found.metadata)),
        }
        if not deferred:
            return self._runtime.invoke(function, TypedData(bytes=content), metadata)
        where = {"Connection": setting, "ContainerName": container, "BlobName": name}
        binding = Message(
            version="1.0",
            source="AzureStorageBlobs",
            content_type="application/json",
            content=json.dumps(where).encode(),
        )
        return self._runtime.invoke(function, TypedData(model_binding_data=binding), metadata)

    def waiting_blob(self, message: QueueMessage) -> Future[Any] | None:
        """Run a function for a message of the blob trigger's queue; None if its function or its blob is gone."""
        function = self.function_of(message)
        fields = json.loads(decode(message.content))
        return self.blob(function, fields["ContainerName"], fields["BlobName"]) if function else None

    def function_of(self, message: QueueMessage) -> Function | None:
        """Tell whom a message of the blob trigger's queue is for."""
        return self.functions.get(json.loads(decode(message.content))["FunctionId"].rpartition(".")[2])
