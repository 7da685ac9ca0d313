"""What the demo writes into a real landing and reads from a real lake."""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from azure.storage.blob import BlobServiceClient
from rich.console import Console

from local.demo.demo import land, run_demo
from local.lake.view import BronzePart, GoldUnreadableError, bronze_parts, gold, outcome, publication, rejects
from local.sample.waves import DATAVERSE, FINANCE, Landing, Reject
from local.stack.azurite import create_containers, start_azurite
from local.toolchain import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.azurite

YEAR = "crc33_customer/2023.csv"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Azurite of this module's own: the demo wants landing to be empty."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "azurite").exists():
        pytest.skip("Azurite is not installed: make setup")
    folder = tmp_path_factory.mktemp("azurite")
    server = start_azurite(folder / "data", log=folder / "azurite.log")
    create_containers(server.connection_string)
    yield server.connection_string
    server.child.kill()


@pytest.fixture
def service(storage: str) -> Iterator[BlobServiceClient]:
    """A client, and containers that are empty again after the test."""
    with BlobServiceClient.from_connection_string(storage) as client:
        yield client
        for container in client.list_containers():
            for blob in client.get_container_client(container.name).list_blobs():
                client.get_blob_client(container.name, blob.name).delete_blob()


def put(service: BlobServiceClient, container: str, path: str, content: list[dict[str, Any]] | dict[str, Any]) -> None:
    """Rows as parquet, a document as JSON."""
    sink = io.BytesIO()
    if isinstance(content, list):
        pq.write_table(pa.Table.from_pylist(content), sink)
    else:
        sink.write(json.dumps(content).encode())
    service.get_blob_client(container, path).upload_blob(sink.getvalue())


def manifest(*locations: str) -> dict[str, Any]:
    partitions = [{"location": location} for location in locations]
    return {"explanation": "p1", "entities": [{"entityName": "customer", "dataPartitions": partitions}]}


def test_a_growing_file_keeps_its_bytes_and_gets_the_new_ones_at_its_end(service: BlobServiceClient) -> None:
    land(service, [Landing(container=DATAVERSE, path=YEAR, data=b"1\r\n")])
    land(service, [Landing(container=DATAVERSE, path=YEAR, data=b"2\r\n", appends=True)])
    assert service.get_blob_client(DATAVERSE, YEAR).download_blob().readall() == b"1\r\n2\r\n"


def test_bronze_is_counted_from_its_files_with_the_place_that_their_names_tell(service: BlobServiceClient) -> None:
    rows = [{"_source_file": f"{DATAVERSE}/{YEAR}", "_record_number": number} for number in (4, 5)]
    put(service, "bronze", f"{DATAVERSE}/{YEAR}/g000002-000000000000120.parquet", rows)
    put(service, "bronze", "_schemas/x.json", {})
    (part,) = bronze_parts(service)
    expected = BronzePart(path=part.path, file=f"{DATAVERSE}/{YEAR}", generation=2, start=120, records=(4, 5))
    assert part == expected


def test_a_reject_that_a_crash_left_twice_is_one(service: BlobServiceClient) -> None:
    row = {"_source_file": "finance/a.csv", "_record_number": 7, "_reason": "too_wide", "_raw": b"secret"}
    for name in ("1", "2"):
        put(service, "bronze", f"_rejected/finance/a/a.csv/g000001-000000000000000-{name}.parquet", [row])
    assert rejects(service) == (Reject(file="finance/a.csv", record=7, reason="too_wide"),)
    assert bronze_parts(service) == ()


def test_gold_is_what_its_manifest_names_and_nothing_else(service: BlobServiceClient) -> None:
    put(service, "gold", "customer/p1/part-0.parquet", [{"cid": "1"}])
    put(service, "gold", "customer/p0/part-0.parquet", [{"cid": "old"}])
    put(service, "gold", "default.manifest.cdm.json", manifest("customer/p1/part-0.parquet"))
    assert publication(service) == "p1"
    assert gold(service, "customer") == [{"cid": "1"}]


def test_gold_in_folders_is_what_the_manifests_pattern_finds(service: BlobServiceClient) -> None:
    put(service, "gold", "customer/p1/FullData/part-0.parquet", [{"cid": "1"}])
    put(service, "gold", "customer/p1/customer.cdm.json", {})
    pattern = {"rootLocation": "customer/p1/FullData/", "regularExpression": r".+\.parquet$"}
    entity = {"entityName": "customer", "dataPartitionPatterns": [pattern]}
    put(service, "gold", "default.manifest.cdm.json", {"explanation": "p1", "entities": [entity]})
    assert gold(service, "customer") == [{"cid": "1"}]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, "there is no gold/default.manifest.cdm.json"),
        ({"entities": []}, "the manifest does not name customer"),
        (manifest("customer/gone.parquet"), "customer/gone.parquet is in the manifest and not in the container"),
    ],
)
def test_gold_that_cannot_be_read_says_what_is_missing(
    service: BlobServiceClient, document: dict[str, Any] | None, problem: str
) -> None:
    if document is not None:
        put(service, "gold", "default.manifest.cdm.json", document)
    with pytest.raises(GoldUnreadableError, match=problem):
        gold(service, "customer")


def test_a_run_that_left_no_outcome_has_none(service: BlobServiceClient) -> None:
    assert outcome(service, "b1") == {}
    assert publication(service) == ""


def demo(storage: str, **arguments: Any) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=160)
    passing = iter(range(1_000_000))
    exit_code = run_demo(
        base_url="http://127.0.0.1:9",
        connection_string=storage,
        console=console,
        seconds=lambda: float(next(passing)),
        pause=lambda _: None,
        **arguments,
    )
    assert isinstance(console.file, io.StringIO)
    return exit_code, console.file.getvalue()


def test_the_demo_refuses_a_landing_that_holds_files(storage: str, service: BlobServiceClient) -> None:
    land(service, [Landing(container=FINANCE, path="other.csv", data=b"cid\n1\n")])
    exit_code, text = demo(storage)
    assert exit_code == 1
    assert "Landing is not empty" in text


def test_the_demo_gives_up_in_time_and_says_what_it_waited_for(storage: str, service: BlobServiceClient) -> None:
    exit_code, text = demo(storage, limit=10)
    assert exit_code == 1
    assert "Not done after 10 s: the API does not answer" in text
