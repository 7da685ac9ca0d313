"""The lake as an outsider sees it: bronze counted from its parquet files, gold read from its manifest.

Trusts no number that the pipeline wrote down. What it relies on are the names in `docs/contracts.md`.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq
from azure.core.exceptions import ResourceNotFoundError

from local.errors import LocalStackError
from local.lake.manifest import counting, locations
from local.sample.waves import Reject
from shared.contracts.publication import primary_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from azure.storage.blob import BlobServiceClient

BRONZE: Final = "bronze"
GOLD: Final = "gold"
PIPELINE: Final = "pipeline"
MANIFEST: Final = "default.manifest.cdm.json"
_PLACE: Final = re.compile(r"g(\d{6})-(\d{15})\.parquet")


@dataclass(frozen=True, kw_only=True)
class BronzePart:
    """One parquet file of bronze rows."""

    path: str
    file: str  # landed file that it was made from; empty where the part has no rows
    generation: int
    start: int  # where its slice begins in that file, in bytes
    records: tuple[int, ...] = field(repr=False)  # record numbers of its rows


class GoldUnreadableError(LocalStackError):
    """Gold cannot be read through its manifest; says what is missing there."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"gold cannot be read: {problem}")


def bronze_parts(service: BlobServiceClient) -> tuple[BronzePart, ...]:
    """Return every bronze part, opened."""
    return tuple(_part(path, data) for path, data in _blobs(service, BRONZE) if not path.startswith("_"))


def rejects(service: BlobServiceClient) -> tuple[Reject, ...]:
    """Return every reject once: a repeat of a slice that crashed may have left the same one twice."""
    found = set()
    for _, data in _blobs(service, BRONZE, "_rejected/"):
        for row in pq.read_table(io.BytesIO(data), columns=["_source_file", "_record_number", "_reason"]).to_pylist():
            found.add(Reject(file=row["_source_file"], record=row["_record_number"], reason=row["_reason"]))
    return tuple(sorted(found, key=lambda reject: (reject.file, reject.record)))


def publication(service: BlobServiceClient) -> str:
    """Return the publication that readers of gold see; empty where there is none yet."""
    manifest = _json(service, GOLD, MANIFEST)
    return str(manifest.get("explanation", "")) if manifest else ""


def gold(service: BlobServiceClient, table: str) -> list[dict[str, Any]]:
    """Read the rows of a gold table, found through the manifest alone; raises GoldUnreadableError."""
    manifest = _json(service, GOLD, MANIFEST)
    if manifest is None:
        raise GoldUnreadableError(f"there is no {GOLD}/{MANIFEST}")
    entity = next((entity for entity in manifest.get("entities", ()) if entity.get("entityName") == table), None)
    if entity is None:
        raise GoldUnreadableError(f"the manifest does not name {table}")
    rows: list[tuple[str, dict[str, Any]]] = []
    client = service.get_container_client(GOLD)
    for location in locations(entity, lambda root: (blob.name for blob in client.list_blobs(name_starts_with=root))):
        try:
            data = client.download_blob(location).readall()
        except ResourceNotFoundError as error:
            raise GoldUnreadableError(f"{location} is in the manifest and not in the container") from error
        rows += ((location, row) for row in pq.read_table(io.BytesIO(data)).to_pylist())
    if not entity.get("incrementalPartitions"):
        return [row for _, row in rows]
    document = _json(service, GOLD, entity["entityPath"].rpartition("/")[0]) or {}
    return [dict(row) for row in counting(primary_key(document), rows)]


def outcome(service: BlobServiceClient, batch_id: str) -> dict[str, Any]:
    """Return what the run of a batch says that it did; empty where it left nothing."""
    return _json(service, PIPELINE, f"batches/{batch_id}/outcome.json") or {}


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What Customer Insights will make of gold, as the job foresees it."""

    told: dict[str, Any]  # counts, rules, guards
    profiles: tuple[frozenset[str], ...]  # the keys of the rows of each
    page: str = field(repr=False)


def preview(service: BlobServiceClient) -> Preview | None:
    """Return the newest preview; None where none was made."""
    told = _json(service, PIPELINE, "insights/preview.json")
    if told is None:
        return None
    found: dict[str, set[str]] = {}
    for _, data in _blobs(service, PIPELINE, f"insights/previews/{told['run']}/Identity/"):
        for row in pq.read_table(io.BytesIO(data), columns=["Key", "CustomerId"]).to_pylist():
            found.setdefault(row["CustomerId"], set()).add(row["Key"])
    page = service.get_blob_client(PIPELINE, "insights/preview.html").download_blob().readall().decode()
    return Preview(told=told, profiles=tuple(frozenset(keys) for keys in found.values()), page=page)


def _part(path: str, data: bytes) -> BronzePart:
    table: pa.Table = pq.read_table(io.BytesIO(data), columns=["_source_file", "_record_number"])
    place = _PLACE.fullmatch(path.rpartition("/")[2])
    if place is None:
        raise ValueError(f"{BRONZE}/{path} has no name of a bronze part")
    files = table.column("_source_file").unique().to_pylist()
    if len(files) > 1:
        raise ValueError(f"{BRONZE}/{path} holds rows of {len(files)} landed files")
    return BronzePart(
        path=path,
        file=files[0] if files else "",
        generation=int(place[1]),
        start=int(place[2]),
        records=tuple(table.column("_record_number").to_pylist()),
    )


def _blobs(service: BlobServiceClient, container: str, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    client = service.get_container_client(container)
    for blob in client.list_blobs(name_starts_with=prefix or None):
        if blob.name.endswith(".parquet"):
            yield blob.name, client.download_blob(blob.name).readall()


def _json(service: BlobServiceClient, container: str, path: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(service.get_blob_client(container, path).download_blob().readall())
    except ResourceNotFoundError:
        return None
    return found
