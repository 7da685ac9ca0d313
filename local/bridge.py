"""Event Grid for Azurite: watches the landing containers and tells the functions of every blob version it sees.

Azurite raises no events (reference: Azure Functions, section 15). What this sends is a hint, as in the cloud: it is sent
at least once per version and start of the bridge, in no order, and the memory of what was sent is lost with the process.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from local.child import tether

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
MOST_EVENTS = 50  # in one request


@dataclass(frozen=True, kw_only=True)
class Landed:
    """One version of one blob."""

    container: str
    path: str
    etag: str
    size: int  # bytes


def news(known: Mapping[tuple[str, str], str], now: Iterable[Landed]) -> list[Landed]:
    """Return what is there now that was not known (by container and path) with this ETag."""
    return [one for one in now if known.get((one.container, one.path)) != one.etag]


def blob_created(landed: Landed, *, event_id: str, at: datetime) -> dict[str, Any]:
    """Build the event as Event Grid sends it, in its own schema (reference: Azure Functions, section 4)."""
    path = urllib.parse.quote(landed.path)
    return {
        "id": event_id,
        "topic": "local",
        "subject": f"/blobServices/default/containers/{landed.container}/blobs/{landed.path}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": at.isoformat(),
        "dataVersion": "",
        "metadataVersion": "1",
        "data": {
            "api": "PutBlockList",
            "blobType": "BlockBlob",
            "contentLength": landed.size,
            "eTag": landed.etag,
            "url": f"https://local.blob.core.windows.net/{landed.container}/{path}",
        },
    }


class Bridge:
    """Looks, sends, remembers. `functions` says which function is subscribed to a container."""

    def __init__(
        self,
        *,
        functions: Mapping[str, str],
        look: Callable[[str], Iterable[Landed]],
        send: Callable[[str, list[dict[str, Any]]], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._functions, self._look, self._send, self._now = functions, look, send, now
        self._known: dict[tuple[str, str], str] = {}

    def once(self) -> int:
        """One round over all containers; the number of events that were accepted."""
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


def main() -> None:
    """`python -m local.bridge`: the bridge as a process of the local stack."""
    tether()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for noisy in ("azure", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--storage", required=True, help="connection string of the account that files land in")
    parser.add_argument("--functions", required=True, help="where the functions are, http://…")
    parser.add_argument("--watch", action="append", required=True, metavar="CONTAINER=FUNCTION")
    given = parser.parse_args()
    service = BlobServiceClient.from_connection_string(given.storage, retry_total=0)

    def look(container: str) -> list[Landed]:
        blobs = service.get_container_client(container).list_blobs()
        return [Landed(container=container, path=one.name, etag=one.etag, size=one.size) for one in blobs]

    bridge = Bridge(
        functions=dict(one.split("=", 1) for one in given.watch),
        look=look,
        send=lambda function, events: post(given.functions, function, events),
        now=lambda: datetime.now(UTC),
    )
    while True:
        try:
            if accepted := bridge.once():
                log.info("%d events", accepted)
        except AzureError as error:
            log.warning("storage cannot be read: %s", type(error).__name__)
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
