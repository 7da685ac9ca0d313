"""Carries erasures on, a piece at a time; each piece may be done twice, and ends with a guarded write of how far it is.

| state | what is done |
| --- | --- |
| searching | a batch of its own looks through bronze, takes the rows out of silver, and publishes gold without them |
| rewriting | each bronze part that holds any is written without them under another name, and the ledger names that one |
| clearing | what bronze holds of the table that nothing refers to any more is deleted: the old names first of all |
| guarding | nothing, until the files in landing that would bring it back are gone, and so is what the lake keeps for a while |

Then it searches again, and ends where that finds nothing. From the request to that end, each batch is told to keep the key out
of silver, so a rebuild, a late file or a repeated export brings nothing back. A search looks at parts that wait for a batch
too, and none is the last while a file of the table that landed before it is not read yet: nothing that landed before is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.contracts.errors import ContractError
from shared.contracts.manifest import ManifestPart
from shared.contracts.places import BRONZE, PartName, batch_id
from shared.errors import LandedFileChanged, LedgerChanged, Retry
from shared.formats.landed_paths import DataFile, FinanceFile, classify_dataverse, classify_finance
from shared.landing.unsettled import Survey
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import Batch, Erasure, Part
from shared.orchestration.erasure.landing_files import in_the_way, left_over
from shared.orchestration.erasure.request import findings
from shared.orchestration.erasure.rewriting import rewritten
from shared.orchestration.listing import read_listed
from shared.orchestration.selection import every_part
from shared.ports import Clock, Hints, Lake

_UNREAD = "files of the table that landed are not read yet"
_UNREAD_FOR = timedelta(minutes=5)  # a sweep reads them
_PARTS_AT_ONCE = 20  # rewritten between two records of the progress


@dataclass(frozen=True, kw_only=True)
class ErasureSteps:
    """Moves each erasure on for as long as it is given."""

    lake: Lake
    ledger: Ledger
    survey: Survey
    hints: Hints
    clock: Clock
    containers: tuple[str, ...]
    kept_for: timedelta  # how long the lake keeps files of its own that hold what was erased
    look_every: timedelta = timedelta(hours=1)  # at files in landing that a person has to take away
    at_most: timedelta = timedelta(seconds=20)  # of one call: the next one goes on

    def __call__(self, ids: Sequence[str]) -> None:
        """Move the erasures on; raises the last `Retry` error after the others had their turn."""
        until = self.clock() + self.at_most
        failed: Retry | ContractError | None = None
        for name in ids:
            try:
                while self._step(name):
                    if self.clock() >= until:
                        self.hints.send("reconcile")
                        return
            except LedgerChanged:
                continue  # somebody else is at it in this very moment
            except (Retry, ContractError) as error:
                failed = error
        if failed is not None:
            raise failed

    def _step(self, name: str) -> bool:
        """Do one piece; whether there is more to do now."""
        known = self.ledger.erasure(name)
        if known is None:
            return False
        match known.record.state:
            case "searching":
                after = self._searched(known.record)
            case "rewriting":
                after = self._rewritten(known.record)
            case "clearing":
                after = self._cleared(known.record)
            case "guarding":
                after = self._guarded(known.record)
            case _:
                return False
        if after is None:
            return False
        self.ledger.record_erasure(known, after, at=self.clock(), detail=after.detail)
        return True

    def _searched(self, erasure: Erasure) -> Erasure | None:
        """Queue the batch that searches, and take its findings over when it has succeeded."""
        known = self.ledger.batch(erasure.batch)
        if known is None:
            now = self.clock()
            search = Batch(
                batch_id=erasure.batch,
                stage="erasure",
                state="queued",
                entities=(erasure.entity,),
                created_at=now,
                erasure=erasure.erasure_id,
            )
            self.ledger.record_batch(None, search, at=now, detail=f"erasure {erasure.erasure_id}")
            self.hints.send("dispatch")
            return None
        if known.record.state in {"discarded", "cancelled"}:
            detail = f"its batch {erasure.batch} was {known.record.state}; ask again"
            return replace(erasure, state="failed", ended_at=self.clock(), detail=detail)
        if known.record.state != "succeeded":
            return None
        found, listed = findings(self.lake, self.ledger, erasure)
        counted = replace(erasure, cursor=0, silver=erasure.silver + found.silver, rejected=erasure.rejected + found.rejected)
        if not erasure.dry_run:
            return replace(counted, state="rewriting", detail=f"{len(found.parts)} parts hold it")
        files = in_the_way(self.lake, self.ledger, found, listed)
        records = sum(len(part.rows) + len(part.rejects) for part in found.parts)
        told = replace(counted, parts=len(found.parts), records=records, files=len(files))
        return replace(told, state="succeeded", ended_at=self.clock(), detail="dry run: nothing was changed")

    def _rewritten(self, erasure: Erasure) -> Erasure:
        """Write the next parts anew. What is counted is what was found, so that a piece that is done twice counts once."""
        found, listed = findings(self.lake, self.ledger, erasure)
        known_by = {part.part_id: part for part in listed}
        some = found.parts[erasure.cursor : erasure.cursor + _PARTS_AT_ONCE]
        for one in some:
            place = known_by.get(one.part_id)
            part = self._part_at(place) if place else None
            if part is None:
                continue  # of a reading that was given up since: nothing refers to it
            after = rewritten(self.lake, part.record, one)
            if after != part.record:
                self.ledger.record_rewritten(part, after)
        cursor = erasure.cursor + len(some)
        return replace(
            erasure,
            state="rewriting" if cursor < len(found.parts) else "clearing",
            cursor=cursor,
            parts=erasure.parts + len(some),
            records=erasure.records + sum(len(one.rows) + len(one.rejects) for one in some),
            detail=f"{cursor} of {len(found.parts)} parts",
        )

    def _part_at(self, place: ManifestPart) -> Known[Part] | None:
        return self.ledger.part_at(place.container, place.source_path, place.generation, place.start)

    def _cleared(self, erasure: Erasure) -> Erasure | None:
        """Delete what nothing refers to, unless the active run was told to read it; the end, where nothing was found."""
        if not self._is_read_by_nobody(erasure):
            return None
        parts = list(every_part(self.ledger, self.containers, erasure.source, erasure.table))
        generations = {
            PartName(container=name, table=erasure.table, source_path=file.path, generation=0, start=0).part_id.rpartition("/")[
                0
            ]: (file.generation)
            for name in self.containers
            for file in (known.record for known in self.ledger.files(name))
            if file.table == erasure.table and file.source == erasure.source
        }
        for path in left_over(self.lake, self.containers, erasure.table, parts, generations):
            self.lake.delete(BRONZE, path)
        found, listed = findings(self.lake, self.ledger, erasure)
        now = self.clock()
        if found.is_nothing and not self._may_still_come(erasure):
            return replace(erasure, state="succeeded", ended_at=now, files=0, detail="nothing is left")
        if found.is_nothing:
            return replace(erasure, state="guarding", look_at=now + _UNREAD_FOR, detail=_UNREAD)
        files = in_the_way(self.lake, self.ledger, found, listed)
        return replace(
            erasure,
            state="guarding",
            kept_until=now + self.kept_for,
            look_at=now + self.look_every if files else now + self.kept_for,
            files=len(files),
            detail=f"{len(files)} files in landing would bring it back",
        )

    def _is_read_by_nobody(self, erasure: Erasure) -> bool:
        """Tell whether no run is about to read a part by a name that the ledger has replaced.

        A batch that is listed from now on has the new names; only one that was listed before may have the old ones.
        """
        active = self.ledger.pipeline().record.active_batch
        batch = self.ledger.batch(active) if active else None
        if batch is None:
            return True
        try:
            manifest = read_listed(self.lake, batch.record.batch_id, batch.record.listing)
        except LandedFileChanged:
            return False  # it is being listed in this very moment
        return erasure.entity not in manifest.extents

    def _may_still_come(self, erasure: Erasure) -> bool:
        """Tell whether a file of the table that landed before the newest search began is not read to its end yet."""
        batch = self.ledger.batch(erasure.batch)
        for left in self.survey.unsettled():
            kind = classify_finance(left.blob.path) if erasure.source == "finance" else classify_dataverse(left.blob.path)
            table = kind.data_set if isinstance(kind, FinanceFile) else kind.table if isinstance(kind, DataFile) else ""
            is_older = batch is None or left.blob.modified_at <= batch.record.created_at
            if table.lower() == erasure.table.lower() and left.has_landed and is_older:
                return True
        return False

    def _guarded(self, erasure: Erasure) -> Erasure | None:
        """Look whether landing would still bring it back; search again when not, and nothing old is kept any more."""
        now = self.clock()
        if erasure.look_at and now < erasure.look_at:
            return None
        files = in_the_way(self.lake, self.ledger, *findings(self.lake, self.ledger, erasure))
        if files or (erasure.kept_until and now < erasure.kept_until):
            look_at = now + self.look_every if files else erasure.kept_until
            return replace(
                erasure, files=len(files), look_at=look_at, detail=f"{len(files)} files in landing would bring it back"
            )
        if self._may_still_come(erasure):
            return replace(erasure, files=0, look_at=now + _UNREAD_FOR, detail=_UNREAD)
        searches = erasure.searches + 1
        name = batch_id(now, f"{erasure.erasure_id} {searches}")
        return replace(
            erasure, state="searching", searches=searches, batch=name, files=0, look_at=None, detail=f"search {searches}"
        )
