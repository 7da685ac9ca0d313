"""The folders of increments, as Customer Insights' incremental ingestion wants them (reference: Customer Insights, section 3).

`<table>/IncrementalData/yyyy/mm/dd/hh/Upserts|Deletes/<publication>/`: the hour is of UTC, and read once it is over. So what is
written goes into the hour that is on in a while: none that is over gets more. The folder of the publication keeps apart what
two of them write in one hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from shared.contracts.publication import DELETES, INCREMENTAL_DATA, UPSERTS, Role

_FOLDERS: dict[Role, str] = {"upserts": UPSERTS, "deletes": DELETES}
#: How long writing and publishing may take before the hour is over that is read then.
_ROOM = timedelta(minutes=15)


def increment_folder(table: str, role: Role, publication: str, at: datetime) -> str:
    """Return the folder of what a publication adds or takes away, begun at a time, relative to the manifest."""
    return f"{table}/{INCREMENTAL_DATA}/{at.astimezone(UTC) + _ROOM:%Y/%m/%d/%H}/{_FOLDERS[role]}/{publication}"


def may_have_begun(created_at: datetime, at: datetime) -> bool:
    """Say whether an earlier attempt at a batch may have written into the folder of an hour before this one's."""
    return f"{created_at + _ROOM:%Y%m%d%H}" < f"{at + _ROOM:%Y%m%d%H}"


def browsed(place: str) -> Iterator[str]:
    """Yield the names of a place's folders that are ours to choose: those of an hour are the layout's."""
    parts = PurePosixPath(place).parts[:-1]
    yield from (part for number, part in enumerate(parts) if INCREMENTAL_DATA not in parts[:number] or not part.isdecimal())
