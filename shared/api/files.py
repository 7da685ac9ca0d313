"""Landed files and rejects, a page at a time: `GET /api/files`, `GET /api/rejects`; never row content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.api.documents import FileDocument, FilesPage, RejectsDocument, RejectsPage, time_text
from shared.api.pages import page_of, place_of
from shared.api.queries import FilesQuery, QueryInvalid, RejectsQuery
from shared.ledger.ledger import Ledger
from shared.ledger.records import LandedFile, Part
from shared.ledger.rows import AFTER, time_key
from shared.ledger.states import FILE_STATES, FileState
from shared.ledger.tallies.increments import reasons


@dataclass(frozen=True, kw_only=True)
class Files:
    """Reads the ledger; changes nothing."""

    ledger: Ledger
    containers: tuple[str, ...]

    def page(self, query: FilesQuery) -> FilesPage:
        """Return landed files, last changed first, or, below a `prefix`, by name; raises `QueryInvalid`."""
        status, table, since, until = query.status, query.table, query.since, query.until
        containers, place = self._containers(query.container), place_of(query.cursor)

        def shown(file: LandedFile) -> FileDocument | None:
            wanted = (
                status in {None, file.state}
                and query.source in {None, file.source}
                and (not table or table in {file.table, file.entity})
                and (since is None or (file.changed_at is not None and file.changed_at >= since))
                and (until is None or (file.changed_at is not None and file.changed_at < until))
            )
            return file_document(file) if wanted else None

        if query.prefix:
            page = page_of(self._by_name(containers, query.prefix, place), shown, limit=query.limit)
        else:
            page = page_of(self._by_time(containers, query, place), shown, limit=query.limit)
        return FilesPage(files=page.items, next=page.following)

    def _containers(self, name: str) -> tuple[str, ...]:
        if name and name not in self.containers:
            raise QueryInvalid("container", f"one of {', '.join(self.containers)}")
        return (name,) if name else self.containers

    def _by_time(self, containers: tuple[str, ...], query: FilesQuery, place: Any) -> Iterator[tuple[str, LandedFile]]:
        if not isinstance(place, str | None):
            raise QueryInvalid("cursor", "one of the same query")
        after = place or (time_key(query.until) if query.until else "")
        states: tuple[FileState, ...] = (query.status,) if query.status else FILE_STATES
        for at, file in self.ledger.changed_files(containers, states, after=after):
            if query.since and file.changed_at and file.changed_at < query.since:
                return
            yield at, file

    def _by_name(self, containers: tuple[str, ...], prefix: str, place: Any) -> Iterator[tuple[list[str], LandedFile]]:
        if place is not None and (not isinstance(place, list) or len(place) != 2 or place[0] not in containers):
            raise QueryInvalid("cursor", "one of the same query")
        begin = containers.index(place[0]) if place else 0
        for number, container in enumerate(containers[begin:]):
            after = place[1] if place and number == 0 else ""
            for known in self.ledger.files(container, prefix=prefix, after=after):
                yield [container, known.record.path], known.record

    def rejects(self, query: RejectsQuery) -> RejectsPage:
        """Return the parts that have rejects, last landed first, each with where the rejects lie; raises `QueryInvalid`."""
        containers, place, table = self._containers(query.container), place_of(query.cursor), query.table
        if not isinstance(place, str | None):
            raise QueryInvalid("cursor", "one of the same query")
        begin = f"{place} " if place else (time_key(query.until) if query.until else "")
        end = f"{time_key(query.since)}{AFTER}" if query.since else AFTER

        def shown(part: Part) -> RejectsDocument | None:
            if part.container not in containers or (table and table not in {part.table, part.entity}):
                return None
            counted = self.ledger.part_at(part.container, part.source_path, part.generation, part.start)
            return None if counted is None else rejects_document(counted.record)

        page = page_of(self.ledger.parts_with_rejects(since=begin, until=end), shown, limit=query.limit)
        return RejectsPage(rejects=page.items, next=page.following)


def file_document(file: LandedFile) -> FileDocument:
    """Return what the API says of a landed file."""
    return FileDocument(
        file=file.name,
        state=file.state or "seen",  # a record that is listed was written in some state
        reason=file.reason,
        detail=file.detail,
        source=file.source or None,
        table=file.table or None,
        entity=file.entity,
        generation=file.generation,
        bytes=file.size,
        committed=file.offset,
        records=file.records,
        rejects=file.rejects,
        held_back=file.held_back,
        held_back_since=time_text(file.held_back_since),
        landed_at=time_text(file.modified_at),
        changed_at=time_text(file.changed_at),
    )


def rejects_document(part: Part) -> RejectsDocument:
    """Return what the API says of a part's rejects: how many, of what, and where they lie."""
    return RejectsDocument(
        part_id=part.part_id,
        file=part.source_file,
        table=part.table,
        entity=part.entity,
        generation=part.generation,
        start=part.start,
        records=part.records,
        rejects=part.rejects,
        reasons=dict(reasons(part)),
        rejects_path=part.rejects_path or None,
        landed_at=time_text(part.landed_at),
        batch_id=part.batch_id or None,
    )
