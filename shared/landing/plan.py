"""Decides what is to be done with a version of a landed file.

Pure: what the ledger remembers, the version, the columns found and the bytes looked at go in, one of four plans comes out;
`shared/landing/ingest.py` finds these out and carries the plan out. What is told before any byte is read stands in `by_name`
and `by_size`; after that each source has a function of its own.

| plan | meaning |
| --- | --- |
| `Settle` | nothing of this version is left to do |
| `Wait` | something is not there yet: look again later |
| `Restart` | what was read of the file is not what it holds any more: read it from its first byte |
| `Read` | read the rest of it |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.formats.cuts import Limits
from shared.formats.dialect import DATAVERSE
from shared.formats.finance.data_set.verdict import Verdict
from shared.formats.finance.errors import ContractBrokenError, FinanceError
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.source import FinanceSource
from shared.formats.fingerprint import fingerprint
from shared.formats.label_files import LabelFileError
from shared.formats.landed_paths import (
    ChangelogInfo,
    DataFile,
    EntityMetadataFile,
    FinanceFile,
    Ignored,
    LabelFile,
    ModelFile,
    Unreadable,
)
from shared.formats.slices import Lineage, SliceSpec
from shared.formats.table_schema import TableSchema, change, min_width
from shared.landing.column_sources import ColumnsAbandoned, ColumnsFound, ColumnsPending, ColumnsUnusable
from shared.ledger.records import LandedFile
from shared.ledger.states import FileReason, FileState, WaitReason
from shared.ports import BlobVersion

LARGEST_METADATA = 256 << 20
"""Bytes; the choices of a large environment are a few megabytes."""

_MOST_COMPARED = 64 << 20  # bytes; as many as a client uploads in one call, of which alone storage keeps an MD5


@dataclass(frozen=True, kw_only=True)
class Settle:
    """Nothing of this version is left to do."""

    state: FileState
    reason: FileReason
    detail: str


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Something is not there yet; the sweep looks again."""

    reason: WaitReason
    detail: str


@dataclass(frozen=True, kw_only=True)
class Restart:
    """What was read of the file is not what it holds any more: read it from its first byte, as a new generation."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """Read the version, from `spec.start` on."""

    spec: SliceSpec
    read_as: str = ""  # of a finance file: the version of the contract, and its own dialect; what was read otherwise is not its
    once: bool = False  # content that another file of the table holds is refused
    max_rejected: float | None = None  # share of the records; with more rejected the file is refused whole. None: it is not

    @property
    def grows(self) -> bool:
        """Whether the file is append-only; otherwise it is taken as a whole."""
        return not self.spec.final


Plan = Settle | Wait | Restart | Read


def by_name(kind: Ignored | Unreadable | ModelFile | ChangelogInfo) -> Settle:
    """Decide about a file whose bytes are of no interest by themselves."""
    if isinstance(kind, Ignored):
        return Settle(state="ignored", reason=kind.reason, detail=kind.detail)
    if isinstance(kind, Unreadable):
        return Settle(state="rejected", reason="not_readable", detail=kind.detail)
    return Settle(state="ignored", reason="metadata", detail="is read when a data file needs it")


def by_size(blob: BlobVersion, kind: DataFile | FinanceFile | EntityMetadataFile | LabelFile) -> Settle | None:
    """Decide what needs no look at the bytes; None: look at them."""
    if isinstance(kind, DataFile | FinanceFile):
        return None if blob.size else Settle(state="ignored", reason="empty", detail="nothing was written to it yet")
    if blob.size <= LARGEST_METADATA:
        return None
    detail = f"metadata of {blob.size} bytes; more than {LARGEST_METADATA} is taken for a mistake"
    return Settle(state="rejected", reason="metadata_too_large", detail=detail)


def by_age(record: LandedFile, blob: BlobVersion, *, now: datetime, quiet: timedelta) -> Wait | None:
    """Decide to wait for a file that may still be written: it is taken once nothing was written to it for a moment.

    Some write a file in several steps (created empty, then half, then whole), each of which is a version; and storage tells
    time in seconds, so versions within one cannot be told apart later. Where its clock is ahead, ours decides from the first
    look on.
    """
    is_waiting = record.reason == "just_written" and record.modified_at == blob.modified_at and record.size == blob.size
    since = record.changed_at if is_waiting and record.changed_at else now
    if now - blob.modified_at >= quiet or now - since >= quiet or not quiet:
        return None
    return Wait(reason="just_written", detail="it may still be written; it is taken when that is over for a moment")


def labels(read: int | LabelFileError) -> Settle:
    """Decide about a label file: it was read, with so many records that cannot be, or not at all."""
    if isinstance(read, LabelFileError):
        return Settle(state="rejected", reason="labels_unreadable", detail=str(read))
    detail = "choices and states, kept as they landed"
    return Settle(state="ingested", reason="labels", detail=f"{detail}; {read} unreadable" if read else detail)


def dataverse(
    record: LandedFile,
    blob: BlobVersion,
    file: DataFile,
    columns: ColumnsFound,
    *,
    overlap: bytes = b"",
    is_other: bool = False,
    earlier: Mapping[str, TableSchema],
    slice_bytes: int,
    limits: Limits,
) -> Plan:
    """Decide about rows of a Dataverse table.

    `overlap` are the bytes of this version that the record's fingerprint covers, `is_other` says that those before are not what
    was read, `earlier` are the columns that parts of the table were ever bound to, by version; none of them counts where no
    columns were found.
    """
    match columns:
        case ColumnsPending():
            return Wait(reason=columns.reason, detail=columns.detail)
        case ColumnsAbandoned():
            return Settle(state="ignored", reason=columns.reason, detail=columns.detail)
        case ColumnsUnusable():
            return Settle(state="rejected", reason=columns.reason, detail=columns.detail)
    # Rows have no header and bind by position: what the table had before says which widths are legal.
    spec = replace(_spec(blob, columns, slice_bytes, limits), min_width=min_width(columns, earlier.values()))
    if file.folder is not None:
        return Read(spec=replace(spec, final=True, widest=0 if columns.flag_ends_row else None))
    if is_other or is_written_anew(record, blob) or (overlap and fingerprint(overlap) != record.fingerprint):
        return Restart()
    bound_to = earlier.get(record.schema_version)
    if record.offset and bound_to is None:
        detail = (
            f"bronze does not hold the columns {record.schema_version} that this file was bound to; reprocess it from its start"
        )
        return Settle(state="rejected", reason="columns_unknown", detail=detail)
    if record.offset and bound_to and not change(bound_to, columns).extends:
        detail = (
            f"the model of {file.table} no longer begins with the columns that this file was bound to; "
            "export the table into a new container, or reprocess it from its start"
        )
        return Settle(state="rejected", reason="columns_moved", detail=detail)
    widest = record.width if columns.flag_ends_row else None
    return Read(spec=replace(spec, start=record.offset, first_record=record.records + 1, widest=widest))


def is_written_anew(record: LandedFile, blob: BlobVersion) -> bool:
    """Whether what storage tells of a growing file says that it was not appended to, whatever its last bytes are.

    What can only be appended to was, unless it was created anew (reference: Synapse Link, section 5). Of other blobs the
    creation time says little: an exporter may grow a file by uploading it again as a whole. But a new version of the same
    length has other bytes, unless storage says that its content is the same.
    """
    if not record.offset:
        return False
    if blob.size < record.offset:
        return True
    if blob.is_append_blob:
        return record.created_at is not None and blob.created_at != record.created_at
    is_as_long = blob.size == record.offset + record.held_back and record.reason != "being_read"
    if not is_as_long or record.version in {"", blob.etag}:
        return False
    return not blob.content_md5 or blob.content_md5 != record.content_md5


def worth_comparing(record: LandedFile, blob: BlobVersion) -> int:
    """Return how many first bytes of a version are worth comparing with those of the version before, by their MD5; mostly none.

    What can only be appended to holds what it held. Of a blob that was uploaded anew as a whole, and is longer, storage tells
    nothing of its beginning; but where it kept the MD5 of the version before, the beginning tells whether it is still that. The
    uploader sent all those bytes too; of a larger file only the last bytes that were read are compared.
    """
    length = record.offset + record.held_back
    is_settled = bool(record.version and record.content_md5 and record.offset) and record.reason != "being_read"
    if blob.is_append_blob or not is_settled or not length < blob.size or length > _MOST_COMPARED:
        return 0
    return length


def resumed(decided: Plan, record: LandedFile, blob: BlobVersion) -> Plan:
    """Take a file that is read as a whole up where an attempt that was cut off had counted it to."""
    if not isinstance(decided, Read) or decided.grows or record.reading != blob.etag or not record.offset:
        return decided
    if (record.schema_version, record.read_as) != (decided.spec.schema.version, decided.read_as):
        return Restart()
    widest = None if decided.spec.widest is None else record.width
    return replace(decided, spec=replace(decided.spec, start=record.offset, first_record=record.records + 1, widest=widest))


def may_be_the_same(record: LandedFile, blob: BlobVersion) -> bool:
    """Whether a version may hold what the one before held, so that comparing the two is worth it."""
    return record.state == "ingested" and record.size == blob.size and bool(record.fingerprint)


def finance(
    blob: BlobVersion,
    file: FinanceFile,
    source: FinanceSource,
    verdict: Verdict,
    *,
    config: FinanceConfig,
    contract_version: int,
    read_as: str,
    slice_bytes: int,
    limits: Limits,
) -> Read:
    """Decide about a finance file that was opened; raises ContractBrokenError where it is not one of its data set."""
    if verdict.kind == "broken":
        raise ContractBrokenError(file.path, "; ".join((*verdict.differs, verdict.advice)), verdict.toml)
    spec = _spec(blob, source.schema, slice_bytes, limits)
    lineage = replace(spec.lineage, contract_version=contract_version)
    spec = replace(spec, lineage=lineage, dialect=source.dialect, screen=source.screen, start=source.header_bytes, final=True)
    return Read(spec=spec, read_as=read_as, once=config.once, max_rejected=config.max_rejected)


def same_content() -> Settle:
    """Decide about a finance file whose content is what it was."""
    return Settle(state="ingested", reason="same_content", detail="the same content landed again")


def told(verdict: Verdict) -> str:
    """Say how a file that was taken differs from the contract of its data set; nothing where it does not."""
    return f"not as the contract says: {'; '.join(verdict.differs)}" if verdict.differs else ""


def unreadable(error: FinanceError) -> Settle:
    """Decide about a finance file that cannot be read, wherever in it that shows: nothing of it is used."""
    return Settle(state="rejected", reason=error.reason, detail=error.detail)


def name_taken(detail: str) -> Settle:
    """Decide about a file whose table would collapse into another one's entity, or into a name of our own."""
    return Settle(state="rejected", reason="name_taken", detail=detail)


def _spec(blob: BlobVersion, schema: TableSchema, slice_bytes: int, limits: Limits) -> SliceSpec:
    lineage = Lineage(source_file=f"{blob.container}/{blob.path}", source_version=blob.etag, landed_at=blob.modified_at)
    return SliceSpec(schema=schema, dialect=DATAVERSE, lineage=lineage, max_bytes=slice_bytes, limits=limits)
