"""What the contract of a data set says about reading: what was found of its first file, and how a later file compares with it.

A contract is kept as JSON, with its version; it prints the TOML that would pin it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from shared.formats.finance.layout import written
from shared.formats.finance.options import FinanceConfig, section
from shared.formats.finance.source import FinanceSource

VERSION: Final = 1
"""Of the form of a contract; one of another form is made anew from the next file."""

Kind = Literal["same", "compatible", "broken"]


@dataclass(frozen=True, kw_only=True)
class ReadingContract:
    """How the files of a data set are read."""

    encoding: str
    delimiter: str  # with the space behind it, where that belongs to it
    quote: str = '"'
    escape: str = ""  # empty: a quote inside quotes is doubled
    header_row: int | None = 1  # record number; None: the files have none, and `columns` names the columns
    columns: tuple[str, ...]  # landed names, in order
    spare: int = 0  # columns behind them, which every record leaves empty
    skip_footer: int | None = None
    sheet: str | None = None
    nulls: tuple[str, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)  # by what it is evidence for

    def to_json(self) -> dict[str, Any]:
        """Return the contract as JSON knows it, with the version of its form."""
        return {"version": VERSION, **asdict(self), "columns": list(self.columns), "nulls": list(self.nulls)}

    def to_toml(self, data_set: str) -> str:
        """Return the section of `customer360.toml` that pins it."""
        usual = {"quote": '"', "escape": "", "header_row": 1}
        said = {"quote": self.quote, "escape": self.escape, "header_row": self.header_row}
        return section(
            data_set,
            encoding=self.encoding,
            delimiter=self.delimiter,
            **{key: value for key, value in said.items() if value != usual[key]},
            columns=self.columns if self.header_row is None else (),
            skip_footer=self.skip_footer,
            sheet=self.sheet,
            nulls=self.nulls,
        )


@dataclass(frozen=True, kw_only=True)
class ReadingVerdict:
    """What a later file is against the contract."""

    kind: Kind
    differs: tuple[str, ...] = ()  # each a sentence: what the contract says, and what the file has
    advice: str = ""  # what to do about a broken one


def contract_from_json(document: Mapping[str, Any]) -> ReadingContract | None:
    """Return the contract that was kept; None where its form is not this one."""
    if document.get("version") != VERSION:
        return None
    kept: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in document.items()}
    del kept["version"]
    return ReadingContract(**kept)


def contract_of(source: FinanceSource, config: FinanceConfig) -> ReadingContract:
    """Return the contract that a file makes, once its text was read as far as its encoding takes."""
    layout = source.layout
    said = written(layout.dialect)
    return ReadingContract(
        encoding=source.text.encoding,
        delimiter=str(said["delimiter"]),
        quote=str(said.get("quote", '"')),
        escape=str(said.get("escape", "")),
        header_row=layout.header_row,
        columns=layout.names,
        spare=layout.spare,
        skip_footer=config.skip_footer,
        sheet=config.sheet,
        nulls=config.nulls,
        evidence={"encoding": source.text.evidence, **layout.evidence},
    )


def compared(contract: ReadingContract, later: ReadingContract, *, keys: tuple[str, ...] = ()) -> ReadingVerdict:
    """Judge a later file, by what it would make a contract of; names are compared without case, as Spark does.

    Columns bind by name, so other columns at any place, another order and another way of writing that the file itself proves
    are compatible. Without a column that was there, values would be emptied that nobody emptied: that is broken.
    """
    before = {name.casefold(): name for name in contract.columns}
    now = {name.casefold(): name for name in later.columns}
    missing = [name for folded, name in before.items() if folded not in now]
    extra = [name for folded, name in now.items() if folded not in before]
    lacking = [key for key in keys if key.casefold() not in now]
    differs = [
        f"{word}: {getattr(contract, word)!r} before, {getattr(later, word)!r} now"
        for word in ("encoding", "delimiter", "quote", "escape", "header_row")
        if getattr(contract, word) != getattr(later, word)
    ]
    if missing:
        differs.append(f"without the columns {', '.join(missing)}")
    if extra:
        differs.append(f"with the new columns {', '.join(extra)}")
    if not missing and not extra and list(before) != list(now):
        differs.append("its columns stand in another order")
    if lacking or missing:
        names = ", ".join(lacking) or ", ".join(missing)
        what = "key columns" if lacking else "columns"
        advice = f"the {what} {names} are not in the header: land the file with them, or as a data set of its own"
        return ReadingVerdict(kind="broken", differs=tuple(differs), advice=advice)
    if contract.header_row is not None and later.header_row is None:
        return ReadingVerdict(kind="broken", differs=tuple(differs), advice="the header is gone: land the file with it")
    return ReadingVerdict(kind="compatible" if differs else "same", differs=tuple(differs))
