"""`python -m local.bridge`: the bridge as a process of the local stack."""

from __future__ import annotations

import argparse
import logging
import time
from datetime import UTC, datetime

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from local.bridge.bridge import Bridge, LandedBlob, post
from local.bridge.subscriptions import subscription_list
from local.emulation.server import Server
from local.stack.child import tether

log = logging.getLogger("local.bridge")

LOOK_SECONDS = 0.5


def main() -> None:
    """Look and tell until told to stop."""
    tether()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for noisy in ("azure", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--storage", required=True, help="connection string of the account that files land in")
    parser.add_argument("--functions", required=True, help="where the functions are, http://…")
    parser.add_argument("--port", type=int, required=True, help="where it lists its subscriptions")
    parser.add_argument("--watch", action="append", required=True, metavar="CONTAINER=FUNCTION")
    given = parser.parse_args()
    service = BlobServiceClient.from_connection_string(given.storage, retry_total=0)

    def look(container: str) -> list[LandedBlob]:
        blobs = service.get_container_client(container).list_blobs()
        return [
            LandedBlob(
                container=container,
                path=one.name,
                etag=one.etag,
                size=one.size,
                content_type=one.content_settings.content_type or LandedBlob.content_type,
            )
            for one in blobs
        ]

    functions = dict(one.split("=", 1) for one in given.watch)
    Server(given.port).start(subscription_list(functions))
    bridge = Bridge(
        functions=functions,
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


main()
