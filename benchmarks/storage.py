"""Landing to bronze through a real Azurite: what the kernel's speed comes to when storage takes part.

    python -m benchmarks.storage [--megabytes 200] [--large-megabytes 1024] [--memory-megabytes 2048] [--files 2000]

Everything is compared with what a script of ten lines would do with the same SDK, in the same run, against the same Azurite.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from azure.storage.blob import BlobBlock, BlobClient, BlobServiceClient

from benchmarks.generate import narrow_schema, write_table
from local.azurite import create_containers, start_azurite
from shared.context import Context
from shared.schema import TableSchema

MB: Final = 1 << 20
BLOCK: Final = 8 * MB
CONTAINER: Final = "dataverse-contoso-sales"
TABLE: Final = "narrow"
WORKERS: Final = 4  # as `maxDegreeOfParallelism` in host.json


def main() -> None:
    """Run all of them and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--large-megabytes", type=int, default=1024)
    parser.add_argument("--memory-megabytes", type=int, default=2048)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--measure-memory", metavar="CONNECTION", help="(used by the benchmark itself)")
    arguments = parser.parse_args()
    if arguments.measure_memory:
        measure_memory(arguments.measure_memory)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = start_azurite(folder / "azurite", log=folder / "azurite.log")
        try:
            for line in measured(server.connection_string, folder, arguments):
                print(line, flush=True)
        finally:
            server.stop()


def measured(connection: str, folder: Path, arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the rows of the table."""
    create_containers(connection)
    service = BlobServiceClient.from_connection_string(connection)
    service.create_container("copies")
    land_model(service, narrow_schema())
    yield "| measure | ours | the alternative | ratio |"
    yield "| --- | --- | --- | --- |"
    yield throughput(connection, service, folder, arguments.megabytes)
    yield small_files(connection, service, folder, arguments.files)
    yield append(connection, service, folder, arguments.large_megabytes)
    yield memory(connection, service, folder, arguments.memory_megabytes)


def throughput(connection: str, service: BlobServiceClient, folder: Path, megabytes: int) -> str:
    """One large file, against downloading and uploading it."""
    source = folder / "large.csv"
    write_table(source, narrow_schema(), megabytes * MB)
    size = source.stat().st_size / MB
    ours, copies = [], []
    for number in range(3):
        blob = land(service, source, f"{TABLE}/{2000 + number}.csv")
        copies.append(timed(lambda blob=blob: copy(service, blob)))  # type: ignore[misc] # a default pins the loop's value
        ours.append(timed(lambda blob=blob: take(connection, blob)))  # type: ignore[misc] # likewise
    mine, theirs = size / statistics.median(ours), size / statistics.median(copies)
    return f"| whole ingest of {size:.0f} MB, MB/s | {mine:.0f} | {theirs:.0f} (SDK download + upload) | {mine / theirs:.2f} |"


def small_files(connection: str, service: BlobServiceClient, folder: Path, count: int) -> str:
    """Many small files through the whole path, against a loop that copies them; and the same with a loop of our width."""
    source = folder / "small.csv"
    write_table(source, narrow_schema(), count * 10_000)
    records = source.read_bytes().splitlines(keepends=True)
    each = len(records) // count
    blobs = []
    for number in range(count):
        blob = service.get_blob_client(CONTAINER, f"{TABLE}/{10_000 + number}.csv")
        blob.upload_blob(b"".join(records[number * each : (number + 1) * each]))
        blobs.append(blob)
    context = app(connection)
    context.landing(CONTAINER, blobs[0].blob_name)
    with ThreadPoolExecutor(WORKERS) as pool:
        ours = timed(lambda: list(pool.map(lambda blob: context.landing(CONTAINER, blob.blob_name), blobs[1:])))
        copies = timed(lambda: [copy(service, blob) for blob in blobs[1:]])
        wide = timed(lambda: list(pool.map(lambda blob: copy(service, blob), blobs[1:])))
    mine, theirs, theirs_wide = ((count - 1) / seconds for seconds in (ours, copies, wide))
    told = f"{theirs:.0f} (SDK copy loop; {theirs_wide:.0f} with {WORKERS} threads)"
    return f"| {count} small files, files/s, {WORKERS} threads | {mine:.0f} | {told} | {mine / theirs:.2f} |"


def append(connection: str, service: BlobServiceClient, folder: Path, megabytes: int) -> str:
    """One megabyte behind a large file, against one megabyte in a file of its own."""
    large, small = folder / "append.csv", folder / "one.csv"
    write_table(large, narrow_schema(), megabytes * MB)
    write_table(small, narrow_schema(), MB, seed=7)
    grown = land(service, large, f"{TABLE}/1990.csv")
    take(connection, grown)
    context = app(connection)
    context.landing(CONTAINER, grown.blob_name)
    appended, fresh = [], []
    for number in range(5):
        extend(grown, small.read_bytes())
        appended.append(timed(lambda: context.landing(CONTAINER, grown.blob_name)))
        blob = land(service, small, f"{TABLE}/{1900 + number}.csv")
        fresh.append(timed(lambda blob=blob: context.landing(CONTAINER, blob.blob_name)))  # type: ignore[misc] # likewise
    mine, theirs = statistics.median(appended) * 1000, statistics.median(fresh) * 1000
    return f"| 1 MB appended to {megabytes} MB, ms | {mine:.0f} | {theirs:.0f} (fresh file of 1 MB) | {mine / theirs:.2f} |"


def memory(connection: str, service: BlobServiceClient, folder: Path, megabytes: int) -> str:
    """The peak of a process that ingests one huge file, over what it needs idle."""
    source = folder / "huge.csv"
    write_table(source, narrow_schema(), megabytes * MB)
    land(service, source, f"{TABLE}/1980.csv")
    land_model(service, narrow_schema())
    command = [sys.executable, "-m", "benchmarks.storage", "--measure-memory", connection]
    idle, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return f"| peak memory over idle, {megabytes} MB file, MB | {int(peak) - int(idle)} | {idle} idle | – |"


def measure_memory(connection: str) -> None:
    """Ingest a small file, note the memory; ingest the huge one, note the peak (in this process, in MB)."""
    context = app(connection)
    context.landing(CONTAINER, f"{TABLE}/1900.csv")
    context.status.ledger.pipeline()
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    context.landing(CONTAINER, f"{TABLE}/1980.csv")
    print(idle, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def app(connection: str) -> Context:
    """The function app's own context at this Azurite."""
    return Context(
        {
            "LakeStorage": connection,
            "AzureWebJobsStorage": connection,
            "DATAVERSE_CONTAINERS": CONTAINER,
            "DATABRICKS_HOST": "http://127.0.0.1:1",
            "DATABRICKS_JOB_ID": "360",
            "CALLBACK_USERNAME": "unused",
            "CALLBACK_PASSWORD": "unused",
        }
    )


def take(connection: str, blob: BlobClient) -> None:
    """Ingest a blob as the trigger would."""
    file = app(connection).landing(CONTAINER, blob.blob_name)
    assert file is not None
    assert file.state == "ingested", file.reason


def copy(service: BlobServiceClient, blob: BlobClient) -> int:
    """What a script would do; answers how many bytes."""
    data = blob.download_blob().readall()
    service.get_blob_client("copies", blob.blob_name).upload_blob(data, overwrite=True)
    return len(data)


def land(service: BlobServiceClient, source: Path, path: str) -> BlobClient:
    """Upload a file in blocks, as exporters do."""
    blob = service.get_blob_client(CONTAINER, path)
    with source.open("rb") as file:
        ids: list[str] = []
        while data := file.read(BLOCK):
            ids.append(f"{len(ids):06d}")
            blob.stage_block(ids[-1], data)
    blob.commit_block_list([BlobBlock(block_id=block) for block in ids])
    return blob


def extend(blob: BlobClient, data: bytes) -> None:
    """Append to a block blob: one more block behind those that are there."""
    committed, _ = blob.get_block_list("committed")
    ids = [block.id for block in committed]
    added = f"{len(ids):06d}"
    blob.stage_block(added, data)
    blob.commit_block_list([BlobBlock(block_id=block) for block in [*ids, added]])


def land_model(service: BlobServiceClient, schema: TableSchema) -> None:
    """Land the model of the benchmark's table."""
    attributes = [{"name": column.name, "dataType": column.type, "maxLength": -1} for column in schema.columns]
    entity = {"$type": "LocalEntity", "name": TABLE, "annotations": [], "attributes": attributes}
    path = f"Microsoft.Athena.TrickleFeedService/{TABLE}-model.json"
    document = json.dumps({"name": "cdm", "version": "1.0", "entities": [entity]}).encode()
    service.get_blob_client(CONTAINER, path).upload_blob(document, overwrite=True)


def timed(action: Callable[[], object]) -> float:
    """How many seconds something takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
