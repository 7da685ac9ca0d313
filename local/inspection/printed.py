"""How what was found of a file looks on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from local.inspection.file import MOST_TYPED, Inspected
from shared.errors import shown

_SAID = ("encoding", "delimiter", "quote", "escape", "header_row", "skip_footer", "sheet", "nulls")


def tables(found: Inspected) -> Iterator[RenderableType]:
    """Yield what a person wants to know: how it is read and why, its columns, what came of its records, warnings."""
    yield _reading(found)
    yield _columns(found)
    if found.verdict.kind != "first":
        yield _rows("Against the contract", ((found.verdict.kind, "; ".join(found.verdict.differs)),))
    yield _rows("Records", _records(found))
    if found.warnings:
        yield _rows("Warnings", ((one.where, one.detail) for one in found.warnings))


def _reading(found: Inspected) -> Table:
    table = Table("", "found", "evidence", title="How it is read", box=box.SIMPLE, title_justify="left")
    evidence = dict(found.terms.evidence)
    dialect = evidence.pop("dialect", "")
    for word in _SAID:
        value = getattr(found.terms, word)
        if value not in (None, (), ""):
            why = {"delimiter": dialect, "header_row": evidence.pop("header", "")}.get(word, evidence.pop(word, ""))
            table.add_row(word, escape(repr(value)), escape(shown(why)))
    for word, why in evidence.items():
        table.add_row(word, "", escape(shown(why)))
    return table


def _columns(found: Inspected) -> Table:
    table = Table("landed", "silver", "type", "why", title="Columns", box=box.SIMPLE, title_justify="left")
    for column in found.columns:
        table.add_row(*(escape(shown(text)) for text in (column.landed, column.silver, column.type or "", column.why)))
    return table


def _records(found: Inspected) -> Iterator[tuple[str, str]]:
    yield f"{found.records:,}", f"{found.rejects:,} of them rejected"
    yield from (("", reason) for reason in found.reasons[:10])
    if found.records > MOST_TYPED:
        yield "", f"types are told by the first {MOST_TYPED:,}; the job looks at all"


def _rows(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    table = Table(title=title, box=box.SIMPLE, show_header=False, title_justify="left")
    for what, why in rows:
        table.add_row(escape(shown(what)), escape(shown(why)))
    return table
