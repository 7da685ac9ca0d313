"""Findings: what Customer Insights would stumble over, each with its place, and the limits that make it one.

Source of every limit: reference: Customer Insights, sections 2, 6 and 11.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.contracts.outcome import Finding

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
NAME_RULE = "a name starts with a letter and has only letters, digits and `_`"
MOST_DIGITS = 16  # of a decimal
LARGEST = 1 << 30  # bytes of a file
NUMBERS_LOST = "numbers_lost"  # the trap of telephone numbers that are none
#: Kept as text or lost: a number drops the leading zero of `06040` and the plus of a telephone number.
_TEXT_BY_NATURE = re.compile(r"post(al)?_?code|zip|phone|mobile|fax", re.IGNORECASE)


def errors(found: Sequence[Finding]) -> list[Finding]:
    """Return those that a publication must not have."""
    return [finding for finding in found if finding.severity == "error"]


def is_text_by_nature(column: str) -> bool:
    """Say whether a column of this name holds text that may look like a number."""
    return bool(_TEXT_BY_NATURE.search(column))


def number_for_text(table: str, column: str, kind: str) -> Finding:
    """Warn of a number in a column that is text by nature."""
    detail = f"{kind} loses leading zeros and signs; cast to string where it lands"
    return Finding(trap="number_for_text", table=table, where=column, detail=detail, severity="warning")


def unreadable_record(publication: str) -> Finding:
    """Warn of a publication whose record cannot be read, so that nobody can tell which files of gold are still wanted."""
    detail = "nothing of gold is collected until it is mended, or deleted"
    return Finding(trap="record_unreadable", table="-", where=publication, detail=detail, severity="warning")


def not_registered(table: str, catalog: str, condition: str) -> Finding:
    """Warn of a table that the catalog does not show, or not as it is now; who reads paths is not concerned."""
    detail = f"{catalog} refused it with {condition}: does the job's identity have the rights that docs/deploy.md names?"
    return Finding(trap="not_registered", table=table, where=catalog, detail=detail, severity="warning")


def column_left_out(table: str, column: str) -> Finding:
    """Warn of a column of silver that a gold table does not take over, because its query makes one of that name."""
    detail = "the model makes a column of that name itself; rename the landed one in `renames` to have it in gold"
    return Finding(trap="column_left_out", table=table, where=column, detail=detail, severity="warning")


def values_lost(table: str, entity: str, column: str, many: int) -> Finding:
    """Warn of values that are none of the type that a model declares, so that gold has null in their place."""
    detail = f"{many} values of {entity} are none of the type that the model declares, and null here; silver has them"
    return Finding(trap="values_lost", table=table, where=column, detail=detail, severity="warning")


def increments_end(table: str) -> Finding:
    """Warn of a table that was built anew though it had increments: none of these tells what is other now."""
    detail = "was built anew as a whole; run a one-time full refresh of it, since no increment tells what changed"
    return Finding(trap="increments_end", table=table, where="table", detail=detail, severity="warning")


def numbers_lost(table: str, column: str, text: str, many: int) -> Finding:
    """Warn of telephone numbers that are none, or none that can be told without their country."""
    detail = (
        f"{many} values of {text} are no valid telephone number, and null here; a number without its country code is one only "
        "where `[gold] phone_region` says whose it is"
    )
    return Finding(trap=NUMBERS_LOST, table=table, where=column, detail=detail, severity="warning")


def rows_merged(table: str, view: str, shared: int, rows: int) -> Finding:
    """Warn of rows that become one in gold, because they share the value that they are known by."""
    detail = f"{rows} current rows share {shared} values of what tells them apart here; of each the newest shows, and no other"
    return Finding(trap="rows_merged", table=table, where=view, detail=detail, severity="warning")
