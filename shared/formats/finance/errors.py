"""Why a finance file cannot be read; where each stands among all errors: `shared/errors.py`."""

from __future__ import annotations

from typing import ClassVar, Literal

from shared.errors import InvalidInput

FinanceReason = Literal[
    "not_readable",
    "no_header",
    "header_unusable",
    "header_missing",
    "key_column_missing",
    "layout_unclear",
    "encoding_unclear",
    "contract_broken",
    "not_gzip",
    "not_a_zip",
    "not_a_workbook",
    "duplicate_content",
    "too_many_rejects",
    "no_records",
]
"""The code under which the ledger rejects the file."""

_LONGEST_PASTE = 4_000  # characters of TOML that a detail carries


class FinanceError(InvalidInput):
    """A finance file that cannot be read; `file` says which, `detail` what to look for, `toml` what would let it in."""

    reason: ClassVar[FinanceReason] = "not_readable"

    def __init__(self, file: str, detail: str, toml: str = "") -> None:
        self.file = file
        self.what = detail
        self.toml = toml  # a section of customer360.toml, to paste; empty: nobody can tell
        pasted = f"; to read it so, paste into customer360.toml:\n{toml}" if 0 < len(toml) <= _LONGEST_PASTE else ""
        self.detail = detail + pasted
        super().__init__(f"{file}: {self.detail}")


class EmptyFileError(FinanceError):
    """Not even a header."""

    reason: ClassVar[FinanceReason] = "no_header"


class HeaderError(FinanceError):
    """A header that cannot name columns."""

    reason: ClassVar[FinanceReason] = "header_unusable"


class HeaderMissingError(FinanceError):
    """The first record holds values: its columns have to be named."""

    reason: ClassVar[FinanceReason] = "header_missing"


class LayoutError(FinanceError):
    """Nobody can tell what separates the fields, which record is the header, or where the table ends."""

    reason: ClassVar[FinanceReason] = "layout_unclear"


class AnotherTableError(LayoutError):
    """More than one header, so that no contract can say where the values begin: several rows of it, or a second table."""


class EncodingError(FinanceError):
    """Bytes that are no text in the file's encoding, or text in one that nobody can tell."""

    reason: ClassVar[FinanceReason] = "encoding_unclear"


class CompressionError(FinanceError):
    """No gzip, or cut off: land the file again."""

    reason: ClassVar[FinanceReason] = "not_gzip"


class ArchiveError(FinanceError):
    """No zip, or not one with one text file in it."""

    reason: ClassVar[FinanceReason] = "not_a_zip"


class WorkbookError(FinanceError):
    """No workbook that can be read."""

    reason: ClassVar[FinanceReason] = "not_a_workbook"


class TooManyRejectsError(FinanceError):
    """Most of the file's records cannot be used, so what is wrong is the file, or how it is read."""

    reason: ClassVar[FinanceReason] = "too_many_rejects"


class NoRecordsError(FinanceError):
    """A header with nothing below it: an extract that failed looks like this."""

    reason: ClassVar[FinanceReason] = "no_records"


class DuplicateContentError(FinanceError):
    """Content that another file of the data set holds, whose records have no key: taken twice, each would count twice."""

    reason: ClassVar[FinanceReason] = "duplicate_content"


class ContractBrokenError(FinanceError):
    """Columns that are not those of the data set's contract: correct the file, or say what the new names mean."""

    reason: ClassVar[FinanceReason] = "contract_broken"


class MissingKeyColumnError(FinanceError):
    """Without its key no row can find its customer: correct the header, or the data set's keys in the configuration."""

    reason: ClassVar[FinanceReason] = "key_column_missing"

    def __init__(self, file: str, missing: tuple[str, ...], columns: int, known: tuple[str, ...]) -> None:
        self.missing = missing
        self.columns = columns  # of the file
        self.known = known  # those of them that the data set knows: what else stands there may be values
        had = f"the ones that are known: {', '.join(known)}" if known else "none of a name that is known"
        super().__init__(file, f"key column {', '.join(missing)} is missing; the header has {columns} columns, {had}")
