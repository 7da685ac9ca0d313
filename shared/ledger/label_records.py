"""The part of the ledger that says which labels are known, per table and per label file.

| partition | row | holds |
| --- | --- | --- |
| `labels-<container>` | `table-<table>` | where all labels of a table are kept |
| | `file-<name>` | which version of a label file was read last, whatever export folder it came in |

Each row is what counts now, so that neither a landing nor a batch reads history, however many folders brought the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.concurrency import chunks, in_parallel
from shared.ledger.rows import AFTER, AT_ONCE, Known, guarded, key, known_as
from shared.ports import Tables

_ASKED_ONE_BY_ONE = 25  # of more tables than this, all rows of the container are read: a page holds 1,000


@dataclass(frozen=True, kw_only=True)
class TableLabels:
    """The labels of one table as they are now."""

    container: str
    table: str  # in lower case: metadata and data need not agree on case
    document: str = ""  # path in bronze; the name tells the content
    changed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LabelFileRead:
    """The newest version of a label file that was read."""

    name: str  # path without its export folder
    at: datetime | None = None  # time of the export folder, else when the blob was written
    content: str = ""  # hash; empty while the labels are being written down


class LabelRecords:
    """Labels; a part of the ledger."""

    _tables: Tables

    def labels_of(self, container: str, tables: Collection[str]) -> list[Known[TableLabels]]:
        """Return what is known of these tables, in the order of their names; of a new table, a fresh record."""
        names = sorted({table.lower() for table in tables})
        if len(names) <= _ASKED_ONE_BY_ONE:
            rows = in_parallel(lambda name: self._tables.get(_labels(container), _table_row(name)), names)
        else:
            found = {row.key: row for row in self._tables.range(_labels(container), "table-", f"table-{AFTER}")}
            rows = [found.get(_table_row(name)) for name in names]
        return [
            Known(record=TableLabels(container=container, table=name)) if row is None else known_as(TableLabels, row)
            for name, row in zip(names, rows, strict=True)
        ]

    def record_labels(self, changes: Iterable[tuple[Known[TableLabels], TableLabels]]) -> None:
        """Write what is known of some tables of one container; raises `LedgerChanged` where a row is not as it was read."""
        for some in chunks(changes, AT_ONCE):
            writes = [guarded(_table_row(after.table), after, known.etag) for known, after in some]
            self._tables.commit(_labels(some[0][1].container), writes)

    def label_file(self, container: str, name: str) -> Known[LabelFileRead]:
        """Return which version of a label file was read last; a fresh record where none was."""
        row = self._tables.get(_labels(container), f"file-{key(name)}")
        return Known(record=LabelFileRead(name=name)) if row is None else known_as(LabelFileRead, row)

    def record_label_file(self, container: str, known: Known[LabelFileRead], *, at: datetime, content: str) -> None:
        """Write which version of a label file was read last; raises `LedgerChanged` where the row is not as it was read."""
        after = dataclasses.replace(known.record, at=at, content=content)
        self._tables.commit(_labels(container), [guarded(f"file-{key(after.name)}", after, known.etag)])


def _labels(container: str) -> str:
    return f"labels-{container}"


def _table_row(table: str) -> str:
    return f"table-{key(table)}"
