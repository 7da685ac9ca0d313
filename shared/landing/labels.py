"""Labels of choices, states and status reasons: read once, when they land, and kept by table.

A label file may hold the labels of a thousand tables, and every export folder may bring it again. Bronze therefore keeps,
beside the file as it landed, one document per table of all labels known, and the ledger says which one counts. A batch
names the documents of its own tables; landing the same again costs one small write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from shared.concurrency import in_parallel
from shared.contracts.places import BRONZE, label_document
from shared.errors import LedgerChanged
from shared.formats.label_files import Labels, merged, read_label_file, spelled
from shared.formats.landed_paths import EntityMetadataFile, LabelFile
from shared.ledger.label_records import LabelFileRead, TableLabels
from shared.ledger.ledger import Known, Ledger
from shared.ports import BlobVersion, Clock, Lake

_Change = tuple[Known[TableLabels], TableLabels]


@dataclass(frozen=True, kw_only=True)
class LabelKeeping:
    """Reads label files as they land, and says which labels count."""

    lake: Lake
    ledger: Ledger
    clock: Clock

    def take(self, blob: BlobVersion, file: EntityMetadataFile | LabelFile, data: bytes, content: str) -> int:
        """Put what a label file says to what is known; return how many of its records cannot be read.

        `content` is the hash of its data: what was read last is not read again. Of the same file in several export folders
        the newest folder wins, in whatever order they are read; between the two forms of metadata, what was read last. Raises
        `LabelFileError` for a file that cannot be read, and `LedgerChanged` where another one of the same tables is taken
        at this moment.
        """
        at = file.folder.at if file.folder else blob.modified_at
        name = file.path.removeprefix(f"{file.folder.name}/") if file.folder else file.path
        last = self.ledger.label_file(blob.container, name)
        if last.record.at is not None and last.record.at <= at and last.record.content == content:
            if last.record.at < at:
                self.ledger.record_label_file(blob.container, last, at=at, content=content)
            return 0
        found = read_label_file(file, data)
        # The tables are read before the claim: whoever claims a newer version afterwards also changes the rows after we
        # read them, and so stops us from writing older labels over newer ones.
        tables = self.ledger.labels_of(blob.container, found.tables)
        last = self.ledger.label_file(blob.container, name)
        late = last.record.at is not None and last.record.at > at
        if not late:
            self.ledger.record_label_file(blob.container, last, at=at, content="")
        changes = in_parallel(lambda known: self._changed(known, found.tables[known.record.table], late=late), tables)
        self.ledger.record_labels([change for change in changes if change is not None])
        if not late:
            self._finish(blob.container, name, at, content)
        return found.unreadable

    def of(self, containers: Collection[str], tables: Collection[str]) -> list[TableLabels]:
        """Return which documents hold the labels of these tables, as they are now."""
        known = [one.record for container in containers for one in self.ledger.labels_of(container, tables)]
        return [labels for labels in known if labels.document]

    def _changed(self, known: Known[TableLabels], found: Labels, *, late: bool) -> _Change | None:
        record = known.record
        before: Labels = {}
        if record.document:
            before = json.loads(b"".join(self.lake.read(BRONZE, record.document)))["columns"]
        after = merged(before, found, late=late)
        if after == before:
            return None
        document = spelled(record.container, record.table, after)
        path = label_document(record.container, record.table, hashlib.sha256(document).hexdigest()[:32])
        self.lake.create(BRONZE, path, document)
        return known, replace(record, document=path, changed_at=self.clock())

    def _finish(self, container: str, name: str, at: datetime, content: str) -> None:
        claimed: Known[LabelFileRead] = self.ledger.label_file(container, name)
        if (claimed.record.at, claimed.record.content) != (at, ""):
            raise LedgerChanged(f"labels-{container}", name)
        self.ledger.record_label_file(container, claimed, at=at, content=content)
