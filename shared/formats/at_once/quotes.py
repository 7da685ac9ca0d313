"""Where in a text quotes open and close, by the rules of `shared.formats.dialect`, found for all quotes at once.

What a quote does depends on whether it stands inside quotes, and that on all before it. But quotes that stand side by side are
one run, and a run does one of three things, whatever was before: it turns inside and outside round, leaves them, or ends
outside.
So the state before each run follows from how often it was turned since a run last ended outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.formats.at_once.arrays import Bytes, Flags, Numbers
from shared.formats.dialect import Dialect


@dataclass(frozen=True, kw_only=True)
class Quotes:
    """The quotes of a text that begins outside quotes."""

    inside: Flags  # by byte: between an opening quote and its closing one
    overrun: Numbers  # closing quotes behind which the field goes on
    stray: Numbers  # first quotes of runs that are data: in a field without quotes, or behind its closing quote
    closed: bool  # the text ends outside


def quotes_of(text: Bytes, dialect: Dialect) -> Quotes:
    """Follow all quotes of a text in which no escape stands, and no space that belongs to a delimiter."""
    quotes = np.flatnonzero(text == ord(dialect.quote))
    first = np.flatnonzero(np.append([True], quotes[1:] != quotes[:-1] + 1)) if len(quotes) else quotes
    starts, lengths = quotes[first], np.diff(np.append(first, len(quotes)))
    ends, odd = starts + lengths - 1, lengths % 2 == 1
    beside = np.zeros(256, bool)
    beside[list(dialect.delimiter + b"\r\n")] = True
    opens = beside[text[starts - 1]] | (starts == 0)
    inside = _inside_before(turns=odd & opens, ends_outside=odd & ~opens)
    opening = ~inside & opens
    closing = np.where(inside, odd, opens & ~odd)
    closes = ends[closing]
    behind = closes[closes + 1 < len(text)]
    marks = np.zeros(len(text) + 1, np.int8)
    marks[starts[opening]] = 1
    marks[closes] -= 1
    return Quotes(
        inside=np.cumsum(marks[:-1], dtype=np.int8).view(np.bool_),
        overrun=behind[~beside[text[behind + 1]]],
        stray=starts[~inside & ~opens],
        closed=int(opening.sum()) == len(closes),
    )


def _inside_before(*, turns: Flags, ends_outside: Flags) -> Flags:
    """Tell before which runs the text is inside quotes."""
    turned = np.append([0], np.cumsum(turns))
    last = np.maximum.accumulate(np.append([0], np.where(ends_outside, np.arange(1, len(turns) + 1), 0)))
    found: Flags = ((turned - turned[last]) % 2 == 1)[:-1]
    return found
