"""The terms of a contract: how the files of a data set are read, as found or configured, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.formats.finance.expected import Expected
from shared.formats.finance.options import FinanceConfig, section, written
from shared.formats.finance.source import FinanceSource


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How the files of a data set are read; None: nothing that landed so far tells."""

    encoding: str | None  # None, as the next three: only workbooks landed so far, which have none
    delimiter: str | None  # with the space behind it, where that belongs to it
    quote: str | None = '"'
    escape: str | None = ""  # empty: a quote inside quotes is doubled
    header_row: int | None = 1  # record number; None: the files have none, and `columns` names the columns
    columns: tuple[str, ...]  # landed names: those of the first file in order, then what came later
    spare: int = 0  # columns behind them, which every record leaves empty
    skip_footer: int | None = None
    sheet: str | None = None  # of workbooks, where any landed
    nulls: tuple[str, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)  # by what it is evidence for

    @property
    def expected(self) -> Expected:
        """What a later file is read by, where it leaves anything open."""
        return Expected(
            columns=self.columns,
            delimiter=self.delimiter,
            quote=self.quote,
            escape=self.escape,
            header_row=self.header_row,
            sheet=self.sheet,
        )

    def said(self) -> dict[str, object]:
        """Return what the configuration would say to pin them, without what holds where nothing is said."""
        usual = {"quote": '"', "escape": "", "header_row": 1}
        said = {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "quote": self.quote,
            "escape": self.escape,
            "columns": self.columns if self.header_row is None else (),
            "header_row": self.header_row,
            "skip_footer": self.skip_footer,
            "sheet": self.sheet,
            "nulls": self.nulls,
        }
        return {key: value for key, value in said.items() if value not in (None, ()) and value != usual.get(key)}

    def to_toml(self, data_set: str) -> str:
        """Return the section of `customer360.toml` that says them alone."""
        return section(data_set, **self.said())


def terms_of(source: FinanceSource, config: FinanceConfig) -> Terms:
    """Return what a file says about reading; what of the encoding is final once its text is read."""
    layout, is_text = source.layout, source.sheet is None
    said = written(layout.dialect)
    evidence = {"encoding": source.text.evidence, **layout.evidence}
    return Terms(
        encoding=source.text.encoding if is_text else None,
        delimiter=str(said["delimiter"]) if is_text else None,
        quote=str(said.get("quote", '"')) if is_text else None,
        escape=str(said.get("escape", "")) if is_text else None,
        header_row=layout.header_row,
        columns=layout.names,
        spare=layout.spare,
        skip_footer=config.skip_footer,
        sheet=source.sheet,
        nulls=config.nulls,
        evidence=evidence if is_text else {"sheet": "the one that holds the data", **layout.evidence},
    )
