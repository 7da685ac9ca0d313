"""Landed bytes to bronze: the use case behind every landing trigger, the sweep and reprocessing.

An event only says "look at this file". What is done follows from the file as it is now and from what the ledger says was
taken of it, so the same call may come once, twice, late, or from two workers at the same time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from shared.config.tables import Configuration
from shared.errors import LandedFileChanged, LandedFileRejected, LedgerChanged
from shared.formats.dialect import DATAVERSE
from shared.formats.finance import FinanceConfig, HeaderVerdict, check_header, open_finance
from shared.formats.finance_errors import FinanceError
from shared.formats.fingerprint import COVERED, Tail, fingerprint
from shared.formats.landed_paths import (
    DataFile,
    EntityMetadataFile,
    FinanceFile,
    Ignored,
    LabelFile,
    classify_dataverse,
    classify_finance,
)
from shared.formats.slices import Lineage, SliceSpec
from shared.formats.table_schema import TableSchema, change, min_width
from shared.landing.bronze import Bronze, Origin
from shared.landing.column_sources import Abandoned, Models, Waiting
from shared.landing.labels import LabelKeeping
from shared.landing.reading import LookAgain, Taking
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import LandedFile
from shared.ledger.states import FileReason, FileState, Source
from shared.ports import BlobVersion, Clock, Lake, Opened

_LOOKS = 6  # a file that changes under every one of them raises another event, and the sweep looks anyway
_LARGEST_METADATA = 256 << 20  # bytes; the choices of a large environment are a few megabytes


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """Takes landed files into bronze."""

    lake: Lake
    ledger: Ledger
    bronze: Bronze
    labels: LabelKeeping
    models: Models
    clock: Clock
    configuration: Configuration
    finance_container: str
    slice_bytes: int

    def __call__(self, container: str, path: str) -> LandedFile:
        """Take what is new of a landed file and return where it stands; does nothing where nothing is new.

        Raises `Retry` errors where the file keeps changing or a service fails; what was written by then stays valid.
        """
        for _ in range(_LOOKS):
            try:
                return self._look(container, path)
            except (LookAgain, LandedFileChanged, LedgerChanged):
                continue
        raise LandedFileChanged(f"{container}/{path}", "any of several")

    def _look(self, container: str, path: str) -> LandedFile:
        known = self.ledger.file(container, path)
        kind = classify_finance(path) if container == self.finance_container else classify_dataverse(path)
        if isinstance(kind, DataFile | FinanceFile):
            opened = self.lake.open(container, path, start=_opened_at(known.record, kind), unless=known.record.version)
            return known.record if opened is None else self._data(known, opened, kind)
        if isinstance(kind, EntityMetadataFile | LabelFile):
            opened = self.lake.open(container, path, unless=known.record.version)
            return known.record if opened is None else self._metadata(known, opened, kind)
        blob = self.lake.head(container, path)
        if blob is None or blob.etag == known.record.version:
            return known.record
        if isinstance(kind, Ignored):
            return self._settle(known, blob, "ignored", kind.reason, kind.detail)
        return self._settle(known, blob, "ignored", "metadata", "is read when a data file needs it")

    def _metadata(self, known: Known[LandedFile], opened: Opened, file: EntityMetadataFile | LabelFile) -> LandedFile:
        blob = opened.blob
        if blob.size > _LARGEST_METADATA:
            detail = f"metadata of {blob.size} bytes; more than {_LARGEST_METADATA} is taken for a mistake"
            return self._settle(known, blob, "rejected", "metadata_too_large", detail)
        data = b"".join(opened.chunks)
        content = self.bronze.copy(blob.container, blob.path, data)
        known = replace(known, record=replace(known.record, source="dataverse", fingerprint=content))
        try:
            unreadable = self.labels.take(blob, file, data, content)
        except LandedFileRejected as error:
            return self._settle(known, blob, "rejected", cast(FileReason, error.reason), error.detail)
        detail = "choices and states, kept as they landed"
        return self._settle(known, blob, "ingested", "labels", f"{detail}; {unreadable} unreadable" if unreadable else detail)

    def _data(self, known: Known[LandedFile], opened: Opened, file: DataFile | FinanceFile) -> LandedFile:
        known = replace(known, record=self._named(known.record, file))  # whatever comes of it, it is found by its table
        try:
            if opened.blob.size == 0:
                return self._settle(known, opened.blob, "ignored", "empty", "nothing was written to it yet")
            return self._finance(known, opened, file) if isinstance(file, FinanceFile) else self._dataverse(known, opened, file)
        except LandedFileRejected as error:
            return self._settle(known, opened.blob, "rejected", cast(FileReason, error.reason), error.detail)

    def _dataverse(self, known: Known[LandedFile], opened: Opened, file: DataFile) -> LandedFile:
        pending_since = known.record.changed_at if known.record.reason == "model_pending" else None
        schema = self.models.of(opened.blob.container, file, pending_since=pending_since)
        if isinstance(schema, Waiting):
            return self._wait(known, opened.blob, schema)
        if isinstance(schema, Abandoned):
            return self._settle(known, opened.blob, "ignored", schema.reason, schema.detail)
        if file.folder is None:
            return self._growing(known, opened, file, schema)
        spec = replace(self._bound(opened.blob, schema, widest=0), final=True)
        tail = Tail(opened.chunks, start=0, hashed=True)
        return self._taking(known, opened.blob, spec, tail, grows=False).run(tail)

    def _growing(self, known: Known[LandedFile], opened: Opened, file: DataFile, schema: TableSchema) -> LandedFile:
        record, blob = known.record, opened.blob
        begin = _opened_at(record, file)
        overlap = record.offset - begin
        if blob.size < record.offset:
            self._restart(known, blob)
            raise LookAgain
        tail = Tail(opened.chunks, start=begin)
        chunks = iter(tail)
        head = b""
        while len(head) < overlap:
            head += next(chunks)
        if overlap and fingerprint(head[:overlap]) != record.fingerprint:
            self._restart(known, blob)
            raise LookAgain
        versions = self.bronze.schemas(blob.container, file.table)
        if record.offset and (old := versions.get(record.schema_version)) and not change(old, schema).extends:
            raise LandedFileRejected(
                record.name,
                "columns_moved",
                f"the model of {file.table} no longer begins with the columns that this file was bound to; "
                "export the table into a new container, or reprocess it from its start",
            )
        spec = self._bound(blob, schema, widest=record.width)
        spec = replace(spec, first_record=record.records + 1, start=record.offset)
        taking = self._taking(known, blob, spec, tail, grows=True)
        return taking.run(_joined(head[overlap:], chunks), stale=lambda: self._is_stale(blob, file, schema))

    def _finance(self, known: Known[LandedFile], opened: Opened, file: FinanceFile) -> LandedFile:
        blob = opened.blob
        if self._is_same_content(known.record, blob):
            return self._settle(known, blob, "ingested", "same_content", "the same content landed again")
        keys = self.configuration.finance_keys(file.data_set)
        tail = Tail(opened.chunks, start=0, hashed=True)
        try:
            config = FinanceConfig(keys=keys, delimiter=self.configuration.finance_delimiter(file.data_set))
            source = open_finance(tail, file, config)
            versions = list(self.bronze.schemas(blob.container, file.data_set).values())
            previous = versions[-1].names if versions else None
            verdict = check_header(previous, source.schema.names, keys=keys, file=file.path)
            spec = replace(self._spec(blob, source.schema), dialect=source.dialect, start=source.header_bytes, final=True)
            return self._taking(known, blob, spec, tail, grows=False).run(source.chunks, detail=_told(verdict))
        except FinanceError as error:
            raise LandedFileRejected(known.record.name, error.reason, error.detail) from error

    def _taking(self, known: Known[LandedFile], blob: BlobVersion, spec: SliceSpec, tail: Tail, *, grows: bool) -> Taking:
        self.bronze.keep(blob.container, spec.schema)
        record = known.record
        source: Source = "finance" if record.source == "finance" else "dataverse"
        origin = Origin(container=record.container, path=record.path, source=source, table=record.table, entity=record.entity)
        return Taking(
            lake=self.lake,
            ledger=self.ledger,
            bronze=self.bronze,
            clock=self.clock,
            known=known,
            blob=blob,
            origin=origin,
            spec=spec,
            tail=tail,
            grows=grows,
        )

    def _spec(self, blob: BlobVersion, schema: TableSchema) -> SliceSpec:
        lineage = Lineage(source_file=f"{blob.container}/{blob.path}", source_version=blob.etag, landed_at=blob.modified_at)
        return SliceSpec(schema=schema, dialect=DATAVERSE, lineage=lineage, max_bytes=self.slice_bytes)

    def _bound(self, blob: BlobVersion, schema: TableSchema, *, widest: int) -> SliceSpec:
        """Rows without a header, bound by position; what the table and the file had before says which widths are legal."""
        narrowest = min_width(schema, self.bronze.schemas(blob.container, schema.table).values())
        return replace(self._spec(blob, schema), min_width=narrowest, widest=widest if schema.flag_ends_row else None)

    def _named(self, record: LandedFile, file: DataFile | FinanceFile) -> LandedFile:
        source: Source
        source, table = ("finance", file.data_set) if isinstance(file, FinanceFile) else ("dataverse", file.table)
        return replace(record, source=source, table=table, entity=self.configuration.entity_name(source, table))

    def _is_stale(self, blob: BlobVersion, file: DataFile, schema: TableSchema) -> bool:
        # A row wider than the model usually means that the model is older than the row.
        fresh = self.models.of(blob.container, file, fresh=True)
        return isinstance(fresh, TableSchema) and fresh.version != schema.version

    def _is_same_content(self, record: LandedFile, blob: BlobVersion) -> bool:
        if record.state != "ingested" or record.size != blob.size or not record.fingerprint:
            return False
        content = hashlib.sha256()
        for chunk in self.lake.read(blob.container, blob.path, end=blob.size, if_match=blob.etag):
            content.update(chunk)
        return content.hexdigest()[:32] == record.fingerprint

    def _restart(self, known: Known[LandedFile], blob: BlobVersion) -> None:
        after = replace(known.record.from_start(), state="seen", reason="restarted", detail="", size=blob.size)
        self.ledger.record_file(known, after, at=self.clock(), detail=f"generation {after.generation}")

    def _wait(self, known: Known[LandedFile], blob: BlobVersion, waiting: Waiting) -> LandedFile:
        record = known.record
        if record.state == "seen" and record.reason == waiting.reason and record.size == blob.size:
            return record  # told before: a sweep every few seconds must not fill the log
        after = replace(
            record,
            state="seen",
            reason=waiting.reason,
            detail=waiting.detail,
            size=blob.size,
            modified_at=blob.modified_at,
        )
        return self.ledger.record_file(known, after, at=self.clock(), detail=waiting.reason)

    def _settle(
        self, known: Known[LandedFile], blob: BlobVersion, state: FileState, reason: FileReason, detail: str
    ) -> LandedFile:
        after = replace(
            known.record,
            state=state,
            reason=reason,
            detail=detail,
            version=blob.etag,
            size=blob.size,
            modified_at=blob.modified_at,
        )
        return self.ledger.record_file(known, after, at=self.clock(), detail=reason)


def _opened_at(record: LandedFile, file: DataFile | FinanceFile) -> int:
    grows = isinstance(file, DataFile) and file.folder is None
    return max(0, record.offset - COVERED) if grows else 0


def _told(verdict: HeaderVerdict) -> str:
    if verdict.kind in {"first", "same"}:
        return ""
    changes = {"missing": verdict.missing, "extra": verdict.extra}
    listed = "; ".join(f"{word}: {', '.join(names)}" for word, names in changes.items() if names)
    return f"header {verdict.kind}{f' ({listed})' if listed else ''}"


def _joined(first: bytes, rest: Iterable[bytes]) -> Iterable[bytes]:
    if first:
        yield first
    yield from rest
