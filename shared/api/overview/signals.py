"""What a person should look at though nothing waits for one: pure, with the time as an argument.

| kind | when |
| --- | --- |
| `stale` | something landed more than two hours ago and is not in gold, though nothing holds it back |
| `late` | nothing of a table or data set landed for longer than its `expect_every` |
| `unusual` | the newest finance file of a data set has less than half, or more than twice, what any of its last ones had |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from shared.api.attention import told
from shared.api.documents import AttentionDocument
from shared.config.tables import Configuration
from shared.config.vocabulary import interval
from shared.contracts.entity import Source
from shared.ledger.table_records import LakeTable
from shared.ledger.waiting import Backlog

STALE_AFTER = timedelta(hours=2)
"""How long what landed may take to gold; several times what a first build of millions takes. The alert waits as long."""

Expectations = Mapping[str, tuple[Source, str, timedelta]]
"""By entity: its source, its table as landed, and the longest time between two files."""

_ENOUGH = 4  # earlier files, to say what is usual
_FAR = 2  # times as many, or as few


def stale(backlog: Backlog, held: Iterable[str], opened_at: datetime | None, now: datetime) -> Iterator[AttentionDocument]:
    """Yield whether gold is older than it should be; `opened_at` is when the active batch was made."""
    aside = frozenset(held)
    waits = [pending.since for pending in backlog.parts if pending.entity not in aside]
    since = min([*waits, *([opened_at] if opened_at else [])], default=now)
    if now - since > STALE_AFTER:
        yield told("stale", "gold", f"what landed at {since:%Y-%m-%dT%H:%M:%SZ} or before is not in it yet")


def expected(configuration: Configuration) -> Expectations:
    """Return what should come how often."""
    sources: tuple[tuple[Source, Mapping[str, object]], ...] = (
        ("dataverse", configuration.dataverse.tables),
        ("finance", configuration.finance),
    )
    found: dict[str, tuple[Source, str, timedelta]] = {}
    for source, sections in sources:
        for table in sections:
            every = configuration.table(source, table).expect_every
            if every is not None:
                found[configuration.entity_name(source, table)] = source, table, interval(every)
    return found


def newest_of(tables: Iterable[LakeTable], backlog: Backlog) -> dict[str, datetime]:
    """Return when the newest file of each entity landed: as silver knows it, or as it waits."""
    newest = {table.name: table.landed_until for table in tables if table.layer == "silver" and table.landed_until}
    for pending in backlog.parts:
        newest[pending.entity] = max(pending.since, newest.get(pending.entity, pending.since))
    return newest


def late(expectations: Expectations, newest: Mapping[str, datetime], now: datetime) -> Iterator[AttentionDocument]:
    """Yield what should have come and has not."""
    for entity, (_, table, every) in sorted(expectations.items()):
        at = newest.get(entity)
        if at is None:
            yield told("late", entity, f"nothing of {table} landed yet, and expect_every is {_spelled(every)}")
        elif now - at > every:
            since = f"{at:%Y-%m-%dT%H:%M:%SZ}"
            yield told("late", entity, f"nothing of {table} landed since {since}, and expect_every is {_spelled(every)}")


def unusual(tables: Iterable[LakeTable]) -> Iterator[AttentionDocument]:
    """Yield the data sets whose newest file is unlike the ones before it."""
    for table in tables:
        *before, newest = table.records_of_files or (0,)
        if len(before) < _ENOUGH:
            continue
        least, most = min(before), max(before)
        if newest * _FAR < least or newest > most * _FAR:
            told_of = f"{least:,}" if least == most else f"{least:,} to {most:,}"
            why = f"its newest file {table.newest_file} has {newest:,} records; the {len(before)} before it had {told_of}"
            yield told("unusual", table.name, why)


def _spelled(every: timedelta) -> str:
    minutes = int(every.total_seconds() // 60)
    if minutes % 1440 == 0:
        return f"{minutes // 1440}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
