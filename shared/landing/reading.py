"""Takes one version of one landed file, slice by slice, and keeps ledger and bronze in step.

A part is in bronze before the ledger counts it, so a crash in between is mended by looking again. A growing file is counted
slice by slice. A file that is taken as a whole is counted at its end, all parts at once: half of a snapshot would close
every key of the other half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from shared.errors import PipelineError
from shared.formats.fingerprint import COVERED, Tail, fingerprint
from shared.formats.slices import Slice, SliceSpec, read_slices
from shared.landing.bronze import Bronze, Origin, Written
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import LandedFile, Part
from shared.ledger.states import TailReason, Unset
from shared.ports import BlobVersion, Clock, Lake

_AT_ONCE = 45  # parts in one transaction, which holds 100 writes: `ledger.PARTS_AT_ONCE`


_WORDS: dict[TailReason, str] = {  # of what waits at the end of a growing file
    "open_quote": "begins a record with a quote that does not close; every row behind it waits too",
    "record_too_long": "begins a record that does not end within the longest that a record may be",
    "incomplete_record": "begins a record that has no end yet",
}


class LookAgain(PipelineError):
    """What was found changed what has to be done; ingest starts over, and nobody else sees this."""


@dataclass(frozen=True, kw_only=True)
class Taking:
    """One pass over one version."""

    lake: Lake
    ledger: Ledger
    bronze: Bronze
    clock: Clock
    known: Known[LandedFile]
    blob: BlobVersion
    origin: Origin
    spec: SliceSpec
    tail: Tail
    grows: bool  # append-only year file; otherwise a file that is taken as a whole

    def run(self, chunks: Iterable[bytes], *, stale: Callable[[], bool] = lambda: False, detail: str = "") -> LandedFile:
        """Take every slice and settle the version; raises `LookAgain` where the ledger or bronze was ahead of us."""
        known = self._begun()
        parts: list[Part] = []
        start = self.spec.start
        tail: Slice | None = None
        for taken in read_slices(chunks, self.spec):
            end = start + taken.consumed
            tail = replace(taken, parquet=b"", rejected=None)
            if taken.records:
                if taken.rejects and stale():
                    raise LookAgain
                written = self._written(known, taken, start)
                if not self._is_ours(written, end):
                    self._restarted(known)
                    raise LookAgain
                parts.append(written.part)
                known = replace(known, record=self._advanced(known.record, written))
                if self.grows and (taken.more or written.part.end != end):
                    known = self._count(known, parts)
                    parts = []
                    if written.part.end != end:
                        raise LookAgain
            start = end
            del taken  # the parquet of one slice is in memory at a time, not that of two
        return self._settled(known, parts, tail, detail)

    def _begun(self) -> Known[LandedFile]:
        record = self.known.record
        if self.grows:
            return replace(self.known, record=replace(record, generation=max(1, record.generation)))
        if record.reading == self.blob.etag:
            record = replace(record, generation=record.generation - 1)  # some of its parts are counted: the same again
        return replace(self.known, record=replace(record.from_start(), reading=self.blob.etag))

    def _written(self, known: Known[LandedFile], taken: Slice, start: int) -> Written:
        mark = ""
        if self.grows:
            end = start + taken.consumed
            covered = self.tail.before(end)
            mark = fingerprint(self._covered(end) if covered is None else covered)
        return self.bronze.write(
            taken,
            self.origin,
            self.spec.lineage,
            schema=self.spec.schema.version,
            generation=known.record.generation,
            start=start,
            fingerprint=mark,
        )

    def _is_ours(self, written: Written, end: int) -> bool:
        same = written.source_version == self.blob.etag
        if not written.taken_over or (same and self.grows):
            return True
        if not self.grows:
            return same and written.part.end == end  # one that ends elsewhere was cut when the slice size was another
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

    def _restarted(self, known: Known[LandedFile]) -> None:
        after = replace(known.record, state="seen", reason="restarted", version="", reading="").from_start()
        self.ledger.record_file(known, after, at=self.clock(), detail=f"generation {after.generation}")

    def _settled(self, known: Known[LandedFile], parts: list[Part], tail: Slice | None, detail: str) -> LandedFile:
        if self.known.record.reading == self.blob.etag:  # an earlier pass may have counted some of them
            counted = {part.record.part_id for part in self.ledger.parts_of(self.blob.container, self.blob.path)}
            parts = [part for part in parts if part.part_id not in counted]
        while len(parts) > _AT_ONCE:
            counted_to = self._count(known, parts[:_AT_ONCE])
            known = replace(counted_to, record=replace(known.record, step=counted_to.record.step))
            parts = parts[_AT_ONCE:]
        reason = _waits(tail)
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
            held_back=held_back,
            held_back_since=(known.record.held_back_since or self.clock()) if held_back else None,
            held_back_told=told,
            fingerprint=known.record.fingerprint if self.grows else self.tail.content,
        )
        return self.ledger.record_file(known, after, at=self.clock(), parts=parts, detail=detail)


def _waits(tail: Slice | None) -> TailReason | Unset:
    if tail is None or not tail.held_back:
        return ""
    if tail.open_quote:
        return "open_quote"  # the rest of the file is inside a quote that does not close: somebody has to look
    return "record_too_long" if tail.too_long else "incomplete_record"
