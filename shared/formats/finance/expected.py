"""How a later file of a data set is read: by what the data set's contract says, as far as the file itself leaves it open.

A file that can be read by itself, and has the columns of the contract, is. Where it leaves in doubt how it is written, or what
its header is (one record, text alone, a line above the table), the record that holds the names of the contract settles it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.formats.dialect import BOM, Dialect
from shared.formats.finance.errors import AnotherTableError, FinanceError, HeaderMissingError, LayoutError
from shared.formats.finance.fit import records
from shared.formats.finance.layout import Layout, find_layout
from shared.formats.finance.options import FinanceConfig, section

_LOOKED_AT = 200  # records in which the names are looked for
_FIELDS = 6_000


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What the files of a data set were like so far, as its contract says; None: not known."""

    columns: tuple[str, ...]  # landed names
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header_row: int | None = 1  # None: they have none, and `columns` names the columns
    sheet: str | None = None  # of workbooks, the one that was read


def layout_by(
    head: bytes, config: FinanceConfig, expected: Expected | None, *, file: str, data_set: str, whole: bool
) -> Layout:
    """Find out from the head of a file's text how all of it is read, as `find_layout`; raises FinanceError."""
    if expected is None:
        return find_layout(head, config, file=file, data_set=data_set, whole=whole)
    found: Layout | None = None
    doubt: FinanceError | None = None
    try:
        found = find_layout(head, config, file=file, data_set=data_set, whole=whole, known=expected.columns)
    except AnotherTableError:
        raise
    except (HeaderMissingError, LayoutError) as error:
        doubt = error
    if found is not None and _has(found.names, expected.columns):
        return found
    said = _as_expected(head, config, expected, whole=whole)
    if said is not None:
        try:
            again = find_layout(head, said, file=file, data_set=data_set, whole=whole, known=expected.columns)
        except FinanceError:
            again = None
        if again is not None and _has(again.names, expected.columns):
            evidence = {**again.evidence, "header": "the names of the contract"}
            return replace(again, evidence=evidence)
    if found is not None:
        return found
    if isinstance(doubt, HeaderMissingError):
        raise _header_gone(doubt, expected, data_set) from doubt
    assert doubt is not None, "either a layout was found, or an error"  # noqa: S101  for the type checker
    raise doubt


def _as_expected(head: bytes, config: FinanceConfig, expected: Expected, *, whole: bool) -> FinanceConfig | None:
    """Return the configuration with what the contract says where it says nothing; None: no record holds the names."""
    # What is usual stands in a contract too where no file had any: a file that leaves it open is not settled by that.
    delimiter = expected.delimiter if len(expected.columns) > 1 else None
    quote = expected.quote if expected.quote != '"' else None
    by_contract = replace(
        config,
        delimiter=config.delimiter if config.delimiter is not None else delimiter,
        quote=config.quote if config.quote is not None else quote,
        escape=config.escape if config.escape is not None else expected.escape or None,
    )
    if config.columns or config.header_row is not None:
        return by_contract
    if expected.header_row is None:
        return replace(by_contract, columns=expected.columns)
    mark = (by_contract.delimiter or ",").encode()
    dialect = Dialect(
        delimiter=mark[:1],
        spaced=mark[1:] == b" ",
        quote=(by_contract.quote or '"').encode(),
        escape=(by_contract.escape or "").encode(),
        strict=True,
    )
    start = len(BOM) if head.startswith(BOM) else 0
    looked_at = records(head, start, dialect, whole=whole, most=_LOOKED_AT, fields=_FIELDS)
    for number, record in enumerate(looked_at, 1):
        if _has((value.decode("utf-8", "replace").strip() for value in record.fields if value), expected.columns):
            return replace(by_contract, header_row=number)
    return None


def _has(names: Iterable[str], columns: tuple[str, ...]) -> bool:
    """Tell whether all columns are among some names; case means nothing, as in Spark."""
    return {name.casefold() for name in columns} <= {name.casefold() for name in names}


def _header_gone(doubt: HeaderMissingError, expected: Expected, data_set: str) -> HeaderMissingError:
    """Say that the header is gone, and, where the values are as many as the contract has columns, what they are called."""
    detail = f"no header that names the {len(expected.columns)} columns of the data set: land the file with it"
    said = tomllib.loads(doubt.toml).get("finance", {}).get(data_set, {})
    if len(said.get("columns", ())) == len(expected.columns):
        return HeaderMissingError(doubt.file, detail, section(data_set, **{**said, "columns": expected.columns}))
    return HeaderMissingError(doubt.file, detail)
