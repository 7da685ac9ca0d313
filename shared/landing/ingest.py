"""Landed bytes to bronze: the use case behind every landing trigger, the sweep and reprocessing.

An event only says "look at this file". What is done follows from the file as it is now and from what the ledger says was
read of it, so the same call may come once, twice, late, or from two workers at the same time. A file's walk, from top to
bottom: look at it, find out what its plan depends on, carry the plan out (`shared/landing/plan.py` decides it).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from shared.config.tables import Configuration
from shared.errors import LandedFileChanged, LedgerChanged
from shared.formats.finance.errors import FinanceError
from shared.formats.label_files import LabelFileError
from shared.formats.landed_paths import (
    ChangelogInfo,
    DataFile,
    EntityMetadataFile,
    FinanceFile,
    Ignored,
    LabelFile,
    ModelFile,
    Unreadable,
    classify_dataverse,
    classify_finance,
)
from shared.landing import plan
from shared.landing.bronze import Bronze, Origin
from shared.landing.dataverse_files import DataverseFiles, opened_at
from shared.landing.finance.finance_files import FinanceFiles
from shared.landing.labels import LabelKeeping
from shared.landing.plan import Plan, Read, Restart, Settle, Wait
from shared.landing.reading import Overtaken, Pass, Remaining
from shared.ledger.identities import Identities
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import LandedFile
from shared.ledger.states import Source
from shared.ports import BlobVersion, Clock, Lake, Opened

Taken = DataFile | FinanceFile | EntityMetadataFile | LabelFile
"""What is read as it lands; everything else is ignored, or read when one of these needs it."""

_LOOKS = 6  # a file that changes under every one of them raises another event, and the sweep looks anyway


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """Takes landed files into bronze."""

    lake: Lake
    ledger: Ledger
    bronze: Bronze
    labels: LabelKeeping
    dataverse_files: DataverseFiles
    finance_files: FinanceFiles
    clock: Clock
    configuration: Configuration
    identities: Identities
    finance_container: str

    def __call__(self, container: str, path: str) -> LandedFile:
        """Take what is new of a landed file and return where it stands; does nothing where nothing is new.

        Raises `Retry` errors where the file keeps changing or a service fails; what was written by then stays valid.
        """
        for _ in range(_LOOKS):
            with suppress(LandedFileChanged, LedgerChanged):
                settled = self._look(container, path)
                if settled is not None:
                    return settled
        raise LandedFileChanged(f"{container}/{path}", "any of several")

    def _look(self, container: str, path: str) -> LandedFile | None:
        """Look once; None where what was done, or found done, changed what is to be done."""
        known = self.ledger.file(container, path)
        kind = classify_finance(path) if container == self.finance_container else classify_dataverse(path)
        if isinstance(kind, Ignored | Unreadable | ModelFile | ChangelogInfo):
            blob = self.lake.head(container, path)
            if blob is None or blob.etag == known.record.version:
                return known.record
            return self._settle(known, blob, plan.by_name(kind))
        start = opened_at(known.record, kind) if isinstance(kind, DataFile) else 0
        opened = self.lake.open(container, path, start=start, unless=known.record.version)
        if opened is None:
            return known.record
        if known.record.reading not in {"", opened.blob.etag}:
            self.ledger.give_up(known, at=self.clock())
            return None
        known = replace(known, record=self._named(known.record, kind))  # whatever comes of it, it is found by its table
        if (settle := plan.by_size(opened.blob, kind)) is not None:
            return self._settle(known, opened.blob, settle)
        if isinstance(kind, FinanceFile):
            return self._carry_out(known, opened.blob, kind, *self.finance_files.look(known.record, opened, kind))
        if isinstance(kind, DataFile):
            return self._carry_out(known, opened.blob, kind, *self.dataverse_files.look(known.record, opened, kind))
        return self._labels(known, opened, kind)

    # Finding out ------------------------------------------------------------------------------------------------------

    def _labels(self, known: Known[LandedFile], opened: Opened, file: EntityMetadataFile | LabelFile) -> LandedFile:
        """Keep the file as it landed, and its labels by table."""
        blob, data = opened.blob, b"".join(opened.chunks)
        content = self.bronze.copy(blob.container, blob.path, data)
        known = replace(known, record=replace(known.record, fingerprint=content))
        read: int | LabelFileError
        try:
            read = self.labels.take(blob, file, data, content)
        except LabelFileError as error:
            read = error
        return self._settle(known, blob, plan.labels(read))

    def _named(self, record: LandedFile, kind: Taken) -> LandedFile:
        source: Source = "finance" if isinstance(kind, FinanceFile) else "dataverse"
        match kind:
            case FinanceFile():
                table = kind.data_set
            case DataFile():
                table = kind.table
            case _:
                return replace(record, source=source)
        return replace(record, source=source, table=table, entity=self.configuration.entity_name(source, table))

    # Carrying out -----------------------------------------------------------------------------------------------------

    def _carry_out(
        self, known: Known[LandedFile], blob: BlobVersion, file: DataFile | FinanceFile, decided: Plan, rest: Remaining
    ) -> LandedFile | None:
        match decided:
            case Settle():
                return self._settle(known, blob, decided)
            case Wait():
                return self._wait(known, blob, decided)
            case Restart():
                self._restart(known, blob)
                return None
            case Read():
                return self._read(known, blob, file, decided, rest)

    def _settle(self, known: Known[LandedFile], blob: BlobVersion, settle: Settle) -> LandedFile:
        if known.stored is not None and known.stored.reading:  # nothing of a file that is refused is used
            self.ledger.give_up(known, at=self.clock())
            begun = known.record
            known = self.ledger.file(begun.container, begun.path)
            known = replace(known, record=replace(known.record, source=begun.source, table=begun.table, entity=begun.entity))
        after = replace(
            known.record,
            state=settle.state,
            reason=settle.reason,
            detail=settle.detail,
            version=blob.etag,
            size=blob.size,
            modified_at=blob.modified_at,
            created_at=blob.created_at,
            content_md5=blob.content_md5,
        )
        return self.ledger.record_file(known, after, at=self.clock(), detail=settle.reason)

    def _wait(self, known: Known[LandedFile], blob: BlobVersion, wait: Wait) -> LandedFile:
        record = known.record
        is_same = record.size == blob.size and record.modified_at == blob.modified_at
        if record.state == "seen" and record.reason == wait.reason and is_same:
            return record  # told before: a sweep every few seconds must not fill the log
        waiting = replace(record, state="seen", reason=wait.reason, detail=wait.detail)
        after = replace(waiting, size=blob.size, modified_at=blob.modified_at)
        return self.ledger.record_file(known, after, at=self.clock(), detail=wait.reason)

    def _restart(self, known: Known[LandedFile], blob: BlobVersion) -> None:
        if known.stored is not None and known.stored.reading:
            self.ledger.give_up(known, at=self.clock())
            return
        after = replace(known.record.from_start(), state="seen", reason="restarted", detail="", size=blob.size)
        self.ledger.record_file(known, after, at=self.clock(), detail=f"generation {after.generation}")

    def _read(
        self, known: Known[LandedFile], blob: BlobVersion, file: DataFile | FinanceFile, read: Read, rest: Remaining
    ) -> LandedFile | None:
        record = known.record
        source: Source = "finance" if isinstance(file, FinanceFile) else "dataverse"
        if refused := self.identities.refusal(source, record.table):
            return self._settle(known, blob, plan.name_taken(refused))
        self.bronze.keep(blob.container, read.spec.schema)
        origin = Origin(container=record.container, path=record.path, source=source, table=record.table, entity=record.entity)
        one_pass = Pass(
            lake=self.lake,
            ledger=self.ledger,
            bronze=self.bronze,
            clock=self.clock,
            known=known,
            blob=blob,
            origin=origin,
            read=read,
            rest=rest,
            is_stale=lambda: isinstance(file, DataFile) and self.dataverse_files.is_stale(blob, file, read),
        )
        try:
            done = one_pass.run()
        except FinanceError as error:  # what shows behind the head: text cut off, another encoding, too many rejects
            counted = self.ledger.file(blob.container, blob.path)
            if counted.etag != known.etag and counted.record.reading != blob.etag:
                return None
            known = counted if counted.record.reading else known
            # Parts may be in bronze: what is read next time, perhaps otherwise, has another generation, and so other names.
            return self._settle(replace(known, record=known.record.from_start()), blob, plan.unreadable(error))
        if not isinstance(done, Overtaken):
            return done
        if done.from_start:
            self._restart(done.known, blob)
        return None
