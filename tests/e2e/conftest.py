"""One whole local stack for all tests that need it, and a client that knows no more of it than design section 9 says."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from local.stack.settings import Ports
from local.stack.stack import BUNDLE, Stack
from local.toolchain import JARS, ROOT, java_home

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_WAIT = 300  # seconds until idle: Spark's first start, on a machine that does other things too
ANSWER_SECONDS = 120  # of the API, for the same reason
POLL_SECONDS = 0.5  # an answer takes the host and Azurite a dozen calls


class OutsideClient:
    """Drops files, waits, reads: over the storage SDK and the public API alone."""

    def __init__(self, *, base_url: str, service: BlobServiceClient) -> None:
        self.service = service
        self._base_url = base_url

    def drop(self, container: str, path: str, data: bytes) -> None:
        """Put a file into landing."""
        self.service.get_blob_client(container, path).upload_blob(data, overwrite=True)

    def get(self, route: str) -> Any:
        """Ask the API."""
        answer = requests.get(f"{self._base_url}/api/{route}", timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def post(self, route: str, body: Mapping[str, Any]) -> Any:
        """Tell the API something."""
        answer = requests.post(f"{self._base_url}/api/{route}", json=dict(body), timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def wait_until_idle(self, *, parked: int = 0) -> None:
        """Poll until the pipeline says that nothing is left to do, but for so many batches that wait for a person."""
        until = time.monotonic() + LONGEST_WAIT
        while not (status := self.get("status"))["idle"] or status["batches"].get("parked", 0) < parked:
            if time.monotonic() > until:
                raise AssertionError(f"not idle after {LONGEST_WAIT} s: {status}; {self.get('runs')['runs'][:1]}")
            time.sleep(POLL_SECONDS)
        assert status["batches"].get("parked", 0) == parked, self.get("runs")


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack on free ports, with a data folder of its own."""
    for there, what in (
        (shutil.which("node") and (ROOT / "node_modules" / "azurite").exists(), "Azurite"),
        (java_home() or shutil.which("java"), "Java"),
        (JARS.exists(), "Delta's jars"),
        (BUNDLE.exists(), BUNDLE.name),
    ):
        if not there:
            pytest.skip(f"{what} is not there: make setup")
    with Stack(folder=tmp_path_factory.mktemp("stack"), ports=Ports.free()) as running:
        yield running


@pytest.fixture(scope="package")
def client(stack: Stack) -> Iterator[OutsideClient]:
    """Somebody outside."""
    with BlobServiceClient.from_connection_string(stack.storage) as service:
        yield OutsideClient(base_url=stack.functions_url, service=service)
