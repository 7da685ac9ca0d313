"""Which records are no UTF-8, and from which byte on: what Python's decoder says of each, without asking it for each."""

from __future__ import annotations

from typing import Final

import numpy as np

from shared.formats.at_once.arrays import Bytes, Numbers

REASONS: Final = ("invalid start byte", "invalid continuation byte", "unexpected end of data")
"""As Python's decoder words them."""
_LONGEST: Final = 3  # bytes behind the first of a character


def _tables() -> tuple[Bytes, Bytes, Bytes]:
    """Return by first byte how many follow, and the least and the greatest that the second may be (Unicode, table 3-7)."""
    behind, low, high = (np.zeros(256, np.uint8), np.full(256, 0x80, np.uint8), np.full(256, 0xBF, np.uint8))
    behind[0xC2:0xE0], behind[0xE0:0xF0], behind[0xF0:0xF5] = 1, 2, 3
    low[0xE0], high[0xED], low[0xF0], high[0xF4] = 0xA0, 0x9F, 0x90, 0x8F
    return behind, low, high


_BEHIND, _LOW, _HIGH = _tables()


def first_faults(text: Bytes, starts: Numbers, ends: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return which records are no text, the first byte of each that is wrong, and why: an index into `REASONS`."""
    at = np.flatnonzero(text >= 0x80)
    padded = np.append(text, np.zeros(_LONGEST, np.uint8))
    first = text[at]
    wanted = _BEHIND[first]
    have = np.zeros(len(at), np.uint8)
    for place in range(1, _LONGEST + 1):
        byte = padded[at + place]
        fits = (byte >= _LOW[first]) & (byte <= _HIGH[first]) if place == 1 else (byte >= 0x80) & (byte <= 0xBF)
        have += fits & (wanted >= place) & (have == place - 1)
    begins = wanted > 0
    whole = begins & (have == wanted)
    taken = np.zeros(len(padded), bool)
    for place in range(1, _LONGEST + 1):
        taken[at[whole & (wanted >= place)] + place] = True
    wrong = np.flatnonzero(~whole & ~taken[at])
    record = np.searchsorted(starts, at[wrong], "right") - 1
    is_first = np.append([True], record[1:] != record[:-1])[: len(record)]
    record, wrong = record[is_first], wrong[is_first]
    cut_off = at[wrong] + have[wrong] + 1 == ends[record]
    reasons = np.where(begins[wrong], np.where(cut_off, 2, 1), 0)
    return record, at[wrong] - starts[record], reasons
