"""Blocks of complete records from a stream of chunks, and where each slice is cut.

A block ends with the first record that reaches a set size. Finding that exactly means following every quote, so the end is
guessed first (a line break with a row of legal width behind it), and the parser, which follows every quote anyway, says whether
it was right. Only where it was not is the end found exactly.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from shared.formats.blocks import OpenQuoteError, Parsed, read_block
from shared.formats.dialect import BOM, Dialect
from shared.formats.rejects import RAW_LIMIT, Reject, table_of
from shared.formats.screen import Screen, screened, without_totals

_LOOK_AHEAD: Final = 64 * 1024
_LINES_OF_A_VALUE: Final = 16  # a file of lines of one field alone must not become one block
_EVERY: Final = 61  # so many bytes one is looked at to tell how long records are; no length of a record that comes often
_LINE_END: Final = re.compile(rb"\r\n?|\n")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is held in memory. The same limits and bytes make the same blocks."""

    block: int = 8 * 1024 * 1024
    """Bytes that are parsed and encoded at a time: a row group of the part."""
    records: int = 500_000
    """Records of a block, about: short ones take memory each, many times their bytes, above all where they are rejected."""
    record: int = 16 * 1024 * 1024
    """Bytes that a record may have. Most of a Dataverse row fits four times over; a lost quote must not take all memory."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Some complete records of a slice, and whether the slice or the stream ends with them."""

    parsed: Parsed
    consumed: int  # bytes of the stream
    mark: int  # of which a byte order mark in front, before the offsets in `parsed` begin
    ends_slice: bool = False
    ends_stream: bool = False  # nothing follows that can be read now; ends the slice too
    held_back: int = 0  # bytes seen after the block that wait, where it ends the stream
    open_quote: bool = False
    too_long: bool = False
    exhausted: bool = False


class Window:
    """The part of a stream that is in memory: `data[at:end]`, in one buffer that is used again and again.

    A buffer is never resized, only replaced, so that views of it may outlive what made them.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk = memoryview(b"")  # what of the last chunk is not in the buffer yet
        self.data = bytearray()
        self.at = self.end = 0
        self.ended = False  # the chunks gave all

    def fill(self, size: int) -> int:
        """Have `size` bytes in memory, or all that there are; answers how many there are."""
        while (have := self.end - self.at) < size and not self.ended:
            if not self._chunk:
                chunk = next(self._chunks, None)
                self.ended = chunk is None
                self._chunk = memoryview(chunk or b"")
            taken = self._chunk[: size - have]
            self._make_room(have, have + len(taken), size)
            self.data[self.end : self.end + len(taken)] = taken
            self.end += len(taken)
            self._chunk = self._chunk[len(taken) :]
        return have

    def _make_room(self, have: int, needed: int, wanted: int) -> None:
        if self.at + needed <= len(self.data):
            return
        kept = memoryview(self.data)[self.at : self.end]
        if needed > len(self.data):
            self.data = bytearray(min(wanted, max(needed, 2 * len(self.data))))
        memoryview(self.data)[:have] = kept
        self.at, self.end = 0, have

    def view(self, size: int) -> memoryview:
        """Lend the next `size` bytes, as long as nothing more is asked for."""
        return memoryview(self.data)[self.at : self.at + size]

    def drain(self) -> int:
        """Pass over all the rest without keeping it; answers how many bytes it was."""
        rest = self.end - self.at + len(self._chunk) + sum(len(chunk) for chunk in self._chunks)
        self.at, self.ended, self._chunk = self.end, True, memoryview(b"")
        return rest


class Cutter:
    """Takes block after block from a stream, for slices of `max_bytes`."""

    def __init__(
        self,
        chunks: Iterable[bytes],
        *,
        dialect: Dialect,
        width: int,
        min_width: int,
        max_bytes: int,
        final: bool,
        at_start: bool,
        limits: Limits,
        widest: int | None = None,
        screen: Screen | None = None,
    ) -> None:
        self._window = Window(chunks)
        self._dialect = dialect
        self._width = width
        self._min_width = min_width
        self._max_bytes = max_bytes
        self._final = final
        self._at_start = at_start
        self._limits = limits
        self._screen = screen
        self._widest = widest  # fields of the widest row so far; None: narrower ones may follow
        self._taken = 0  # bytes of the slice so far

    def next_block(self) -> Block:
        """Cut the next block; after one that ends the stream there is none."""
        mark = self._pass_byte_order_mark()
        target = self._bounded(max(1, min(self._limits.block, self._max_bytes - self._taken - mark)))
        cut, exact = self._likely_cut(target)
        try:
            cut = self._with_rest(cut)
            parsed = self._read(cut, exact=exact)
        except OpenQuoteError:
            cut = self._with_rest(self._exact_cut(target))
            parsed = self._read(cut, exact=True)
        if self._widest is not None:
            self._widest = max(self._widest, parsed.widest)
        self._window.at += cut
        self._taken += cut + mark
        seen = self._window.fill(1)
        # Where all the rest is in memory and shorter than a block, what is left after the cut is no complete record.
        if seen == 0 or cut == 0 or (self._window.ended and seen + cut <= target and not self._final):
            return self._last_block(parsed, cut + mark, mark)
        ends_slice = self._taken >= self._max_bytes
        if ends_slice:
            self._taken = 0
        return Block(parsed=parsed, consumed=cut + mark, mark=mark, ends_slice=ends_slice)

    def _bounded(self, target: int) -> int:
        """Return how many of so many bytes a block takes, for the records that they hold."""
        window = self._window
        have = min(window.fill(target), target)
        looked_at = window.data[window.at : window.at + have : _EVERY]
        records = _EVERY * max(looked_at.count(b"\n"), looked_at.count(b"\r"))
        return target if records <= self._limits.records else max(1, have * self._limits.records // records)

    def _pass_byte_order_mark(self) -> int:
        if not self._at_start:
            return 0
        self._at_start = False
        window = self._window
        window.fill(len(BOM))
        if bytes(window.view(len(BOM))) != BOM:
            return 0
        window.at += len(BOM)
        return len(BOM)

    def _last_block(self, parsed: Parsed, consumed: int, mark: int) -> Block:
        """Cut what ends the stream: where the file is whole, what cannot be read is rejected; else it waits."""
        window = self._window
        parsed = without_totals(parsed)
        seen = window.fill(1)
        end = min(window.end, window.at + self._limits.record)
        open_quote = seen > 0 and self._dialect.record(window.data, window.at, end) is None
        too_long = seen > 0 and not window.ended
        if seen and self._final:
            raw = bytes(window.data[window.at : min(window.end, window.at + RAW_LIMIT)])
            rest = window.drain()
            reject = Reject(
                number=0,
                offset=0,
                reason="open_quote" if open_quote else "too_long",
                detail=f"bytes={rest}, to the end of the file",
                raw=raw,
            )
            parsed = replace(parsed, rejects=table_of([reject]), records=1)
            consumed, open_quote, too_long = consumed + rest, False, False
        return Block(
            parsed=parsed,
            consumed=consumed,
            mark=mark,
            ends_slice=True,
            ends_stream=True,
            held_back=window.end - window.at,
            open_quote=open_quote,
            too_long=too_long and not open_quote,
            exhausted=window.ended,
        )

    def _read(self, cut: int, *, exact: bool) -> Parsed:
        data = self._window.view(cut)
        parsed = read_block(
            data,
            dialect=self._dialect,
            width=self._width,
            min_width=self._min_width,
            exact=exact,
            widest=self._widest,
        )
        if self._screen is None:
            return replace(parsed, found=None)
        following, _ = self._following(cut)
        is_followed = following is not None and self._is_row(following)
        return screened(parsed, data, screen=self._screen, dialect=self._dialect, is_followed=is_followed)

    def _with_rest(self, cut: int) -> int:
        """Take in lines of one field below the last record: maybe the rest of its last value, if a line break stands in it."""
        if self._screen is None or self._width == 1 or cut == 0:
            return cut
        for _ in range(_LINES_OF_A_VALUE):
            following, end = self._following(cut)
            if following is None or len(self._dialect.fields(following)) > 1:
                break
            cut = end
        return cut

    def _following(self, cut: int) -> tuple[bytes | None, int]:
        """Return the record behind the block and where it ends; None where it is not a complete one that is short."""
        window = self._window
        have = min(window.fill(cut + _LOOK_AHEAD), cut + _LOOK_AHEAD)
        found = self._dialect.record(window.data, window.at + cut, window.at + have)
        if found is None or (found[2] == window.at + have and not (self._final and window.ended)):
            return None, cut
        return bytes(window.data[found[0] : found[1]]), found[2] - window.at

    def _likely_cut(self, target: int) -> tuple[int, bool]:
        """Tell how many bytes the block has, probably, and whether that is certain."""
        window = self._window
        have = window.fill(target + _LOOK_AHEAD)
        if have <= target and window.ended:
            return self._likely_tail(target)
        end = window.at + min(have, target + _LOOK_AHEAD)
        is_open = not window.ended  # what reaches the end may go on behind it
        for found in _LINE_END.finditer(window.data, window.at + target - 1, end):
            following = self._dialect.record(window.data, found.end(), end)
            # What follows a line break inside quotes hardly ever has the fields of a row; too little to tell counts as a row.
            reaches_end = following is not None and following[2] == end
            if following is None or (reaches_end and is_open) or self._is_row(bytes(window.data[following[0] : following[1]])):
                return found.end() - window.at, False
        return self._exact_cut(target), True

    def _is_row(self, record: bytes) -> bool:
        return self._min_width <= len(self._dialect.fields(record)) <= self._width

    def _likely_tail(self, target: int) -> tuple[int, bool]:
        """Cut likewise at the end of the stream, which is in memory."""
        data, start, stop = self._window.data, self._window.at, self._window.end
        end = max(data.rfind(b"\n", start, stop), data.rfind(b"\r", start, stop)) + 1
        if (end < stop and self._final) or end == 0 or data.count(b'"', start, end) % 2:
            return self._exact_cut(target), True
        return end - start, False

    def _exact_cut(self, target: int) -> int:
        """Count the bytes of complete records, `target` or less, or else of one longer record; 0 where there is none."""
        window = self._window
        have = window.fill(target)
        cut = self._dialect.last_end(window.data, window.at, window.at + min(target, have)) - window.at
        if window.ended and have <= target:
            rest = self._dialect.record(window.data, window.at + cut, window.at + have)
            return have if self._final and rest is not None else cut
        if cut > 0:
            return cut
        have = min(window.fill(self._limits.record), self._limits.record)
        found = self._dialect.record(window.data, window.at, window.at + have)
        if found is None or (found[1] == found[2] and not (self._final and window.ended)):
            return 0
        return found[2] - window.at
