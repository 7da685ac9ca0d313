"""`python -m local.customer_insights_emulator`: the emulated instance as a process of the local stack."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from local.customer_insights_emulator.clicked import click
from local.customer_insights_emulator.handlers import Instance
from local.customer_insights_emulator.server import CustomerInsightsEmulator
from local.emulation.server import termination
from local.stack.child import tether

REFRESH_SECONDS = 0.5  # long enough to be seen under way; who waits for a run waits for this, too


def main() -> None:
    """Serve until told to stop."""
    tether()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("azure").setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--storage", required=True, help="connection string of the account that holds gold")
    parser.add_argument("--instance", required=True)
    parser.add_argument("--source", required=True, help="the id of the data source")
    parser.add_argument("--subscription-key", required=True)
    given = parser.parse_args()
    gold = ContainerClient.from_connection_string(given.storage, "gold")

    def read(path: str) -> bytes | None:
        try:
            return gold.download_blob(path).readall()
        except ResourceNotFoundError:
            return None

    ended = termination()
    with CustomerInsightsEmulator(
        instance=Instance(instance_id=given.instance, source_id=given.source, subscription_key=given.subscription_key),
        read=read,
        below=lambda root: (blob.name for blob in gold.list_blobs(name_starts_with=root)),
        now=lambda: datetime.now(UTC),
        seconds=REFRESH_SECONDS,
        port=given.port,
    ) as emulator:
        click(emulator.configuration)
        logging.getLogger(__name__).info("Customer Insights on %s", emulator.url)
        ended.wait()


main()
