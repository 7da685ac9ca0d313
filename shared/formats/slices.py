"""The kernel: a stream of landed bytes becomes bronze parts, one per slice.

Two things happen at once: a thread reads the next block (bytes to columns), the caller's encodes the last one (columns to
parquet). Memory is bounded by a few blocks and the parquet of one slice, whatever the size of the file. Blocks end where the
bytes say, never where a chunk happens to end, so the same bytes and spec make the same parquet, byte for byte.
"""

import io
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.contracts.columns import (
    BYTE_OFFSET,
    CONTRACT_VERSION,
    DETAIL,
    FIELDS,
    LANDED_AT,
    LINEAGE,
    RAW,
    REASON,
    RECORD_NUMBER,
    SCHEMA_VERSION,
    SOURCE_FILE,
    SOURCE_VERSION,
)
from shared.formats.blocks import Parsed
from shared.formats.cuts import Block, Cutter, Limits
from shared.formats.dialect import DATAVERSE, Dialect
from shared.formats.rejects import field_type
from shared.formats.screen import Screen
from shared.formats.table_schema import TableSchema

SLICE: Final = 64 * 1024 * 1024
"""Bytes after which a slice ends by default: its parquet, a third of that or less, is held in memory."""
_CONSTANT: Final = pa.dictionary(pa.int32(), pa.string())
_LINEAGE_FIELDS: Final = (
    pa.field(SOURCE_FILE, _CONSTANT),
    pa.field(SOURCE_VERSION, _CONSTANT),
    pa.field(RECORD_NUMBER, pa.int64()),
    pa.field(LANDED_AT, pa.timestamp("us", tz="UTC")),
    pa.field(SCHEMA_VERSION, _CONSTANT),
)
_CONTRACT_FIELD: Final = pa.field(CONTRACT_VERSION, pa.int32())  # of finance parts alone
_REJECT_FIELDS: Final = (
    pa.field(BYTE_OFFSET, pa.int64()),
    pa.field(REASON, _CONSTANT),
    pa.field(DETAIL, _CONSTANT),
    pa.field(RAW, pa.binary()),
    pa.field(FIELDS, pa.list_(pa.string())),
)

_REPEATED: Final = [name for name in (*LINEAGE, CONTRACT_VERSION, REASON, DETAIL) if name != RECORD_NUMBER]
"""Columns that say the same of many rows; a dictionary of numbers that come once took a seventh of the time of narrow rows."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Where the rows of a slice come from; the same for each of them."""

    source_file: str  # <landing container>/<path>
    source_version: str  # ETag without quotes
    landed_at: datetime  # the blob's last-modified at that version; aware
    contract_version: int | None = None  # finance: by which version of its data set's contract the records are read

    def __post_init__(self) -> None:
        """Refuse a time that would mean another instant on another machine."""
        if self.landed_at.tzinfo is None:
            raise ValueError(f"landed_at must say its time zone: got {self.landed_at.isoformat()}")


@dataclass(frozen=True, kw_only=True)
class SliceSpec:
    """How to read a slice, and what its records are called."""

    schema: TableSchema
    lineage: Lineage
    dialect: Dialect = DATAVERSE
    first_record: int = 1  # the number of the first record
    start: int = 0  # where in the landed file the first chunk begins; at 0 a byte order mark is skipped
    final: bool = False  # the file is whole: its unterminated last record counts. False: it grows, and that record waits
    min_width: int | None = None  # fields of the narrowest legal row; None: the schema's width
    screen: Screen | None = None  # what the records are looked through for; None: nothing, as in exports
    widest: int | None = None  # fields of the widest row before, where a narrower one is truncated; None: it is not
    max_bytes: int = SLICE  # the slice ends with the record that reaches this many bytes
    limits: Limits = field(default_factory=Limits)

    def after(self, done: "Slice") -> "SliceSpec":
        """Return the spec of the slice that follows `done`."""
        return replace(
            self,
            first_record=self.first_record + done.records,
            start=self.start + done.consumed,
            widest=None if self.widest is None else max(self.widest, done.width),
        )


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A slice that was read: `records == rows + rejects`, always."""

    parquet: bytes = field(repr=False)  # the bronze part; valid, and empty, where rows == 0
    rejected: bytes | None = field(repr=False)  # the rejects as parquet; None where there are none
    consumed: int  # bytes to the cut
    records: int
    rows: int
    rejects: int
    reasons: Mapping[str, int]  # of the rejects, and how many of each
    held_back: int  # bytes seen after the cut that belong to no slice yet
    open_quote: bool  # the record after the cut opens a quote that does not close in the bytes seen
    too_long: bool  # the record after the cut does not end within the limit of `shared.formats.cuts`
    width: int  # fields of the widest row taken; 0 if there is none
    exhausted: bool  # the chunks were read to their end

    @property
    def more(self) -> bool:
        """Whether another slice of the same version of the file can be read."""
        return not (self.exhausted or self.open_quote or self.too_long)


def read_slice(chunks: Iterable[bytes], spec: SliceSpec) -> Slice:
    """Read the first slice of a stream: its bronze part, its rejects and where it ends."""
    slices = read_slices(chunks, spec)
    try:
        return next(slices)
    finally:
        slices.close()


def read_slices(chunks: Iterable[bytes], spec: SliceSpec) -> Generator[Slice, None, None]:
    """Cut a stream into consecutive slices, at least one, without reading a byte twice.

    `chunks` is iterated in another thread, one at a time, and may be of any size. What it raises comes out here. Schema of
    the parts and of the rejects: docs/contracts.md, "Bronze part".
    """
    width = spec.schema.width + (spec.screen.spare if spec.screen else 0)
    cutter = Cutter(
        chunks,
        dialect=spec.dialect,
        width=width,
        min_width=width if spec.min_width is None else spec.min_width,
        max_bytes=spec.max_bytes,
        final=spec.final,
        at_start=spec.start == 0,
        limits=spec.limits,
        widest=spec.widest,
        screen=spec.screen,
    )
    part: _Part | None = None
    for block in _ahead(cutter):
        part = part or _Part(spec)
        part.add(block)
        if block.ends_slice:
            done = part.close(block)
            spec, part = spec.after(done), None
            yield done
            del done  # its parquet: whoever lets go of it, too, has one slice in memory, not two


def _ahead(cutter: Cutter) -> Iterator[Block]:
    """Yield the blocks of a stream, each read while the one before is encoded; a stream of one block needs no thread."""
    block = cutter.next_block()
    if not block.ends_stream:
        with ThreadPoolExecutor(1, "read-block") as reader:
            while not block.ends_stream:
                pending = reader.submit(cutter.next_block)
                yield block
                block = pending.result()
    yield block


class _Part:
    """A bronze part that is being written."""

    def __init__(self, spec: SliceSpec) -> None:
        self._spec = spec
        self._sink = io.BytesIO()
        fields = [pa.field(name, field_type()) for name in spec.schema.names]
        told = spec.lineage.contract_version is not None
        self._lineage_fields = (*_LINEAGE_FIELDS, _CONTRACT_FIELD) if told else _LINEAGE_FIELDS
        self._schema = pa.schema([*fields, *self._lineage_fields])
        self._writer = _writer(self._sink, self._schema)
        self._rejected_sink = io.BytesIO()
        self._rejected_writer: pq.ParquetWriter | None = None
        self._rejects = 0
        self._reasons: Counter[str] = Counter()
        self._consumed = self._records = self._rows = self._width = 0

    def add(self, block: Block) -> None:
        """Write one block as a row group and count it."""
        parsed = block.parsed
        number, offset = self._spec.first_record + self._records, self._spec.start + self._consumed + block.mark
        if parsed.table.num_rows:
            lineage = self._lineage(pc.add(parsed.numbers, number))
            arrays = [*parsed.table.columns, *lineage]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema), row_group_size=len(parsed.numbers))
        if parsed.rejects.num_rows:
            rejects = self._reject_table(parsed, number, offset)
            self._write_rejects(rejects)
            counts = rejects.column(REASON).value_counts()
            self._reasons.update(dict(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True)))
        self._consumed += block.consumed
        self._records += parsed.records
        self._rows += parsed.table.num_rows
        self._width = max(self._width, parsed.widest)

    def close(self, block: Block) -> Slice:
        """Finish the slice; `block` was its last."""
        self._writer.close()
        return Slice(
            parquet=self._sink.getvalue(),
            rejected=self._rejected(),
            consumed=self._consumed,
            records=self._records,
            rows=self._rows,
            rejects=self._rejects,
            reasons=self._reasons,
            held_back=block.held_back,
            open_quote=block.open_quote,
            too_long=block.too_long,
            width=self._width,
            exhausted=block.exhausted,
        )

    def _lineage(self, numbers: pa.Array) -> list[pa.Array]:
        lineage, count = self._spec.lineage, len(numbers)
        version = lineage.contract_version
        landed_at = pa.scalar(lineage.landed_at.astimezone(UTC), pa.timestamp("us", tz="UTC"))
        return [
            _constant(lineage.source_file, count),
            _constant(lineage.source_version, count),
            numbers,
            pa.repeat(landed_at, count),
            _constant(self._spec.schema.version, count),
            *(() if version is None else (pa.repeat(pa.scalar(version, pa.int32()), count),)),
        ]

    def _reject_table(self, parsed: Parsed, number: int, offset: int) -> pa.Table:
        rejects = parsed.rejects
        arrays = [
            *self._lineage(pc.add(rejects["number"], number).combine_chunks()),
            pc.add(rejects["offset"], offset),
            rejects["reason"].dictionary_encode(),
            rejects["detail"].dictionary_encode(),
            rejects["raw"],
            rejects["fields"],
        ]
        return pa.Table.from_arrays(arrays, schema=pa.schema([*self._lineage_fields, *_REJECT_FIELDS]))

    def _write_rejects(self, table: pa.Table) -> None:
        """Write them at once: a slice of nothing else holds many times as many records as one of rows."""
        if self._rejected_writer is None:
            self._rejected_writer = _writer(self._rejected_sink, table.schema)
        self._rejected_writer.write_table(table)
        self._rejects += table.num_rows

    def _rejected(self) -> bytes | None:
        if self._rejected_writer is None:
            return None
        self._rejected_writer.close()
        return self._rejected_sink.getvalue()


def _writer(sink: io.BytesIO, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        sink,
        schema,
        # Measured on wide and narrow tables (benchmarks/README.md): dictionaries of landed text cost a quarter of
        # the speed for a tenth of the size, zstd another quarter for a third; statistics of text are of no use to a
        # MERGE that reads parts whole.
        compression="snappy",
        use_dictionary=_REPEATED,
        write_statistics=[RECORD_NUMBER],
        store_schema=False,  # readers see the contract's types, not that constants are passed as dictionaries here
    )


def _constant(value: str, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), pa.array([value], pa.string()))
