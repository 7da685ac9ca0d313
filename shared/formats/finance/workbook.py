"""Workbooks as CSV text: the sheet of an `.xlsx` file that holds the data, so that it goes the same way as every other file.

Cells are streamed, one at a time, and only those that are written down: a sheet that claims a million rows and holds two cells
costs two cells. Bounded are the bytes that the workbook unpacks to, its cells, and rows times columns of what comes of them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from shared.formats.finance.cells import WIDEST, Sheet, TooManyCellsError, Workbook, cells_of, open_workbook
from shared.formats.finance.errors import WorkbookError
from shared.formats.finance.options import FinanceConfig, FinanceLimits, section
from shared.formats.finance.shapes import UNTOLD
from shared.formats.finance.text.containers import LARGEST_DIRECTORY, directory_bytes

_BATCH: Final = 4096
_PROBED: Final = 60  # rows of each sheet that are looked at to find the one with the data


class WorkbookText:
    """The rows of a sheet as comma-separated text, quoted; iterate once. `sheet` is known once that has begun.

    Deterministic: numbers as they are stored, with the zeros that their format carries, integers without `.0`, dates as ISO
    8601 (without the time where that is midnight), empty cells as nothing. Empty rows above the first that holds something are
    written, so that `header_row` is the row's number; others are passed over. In place of a value that the workbook does not
    tell (a formula that was never computed, an error) stands a mark, by which the record is rejected: `Screen.untold`.
    """

    def __init__(
        self, chunks: Iterable[bytes], *, file: str, data_set: str, config: FinanceConfig, usual: str | None = None
    ) -> None:
        """Read as configured; of several sheets with a table the usual one."""
        self._chunks = chunks
        self._file = file
        self._data_set = data_set
        self._config = config
        self._usual = usual
        self.sheet: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Yield the text; raises WorkbookError."""
        file, limits = self._file, self._config.limits
        try:
            with zipfile.ZipFile(_bounded(self._chunks, file, limits)) as archive:
                workbook = open_workbook(archive, most=limits.workbook_cells)
                sheet = _chosen(archive, workbook, file, self._data_set, self._config, self._usual)
                self.sheet = sheet.name
                yield from _text(_rows(archive, workbook, sheet, limits), file, self._config)
        except WorkbookError:
            raise
        except TooManyCellsError as error:
            detail = (
                f"more than {limits.workbook_cells} cells or texts, or one beyond column {WIDEST}; land it as .csv or .csv.gz"
            )
            raise WorkbookError(file, detail) from error
        except Exception as error:  # besides BadZipFile, zipfile and the XML parser raise whatever damaged bytes lead them into
            raise WorkbookError(file, f"no .xlsx workbook that can be read: {type(error).__name__}") from error


def _bounded(chunks: Iterable[bytes], file: str, limits: FinanceLimits) -> io.BytesIO:
    content = io.BytesIO()
    for chunk in chunks:
        content.write(chunk)
        if content.tell() > limits.workbook_bytes:
            raise WorkbookError(file, f"more than {limits.workbook_bytes} bytes; land it as .csv or .csv.gz")
    if directory_bytes(content) > LARGEST_DIRECTORY:
        raise WorkbookError(file, "holds thousands of parts; land it as .csv or .csv.gz")
    with zipfile.ZipFile(content) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > limits.workbook_bytes:
        detail = f"unpacks to {size} bytes, more than {limits.workbook_bytes}; land it as .csv or .csv.gz"
        raise WorkbookError(file, detail)
    return content


def _chosen(
    archive: zipfile.ZipFile, workbook: Workbook, file: str, data_set: str, config: FinanceConfig, usual: str | None
) -> Sheet:
    """Return the sheet that is configured, or the one that holds a table; of several the usual one, or nobody can tell."""
    name, most = config.sheet, config.limits.workbook_cells
    if name is not None:
        for sheet in workbook.sheets:
            if sheet.name.casefold() == name.casefold():
                return sheet
        known = ", ".join(sheet.name for sheet in workbook.sheets)
        raise WorkbookError(file, f"no sheet {name}; it has {known}")
    shown = [sheet for sheet in workbook.sheets if not sheet.hidden]
    tables = [sheet for sheet in shown if _holds_a_table(archive, workbook, sheet, most)]
    if len(tables) == 1:
        return tables[0]
    if len(shown) == 1:
        return shown[0]
    for sheet in tables:
        if usual is not None and sheet.name.casefold() == usual.casefold():
            return sheet
    listed = ", ".join(sheet.name for sheet in tables or shown)
    toml = section(data_set, sheet=(tables or shown)[0].name) if shown else ""
    count = "several sheets hold" if tables else "no visible sheet holds"
    raise WorkbookError(file, f"{count} a table ({listed}); say which with sheet", toml)


def _holds_a_table(archive: zipfile.ZipFile, workbook: Workbook, sheet: Sheet, most: int) -> bool:
    """Tell whether two rows in sequence hold at least two cells: a cover, with its lines of text, has none."""
    before = 0
    for number, (_, cells) in enumerate(cells_of(archive, workbook, sheet, most=most)):
        if min(before, len(cells)) > 1:
            return True
        before = len(cells)
        if number > _PROBED:
            break
    return False


def _rows(archive: zipfile.ZipFile, workbook: Workbook, sheet: Sheet, limits: FinanceLimits) -> Iterator[list[str | None]]:
    """Yield each row to its last value, and the empty ones above the first."""
    begun, area = False, 0
    for number, cells in cells_of(archive, workbook, sheet, most=limits.workbook_cells):
        if not cells:
            continue
        if not begun and number <= _PROBED:
            yield from ([] for _ in range(number - 1))
        begun = True
        row: list[str | None] = [None] * (max(cell.column for cell in cells) + 1)
        area += len(row)
        if area > limits.workbook_cells:
            raise TooManyCellsError
        for cell in cells:
            row[cell.column] = cell.text
        yield row


def _text(rows: Iterator[list[str | None]], file: str, config: FinanceConfig) -> Iterator[bytes]:
    """Write rows as records; the widest of the first is the width of the others, unless they hold more."""
    first = list(islice(rows, _PROBED))
    _refuse_untold(first, file, config.max_rejected)
    width, area = max((len(row) for row in first), default=0), 0
    batch = [_line(row, width) for row in first]
    for row in rows:
        batch.append(_line(row, width))
        area += width
        if area > config.limits.workbook_cells:
            raise TooManyCellsError
        if len(batch) >= _BATCH:
            yield b"".join(batch)
            batch.clear()
    yield b"".join(batch)


def _refuse_untold(rows: list[list[str | None]], file: str, max_rejected: float) -> None:
    """Refuse a workbook in which most records would be rejected for a value that is not told; names the columns."""
    held = sum(1 for row in rows if row) - 1  # without the header
    untold = [row for row in rows if any(value is not None and value.startswith(UNTOLD) for value in row)]
    if untold and len(untold) > max_rejected * held:
        places = sorted({place for row in untold for place, value in enumerate(row) if value and value.startswith(UNTOLD)})
        listed = ", ".join(str(place + 1) for place in places)
        detail = (
            f"column {listed} holds formulas without a stored value, or errors; open it in Excel, save it and land it again"
        )
        raise WorkbookError(file, detail)


def _line(row: list[str | None], width: int) -> bytes:
    fields = ["" if value is None else '"' + value.replace('"', '""') + '"' for value in row]
    return (",".join(fields + [""] * (width - len(row))) + "\r\n").encode()
