"""Exports of Synapse Link as they lie in their container, and the rows that each of their files holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

from tests.makers.model import WITHOUT_TABLES, make_model
from tests.makers.rows import Row, changed, deleted, make_rows, spell
from tests.makers.tables import (
    Columns,
    engagement_columns,
    in_place_columns,
    operations_columns,
    with_delete_flag,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# The name of one table begins with the name of the other: a prefix without its slash finds both.
GROUP: Final = "costgroup"
MEMBER: Final = "costgroupmember"
RATE: Final = "exchangeratebase"  # only ever described: no file of it lands
FIRST_FOLDER: Final = "2024-05-21T12.00.00Z"
SECOND_FOLDER: Final = "2024-05-21T13.00.00Z"
OPEN_FOLDER: Final = "2024-05-21T14.00.00Z"  # what Changelog/changelog.info names
LF: Final = b"\n"  # ends records of finance and operations where CRLF ends those of customer engagement

_GROUP: Final = operations_columns(
    {
        "groupid": "string",
        "displayname": "string",
        "rank": "int64",
        "share": "decimal",
        "modifieddatetime": "dateTime",
        "dataareaid": "string",
    }
)
_MEMBER: Final = operations_columns({"groupid": "string", "memberid": "int64", "note": "string", "dataareaid": "string"})
_RATE: Final = operations_columns({"ratecode": "string", "rate": "decimal"})


@dataclass(frozen=True, kw_only=True)
class Export:
    """Files of a container in the order in which they land."""

    files: Mapping[str, bytes] = field(repr=False)  # by path
    rows: Mapping[str, tuple[Row, ...]] = field(repr=False)  # what each table file holds, by path
    tables: Mapping[str, Columns] = field(repr=False)


def incremental_export(seed: int) -> Export:
    """Make two closed folders of finance and operations, and a model without tables that nobody asked for.

    The first folder's model does not know the table of the second; a delete stands in a file named `1.csv`, which says
    nothing about it (reference: Synapse Link, sections 3.3, 3.4 and 8).
    """
    chance = Random(seed)
    tables = {RATE: _RATE, MEMBER: _MEMBER, GROUP: _GROUP}
    early = {RATE: _RATE, GROUP: _GROUP}
    members = make_rows(chance, _MEMBER, 5)
    rows = {
        f"{FIRST_FOLDER}/{GROUP}/2020.csv": make_rows(chance, _GROUP, 5),
        f"{SECOND_FOLDER}/{MEMBER}/1.csv": (deleted(_MEMBER, members[0], later=9),),
        f"{SECOND_FOLDER}/{MEMBER}/2020.csv": members,
    }
    files = {path: spell(found, tables[path.split("/")[1]], end=LF) for path, found in rows.items()}
    models = {"model.json": tables, f"{FIRST_FOLDER}/model.json": early, f"{SECOND_FOLDER}/model.json": tables}
    files |= {path: make_model(described) for path, described in models.items()}
    files |= {"malformed_model.json": WITHOUT_TABLES, "Changelog/changelog.info": OPEN_FOLDER.encode()}
    return Export(files=dict(sorted(files.items())), rows=rows, tables=tables)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """One table in three steps: its first rows, changes behind them, and a delete in a file of its own."""

    model: bytes = field(repr=False)
    columns: Columns = field(repr=False)
    first: tuple[Row, ...] = field(repr=False)
    later: tuple[Row, ...] = field(repr=False)
    gone: Row = field(repr=False)

    @property
    def delete_file(self) -> bytes:
        """Spell the delete, with no line break behind it: the file is whole all the same."""
        return spell([self.gone], self.columns, end=b"")


def changes(seed: int) -> Changes:
    """Make rows of a table of finance and operations: five, then one of them changed between two new ones, then one gone."""
    chance = Random(seed)
    *first, new, newer = make_rows(chance, _GROUP, 7)
    return Changes(
        model=make_model({RATE: _RATE, MEMBER: _MEMBER, GROUP: _GROUP}),
        columns=_GROUP,
        first=tuple(first),
        later=(new, changed(chance, _GROUP, first[1], later=11), newer),
        gone=deleted(_GROUP, first[0], later=12),
    )


def partitioned_export(seed: int) -> Export:
    """Make a root model of three tables of which one is in place and has `partitions`, while the others have none."""
    chance = Random(seed)
    journal = in_place_columns({"orderaccount": "string", "documentdate": "dateTime", "qty": "decimal"})
    line = operations_columns({"amountcur": "decimal", "description": "string"})
    tables = {RATE: _RATE, "orderjournal": journal, "orderline": line}
    rows = {f"{table}/2020.csv": make_rows(chance, columns, 30) for table, columns in tables.items()}
    written = f"https://contoso.dfs.core.windows.net:443/dataverse-contoso-sales/{FIRST_FOLDER}/orderjournal/2020.csv"
    files = {"model.json": make_model(tables, locations={"orderjournal": [written]})}
    files |= {path: spell(found, tables[path.split("/")[0]]) for path, found in rows.items()}
    return Export(files=files, rows=rows, tables=tables)


@dataclass(frozen=True, kw_only=True)
class WideTable:
    """A table of customer engagement, first exported in place, then append-only with its delete flag amid the rest."""

    in_place: Columns = field(repr=False)
    append_only: Columns = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)  # of the append-only export


def wide_table(seed: int, *, rows: int = 50) -> WideTable:
    """Make a table as wide as an account (reference: Synapse Link, section 7.1)."""
    chance = Random(seed)
    columns = engagement_columns(chance)
    # Before `versionnumber`: behind it the flag would end a row that is as narrow as one of finance and operations.
    flagged = with_delete_flag(columns, at=chance.randrange(3, list(columns).index("versionnumber")))
    return WideTable(in_place=columns, append_only=flagged, rows=make_rows(chance, flagged, rows))
