"""Workbooks as CSV text: the first sheet of an `.xlsx` file, so that it takes the same way as every other finance file."""

import io
import math
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Final

from shared.formats.finance.errors import WorkbookError
from shared.formats.finance.options import FinanceConfig

WORKBOOK_LIMIT: Final = 256 * 1024 * 1024
"""Bytes that a workbook may unpack to. It can only be read whole, so this, not the file's size, decides about memory."""
_BATCH: Final = 4096


def workbook_text(chunks: Iterable[bytes], file: str, config: FinanceConfig) -> Iterator[bytes]:
    """Yield the rows of a sheet as comma-separated text, quoted; raises WorkbookError.

    Deterministic: integers without `.0`, dates as ISO 8601 (without the time where that is midnight), empty cells as nothing.
    Empty rows are passed over.
    """
    rows = _rows(_bounded(chunks, file), file, config.sheet)
    header = next(rows, [])
    yield _line(header)
    batch: list[bytes] = []
    for row in rows:
        # Cells that were once formatted make a sheet look wider than its header; only values beyond it are too many.
        batch.append(_line(row + [None] * (len(header) - len(row))))
        if len(batch) == _BATCH:
            yield b"".join(batch)
            batch.clear()
    yield b"".join(batch)


def _bounded(chunks: Iterable[bytes], file: str) -> io.BytesIO:
    content = io.BytesIO()
    for chunk in chunks:
        content.write(chunk)
        if content.tell() > WORKBOOK_LIMIT:
            raise WorkbookError(file, f"more than {WORKBOOK_LIMIT} bytes; land it as .csv or .csv.gz")
    try:
        with zipfile.ZipFile(content) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except Exception as error:  # besides BadZipFile, zipfile raises whatever damaged bytes lead it into
        raise WorkbookError(file, f"no .xlsx workbook: {type(error).__name__}") from error
    if size > WORKBOOK_LIMIT:
        raise WorkbookError(file, f"unpacks to {size} bytes, more than {WORKBOOK_LIMIT}; land it as .csv or .csv.gz")
    return content


def _rows(content: io.BytesIO, file: str, sheet: str | None) -> Iterator[list[str | None]]:
    """Yield the rows that are not empty, each to its last value."""
    import pandas as pd  # noqa: PLC0415  takes most of a second, and most workers never see a workbook

    try:
        frame = pd.read_excel(
            content,
            sheet_name=0 if sheet is None else sheet,
            header=None,
            dtype=object,
            na_filter=False,
            engine="openpyxl",
        )
    except Exception as error:  # openpyxl raises whatever its XML and zip readers raise
        raise WorkbookError(file, f"not readable: {type(error).__name__}") from error
    for cells in frame.itertuples(index=False, name=None):
        row = [_text(cell) for cell in cells]
        while row and row[-1] is None:
            row.pop()
        if row:
            yield row


def _text(cell: object) -> str | None:
    match cell:
        case None | "":
            return None
        case float() if math.isnan(cell):  # an error value such as #N/A
            return None
        case float() if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        case datetime() if cell.time() == time() and cell.tzinfo is None:
            return cell.date().isoformat()
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _line(row: list[str | None]) -> bytes:
    fields = ["" if value is None else '"' + value.replace('"', '""') + '"' for value in row]
    return (",".join(fields) + "\r\n").encode()
