"""What begins as no text does: files of another format under the name of a text file, each with what to do about it."""

from __future__ import annotations

import re
from typing import Final

_FORMATS: Final = (
    (rb"PK\x03\x04", "a zip or a workbook: land it as .zip or .xlsx"),
    (rb"\x1f\x8b", "gzip: land it as .csv.gz"),
    (rb"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as .xlsx or .csv"),
    (rb"%PDF-", "a PDF: export the data as .csv or .xlsx"),
    (rb"PAR1", "parquet: export the data as .csv"),
    (rb"SQLite format 3\x00", "a database: export the data as .csv"),
    (rb"BZh[1-9]|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd", "packed in a way that is not read: land it as .csv.gz or .zip"),
    (rb"\{\\rtf", "a text document: export the data as .csv"),
    (
        rb"\s*<(?:!doctype|html|head|body|table|\?xml|!--)\b",
        "HTML or XML, perhaps an error page: export the data as .csv",
    ),
    (rb'\s*(?:\{\s*"|\[\s*\{\s*")', "JSON: export the data as .csv"),
)
_SIGNATURES: Final = tuple((re.compile(mark, re.IGNORECASE), told) for mark, told in _FORMATS)


def other_format(head: bytes) -> str | None:
    """Say what the first bytes of a file are, and what to do about it, where they are no table of text."""
    return next((told for mark, told in _SIGNATURES if mark.match(head)), None)
