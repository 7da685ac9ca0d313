"""Which files of gold nobody can want any more: the grace of a publication begins when a run first finds it replaced.

Not when it was made: what readers saw for a month may have been replaced a minute ago, under a refresh that still reads it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.contracts.errors import ContractError
from shared.contracts.places import GOLD, PIPELINE, PUBLICATION_RECORDS, REPLACED_PUBLICATIONS, publication_record, whole
from shared.contracts.publication import FULL_DATA, INCREMENTAL_DATA, Publication
from spark_jobs.documents import read_record
from spark_jobs.gold.parquet.layouts import publication_folder

if TYPE_CHECKING:
    from spark_jobs.lake import Lake

PLACE = whole(PIPELINE, REPLACED_PUBLICATIONS)
RECORDS = whole(PIPELINE, PUBLICATION_RECORDS)
#: Reading every record that is kept is worth it once a day, not with every batch.
_EVERY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """The publications that no longer show (or never did), each with the time a run first noticed."""

    since: Mapping[str, str] = field(default_factory=dict)  # publication -> ISO 8601
    collected_at: str = "0001-01-01T00:00:00+00:00"

    def noticed(self, names: Iterable[str], shown: Collection[str], at: datetime) -> Replaced:
        """Return this with the publications that are new to it, and without those that are shown."""
        now = at.isoformat()
        since = {name: self.since.get(name, now) for name in sorted({*names, *self.since}) if name not in shown}
        return Replaced(since=since, collected_at=self.collected_at)

    def due(self, at: datetime, grace: timedelta) -> set[str]:
        """Return the publications whose grace is over; none where they were looked after within a day (or the grace)."""
        if at - datetime.fromisoformat(self.collected_at) < min(grace, _EVERY):
            return set()
        return {name for name, since in self.since.items() if datetime.fromisoformat(since) <= at - grace}


def collectable(kept: Sequence[Publication], due: Collection[str], folders: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the publication folders to delete: those of publications that are due which none that is kept has a file in.

    `folders` are those of each gold table, as they are called below it; the last name in each is a publication's. A folder that
    nobody knows may be a run that is being built.
    """
    used = {
        publication_folder(place)
        for one in kept
        for table in one.tables.values()
        for place in (table.document, *(file.place for file in table.files))
    }
    return [
        whole(GOLD, f"{table}/{folder}")
        for table, found in sorted(folders.items())
        for folder in found
        if _publication(folder) in due and f"{table}/{folder}" not in used
    ]


def collect(
    lake: Lake, *, current: str | None, building: str, at: datetime, grace: timedelta, is_replaced: bool = False
) -> list[str]:
    """Delete what is due; safe to repeat after a crash at any point. Returns the publications whose records cannot be read.

    `building` is the publication of this very run. Records go first: an outcome whose publication has no record does not stand,
    so nothing can be published whose files are about to go. The note of what is due goes last, so that no folder is forgotten.
    Nothing goes unless it is known which publication shows, and what it and all others that are kept consist of.

    With `is_replaced`, the run of an erasure is about to replace the current one: its grace begins now, and what is due goes
    however short ago that was looked after, since an erasure promises when old publications are gone.
    """
    document: dict[str, Any] = lake.read_json(PLACE) or {}
    before = Replaced(**document)
    names = {file.place.rpartition("/")[2].removesuffix(".json") for file in lake.files(RECORDS, deep=False)}
    shown = {name for name in (current, building) if name}
    if is_replaced:
        before = replace(before, collected_at=Replaced.collected_at)
    after = before.noticed(names, shown - {current} if is_replaced else shown, at)
    due = after.due(at, grace) - {current}
    records = {name: _record(lake, name) for name in sorted(names - due)} if due & names else {}
    unknown = [name for name, record in records.items() if record is None]
    if current in records and not unknown:
        for name in sorted(due & names):
            lake.delete(whole(PIPELINE, publication_record(name)))
        folders = {table: list(_folders(lake, table)) for table in lake.folders(GOLD)}
        gone = set(collectable([record for record in records.values() if record], due, folders))
        for place in sorted(gone):
            lake.delete(place)
        kept = (folder for table, found in folders.items() for folder in found if whole(GOLD, f"{table}/{folder}") not in gone)
        left = {_publication(folder) for folder in kept}
        since = {name: time for name, time in after.since.items() if name not in due or name in left}
        after = Replaced(since=since, collected_at=at.isoformat())
    if after != before:
        lake.write_json(PLACE, {"since": dict(after.since), "collected_at": after.collected_at})
    return unknown


def _publication(folder: str) -> str:
    return folder.rpartition("/")[2]


def _folders(lake: Lake, table: str) -> Iterator[str]:
    """Yield the folders of publications below a table's; those of an hour lie deep (`parquet.hours`)."""
    for name in lake.folders(whole(GOLD, table)):
        if name == FULL_DATA:
            yield from (f"{FULL_DATA}/{folder}" for folder in lake.folders(whole(GOLD, f"{table}/{FULL_DATA}")))
        elif name == INCREMENTAL_DATA:
            files = lake.files(whole(GOLD, f"{table}/{INCREMENTAL_DATA}"))
            yield from sorted({file.place.rpartition("/")[0].removeprefix(whole(GOLD, f"{table}/")) for file in files})
        else:
            yield name


def _record(lake: Lake, name: str) -> Publication | None:
    try:
        return read_record(lake, name)
    except ContractError:
        return None  # what it consists of is unknown, and a damaged record must not stop every batch
