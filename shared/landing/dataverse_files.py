"""Finds out what the plan of a file of Dataverse rows depends on: its columns, and, where it grows, where reading stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.formats.cuts import Limits
from shared.formats.fingerprint import COVERED, Tail
from shared.formats.landed_paths import DataFile
from shared.formats.table_schema import TableSchema, min_width
from shared.landing import plan
from shared.landing.bronze import Bronze
from shared.landing.column_sources import ColumnSources
from shared.landing.plan import Plan, Read
from shared.landing.reading import Remaining
from shared.ledger.records import LandedFile
from shared.ports import BlobVersion, Lake, Opened


@dataclass(frozen=True, kw_only=True)
class DataverseFiles:
    """Looks at files of Dataverse rows."""

    lake: Lake
    bronze: Bronze
    column_sources: ColumnSources
    slice_bytes: int
    limits: Limits

    def look(self, record: LandedFile, opened: Opened, file: DataFile) -> tuple[Plan, Remaining]:
        """Find the columns, and, of a growing file, the bytes before the place where reading stopped."""
        blob, start = opened.blob, opened_at(record, file)
        tail = Tail(opened.chunks, start=start)
        chunks = iter(tail)
        pending_since = record.changed_at if record.reason == "model_pending" else None
        columns = self.column_sources.of(blob.container, file, pending_since=pending_since)
        overlap, behind = b"", b""
        earlier: Mapping[str, TableSchema] = {}
        if isinstance(columns, TableSchema):
            overlap, behind = _first(chunks, record.offset - start if file.folder is None else 0)
            needed = {columns.version, *([record.schema_version] if record.offset else [])}
            earlier = self.bronze.schemas(blob.container, file.table, needed=needed)
        decided = plan.dataverse(
            record,
            blob,
            file,
            columns,
            overlap=overlap,
            is_other=file.folder is None and self._is_other(record, blob),
            earlier=earlier,
            slice_bytes=self.slice_bytes,
            limits=self.limits,
        )
        decided = plan.resumed(decided, record, blob)
        return decided, Remaining(tail=tail, chunks=_joined(behind, chunks))

    def _is_other(self, record: LandedFile, blob: BlobVersion) -> bool:
        """Tell whether a file that is longer now begins with other bytes than it held."""
        length = plan.worth_comparing(record, blob)
        if not length:
            return False
        begins = hashlib.md5(usedforsecurity=False)
        for chunk in self.lake.read(blob.container, blob.path, end=length, if_match=blob.etag):
            begins.update(chunk)
        return begins.hexdigest() != record.content_md5

    def is_stale(self, blob: BlobVersion, file: DataFile, read: Read) -> bool:
        """Tell whether the columns that a plan was made with are older than the rows.

        A row wider than the model usually means that the model is older than the row; one that is narrower may be bound to
        columns that another process has met since this one listed them.
        """
        schema = read.spec.schema
        earlier = self.bronze.schemas(blob.container, file.table, fresh=True).values()
        if min_width(schema, earlier) < (read.spec.min_width or schema.width):
            return True
        fresh = self.column_sources.of(blob.container, file, fresh=True) if read.grows else schema
        return isinstance(fresh, TableSchema) and fresh.version != schema.version


def opened_at(record: LandedFile, file: DataFile) -> int:
    """Return the byte at which a file is opened: where reading stopped, or before it what can be compared."""
    if file.folder is not None:
        return record.offset if record.reading else 0
    return max(0, record.offset - COVERED)


def _first(chunks: Iterable[bytes], size: int) -> tuple[bytes, bytes]:
    """Take so many bytes off the front: these, fewer where there are no more, and what else came with them."""
    head = b""
    if size:
        for chunk in chunks:
            head += chunk
            if len(head) >= size:
                break
    return head[:size], head[size:]


def _joined(first: bytes, rest: Iterable[bytes]) -> Iterable[bytes]:
    if first:
        yield first
    yield from rest
