"""A file landed.

Event Grid is the source: polling is not supported on accounts with a hierarchical namespace (reference: Azure Functions,
section 1). The path filters nothing there (section 2), so the use case looks at container and name itself; and a client is
bound, never the blob's bytes (section 6).
"""

from __future__ import annotations

import azure.functions as func
from azurefunctions.extensions.bindings import blob

from function_app.misconfigured import told
from shared.context import context
from shared.errors import Misconfigured, without_words

triggers = func.Blueprint()


@triggers.blob_trigger(arg_name="client", path="dataverse/{name}", connection="LakeStorage", source=func.BlobSource.EVENT_GRID)
def on_dataverse_landed(client: blob.BlobClient) -> None:
    """Take a file that Synapse Link wrote."""
    _take(client.container_name, client.blob_name)


@triggers.blob_trigger(arg_name="client", path="finance/{name}", connection="LakeStorage", source=func.BlobSource.EVENT_GRID)
def on_finance_landed(client: blob.BlobClient) -> None:
    """Take a finance file."""
    _take(client.container_name, client.blob_name)


def _take(container: str, path: str) -> None:
    try:
        with without_words():
            context.landing(container, path)
    except Misconfigured as error:
        told.tell(error)
