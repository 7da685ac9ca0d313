"""The part of the ledger that says what each table of silver and gold holds since the last batch that touched it.

| partition | row | holds |
| --- | --- | --- |
| `pipeline` | `table-<layer>-<name>` | rows, what became of the last batch's, how new they are, and what its last files had |

Written when a run is concluded, from its outcome and its manifest; repeating that changes nothing. It lies beside the tally
and what waits, so that one range reads all that the overview shows of the pipeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shared.concurrency import chunks
from shared.contracts.entity import Source
from shared.contracts.manifest import ManifestPart
from shared.contracts.outcome import Outcome
from shared.ledger.records import Batch
from shared.ledger.rows import AFTER, AT_ONCE, key, known_as, values_of
from shared.ledger.states import Unset
from shared.ports import Row, Tables, Write

Layer = Literal["silver", "gold"]

PREFIX = "table-"
_PARTITION = "pipeline"
_FILES = 12  # whose records are remembered: enough to say what is usual
_LONGEST_FILE = 400  # characters of a file's name


@dataclass(frozen=True, kw_only=True)
class LakeTable:
    """What a table holds."""

    layer: Layer
    name: str
    batch_id: str  # the last batch that touched it
    at: datetime  # when that was concluded
    rows: int  # current ones
    history: int = 0  # rows that show, current ones too
    read: int = 0  # rows of the last batch, which became:
    applied: int = 0
    superseded: int = 0
    duplicates: int = 0
    rejected: int = 0
    source: Source | Unset = ""
    table: str = ""  # as landed
    landed_until: datetime | None = None  # when the newest landed file did that is in it
    newest_file: str = ""
    volumes: tuple[str, ...] = ()  # records of each of its last finance files, the newest last

    @property
    def records_of_files(self) -> tuple[int, ...]:
        """The records of each of its last finance files, the newest last."""
        return tuple(int(number) for number in self.volumes)


class TableRecords:
    """Tables of silver and gold; a part of the ledger."""

    _tables: Tables

    def table_records(self) -> list[LakeTable]:
        """Return what is known of every table."""
        return [table_record(row) for row in self._tables.range(_PARTITION, PREFIX, PREFIX + AFTER)]

    def record_tables(self, records: Iterable[LakeTable]) -> None:
        """Write what some tables hold."""
        writes = [Write(kind="upsert", key=f"{PREFIX}{one.layer}-{key(one.name)}", values=values_of(one)) for one in records]
        for some in chunks(writes, AT_ONCE):
            self._tables.commit(_PARTITION, some)


def table_record(row: Row) -> LakeTable:
    """Read a row back."""
    return known_as(LakeTable, row).record


def unread(known: Iterable[LakeTable], parts: Iterable[ManifestPart]) -> list[ManifestPart]:
    """Return the parts of files that landed later than what the tables hold: others were read again."""
    until = {one.name: one.landed_until for one in known if one.layer == "silver"}
    return [part for part in parts if (at := until.get(part.entity)) is None or part.landed_at > at]


def concluded(
    known: Iterable[LakeTable], batch: Batch, outcome: Outcome, parts: Iterable[ManifestPart], now: datetime
) -> list[LakeTable]:
    """Return what the tables hold after a batch; those that it concluded before stay as they are."""
    before: Mapping[tuple[Layer, str], LakeTable] = {(one.layer, one.name): one for one in known}
    by_entity: dict[str, list[ManifestPart]] = {}
    for part in sorted(parts, key=lambda part: (part.landed_at, part.part_id)):
        by_entity.setdefault(part.entity, []).append(part)
    found = []
    for name, counts in outcome.entities.items():
        entity = before.get(("silver", name)) or LakeTable(layer="silver", name=name, batch_id="", at=now, rows=0)
        if entity.batch_id == batch.batch_id:
            continue
        entity = replace(
            entity,
            batch_id=batch.batch_id,
            at=now,
            rows=counts.current,
            history=counts.history,
            read=counts.read,
            applied=counts.applied,
            superseded=counts.superseded,
            duplicates=counts.duplicates,
            rejected=counts.rejected,
        )
        found.append(_landed(entity, by_entity.get(name, [])))
    for name, gold in outcome.gold.items():
        table = before.get(("gold", name)) or LakeTable(layer="gold", name=name, batch_id="", at=now, rows=0)
        if table.batch_id != batch.batch_id:
            is_changed = bool(gold.rewritten) or not table.batch_id
            touched = replace(table, batch_id=batch.batch_id, at=now) if is_changed else table
            found.append(replace(touched, rows=gold.rows))
    return found


def _landed(entity: LakeTable, parts: list[ManifestPart]) -> LakeTable:
    """Say how new an entity's rows are; what was read again tells nothing about what usually comes."""
    parts = unread([entity], parts)
    if not parts:
        return entity
    newest = parts[-1]
    entity = replace(
        entity,
        source=newest.source,
        table=newest.table,
        landed_until=newest.landed_at,
        newest_file=newest.source_file[:_LONGEST_FILE],
    )
    if newest.source != "finance":  # a slice of a growing file is as long as nobody looked at it
        return entity
    records: dict[str, int] = {}
    for part in parts:
        records[part.source_file] = records.get(part.source_file, 0) + part.rows + part.rejects
    return replace(entity, volumes=(*entity.volumes, *map(str, records.values()))[-_FILES:])
