"""Reads one version of one landed file, slice by slice, and keeps ledger and bronze in step.

A part is in bronze before the ledger counts it, so a crash in between is mended by looking again. A growing file is counted
slice by slice, and each part may be taken at once. A file that is read as a whole is counted slice by slice too, so that an
attempt that is cut off is gone on with, but its parts wait for its end: half of a snapshot would close every key of the other
half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from shared.formats.finance.errors import DuplicateContentError
from shared.formats.finance.options import section
from shared.formats.finance.source import refused_as_a_whole
from shared.formats.fingerprint import COVERED, Tail, fingerprint
from shared.formats.slices import Slice, read_slices
from shared.landing import plan
from shared.landing.bronze import Bronze, Origin, Written
from shared.landing.finance.agreement import Agreement
from shared.landing.plan import Read
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import LandedFile, Part
from shared.ledger.states import TailReason, Unset
from shared.ports import BlobVersion, Clock, Lake, Write

_WORDS: dict[TailReason, str] = {  # of what waits at the end of a growing file
    "open_quote": "begins a record with a quote that does not close; every row behind it waits too",
    "record_too_long": "begins a record that does not end within the longest that a record may be",
    "incomplete_record": "begins a record that has no end yet",
}


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """What of a version is still to be read, where it passes by, and what it has to agree with."""

    tail: Tail
    chunks: Iterable[bytes]  # from the plan's start on
    agreement: Agreement | None = None  # of a finance file, with the contract of its data set


@dataclass(frozen=True, kw_only=True)
class Overtaken:
    """Somebody was ahead, in the ledger, in bronze, in the model or the contract: look at the file again."""

    known: Known[LandedFile]
    from_start: bool = False  # bronze holds another content at this place: only a new generation can be right


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One pass over one version."""

    lake: Lake
    ledger: Ledger
    bronze: Bronze
    clock: Clock
    known: Known[LandedFile]
    blob: BlobVersion
    origin: Origin
    read: Read
    rest: Remaining
    is_stale: Callable[[], bool]  # whether the columns are older than the rows; asked where some are rejected

    def run(self) -> LandedFile | Overtaken:
        """Read every slice and settle the version.

        Raises FinanceError where a file that is read as a whole cannot be used after all; nothing of it is counted then.
        """
        known = self._begun()
        parts: list[Part] = []
        start = self.read.spec.start
        last: Slice | None = None
        for cut in read_slices(self.rest.chunks, self.read.spec):
            end = start + cut.consumed
            last = replace(cut, parquet=b"", rejected=None)
            if cut.records:
                if cut.rejects and self.is_stale():
                    return Overtaken(known=known)
                written = self._written(known, cut, start)
                if not self._is_ours(written, end):
                    return Overtaken(known=known, from_start=True)
                parts.append(replace(written.part, whole=not self.read.grows))
                known = replace(known, record=self._advanced(known.record, written))
                if cut.more or written.part.end != end:
                    known = self._count(known, parts)
                    parts = []
                    if written.part.end != end:
                        return Overtaken(known=known)
            start = end
            del cut  # the parquet of one slice is in memory at a time, not that of two
        if self.read.max_rejected is not None:
            record, most = known.record, self.read.max_rejected
            refusal = refused_as_a_whole(record.path, records=record.records, rejects=record.rejects, max_rejected=most)
            if refusal is not None:
                raise refusal
        if self.rest.agreement is not None and not self.rest.agreement.kept(self.clock()):
            return Overtaken(known=known, from_start=True)
        return self._settled(known, parts, last)

    def _begun(self) -> Known[LandedFile]:
        record = self.known.record
        if self.read.grows:
            return replace(self.known, record=replace(record, generation=max(1, record.generation)))
        if record.reading == self.blob.etag:
            return self.known  # its first parts are counted
        return replace(self.known, record=replace(record.from_start(), reading=self.blob.etag, read_as=self.read.read_as))

    def _written(self, known: Known[LandedFile], cut: Slice, start: int) -> Written:
        mark = ""
        if self.read.grows:
            end = start + cut.consumed
            covered = self.rest.tail.before(end)
            mark = fingerprint(self._covered(end) if covered is None else covered)
        return self.bronze.write(
            cut,
            self.origin,
            self.read.spec.lineage,
            schema=self.read.spec.schema.version,
            generation=known.record.generation,
            start=start,
            fingerprint=mark,
            read_as=self.read.read_as,
        )

    def _is_ours(self, written: Written, end: int) -> bool:
        same = written.source_version == self.blob.etag
        if not written.taken_over or (same and self.read.grows):
            return True
        if not self.read.grows:
            # One that ends elsewhere was cut when the slice size was another.
            return same and written.part.end == end and written.read_as == self.read.read_as
        end = written.part.end
        return end <= self.blob.size and fingerprint(self._covered(end)) == written.fingerprint

    def _covered(self, end: int) -> bytes:
        blob = self.blob
        return b"".join(self.lake.read(blob.container, blob.path, start=max(0, end - COVERED), end=end, if_match=blob.etag))

    def _advanced(self, record: LandedFile, written: Written) -> LandedFile:
        part = written.part
        return replace(
            record,
            offset=part.end,
            records=record.records + part.records,
            rejects=record.rejects + part.rejects,
            parts=record.parts + 1,
            width=max(record.width, written.width),
            schema_version=part.schema_version,
            fingerprint=written.fingerprint,
            held_back=0,
            held_back_since=None,
            held_back_told=False,
        )

    def _count(self, known: Known[LandedFile], parts: list[Part]) -> Known[LandedFile]:
        after = replace(known.record, state="seen", reason="being_read")
        self.ledger.record_file(known, after, at=self.clock(), parts=parts, detail=parts[-1].part_id)
        return self.ledger.file(after.container, after.path)

    def _settled(self, known: Known[LandedFile], parts: list[Part], last: Slice | None) -> LandedFile:
        reason, agreement = _held_back_for(last), self.rest.agreement
        detail = plan.told(agreement.verdict()) if agreement else ""
        held_back = self.blob.size - known.record.offset if reason else 0  # of a long tail only the beginning was read
        told = held_back > 0 and known.record.held_back_told
        after = replace(
            known.record,
            state="held_back" if told else "ingested",
            reason=reason,
            detail=f"at byte {known.record.offset} {_WORDS[reason]}" if reason else detail,
            version=self.blob.etag,
            reading="",
            size=self.blob.size,
            modified_at=self.blob.modified_at,
            created_at=self.blob.created_at,
            content_md5=self.blob.content_md5,
            held_back=held_back,
            held_back_since=(known.record.held_back_since or self.clock()) if held_back else None,
            held_back_told=told,
            fingerprint=known.record.fingerprint if self.read.grows else self.rest.tail.content,
        )
        complete = not self.read.grows
        also = self._held_once(after) if self.read.once else []
        return self.ledger.record_file(known, after, at=self.clock(), parts=parts, complete=complete, detail=detail, also=also)

    def _held_once(self, file: LandedFile) -> list[Write]:
        """Return what makes the file the one that holds its content; raises DuplicateContentError where another one does."""
        other, claim = self.ledger.holder_of_content(file)
        if other:
            toml = section(file.table, duplicates="take")
            raise DuplicateContentError(file.path, f"has the same content as {other}, which was taken", toml)
        return [claim] if claim else []


def _held_back_for(last: Slice | None) -> TailReason | Unset:
    if last is None or not last.held_back:
        return ""
    if last.open_quote:
        return "open_quote"  # the rest of the file is inside a quote that does not close: somebody has to look
    return "record_too_long" if last.too_long else "incomplete_record"
