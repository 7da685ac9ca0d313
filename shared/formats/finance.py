"""Finance files: from `.csv`, `.csv.gz` or `.xlsx` to a header and the text after it.

Columns bind by the names in the header, so each file brings its own schema, all text; what it means against the data set's
previous header is a verdict, and only a missing key column rejects the file.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal

from shared.contracts.columns import Column
from shared.formats.dialect import BOM, Dialect
from shared.formats.finance_errors import CompressionError, EmptyFileError, HeaderError, MissingKeyColumnError
from shared.formats.landed_paths import FinanceFile
from shared.formats.table_schema import SchemaError, TableSchema

DELIMITERS: Final = (b",", b";", b"\t", b"|")
"""Tried in this order where none is configured; the one that makes the most columns of the header wins."""
HEADER_LIMIT: Final = 1024 * 1024
"""Bytes in which a header must end: a file without line breaks must not be read whole to say so."""
_PIECE: Final = 4 * 1024 * 1024  # bytes that are decompressed at a time, whatever a compressed byte expands to
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True)
class FinanceConfig:
    """What the configuration says about a data set's files."""

    keys: tuple[str, ...] = ()
    delimiter: str | None = None  # None: sniffed from the header
    sheet: str | None = None  # of a workbook; None: the first


@dataclass(frozen=True, kw_only=True)
class FinanceSource:
    """A finance file past its header, ready for `shared.formats.slices`."""

    schema: TableSchema  # of type string, in the order of the header
    dialect: Dialect
    chunks: Iterator[bytes]  # the text after the header
    header_bytes: int  # where that begins, in the decompressed or converted text


def open_finance(chunks: Iterable[bytes], file: FinanceFile, config: FinanceConfig) -> FinanceSource:
    """Read the header of a finance file; raises FinanceError.

    Compressed text is decompressed as it is consumed, so CompressionError can also come out of `chunks`.
    """
    delimiter = config.delimiter
    match file.form:
        case "csv":
            text = iter(chunks)
        case "csv.gz":
            text = _decompressed(chunks, file.path)
        case "xlsx":
            from shared.formats.workbook import workbook_text  # noqa: PLC0415  pandas takes long to import, and few files need it

            text, delimiter = workbook_text(chunks, file.path, config.sheet), ","
    candidates = DELIMITERS if delimiter is None else (delimiter.encode(),)
    names, dialect, rest, size = _header(text, file.path, [Dialect(delimiter=candidate) for candidate in candidates])
    schema = _schema(names, file)
    present = {name.casefold() for name in schema.names}
    missing = tuple(key for key in config.keys if key.casefold() not in present)
    if missing:
        raise MissingKeyColumnError(file.path, missing, schema.names)
    return FinanceSource(schema=schema, dialect=dialect, chunks=rest, header_bytes=size)


def _header(
    text: Iterator[bytes], file: str, dialects: list[Dialect]
) -> tuple[list[bytes | None], Dialect, Iterator[bytes], int]:
    """Read the fields of the first record, how it is written, the text after it and where that begins."""
    head = b""
    for chunk in text:
        head += chunk
        if head.startswith(_UTF16):
            raise HeaderError(file, "the text is UTF-16; save it as UTF-8")
        found = _read_header(head, dialects)
        # What reaches the end of the bytes so far may go on: a name, a quote, the LF of a CRLF.
        if found is not None and found[3] < len(head):
            break
        if len(head) > HEADER_LIMIT:
            raise HeaderError(file, f"no end of the header within {HEADER_LIMIT} bytes")
    else:
        found = _read_header(head, dialects)
    if found is None:
        raise (HeaderError(file, "a quote in the header does not close") if b'"' in head else EmptyFileError(file, "no header"))
    _, values, dialect, after = found
    return values, dialect, chain([head[after:]], text), after


def _read_header(head: bytes, dialects: list[Dialect]) -> tuple[int, list[bytes | None], Dialect, int] | None:
    """Read the header in the dialect that finds most columns: (columns, fields, dialect, where the text goes on)."""
    best = None
    start = len(BOM) if head.startswith(BOM) else 0
    for dialect in dialects:
        found = dialect.record(head, start, len(head))
        if found is not None and found[0] < found[1]:
            values = dialect.fields(head[found[0] : found[1]])
            # One column is no sign of a delimiter: only the first, which is the most common, may make so few.
            if len(values) > (0 if dialect is dialects[0] else max(1, best[0] if best else 0)):
                best = (len(values), values, dialect, found[2])
    return best


def _schema(names: list[bytes | None], file: FinanceFile) -> TableSchema:
    try:
        texts = [(name or b"").decode().strip() for name in names]
    except UnicodeDecodeError as error:
        raise HeaderError(file.path, "the header is no UTF-8") from error
    nameless = [str(place) for place, name in enumerate(texts, 1) if not name]
    if nameless:
        raise HeaderError(file.path, f"no name for column {', '.join(nameless)} of {len(texts)}")
    folded = [name.casefold() for name in texts]
    twice = sorted({name for name in texts if folded.count(name.casefold()) > 1})
    if twice:
        raise HeaderError(file.path, f"columns that differ in no more than case: {', '.join(twice)}")
    try:
        return TableSchema(table=file.data_set, columns=tuple(Column(name=name, type="string") for name in texts))
    except SchemaError as error:
        raise HeaderError(file.path, error.detail) from error


def _decompressed(chunks: Iterable[bytes], file: str) -> Iterator[bytes]:
    """Yield the text of a gzip file of one or more members, in pieces of bounded size."""
    member = zlib.decompressobj(wbits=31)
    begun = False
    for chunk in chunks:
        data = chunk
        piece = b""
        while data or len(piece) == _PIECE:  # a full piece: more may wait inside, even where all input is taken
            if member.eof:
                data = data.lstrip(b"\x00")  # padding that some writers put behind the last member
                if not data:
                    break
                member = zlib.decompressobj(wbits=31)
            try:
                piece = member.decompress(data, _PIECE)
            except zlib.error as error:
                raise CompressionError(file, f"not readable as gzip: {error}") from error
            begun = True
            data = member.unused_data if member.eof else member.unconsumed_tail
            if piece:
                yield piece
    if begun and not member.eof:
        raise CompressionError(file, "the gzip data ends before its end mark")


HeaderKind = Literal["first", "same", "reordered", "extra", "missing", "renamed", "changed"]


@dataclass(frozen=True, kw_only=True)
class HeaderVerdict:
    """What a header is against the one that the data set had before. Order means nothing: columns bind by name."""

    kind: HeaderKind  # extra and missing columns flow on, added columns as new ones, missing ones as null
    missing: tuple[str, ...] = ()  # that were there before
    extra: tuple[str, ...] = ()  # that were not


def check_header(
    previous: tuple[str, ...] | None, current: tuple[str, ...], *, keys: tuple[str, ...], file: str
) -> HeaderVerdict:
    """Judge a header; names are compared without case, as Spark does. Raises MissingKeyColumnError.

    `renamed`: other names at the same places. `changed`: some columns gone and others come, in no such order.
    """
    now = [name.casefold() for name in current]
    missing_keys = tuple(key for key in keys if key.casefold() not in now)
    if missing_keys:
        raise MissingKeyColumnError(file, missing_keys, current)
    if previous is None:
        return HeaderVerdict(kind="first")
    before = [name.casefold() for name in previous]
    missing = tuple(name for name in previous if name.casefold() not in now)
    extra = tuple(name for name in current if name.casefold() not in before)
    places = [place for place, name in enumerate(before) if name not in now]
    kind: HeaderKind
    if missing and extra:
        kind = "renamed" if places == [place for place, name in enumerate(now) if name not in before] else "changed"
    elif missing or extra:
        kind = "missing" if missing else "extra"
    else:
        kind = "same" if now == before else "reordered"
    return HeaderVerdict(kind=kind, missing=missing, extra=extra)
