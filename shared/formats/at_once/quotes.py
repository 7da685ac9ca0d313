"""Where in a text quotes open and close, by the rules of `shared.formats.dialect`, found for all quotes at once.

Mostly they do so in turns. Else, what a quote does depends on whether it stands inside quotes, and that on all before it. But
quotes that stand side by side are one run, and a run does one of three things, whatever was before: it turns inside and outside
round, leaves them, or ends outside. So the state before each run follows from how often it was turned since a run last ended
outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.formats.at_once.arrays import Flags, Numbers
from shared.formats.at_once.marks import TextMarks
from shared.formats.dialect import Dialect

_NONE: Numbers = np.empty(0, np.int64)


@dataclass(frozen=True, kw_only=True)
class Quotes:
    """The quotes of a text that begins outside quotes."""

    inside: Flags  # by mark, of those that are no quotes: between an opening quote and its closing one
    overrun: Numbers  # marks: closing quotes behind which the field goes on
    stray: Numbers  # marks: first quotes of runs that are data, in a field without quotes, or behind its closing quote
    closed: bool  # the text ends outside


def stand_in_turns(data: memoryview, dialect: Dialect) -> bool:
    """Tell from the bytes beside them whether all quotes do so: where these are few, marks would take several times as long."""
    text, quote = np.frombuffer(data, np.uint8), ord(dialect.quote)
    quotes = np.flatnonzero(text == quote)
    if not len(quotes):
        return True
    if dialect.spaced or len(quotes) % 2:
        return False
    beside = np.zeros(256, np.bool_)
    beside[list(dialect.delimiter + dialect.quote + b"\r\n")] = True
    opens, closes = beside[text[quotes[::2] - 1]], beside[text[np.minimum(quotes[1::2] + 1, len(text) - 1)]]
    opens[0] |= quotes[0] == 0
    return bool(opens.all() and closes.all())


def quotes_of(marks: TextMarks) -> Quotes:
    """Follow all quotes of a text in which no escape stands, and no space that belongs to a delimiter."""
    if marks.in_turns:
        closed = not (len(marks.turned) and marks.turned[-1])
        return Quotes(inside=marks.turned, overrun=_NONE, stray=_NONE, closed=closed)
    return _by_runs(marks)


def _by_runs(marks: TextMarks) -> Quotes:
    beside = marks.is_quote[1:] & marks.is_quote[:-1] & marks.joins[1:-1]  # each quote behind another
    starts = np.flatnonzero(marks.is_quote & ~np.append([False], beside))
    ends = np.flatnonzero(marks.is_quote & ~np.append(beside, [False]))
    odd = ((ends - starts) & 1) == 0
    opens = marks.follows[starts]
    inside = _inside_before(turns=odd & opens, ends_outside=odd & ~opens)
    opening = ~inside & opens
    closes = ends[np.where(inside, odd, opens & ~odd)]
    turns = np.zeros(len(marks.places), np.int8)
    turns[starts[opening]] = 1
    turns[closes] -= 1
    return Quotes(
        inside=np.cumsum(turns, dtype=np.int8).view(np.bool_),
        overrun=closes[~marks.leads[closes]],
        stray=starts[~inside & ~opens],
        closed=int(opening.sum()) == len(closes),
    )


def _inside_before(*, turns: Flags, ends_outside: Flags) -> Flags:
    """Tell before which runs the text is inside quotes."""
    turned = np.append(np.uint8(0), np.cumsum(turns, dtype=np.uint8))  # of which the last bit alone counts
    last = np.where(ends_outside, np.arange(1, len(turns) + 1, dtype=np.int32), np.int32(0))
    np.maximum.accumulate(last, out=last)
    found: Flags = ((turned - turned[np.append(np.int32(0), last)]) & 1)[:-1].view(np.bool_)
    return found
