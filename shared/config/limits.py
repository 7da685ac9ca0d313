"""The limits of `customer360.toml`: what a landed file may cost before it is refused."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from shared.formats.cuts import Limits
from shared.formats.finance.options import FinanceLimits

_MEGABYTE = 1 << 20
Block = Annotated[int, Meta(ge=8, extra={"expected": "a whole number from 8"})]  # what is read at a time fits in any case
Some = Annotated[int, Meta(ge=1, extra={"expected": "a whole number from 1"})]


class FileLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a landed file may hold; one that holds more is refused, and its detail says which of these lets it in."""

    columns: Annotated[Some, Meta(description="of the header of a finance file")] = FinanceLimits.columns
    record_megabytes: Annotated[
        Block, Meta(description="of one record; a longer one, or a quote that does not close, rejects the rest of the file")
    ] = Limits.record // _MEGABYTE
    expansion: Annotated[
        Some, Meta(description="how many times its size a .gz or .zip may unpack to, where that is more than 64 MB")
    ] = FinanceLimits.expansion
    archive_megabytes: Annotated[Some, Meta(description="of a .zip")] = FinanceLimits.archive_bytes // _MEGABYTE
    workbook_megabytes: Annotated[Some, Meta(description="of an .xlsx, and of what it unpacks to")] = (
        FinanceLimits.workbook_bytes // _MEGABYTE
    )
    workbook_cells: Annotated[
        Some, Meta(description="cells of a sheet, rows times columns of the table in it, and texts that cells share")
    ] = FinanceLimits.workbook_cells

    def of_finance(self) -> FinanceLimits:
        """Return them as finance files are opened with."""
        return FinanceLimits(
            columns=self.columns,
            expansion=self.expansion,
            archive_bytes=self.archive_megabytes * _MEGABYTE,
            workbook_bytes=self.workbook_megabytes * _MEGABYTE,
            workbook_cells=self.workbook_cells,
        )

    def of_records(self) -> Limits:
        """Return them as slices are read with."""
        return Limits(record=self.record_megabytes * _MEGABYTE)
