"""Records of text without quotes, told apart all at once: where most of a block is rejected, one by one would take too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from shared.formats.rejects import SCHEMA, Width

Numbers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, kw_only=True)
class ManyRecords:
    """The records of a text, in order."""

    text: np.ndarray[Any, np.dtype[np.uint8]]
    starts: Numbers
    ends: Numbers  # without the line break
    widths: Numbers  # fields

    def text_of(self, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> bytes:
        """Return the lines of some of them."""
        behind = np.append(self.starts[1:], len(self.text))
        return bytes(self.text[self.starts[0] :][np.repeat(chosen, behind - self.starts)]) if len(self.starts) else b""

    def rejected(self, chosen: np.ndarray[Any, np.dtype[np.bool_]], kinds: Numbers, told: list[tuple[Width, str]]) -> pa.Table:
        """Return some of them as rejects; what is wrong with each is an index into a few reasons and details."""
        starts, ends = self.starts[chosen], self.ends[chosen]
        behind = np.append(self.starts[1:], len(self.text)) if len(self.starts) else self.ends
        lengths = np.stack([np.where(chosen, self.ends - self.starts, 0), behind - self.starts], axis=1)
        lengths[:, 1] -= lengths[:, 0]
        taken = np.repeat(np.tile([True, False], len(self.starts)), lengths.ravel())
        raw = self.text[self.starts[0] :][taken] if len(self.starts) else self.text[:0]
        offsets = np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int32)
        index = pa.array(kinds.astype(np.int32))
        return pa.table(
            [
                pa.array(np.flatnonzero(chosen), pa.int64()),
                pa.array(starts, pa.int64()),
                pa.array([reason for reason, _ in told], pa.string()).take(index),
                pa.array([detail for _, detail in told], pa.string()).take(index),
                pa.Array.from_buffers(pa.binary(), len(starts), [None, pa.py_buffer(offsets), pa.py_buffer(raw.tobytes())]),
            ],
            schema=SCHEMA,
        )


def many_records(data: memoryview, delimiter: bytes) -> ManyRecords:
    """Tell the records of a text without quotes apart; empty lines are none."""
    text = np.frombuffer(data, np.uint8)
    breaks = (text == ord("\n")) | (text == ord("\r"))
    edges = np.diff(np.concatenate([[True], breaks, [True]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1)
    marks = np.flatnonzero(text == ord(delimiter))
    widths = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    return ManyRecords(text=text, starts=starts, ends=ends, widths=widths)
