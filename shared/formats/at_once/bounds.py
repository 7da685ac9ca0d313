"""Where each record of a text begins and ends, how many fields it has, and its fault: for all records at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.formats.at_once.arrays import Bytes, Flags, Numbers, Offsets
from shared.formats.at_once.marks import TextMarks, marks_of
from shared.formats.at_once.quotes import Quotes, quotes_of
from shared.formats.dialect import BOM, Dialect, Fault

FAULTS: Final[tuple[Fault, ...]] = ("text_after_quote", "stray_quotes", "doubled_escape")


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a text, in order, and the lines that they are among."""

    text: Bytes
    marks: TextMarks
    quotes: Quotes | None  # None: there are none
    separators: Numbers  # where each field of each line ends: a delimiter, a line break, or the end of the text
    lines: Numbers  # separators of each line; of an empty one, which is no record, there is one
    is_record: Flags  # by line
    starts: Numbers  # of each record
    ends: Numbers  # of each record, without the line break
    widths: Numbers  # fields of each record

    def text_of(self, chosen: Flags, pads: Numbers, delimiter: bytes) -> memoryview:
        """Return some of them as lines, each with so many delimiters behind it."""
        if not len(pads):
            return memoryview(b"")
        if not pads.any():
            if len(pads) == len(chosen):
                return self.text[self.starts[0] :].data
            edges = np.append(self.starts, len(self.text)).astype(np.int32)
            return _content(_pieces(self.text, edges).take(pa.array(np.flatnonzero(chosen))))
        records = spans(self.text, self.starts[chosen], self.ends[chosen])
        behind = pa.array([delimiter * pad + b"\n" for pad in range(int(pads.max()) + 1)], pa.binary())
        return _content(pc.binary_join_element_wise(records, behind.take(pa.array(pads)), b""))

    def faults(self, dialect: Dialect) -> Numbers:
        """Return why the values of each are in doubt: an index into `FAULTS`, -1: they are not (`Dialect.fault`)."""
        found = np.full(len(self.starts), -1)
        if not dialect.strict:
            return found
        if self.quotes is not None:
            stray = self.marks.places[self.quotes.stray]
            record, field = self._of(stray), np.searchsorted(self.separators, stray)
            is_new = np.append([True], field[1:] != field[:-1])[: len(stray)]
            found[np.bincount(record[is_new], minlength=len(found)) > 1] = FAULTS.index("stray_quotes")
            if not dialect.escape:
                found[self._of(stray[self.text[stray - 1] == ord("\\")])] = FAULTS.index("stray_quotes")
            found[self._of(self.marks.places[self.quotes.overrun])] = FAULTS.index("text_after_quote")
        if dialect.may_be_escaped:
            escapes = np.flatnonzero(self.text == ord("\\"))
            found[self._of(escapes[1:][escapes[1:] == escapes[:-1] + 1])] = FAULTS.index("doubled_escape")
        return found

    def _of(self, places: Numbers) -> Numbers:
        return np.searchsorted(self.starts, places, "right") - 1


def spans(text: Bytes, starts: Numbers, ends: Numbers) -> pa.BinaryArray:
    """Return what stands between some places of a text, which are in order and do not overlap."""
    if not len(starts):
        return pa.array([], pa.binary())
    edges = np.empty(2 * len(starts), np.int32)
    edges[::2], edges[1::2] = starts, ends
    return _pieces(text, edges).take(pa.array(np.arange(0, len(edges), 2, dtype=np.int32)))


def _pieces(text: Bytes, edges: Offsets) -> pa.BinaryArray:
    """Return a text cut at some places, without copying it."""
    return pa.Array.from_buffers(pa.binary(), len(edges) - 1, [None, pa.py_buffer(edges), pa.py_buffer(text)])


def _content(array: pa.BinaryArray) -> memoryview:
    """Return the values of an array, one behind the other, without copying them."""
    _, offsets, values = array.buffers()
    ends = np.frombuffer(offsets, np.int32)
    return memoryview(values)[ends[array.offset] : ends[array.offset + len(array)]]


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
    marks = marks_of(text, dialect)
    quotes: Quotes | None = None
    separators, is_break = marks.places, marks.is_break
    if marks.is_quote.any():
        quotes = quotes_of(marks)
        if dialect.spaced or not quotes.closed:
            return None
        outside = np.flatnonzero(~(marks.is_quote | quotes.inside))
        separators, is_break = separators[outside], is_break[outside]
    breaks = np.flatnonzero(is_break)
    if not (len(breaks) and separators[breaks[-1]] == len(text) - 1):  # the last line ends where the text does
        separators, breaks = np.append(separators, len(text)), np.append(breaks, len(separators))
    ends = separators[breaks]
    starts = np.append([0], ends[:-1] + 1)
    lines, is_record = np.diff(breaks, prepend=-1), starts < ends
    widths = lines
    if not is_record.all():
        starts, ends, widths = starts[is_record], ends[is_record], lines[is_record]
    return Records(
        text=text,
        marks=marks,
        quotes=quotes,
        separators=separators,
        lines=lines,
        is_record=is_record,
        starts=starts,
        ends=ends,
        widths=widths,
    )
