"""From a landed finance file to a header and the text below it.

Columns bind by the names in the header, so each file brings its own schema, all text; what it is against the contract of its
data set is a verdict (`shared/formats/finance/data_set`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from shared.contracts.columns import Column
from shared.formats.dialect import Dialect
from shared.formats.finance.errors import FinanceError, HeaderError, MissingKeyColumnError, NoRecordsError, TooManyRejectsError
from shared.formats.finance.expected import Expected, layout_by
from shared.formats.finance.layout import Layout
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.shapes import UNTOLD
from shared.formats.finance.text.containers import gunzipped, unzipped
from shared.formats.finance.text.encoding import DecodedText
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
    sheet: str | None = None  # of a workbook
    chunks: Iterator[bytes]  # the text after the header; FinanceError can come out of them

    @property
    def dialect(self) -> Dialect:
        """How the records are written."""
        return self.layout.dialect

    @property
    def header_bytes(self) -> int:
        """Where `chunks` begin, in the decompressed, decoded or converted text."""
        return self.layout.data_at


def open_finance(
    chunks: Iterable[bytes], file: FinanceFile, config: FinanceConfig, expected: Expected | None = None
) -> FinanceSource:
    """Find out how a finance file is read, by the contract of its data set where it leaves that open; raises FinanceError.

    Compressed text is decompressed and decoded as it is consumed, so FinanceError can also come out of the source's `chunks`.
    """
    encoding, workbook = config.encoding, None
    match file.form:
        case "text":
            data: Iterable[bytes] = chunks
        case "gzip":
            data = gunzipped(chunks, file.path, config.limits)
        case "zip":
            data = unzipped(chunks, file.path, config.limits)
        case "workbook":
            from shared.formats.finance.workbook import WorkbookText  # noqa: PLC0415  few files need it

            usual = expected.sheet if expected else None
            data = workbook = WorkbookText(chunks, file=file.path, data_set=file.data_set, config=config, usual=usual)
            encoding = "utf-8"
            config = replace(config, delimiter=",", quote='"', escape="")
    text = DecodedText(data, file=file.path, data_set=file.data_set, encoding=encoding)
    pieces = iter(text)
    head, whole = _head(pieces)
    layout = layout_by(head, config, expected, file=file.path, data_set=file.data_set, whole=whole)
    schema = _schema(layout.names, file)
    present = {name.casefold() for name in schema.names}
    missing = tuple(key for key in config.keys if key.casefold() not in present)
    if missing:
        certain = {name.casefold() for name in (*config.names, *(expected.columns if expected else ()))}
        known = tuple(name for name in schema.names if name.casefold() in certain)
        raise MissingKeyColumnError(file.path, missing, len(schema.names), known)
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
        sheet=workbook.sheet if workbook else None,
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
