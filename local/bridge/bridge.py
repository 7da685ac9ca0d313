"""Event Grid for Azurite: watches the landing containers and tells the functions of every blob version it sees.

Azurite raises no events (reference: Azure Functions, section 15). What this sends is a hint, as in the cloud: it is sent
at least once per version and start of the bridge, in no order, and the memory of what was sent is lost with the process.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

MOST_EVENTS = 50  # in one request
TOPIC = "/subscriptions/local/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/local"


@dataclass(frozen=True, kw_only=True)
class LandedBlob:
    """One version of one blob."""

    container: str
    path: str
    etag: str
    size: int  # bytes
    content_type: str = "application/octet-stream"


def news(known: Mapping[tuple[str, str], str], now: Iterable[LandedBlob]) -> list[LandedBlob]:
    """Return what is there now that was not known (by container and path) with this ETag."""
    return [one for one in now if known.get((one.container, one.path)) != one.etag]


def blob_created(landed: LandedBlob, *, event_id: str, at: datetime) -> dict[str, Any]:
    """Build the event as Event Grid sends it, in its own schema (reference: Azure Functions, section 4).

    All fields of `StorageBlobCreatedEventData` that a block blob has are there. What storage alone knows is made of the event:
    its ids of the event's, and the sequencer, by which the events of one blob are in order, of the time that it was seen.
    """
    path = urllib.parse.quote(landed.path)
    return {
        "id": event_id,
        "topic": TOPIC,
        "subject": f"/blobServices/default/containers/{landed.container}/blobs/{landed.path}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": at.isoformat(),
        "dataVersion": "",
        "metadataVersion": "1",
        "data": {
            "api": "PutBlockList",
            "clientRequestId": event_id,
            "requestId": event_id,
            "eTag": landed.etag,
            "contentType": landed.content_type,
            "contentLength": landed.size,
            "blobType": "BlockBlob",
            "url": f"https://local.blob.core.windows.net/{landed.container}/{path}",
            "sequencer": f"{int(at.timestamp() * 1_000_000):032X}",
            "storageDiagnostics": {"batchId": event_id},
        },
    }


class Bridge:
    """Looks, sends, remembers. `functions` says which function is subscribed to a container."""

    def __init__(
        self,
        *,
        functions: Mapping[str, str],
        look: Callable[[str], Iterable[LandedBlob]],
        send: Callable[[str, list[dict[str, Any]]], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._functions, self._look, self._send, self._now = functions, look, send, now
        self._known: dict[tuple[str, str], str] = {}

    def once(self) -> int:
        """Make one round over all containers; the number of events that were accepted."""
        accepted = 0
        for container, function in self._functions.items():
            new = news(self._known, self._look(container))
            for start in range(0, len(new), MOST_EVENTS):
                some = new[start : start + MOST_EVENTS]
                events = [blob_created(one, event_id=str(uuid.uuid4()), at=self._now()) for one in some]
                if not self._send(function, events):
                    break  # the functions are down: the same again in the next round
                self._known.update({(one.container, one.path): one.etag for one in some})
                accepted += len(some)
        return accepted


def post(base: str, function: str, events: list[dict[str, Any]]) -> bool:
    """Deliver events to a function's webhook; whether they were accepted."""
    url = f"{base}/runtime/webhooks/blobs?functionName=Host.Functions.{function}"
    headers = {"aeg-event-type": "Notification", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=json.dumps(events).encode(), headers=headers)  # noqa: S310 - our own host
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - likewise
            return int(answer.status) < 300
    except (urllib.error.URLError, OSError):
        return False
