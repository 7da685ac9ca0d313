"""Why a finance file cannot be read; where each stands among all errors: `shared/errors.py`."""

from __future__ import annotations

from typing import ClassVar, Literal

from shared.errors import InvalidInput

FinanceReason = Literal["not_readable", "no_header", "header_unusable", "key_column_missing", "not_gzip", "not_a_workbook"]
"""The code under which the ledger rejects the file."""


class FinanceError(InvalidInput):
    """A finance file that cannot be read; `file` says which, `detail` what to look for."""

    reason: ClassVar[FinanceReason] = "not_readable"

    def __init__(self, file: str, detail: str) -> None:
        self.file, self.detail = file, detail
        super().__init__(f"{file}: {detail}")


class EmptyFileError(FinanceError):
    """Not even a header."""

    reason: ClassVar[FinanceReason] = "no_header"


class HeaderError(FinanceError):
    """A header that cannot name columns."""

    reason: ClassVar[FinanceReason] = "header_unusable"


class CompressionError(FinanceError):
    """No gzip, or cut off: land the file again."""

    reason: ClassVar[FinanceReason] = "not_gzip"


class WorkbookError(FinanceError):
    """No workbook that can be read."""

    reason: ClassVar[FinanceReason] = "not_a_workbook"


class MissingKeyColumnError(FinanceError):
    """Without its key no row can find its customer: correct the header, or the data set's keys in the configuration."""

    reason: ClassVar[FinanceReason] = "key_column_missing"

    def __init__(self, file: str, missing: tuple[str, ...], got: tuple[str, ...]) -> None:
        self.missing, self.got = missing, got
        super().__init__(file, f"key column {', '.join(missing)} is missing; the header has {', '.join(got)}")
