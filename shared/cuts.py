"""Blocks of complete records from a stream of chunks, and where each slice is cut.

A block ends with the first record that reaches a set size. Finding that exactly means following every quote, so the end is
guessed first from the parity of quotes (a line break after an even number of them), and the parser, which follows every quote
anyway, says whether it was right. Only where it was not is the end found exactly.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.blocks import RAW_LIMIT, Columns, OpenQuoteError, Reject, read_block
from shared.dialect import BOM, Dialect

_LOOK_AHEAD: Final = 64 * 1024
_LINE_END: Final = re.compile(rb"\r\n?|\n")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is held in memory. The same limits and bytes make the same blocks."""

    block: int = 8 * 1024 * 1024
    """Bytes that are parsed and encoded at a time: a row group of the part."""
    record: int = 16 * 1024 * 1024
    """Bytes that a record may have. Most of a Dataverse row fits four times over; a lost quote must not take all memory."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Some complete records of a slice, and whether the slice or the stream ends with them."""

    columns: Columns
    consumed: int  # bytes of the stream
    mark: int  # of which a byte order mark in front, before the offsets in `columns` begin
    ends_slice: bool = False
    ends_stream: bool = False  # nothing follows that can be read now; ends the slice too
    held_back: int = 0  # bytes seen after the block that wait, where it ends the stream
    open_quote: bool = False
    too_long: bool = False
    exhausted: bool = False


class Window:
    """The part of a stream that is in memory."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.data = b""
        self.at = 0  # the next byte to read
        self.ended = False  # the chunks gave all

    def fill(self, size: int) -> int:
        """Have `size` bytes in memory, or all that there are; answers how many there are."""
        missing = size - (len(self.data) - self.at)
        if missing > 0 and not self.ended:
            parts = [self.data[self.at :]]
            while missing > 0 and not self.ended:
                chunk = next(self._chunks, None)
                if chunk is None:
                    self.ended = True
                else:
                    parts.append(chunk)
                    missing -= len(chunk)
            self.data, self.at = b"".join(parts), 0
        return len(self.data) - self.at

    def drain(self) -> int:
        """Pass over all the rest without keeping it; answers how many bytes it was."""
        rest = len(self.data) - self.at + sum(len(chunk) for chunk in self._chunks)
        self.data, self.at, self.ended = b"", 0, True
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
    ) -> None:
        self._window = Window(chunks)
        self._dialect = dialect
        self._width = width
        self._min_width = min_width
        self._max_bytes = max_bytes
        self._final = final
        self._at_start = at_start
        self._limits = limits
        self._taken = 0  # bytes of the slice so far

    def next_block(self) -> Block:
        """The next block; after one that ends the stream there is none."""
        mark = self._pass_byte_order_mark()
        target = max(1, min(self._limits.block, self._max_bytes - self._taken - mark))
        cut, exact = self._likely_cut(target)
        try:
            columns = self._read(cut, exact=exact)
        except OpenQuoteError:
            cut = self._exact_cut(target)
            columns = self._read(cut, exact=True)
        if cut == 0:
            return self._last_block(columns, mark)
        self._window.at += cut
        self._taken += cut + mark
        ends_stream = self._window.fill(1) == 0
        ends_slice = ends_stream or self._taken >= self._max_bytes
        if ends_slice:
            self._taken = 0
        return Block(
            columns=columns,
            consumed=cut + mark,
            mark=mark,
            ends_slice=ends_slice,
            ends_stream=ends_stream,
            exhausted=ends_stream,
        )

    def _pass_byte_order_mark(self) -> int:
        if not self._at_start:
            return 0
        self._at_start = False
        window = self._window
        window.fill(len(BOM))
        if not window.data.startswith(BOM, window.at):
            return 0
        window.at += len(BOM)
        return len(BOM)

    def _last_block(self, columns: Columns, mark: int) -> Block:
        """What ends the stream where no further record can be read: it waits, or where the file is whole it is rejected."""
        window = self._window
        seen = window.fill(1)
        end = min(len(window.data), window.at + self._limits.record)
        open_quote = seen > 0 and self._dialect.record(window.data, window.at, end) is None
        too_long = not window.ended
        consumed = mark
        if self._final and seen:
            raw = window.data[window.at : window.at + RAW_LIMIT]
            rest = window.drain()
            reject = Reject(
                number=0,
                offset=0,
                reason="open_quote" if open_quote else "too_long",
                detail=f"bytes={rest}, to the end of the file",
                raw=raw,
            )
            columns = Columns(table=columns.table, numbers=columns.numbers, rejects=(reject,), records=1, widest=columns.widest)
            seen, consumed, open_quote, too_long = 0, mark + rest, False, False
        return Block(
            columns=columns,
            consumed=consumed,
            mark=mark,
            ends_slice=True,
            ends_stream=True,
            held_back=len(window.data) - window.at,
            open_quote=open_quote,
            too_long=too_long and not open_quote,
            exhausted=window.ended,
        )

    def _read(self, cut: int, *, exact: bool) -> Columns:
        start = self._window.at
        return read_block(
            self._window.data[start : start + cut],
            dialect=self._dialect,
            width=self._width,
            min_width=self._min_width,
            exact=exact,
        )

    def _likely_cut(self, target: int) -> tuple[int, bool]:
        """How many bytes the block has, probably, and whether that is certain."""
        window = self._window
        have = window.fill(target + _LOOK_AHEAD)
        if have <= target and window.ended:
            return self._likely_tail(target)
        limit = target + self._limits.record
        scanned, odd = target - 1, window.data.count(b'"', window.at, window.at + target - 1) % 2
        while True:
            found = _LINE_END.search(window.data, window.at + scanned, window.at + limit)
            # A CR that ends what is in memory may be the first half of a CRLF.
            if found is None or (found.end() == len(window.data) and not window.ended):
                if window.ended or have >= limit:
                    return self._exact_cut(target), True
                have = window.fill(min(limit, have * 2))
                continue
            odd ^= window.data.count(b'"', window.at + scanned, found.start()) % 2
            scanned = found.end() - window.at
            if not odd:
                return scanned, False

    def _likely_tail(self, target: int) -> tuple[int, bool]:
        """The same for the end of the stream, which is in memory."""
        data, start = self._window.data, self._window.at
        end = max(data.rfind(b"\n", start), data.rfind(b"\r", start)) + 1
        if (end < len(data) and self._final) or end == 0 or data.count(b'"', start, end) % 2:
            return self._exact_cut(target), True
        return end - start, False

    def _exact_cut(self, target: int) -> int:
        """How many bytes of complete records there are, `target` or less, or else one longer record; 0 where there is none."""
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
