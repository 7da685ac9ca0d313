"""Finance files that land again with the content that they had: nothing is to be read, unless another file came in between.

Which file wins a key follows from when each landed. So a file that comes again, as a person does who takes a correction back,
may be passed over only where none of its data set landed since.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from shared.formats.landed_paths import FinanceFile
from shared.landing.plan import may_be_the_same
from shared.ledger.ledger import Ledger
from shared.ledger.records import LandedFile
from shared.ports import BlobVersion, Lake

_MOST_ASKED = 1000  # other files, to find out whether one of them landed since


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """Knows a version that needs no reading."""

    lake: Lake
    ledger: Ledger

    def is_one(self, record: LandedFile, blob: BlobVersion, file: FinanceFile) -> bool:
        """Tell whether a version holds what the one before held, and none of its data set landed in between."""
        if not may_be_the_same(record, blob) or self._content(blob) != record.fingerprint:
            return False
        return not self._landed_since(record, file)

    def _landed_since(self, record: LandedFile, file: FinanceFile) -> bool:
        """Tell whether another file of the data set may have landed since a version; where it is much to ask, say so."""
        if record.modified_at is None or record.changed_at is None:
            return True
        asked = 0
        for _, other in self.ledger.changed_files([record.container]):
            asked += 1
            if other.changed_at is None or other.changed_at < record.changed_at:
                break
            if asked > _MOST_ASKED or (other.path != record.path and other.entity == record.entity):
                return True
        folder, inside, _ = file.path.partition("/")
        prefix = f"{folder}/" if inside else folder.split(".")[0]
        for blob in self.lake.list(record.container, prefix):
            asked += 1
            if asked > _MOST_ASKED or (blob.path != record.path and blob.modified_at >= record.modified_at):
                return True
        return False

    def _content(self, blob: BlobVersion) -> str:
        content = hashlib.sha256()
        for chunk in self.lake.read(blob.container, blob.path, end=blob.size, if_match=blob.etag):
            content.update(chunk)
        return content.hexdigest()[:32]
