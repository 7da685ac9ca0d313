"""Landing to bronze through a real Azurite: what the kernel's speed comes to when storage takes part.

    python -m benchmarks.storage [--megabytes 200] [--large-megabytes 1024] [--memory-megabytes 2048] [--files 2000]

Everything is compared with what a script of ten lines would do with the same SDK, against the same Azurite, in turn with it, so
that a busy moment hits both; of several rounds the best counts. Beside the time stands this process's own processor time: other
work on the machine changes it little.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from azure.storage.blob import BlobBlock, BlobClient, BlobServiceClient

from benchmarks.generate import narrow_schema, wide_schema, write_table
from benchmarks.ingest import memory as memory_of_process
from local.stack.azurite import create_containers, start_azurite
from shared.context import Context
from shared.formats.table_schema import TableSchema

MB: Final = 1 << 20
BLOCK: Final = 8 * MB
PIECE: Final = 8 * MB
CONTAINER: Final = "dataverse-contoso-sales"
WORKERS: Final = 4  # as `maxDegreeOfParallelism` in host.json
ROUNDS: Final = 5
SMALL: Final = 20_000  # bytes
IN_TURN: Final = 100  # small files that each loop takes before it is the other's turn
TABLES: Final = {"narrow": narrow_schema(), "wide": wide_schema(), "mixed": narrow_schema(3)}
WIDTHS: Final = {"narrow": (26,), "wide": (192,), "mixed": (26, 27, 28, 29)}  # one after the other down the file


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What something took, in seconds."""

    wall: float
    own: float  # processor time of this process

    def __add__(self, other: "Spent") -> "Spent":
        """Add both, one after the other."""
        return Spent(wall=self.wall + other.wall, own=self.own + other.own)


def main() -> None:
    """Run all of them and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--large-megabytes", type=int, default=1024)
    parser.add_argument("--memory-megabytes", type=int, default=2048)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--only", choices=["throughput", "small", "append", "memory"], help="one of the measures")
    parser.add_argument("--measure-memory", nargs=2, metavar=("CONNECTION", "TABLE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure_memory:
        measure_memory(*arguments.measure_memory)
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
    for table, schema in TABLES.items():
        land_model(service, table, schema)
    measures: dict[str, Callable[[], Iterator[str]]] = {
        "throughput": lambda: throughput(connection, service, folder, arguments.megabytes),
        "small": lambda: small_files(connection, service, folder, arguments.files),
        "append": lambda: append(connection, service, folder, arguments.large_megabytes),
        "memory": lambda: memory(connection, service, folder, arguments.memory_megabytes),
    }
    yield "| measure | ours | the alternative | ratio | bar |"
    yield "| --- | ---: | --- | ---: | --- |"
    for name, measure in measures.items():
        if arguments.only in {None, name}:
            yield from measure()


def throughput(connection: str, service: BlobServiceClient, folder: Path, megabytes: int) -> Iterator[str]:
    """Time one large file, against downloading and uploading it."""
    for table in ("narrow", "wide"):
        pieces = made(folder, table)
        size = megabytes
        ours, copies = [], []
        for number in range(ROUNDS):
            blob = land(service, pieces, f"{table}/{2000 + number}.csv", megabytes * MB)
            size = blob.get_blob_properties().size // MB
            copies.append(spent(lambda blob=blob: copy(service, blob)))  # type: ignore[misc] # a default pins the loop's value
            ours.append(spent(lambda blob=blob: take(app(connection), blob)))  # type: ignore[misc] # likewise
            blob.delete_blob()
        mine, theirs = best(ours), best(copies)
        told = f"{size / theirs.wall:.0f} (SDK download + upload; {1000 * theirs.own / size:.1f} ms CPU/MB)"
        yield (
            f"| whole ingest, {table}, {size} MB, MB/s | {size / mine.wall:.0f} "
            f"({1000 * mine.own / size:.1f} ms CPU/MB) | {told} | {theirs.wall / mine.wall:.2f} | >= 0.8 |"
        )


def small_files(connection: str, service: BlobServiceClient, folder: Path, count: int) -> Iterator[str]:
    """Time many small files through the whole path, against a loop that copies them; and against a loop as wide as we are."""
    write_table(folder / "small.csv", TABLES["narrow"], SMALL)
    data = (folder / "small.csv").read_bytes()
    context = app(connection)
    blobs = [land(service, [data], f"narrow/{10_000 + number}.csv", 1) for number in range(count)]
    take(context, blobs.pop())
    ours = loop = wide = Spent(wall=0, own=0)
    with ThreadPoolExecutor(WORKERS) as pool:
        for first in range(0, len(blobs), IN_TURN):
            some = blobs[first : first + IN_TURN]
            loop += spent(lambda some=some: [copy(service, blob) for blob in some])  # type: ignore[misc] # likewise
            ours += spent(lambda some=some: list(pool.map(lambda blob: take(context, blob), some)))  # type: ignore[misc]  # likewise
            wide += spent(lambda some=some: list(pool.map(lambda blob: copy(service, blob), some)))  # type: ignore[misc]  # likewise
    told = [f"{len(blobs) / each.wall:.0f}" for each in (ours, loop, wide)]
    own = [f"{1000 * each.own / len(blobs):.1f} ms CPU each" for each in (ours, loop, wide)]
    label = f"{count} files of {SMALL // 1000} kB, {WORKERS} workers, files/s"
    yield f"| {label} | {told[0]} ({own[0]}) | {told[1]} (SDK copy loop; {own[1]}) | {loop.wall / ours.wall:.2f} | >= 0.5 |"
    yield f"| the same | {told[0]} | {told[2]} (copies with {WORKERS} threads) | {wide.wall / ours.wall:.2f} | - |"


def append(connection: str, service: BlobServiceClient, folder: Path, megabytes: int) -> Iterator[str]:
    """Time one megabyte behind a large file, against one megabyte in a file of its own."""
    write_table(folder / "one.csv", TABLES["narrow"], MB, seed=7)
    one = (folder / "one.csv").read_bytes()
    context = app(connection)
    grown = land(service, made(folder, "narrow"), "narrow/1990.csv", megabytes * MB)
    take(context, grown)
    appended, fresh = [], []
    for number in range(4 * ROUNDS):
        extend(grown, one)
        blob = land(service, [one], f"narrow/{1900 + number}.csv", 1)
        appended.append(spent(lambda: take(context, grown)))
        fresh.append(spent(lambda blob=blob: take(context, blob)))  # type: ignore[misc] # likewise
    grown.delete_blob()
    mine, theirs = best(appended), best(fresh)
    told = f"{1000 * theirs.wall:.0f} (fresh file of 1 MB; {1000 * theirs.own:.0f} ms CPU)"
    label = f"1 MB appended to {megabytes} MB, ms"
    ratio = mine.wall / theirs.wall
    yield f"| {label} | {1000 * mine.wall:.0f} ({1000 * mine.own:.0f} ms CPU) | {told} | {ratio:.2f} | <= 1.5 |"


def memory(connection: str, service: BlobServiceClient, folder: Path, megabytes: int) -> Iterator[str]:
    """Yield the peak of a process that ingests one huge file, over what it needs idle, having ingested a small one."""
    for table in TABLES:
        write_table(folder / "warm.csv", TABLES[table], MB)
        land(service, [(folder / "warm.csv").read_bytes()], f"{table}/1979.csv", MB)
        blob = land(service, made(folder, table), f"{table}/1980.csv", megabytes * MB)
        command = [sys.executable, "-m", "benchmarks.storage", "--measure-memory", connection, table]
        idle, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        blob.delete_blob()
        label = f"peak memory over idle, {table}, {megabytes} MB file, MB"
        yield f"| {label} | {int(peak) - int(idle)} | {idle} idle | - | <= 200 |"


def measure_memory(connection: str, table: str) -> None:
    """Ingest a small file, note the memory; ingest the huge one, note the peak (in this process, in MB)."""
    context = app(connection)
    context.landing(CONTAINER, f"{table}/1979.csv")
    idle = memory_of_process("VmRSS")
    file = context.landing(CONTAINER, f"{table}/1980.csv")
    assert file is not None
    assert (file.state, file.rejects) == ("ingested", 0), file.reason
    print(idle, memory_of_process("VmHWM"))


def app(connection: str) -> Context:
    """Build the function app's own context at this Azurite."""
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


def take(context: Context, blob: BlobClient) -> None:
    """Ingest a blob as the trigger would; every record of the benchmark is good."""
    file = context.landing(CONTAINER, blob.blob_name)
    assert file is not None
    assert (file.state, file.rejects) == ("ingested", 0), file.reason


def copy(service: BlobServiceClient, blob: BlobClient) -> int:
    """Do what a script would do, and return how many bytes that was."""
    data = blob.download_blob().readall()
    service.get_blob_client("copies", blob.blob_name).upload_blob(data, overwrite=True)
    return len(data)


def made(folder: Path, table: str) -> list[bytes]:
    """Make pieces of a table, each of another width, that may be repeated."""
    pieces = []
    for width in WIDTHS[table]:
        path = folder / f"{table}-{width}.csv"
        if not path.exists():
            write_table(path, TABLES[table], PIECE, widths=lambda _part, _random, width=width: width)  # type: ignore[misc]  # likewise
        pieces.append(path.read_bytes())
    return pieces


def land(service: BlobServiceClient, pieces: list[bytes], path: str, size: int) -> BlobClient:
    """Upload at least `size` bytes in blocks, as exporters do: each piece once or more often, before the next."""
    blob = service.get_blob_client(CONTAINER, path)
    ids: list[str] = []
    for piece in pieces:
        written = 0
        while written < size / len(pieces):
            for first in range(0, len(piece), BLOCK):
                ids.append(f"{len(ids):06d}")
                blob.stage_block(ids[-1], piece[first : first + BLOCK])
            written += len(piece)
    blob.commit_block_list([BlobBlock(block_id=block) for block in ids])
    return blob


def extend(blob: BlobClient, data: bytes) -> None:
    """Append to a block blob: one more block behind those that are there."""
    committed, _ = blob.get_block_list("committed")
    ids = [block.id for block in committed]
    added = f"{len(ids):06d}"
    blob.stage_block(added, data)
    blob.commit_block_list([BlobBlock(block_id=block) for block in [*ids, added]])


def land_model(service: BlobServiceClient, table: str, schema: TableSchema) -> None:
    """Land the model of one of the benchmark's tables."""
    attributes = [{"name": column.name, "dataType": column.type, "maxLength": -1} for column in schema.columns]
    entity = {"$type": "LocalEntity", "name": table, "annotations": [], "attributes": attributes}
    path = f"Microsoft.Athena.TrickleFeedService/{table}-model.json"
    document = json.dumps({"name": "cdm", "version": "1.0", "entities": [entity]}).encode()
    service.get_blob_client(CONTAINER, path).upload_blob(document, overwrite=True)


def spent(action: Callable[[], object]) -> Spent:
    """Measure what something takes."""
    wall, own = time.perf_counter(), time.process_time()
    action()
    return Spent(wall=time.perf_counter() - wall, own=time.process_time() - own)


def best(rounds: list[Spent]) -> Spent:
    """Return the least of several, since other work on the machine only ever adds."""
    return Spent(wall=min(each.wall for each in rounds), own=min(each.own for each in rounds))


if __name__ == "__main__":
    main()
