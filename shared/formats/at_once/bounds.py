"""Where each record of a text begins and ends, how many fields it has, and its fault: for all records at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from shared.formats.at_once.arrays import Bytes, Flags, Numbers
from shared.formats.at_once.quotes import Quotes, quotes_of
from shared.formats.dialect import BOM, Dialect, Fault
from shared.formats.rejects import RAW_LIMIT, SCHEMA, RecordReason

FAULTS: Final[tuple[Fault, ...]] = ("text_after_quote", "stray_quotes", "doubled_escape")


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a text, in order."""

    text: Bytes
    starts: Numbers
    ends: Numbers  # without the line break
    marks: Numbers  # delimiters between fields
    widths: Numbers  # fields
    quotes: Quotes | None  # None: there are none

    def lines(self, chosen: Flags, pads: Numbers, delimiter: bytes) -> bytes:
        """Return some of them as lines, each with so many delimiters behind it."""
        lengths = np.stack([(self.ends - self.starts)[chosen], pads, np.ones(len(pads), np.int64)], axis=1)
        made = np.full(int(lengths.sum()), ord(delimiter), np.uint8)
        made[np.repeat(np.tile([True, False, False], len(pads)), lengths.ravel())] = self._content(chosen, None)
        made[np.cumsum(lengths.sum(axis=1)) - 1] = ord("\n")
        return made.tobytes()

    def rejected(self, chosen: Flags, kinds: pa.Array, told: Sequence[tuple[RecordReason, str]]) -> pa.Table:
        """Return some of them as rejects; what is wrong with each is an index into a few reasons and details."""
        starts = self.starts[chosen]
        lengths = np.minimum(self.ends[chosen] - starts, RAW_LIMIT)
        offsets = np.append([0], np.cumsum(lengths)).astype(np.int32)
        raw = self._content(chosen, RAW_LIMIT).tobytes()
        return pa.table(
            [
                pa.array(np.flatnonzero(chosen), pa.int64()),
                pa.array(starts, pa.int64()),
                pa.array([reason for reason, _ in told], pa.string()).take(kinds),
                pa.array([detail for _, detail in told], pa.string()).take(kinds),
                pa.Array.from_buffers(pa.binary(), len(starts), [None, pa.py_buffer(offsets), pa.py_buffer(raw)]),
            ],
            schema=SCHEMA,
        )

    def faults(self, dialect: Dialect) -> Numbers:
        """Return why the values of each are in doubt: an index into `FAULTS`, -1: they are not (`Dialect.fault`)."""
        found = np.full(len(self.starts), -1)
        if not dialect.strict:
            return found
        if self.quotes is not None:
            stray = self.quotes.stray
            record, field = self._of(stray), np.searchsorted(self.marks, stray)
            is_new = np.append([True], (field[1:] != field[:-1]) | (record[1:] != record[:-1]))[: len(stray)]
            found[np.bincount(record[is_new], minlength=len(found)) > 1] = FAULTS.index("stray_quotes")
            if not dialect.escape:
                found[self._of(stray[self.text[stray - 1] == ord("\\")])] = FAULTS.index("stray_quotes")
            found[self._of(self.quotes.overrun)] = FAULTS.index("text_after_quote")
        if dialect.may_be_escaped:
            escapes = np.flatnonzero(self.text == ord("\\"))
            found[self._of(escapes[1:][escapes[1:] == escapes[:-1] + 1])] = FAULTS.index("doubled_escape")
        return found

    def _of(self, places: Numbers) -> Numbers:
        return np.searchsorted(self.starts, places, "right") - 1

    def _content(self, chosen: Flags, most: int | None) -> Bytes:
        if not len(self.starts):
            return self.text[:0]
        lengths = np.where(chosen, self.ends - self.starts, 0)
        if most is not None:
            lengths = np.minimum(lengths, most)
        rest = np.append(self.starts[1:], len(self.text)) - self.starts - lengths
        taken = np.repeat(np.tile([True, False], len(lengths)), np.stack([lengths, rest], axis=1).ravel())
        content: Bytes = self.text[self.starts[0] :][taken]
        return content


def records_of(data: memoryview, dialect: Dialect) -> Records | None:
    """Tell the records of a text apart; empty lines are none. None where that takes reading them one after the other.

    That is: it is empty or ends inside quotes, or in it stands an escape, a quote where spaces belong to delimiters, or a byte
    order mark that is none of its record.
    """
    text = np.frombuffer(data, np.uint8)
    if not len(text):
        return None
    if dialect.escape and (text == ord(dialect.escape)).any():
        return None
    if dialect.strict and (text == BOM[0]).any() and BOM in bytes(data):
        return None
    breaks = (text == ord("\n")) | (text == ord("\r"))
    delimiters = text == ord(dialect.delimiter)
    quotes: Quotes | None = None
    if (text == ord(dialect.quote)).any():
        quotes = quotes_of(text, dialect)
        if dialect.spaced or not quotes.closed:
            return None
        breaks &= ~quotes.inside
        delimiters &= ~quotes.inside
    edges = np.flatnonzero(breaks[1:] != breaks[:-1]) + 1
    edges = np.concatenate([[0] if not breaks[0] else [], edges, [len(text)] if not breaks[-1] else []]).astype(np.int64)
    starts, ends, marks = edges[::2], edges[1::2], np.flatnonzero(delimiters)
    widths = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    return Records(text=text, starts=starts, ends=ends, marks=marks, widths=widths, quotes=quotes)
