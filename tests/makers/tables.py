"""Columns of tables, by name and type, in the order in which an export writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

Columns = dict[str, str]

DELETE_FLAG: Final = "IsDelete"
ENGAGEMENT_WIDTH: Final = 192  # as many as an account has before anybody adds one of their own

_SINK: Final = {"Id": "guid", "SinkCreatedOn": "dateTime", "SinkModifiedOn": "dateTime"}
_ENGAGEMENT_HEAD: Final = _SINK | {"statecode": "int64", "statuscode": "int64"}
_ENGAGEMENT_SYSTEM: Final = {"versionnumber": "int64", "modifiedon": "dateTime", "createdon": "dateTimeOffset"}
_OPERATIONS_TAIL: Final = {
    **dict.fromkeys(("recversion", "partition", "sysrowversion", "recid", "tableid", "versionnumber"), "int64"),
    "createdon": "dateTimeOffset",
    "modifiedon": "dateTime",
    DELETE_FLAG: "boolean",
}


def operations_columns(own: Mapping[str, str]) -> Columns:
    """Return a table of finance and operations: its own columns between the system's; the delete flag ends the row.

    Reference: Synapse Link, section 7.1.
    """
    return {**_SINK, "sysdatastatecode": "int64", **own, **_OPERATIONS_TAIL}


def in_place_columns(own: Mapping[str, str]) -> Columns:
    """Return a table exported in place: nothing says that a row is gone (reference: Synapse Link, section 3.2)."""
    return {"Id": "guid", "sysdatastatecode": "int64", **own}


def engagement_columns(chance: Random) -> Columns:
    """Invent a wide table of customer engagement without a delete flag; its system columns stand anywhere.

    Lookups have the type of what they point at beside them, amounts their value in base currency
    (reference: Synapse Link, section 7.1).
    """
    groups: list[Columns] = [{name: kind} for name, kind in _ENGAGEMENT_SYSTEM.items()]
    groups += [{f"choice{number}code": "int64"} for number in range(20)]
    groups += [{f"donot{number}": "boolean"} for number in range(12)]
    groups += [{f"lookup{number}id": "guid", f"lookup{number}id_entitytype": "string"} for number in range(18)]
    groups += [{f"amount{number}": "decimal", f"amount{number}_base": "decimal"} for number in range(6)]
    left = ENGAGEMENT_WIDTH - len(_ENGAGEMENT_HEAD) - sum(map(len, groups))
    groups += [{f"address{number % 3}_text{number}": "string"} for number in range(left)]
    chance.shuffle(groups)
    return _ENGAGEMENT_HEAD | {name: kind for group in groups for name, kind in group.items()}


def with_delete_flag(columns: Mapping[str, str], at: int) -> Columns:
    """Return the same table exported append-only, its delete flag as the column of this place, from 0."""
    names = [*list(columns)[:at], DELETE_FLAG, *list(columns)[at:]]
    return {name: columns.get(name, "boolean") for name in names}
