"""The rejected records of a part: where each is and what is wrong with it, never what it holds (design, section 3, rule 7)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Annotated

import msgspec
import pyarrow.parquet as pq
from msgspec import Meta

from shared.api.documents import Count, Document
from shared.api.pages import cursor, place_of
from shared.api.queries import PageQuery, QueryInvalid
from shared.contracts.columns import BYTE_OFFSET, DETAIL, REASON, RECORD_NUMBER
from shared.contracts.places import divided
from shared.errors import LandedFileChanged
from shared.ledger.ledger import Ledger
from shared.ports import Lake

_LARGEST = 1 << 53

Whole = Annotated[int, Meta(ge=0, le=_LARGEST, extra={"expected": "a whole number that is not negative"})]


class RejectedQuery(PageQuery, frozen=True, kw_only=True):
    """Which part: that of a landed file (`<container>/<path>`) of a generation whose slice begins at a byte."""

    file: str = ""
    generation: Whole = 1
    start: Whole = 0


class RejectedDocument(Document, frozen=True, kw_only=True):
    """A record that cannot be used."""

    record: Count  # its number in the file, from 1
    offset: Count  # where in the file it begins, in bytes
    reason: str
    detail: str


class RejectedPage(Document, frozen=True, kw_only=True):
    """A page of rejected records."""

    records: tuple[RejectedDocument, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class RejectedRecords:
    """Reads the ledger and bronze; changes nothing."""

    lake: Lake
    ledger: Ledger
    containers: tuple[str, ...]

    def __call__(self, query: RejectedQuery) -> RejectedPage | None:
        """Return a page, None where there is no such part; raises `QueryInvalid`."""
        container, _, path = query.file.partition("/")
        if container not in self.containers or not path:
            raise QueryInvalid("file", f"a landed file as <container>/<path>, in one of {', '.join(self.containers)}")
        place = place_of(query.cursor)
        if not isinstance(place, str | None) or (place and not (place.isascii() and place.isdigit() and len(place) < 12)):
            raise QueryInvalid("cursor", "what `next` of the page before said")
        known = self.ledger.part_at(container, path, query.generation, query.start)
        if known is None:
            return None
        if not known.record.rejects_path:
            return RejectedPage(records=(), next=None)
        return self._page(known.record.rejects_path, int(place or 0), query.limit)

    def _page(self, place: str, first: int, limit: int) -> RejectedPage | None:
        try:
            data = b"".join(self.lake.read(*divided(place)))
        except LandedFileChanged:
            return None  # taken away since
        columns = [RECORD_NUMBER, BYTE_OFFSET, REASON, DETAIL]
        table = pq.read_table(io.BytesIO(data), columns=columns).slice(first, limit + 1)
        names = ("record", "offset", "reason", "detail")
        rows = table.select(columns).rename_columns(list(names)).to_pylist()
        found = msgspec.convert(rows[:limit], tuple[RejectedDocument, ...])
        return RejectedPage(records=found, next=cursor(str(first + limit)) if len(rows) > limit else None)
