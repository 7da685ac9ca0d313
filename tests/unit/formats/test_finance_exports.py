"""No export reaches bronze as another table: each record comes out as it was written, or is told; else the file is refused."""

from __future__ import annotations

import pytest

from shared.formats.finance.errors import FinanceError
from tests.makers.exports import Rows, exports
from tests.unit.formats.test_finance_reading import read

EXPORTS = exports()


def plain(rows: Rows) -> list[tuple[str, ...]]:
    return [tuple((value or "").strip() for value in row) for row in rows]


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_is_read_as_it_was_written_or_refused(kind: str) -> None:
    export = EXPORTS[kind]
    try:
        _, rows, reasons = read(export.data, export.name)
    except FinanceError:
        return
    written = iter(plain(export.rows))
    assert all(row in written for row in plain(rows)), "a row that nobody wrote"
    assert len(export.rows) - len(rows) <= len(reasons), "a record that is gone without a word"
