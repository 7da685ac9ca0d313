"""Rows of an exported table as text by column, and their bytes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from local.sample.synapse_link import record, sink_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

Row = dict[str, str | None]

_FIRST: Final = datetime(2024, 5, 20, 11, 59, 58, tzinfo=UTC)  # so that rows pass noon, where AM and PM go wrong
_NOWHERE: Final = "0001-01-03T00:00:00.0000000"  # createdon of a deleted row (reference: Synapse Link, section 8)
_TEXTS: Final = ("plain", "", 'say "hi"', "a, b", "two\r\nlines", "Ωμέγα 東京", " padded ", "null", "True")


def make_rows(chance: Random, columns: Mapping[str, str], count: int) -> tuple[Row, ...]:
    """Make so many rows, each with another `Id` and with a higher `versionnumber` than the one before."""
    return tuple(_row(chance, columns, number) for number in range(count))


def changed(chance: Random, columns: Mapping[str, str], before: Row, *, later: int) -> Row:
    """Return the row after a change, by so many rows later than the first of its table."""
    return _row(chance, columns, later) | {name: before[name] for name in ("Id", "SinkCreatedOn", "createdon")}


def deleted(columns: Mapping[str, str], before: Row, *, later: int) -> Row:
    """Return what tells that the row is gone: little else is in it (reference: Synapse Link, section 8)."""
    at = sink_time(_FIRST + timedelta(seconds=later))
    told = {"Id": before["Id"], "SinkCreatedOn": before["SinkCreatedOn"], "SinkModifiedOn": at}
    told |= {"versionnumber": _version(later), "createdon": _NOWHERE, "IsDelete": "True"}
    return {name: told.get(name) for name in columns}


def spell(rows: Iterable[Row], columns: Mapping[str, str], *, end: bytes = b"\r\n") -> bytes:
    """Spell the rows as records of a file, each ended by `end`."""
    return b"".join(record(row, columns).removesuffix(b"\r\n") + end for row in rows)


def _row(chance: Random, columns: Mapping[str, str], number: int) -> Row:
    at = _FIRST + timedelta(seconds=number)
    own: Row = {name: _value(chance, kind, at) for name, kind in columns.items()}
    system = {"Id": str(uuid.UUID(int=chance.getrandbits(128), version=4)), "versionnumber": _version(number)}
    system |= {"SinkCreatedOn": sink_time(at), "SinkModifiedOn": sink_time(at)}
    return own | {name: value for name, value in system.items() if name in columns}


def _version(number: int) -> str:
    return str(2_111_000_001 + number)


def _value(chance: Random, kind: str, at: datetime) -> str | None:
    match kind:
        case "guid":
            return str(uuid.UUID(int=chance.getrandbits(128), version=4))
        case "int64":
            return str(chance.choice((0, 1, -7, 1_111_000_010 + chance.randrange(100))))
        case "decimal":
            return str(Decimal(chance.randrange(-(10**12), 10**12)).scaleb(-6))
        case "boolean":
            return None  # the delete flag of a row that is there, and a question nobody answered
        case "dateTime":
            return f"{at:%Y-%m-%dT%H:%M:%S}.0000000Z"
        case "dateTimeOffset":
            return f"{at:%Y-%m-%dT%H:%M:%S}.0000000+00:00"
        case _:
            return chance.choice((None, *_TEXTS))
