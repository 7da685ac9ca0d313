"""What the configuration says about how a data set's files are read, and the TOML that says it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.formats.dialect import Dialect

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, kw_only=True)
class FinanceLimits:
    """What is refused before it takes time or memory."""

    columns: int = 5_000  # of a header
    expansion: int = 250  # text for each compressed byte, where there is more than `unsuspected`; tables reach 20 to 100
    unsuspected: int = 64 << 20  # bytes that anything may unpack to: a few rows that come again and again are no attack
    archive_bytes: int = 1 << 30  # of a landed .zip, which waits on disk: its directory stands at its end
    workbook_bytes: int = 256 << 20  # of a landed workbook, and what its parts unpack to together
    workbook_cells: int = 20_000_000  # that hold something

    def is_bomb(self, text: int, *, compressed: int) -> bool:
        """Tell whether so many compressed bytes unpack to more than a table does."""
        return text > self.unsuspected and text > self.expansion * compressed


@dataclass(frozen=True, kw_only=True)
class FinanceConfig:
    """How a data set's files are read, as far as somebody said it; what is said wins over what is found."""

    keys: tuple[str, ...] = ()
    encoding: str | None = None  # a name that Python knows, as utf-8 or windows-1252
    delimiter: str | None = None  # one character, or one and the space behind it
    quote: str | None = None
    escape: str | None = None  # "": none
    columns: tuple[str, ...] = ()  # names; where the file has a header as well, header_row says which record it is
    header_row: int | None = None  # record number of the header, from 1; empty lines are none
    skip_footer: int | None = None  # records at the end that are none; None: one that begins with the word for a total is told
    sheet: str | None = None  # of a workbook; None: the one that holds the data
    nulls: tuple[str, ...] = ()  # spellings of nothing
    renames: Mapping[str, str] = field(default_factory=dict)  # landed name -> what it is called in silver
    mode: str = "upsert"  # how its files count, as the configuration says
    duplicates: str = "tell"  # or take: files with the content of another one
    max_rejected: float = 0.5  # share of the records; more of them rejected, and the file is refused whole
    limits: FinanceLimits = field(default_factory=FinanceLimits)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of columns that somebody said, and so are no values."""
        return (*self.keys, *self.columns, *self.renames, *self.renames.values())

    @property
    def once(self) -> bool:
        """Whether of files with the same content one is taken: nothing else would tell their records apart."""
        return not self.keys and self.mode == "upsert" and self.duplicates == "tell"


def written(dialect: Dialect) -> dict[str, object]:
    """Return what the configuration would say of a dialect, where it is not the usual one."""
    said: dict[str, object] = {"delimiter": dialect.delimiter.decode() + (" " if dialect.spaced else "")}
    if dialect.quote != b'"':
        said["quote"] = dialect.quote.decode()
    if dialect.escape:
        said["escape"] = dialect.escape.decode()
    return said


def limit(**said: int) -> str:
    """Return the section of `customer360.toml` that lets more in."""
    return "\n".join(["[limits]", *(f"{key} = {value}" for key, value in said.items())]) + "\n"


def section(data_set: str, **said: object) -> str:
    """Return the section of `customer360.toml` that says so; what is None, or has nothing in it, is left out."""
    lines = [f"[finance.{data_set if _BARE_KEY.fullmatch(data_set) else _text(data_set)}]"]
    lines += [f"{key} = {_value(value)}" for key, value in said.items() if value not in (None, (), {})]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    match value:
        case str():
            return _text(value)
        case tuple() | list():
            return f"[{', '.join(_value(item) for item in value)}]"
        case Mapping():
            return f"{{ {', '.join(f'{_text(str(key))} = {_value(item)}' for key, item in value.items())} }}"
        case _:
            return json.dumps(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
