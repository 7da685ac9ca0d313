"""From a landed finance file to a header and the text below it.

Columns bind by the names in the header, so each file brings its own schema, all text; what it means against the data set's
previous header is a verdict, and only a missing key column rejects the file.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, Literal

from shared.contracts.columns import Column
from shared.formats.dialect import Dialect
from shared.formats.finance.containers import gunzipped, unzipped
from shared.formats.finance.encoding import DecodedText
from shared.formats.finance.errors import FinanceError, HeaderError, MissingKeyColumnError, NoRecordsError, TooManyRejectsError
from shared.formats.finance.layout import Layout, find_layout
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.shapes import UNTOLD
from shared.formats.landed_paths import FinanceFile
from shared.formats.screen import Screen
from shared.formats.table_schema import SchemaError, TableSchema

HEAD: Final = 256 * 1024
"""Bytes of text that are looked at; a header that ends later is looked for in four times as many."""


@dataclass(frozen=True, kw_only=True)
class FinanceSource:
    """A finance file past its header, ready for `shared.formats.slices`."""

    schema: TableSchema  # of type string, in the order of the header
    layout: Layout
    screen: Screen  # what its records are to be looked through for
    text: DecodedText  # what it says of the encoding is final once `chunks` are read
    chunks: Iterator[bytes]  # the text after the header; FinanceError can come out of them

    @property
    def dialect(self) -> Dialect:
        """How the records are written."""
        return self.layout.dialect

    @property
    def header_bytes(self) -> int:
        """Where `chunks` begin, in the decompressed, decoded or converted text."""
        return self.layout.data_at


def open_finance(chunks: Iterable[bytes], file: FinanceFile, config: FinanceConfig) -> FinanceSource:
    """Find out how a finance file is read; raises FinanceError.

    Compressed text is decompressed and decoded as it is consumed, so FinanceError can also come out of the source's `chunks`.
    """
    encoding = config.encoding
    match file.form:
        case "text":
            data: Iterable[bytes] = chunks
        case "gzip":
            data = gunzipped(chunks, file.path)
        case "zip":
            data = unzipped(chunks, file.path, limit=config.limits.archive_bytes)
        case "workbook":
            from shared.formats.finance.workbook import workbook_text  # noqa: PLC0415  few files need it

            data, encoding = workbook_text(chunks, file.path, file.data_set, config), "utf-8"
            config = replace(config, delimiter=",", quote='"', escape="")
    text = DecodedText(data, file=file.path, data_set=file.data_set, encoding=encoding)
    pieces = iter(text)
    head, whole = _head(pieces)
    layout = find_layout(head, config, file=file.path, data_set=file.data_set, whole=whole)
    schema = _schema(layout.names, file)
    present = {name.casefold() for name in schema.names}
    missing = tuple(key for key in config.keys if key.casefold() not in present)
    if missing:
        raise MissingKeyColumnError(file.path, missing, schema.names)
    rest: Iterator[bytes] = chain([head[layout.data_at :]], pieces)
    if config.skip_footer:
        rest = without_footer(rest, layout.dialect, config.skip_footer)
    return FinanceSource(
        schema=schema,
        layout=layout,
        screen=Screen(
            header=layout.header,
            spare=layout.spare,
            untold=UNTOLD if file.form == "workbook" else "",
            totals=config.skip_footer is None,
        ),
        text=text,
        chunks=rest,
    )


def refused_as_a_whole(file: str, *, records: int, rejects: int, max_rejected: float) -> FinanceError | None:
    """Tell whether a file that was read to its end is refused after all: by its records, and how many of them are rejects."""
    if records == 0:
        return NoRecordsError(file, "no record below the header; an extract that failed looks like this")
    if rejects == records or rejects > max_rejected * records:
        detail = f"{rejects} of {records} records cannot be used, more than max_rejected ({max_rejected:.0%}) allows"
        return TooManyRejectsError(
            file, f"{detail}; say how the file is written (delimiter, quote, escape, header_row, columns)"
        )
    return None


def without_footer(chunks: Iterable[bytes], dialect: Dialect, count: int) -> Iterator[bytes]:
    """Yield the text without its last `count` records, holding no more than them and a chunk."""
    pending = b""
    for chunk in chunks:
        pending += chunk
        starts: list[int] = []
        at, end = 0, dialect.last_end(pending, 0, len(pending))
        while (found := dialect.record(pending, at, end)) is not None:
            starts.append(found[0])
            at = found[2]
        if len(starts) > count:
            yield pending[: starts[-count - 1]]
            pending = pending[starts[-count - 1] :]
    starts, at = [], 0
    while (found := dialect.record(pending, at, len(pending))) is not None:
        starts.append(found[0])
        at = found[2]
    if len(starts) > count:
        yield pending[: starts[-count]]


def _head(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Read what is looked at: enough for two records, where there are two; and whether that is all."""
    head = b""
    while len(head) < HEAD or (len(head) < 4 * HEAD and len(head.split(None, 2)) < 2):
        piece = next(pieces, None)
        if piece is None:
            return head, True
        head += piece
    return head, False


def _schema(names: tuple[str, ...], file: FinanceFile) -> TableSchema:
    try:
        return TableSchema(table=file.data_set, columns=tuple(Column(name=name, type="string") for name in names))
    except SchemaError as error:
        raise HeaderError(file.path, error.detail) from error


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
