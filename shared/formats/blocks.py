"""One block of complete records to columns of text, by pyarrow where the rows are regular and exactly where they are not.

The fast path hands the block to pyarrow and lets it set rows of another width aside. A block that it cannot take (invalid
UTF-8, quotes in doubt) is halved until the part is small, and only that part goes through the exact path. Both
follow the rules of `shared.formats.dialect`; a property test holds them together.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.errors import Internal
from shared.formats.at_once.arrays import Flags
from shared.formats.at_once.bounds import FAULTS, Records, records_of
from shared.formats.at_once.parsing import OddRow, is_utf8, parsed_rows
from shared.formats.at_once.quotes import stand_in_turns
from shared.formats.at_once.set_aside import set_aside
from shared.formats.at_once.utf8 import REASONS, first_faults
from shared.formats.dialect import BOM, Dialect
from shared.formats.rejects import (
    NONE,
    RecordReason,
    Reject,
    Width,
    field_type,
    in_doubt,
    invalid_utf8,
    joined,
    moved,
    no_text,
    table_of,
    told_fields,
)

LEAF: Final = 32 * 1024
"""Bytes below which a part is read record by record: halving further would cost more than it saves."""
_PACKED: Final = (1 << 28) - 1  # a count of fields, or a place in a record, none of which is as long


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What a block holds: `records` of them, each either a row of `table` or a reject."""

    table: pa.Table  # `width` columns of string, named "0", "1", ...
    numbers: pa.Array  # int64: which record each row is, 0 for the block's first
    rejects: pa.Table  # `shared.formats.rejects.SCHEMA`, by number
    records: int
    widest: int  # fields of the widest row taken, 0 if there is none
    totals: pa.Table = field(default_factory=lambda: NONE)  # likewise, of the last rows: totals, if the file ends here
    found: Records | None = None  # where its records were told apart at once; as long as the block is in memory


class OpenQuoteError(Internal):
    """The block ends inside quotes, or may do so: find its end exactly and read it again."""


def read_block(
    data: memoryview, *, dialect: Dialect, width: int, min_width: int, exact: bool, widest: int | None = None
) -> Parsed:
    """Bind the records of `data` by position to `width` columns; rows of `min_width` fields or more are padded with nulls.

    Where widths only grow, `widest` is the widest row before the block: one narrower than any before it was cut off.
    `data` holds complete records. Where that was only guessed (`exact` false) OpenQuoteError is raised unless it is certain.
    """
    reader = _Reader(dialect, width, min_width, widest)
    fast = reader.fast(data, exact=exact)
    if fast is not None:
        return fast
    if not exact:
        raise OpenQuoteError
    return reader.halved(data)


class _Reader:
    """Reads blocks of one shape."""

    def __init__(self, dialect: Dialect, width: int, min_width: int, widest: int | None) -> None:
        self._dialect, self._width, self._min_width = dialect, width, min_width
        self._grows = widest is not None
        self._low = max(min_width, widest or 0)  # fields of the narrowest row that may come first

    def fast(self, data: memoryview, *, exact: bool) -> Parsed | None:
        """Read the block through pyarrow; None where only the exact path gets it right."""
        first = self._dialect.record(data, 0, len(data))
        if first is None and not bytes(data).strip(b"\r\n"):
            return Parsed(table=self._empty(), numbers=pa.array([], pa.int64()), rejects=NONE, records=0, widest=0)
        if first is None or bytes(data[: len(BOM)]) == BOM:
            return None
        if not (is_utf8(data) and self._dialect.is_plain(data)):
            return self.at_once(data)
        if self._dialect.strict and not stand_in_turns(data, self._dialect):
            return self.at_once(data)
        width = len(self._dialect.fields(bytes(data[first[0] : first[1]])))
        odd: list[OddRow] = []
        table = self._parsed(data, width if self._low <= width <= self._width else self._width, odd)
        if table is None:
            return self.at_once(data)
        records = table.num_rows + len(odd)
        if not exact and records and not self._ends_outside_quotes(table, odd, records):
            raise OpenQuoteError
        if not odd:
            return Parsed(
                table=self._padded(table),
                numbers=pa.arange(0, records),
                rejects=NONE,
                records=records,
                widest=table.num_columns if records else 0,
            )
        return self._with_odd_rows(data, table, odd, records)

    def _parsed(self, data: bytes | memoryview, width: int, odd: list[OddRow] | None) -> pa.Table | None:
        legal = range(self._low, self._width + 1)
        return parsed_rows(data, dialect=self._dialect, width=width, legal=legal, odd=odd)

    def _ends_outside_quotes(self, table: pa.Table, odd: Sequence[OddRow], records: int) -> bool:
        """Tell it where it is certain. A block ends in a line break: were that quoted, the last value would hold it."""
        if odd and odd[-1][0] == records - 1:
            text = odd[-1][2]
            found = self._dialect.record(text, 0, len(text))
            return found is not None and found[1] == len(text)
        last = table.column(table.num_columns - 1)[-1].as_py()
        return last is None or not last.endswith(("\r", "\n"))

    def _padded(self, table: pa.Table) -> pa.Table:
        for column in range(table.num_columns, self._width):
            table = table.append_column(str(column), pa.nulls(table.num_rows, field_type()))
        return table

    def _with_odd_rows(self, data: memoryview, table: pa.Table, odd: Sequence[OddRow], records: int) -> Parsed | None:
        """Return the block's rows of every legal width in their order."""
        if self._grows and self._is_truncated(table.num_columns, odd, records):
            return self.at_once(data)
        regular = bytearray(b"\x01") * records
        for number, _, _ in odd:
            regular[number] = 0
        numbers = pc.indices_nonzero(pa.array(memoryview(regular), pa.uint8()))
        # One text for all widths: a narrow row with the missing delimiters put behind it reads as the nulls it lacks.
        pads = [self._dialect.delimiter * (self._width - width) for width in range(self._width + 1)]
        text = b"\n".join([text + pads[width] for _, width, text in odd])
        if text.startswith(BOM):
            return None
        order = pa.concat_arrays([numbers, pa.array([number for number, _, _ in odd], pa.uint64())])
        sorted_by = pc.sort_indices(order)
        rows = pa.concat_tables([self._padded(table), self._parsed(text, self._width, None)]).combine_chunks()
        return Parsed(
            table=rows.take(sorted_by),
            numbers=order.take(sorted_by).cast(pa.int64()),
            rejects=NONE,
            records=records,
            widest=max(table.num_columns if table.num_rows else 0, *(width for _, width, _ in odd)),
        )

    def _is_truncated(self, regular: int, odd: Sequence[OddRow], records: int) -> bool:
        """Tell whether a row has fewer fields than one before it."""
        widths = array("i", [regular]) * records
        for number, width, _ in odd:
            widths[number] = width
        fields = pa.array(memoryview(widths), pa.int32())
        return bool(pc.any(pc.less(fields, pc.max_element_wise(pc.cumulative_max(fields), self._low))).as_py())

    def _wrong_width(self, number: int, offset: int, raw: bytes, fields: int, low: int) -> Reject:
        reason, detail = self._told(fields, low)
        split = told_fields(raw, reason, self._dialect)
        return Reject(number=number, offset=offset, reason=reason, detail=detail, raw=raw, fields=split)

    def _told(self, fields: int, low: int) -> tuple[Width, str]:
        reason: Width = "too_wide" if fields > self._width else "too_narrow" if fields < self._min_width else "truncated"
        return reason, f"fields={fields} min={low if reason == 'truncated' else self._min_width} max={self._width}"

    def at_once(self, data: memoryview) -> Parsed | None:
        """Read a block in which many records cannot be used: all at once, not one by one."""
        found = records_of(data, self._dialect)
        if found is None or not len(found.starts):
            return None
        kinds = found.faults(self._dialect)
        details = np.zeros(len(kinds), np.int64)
        if not is_utf8(data):
            records, places, reasons = first_faults(found.text, found.starts, found.ends)
            kinds[records], details[records] = len(FAULTS) + reasons, places
        low = np.full(len(kinds), self._low)
        sound = kinds < 0
        if self._grows:
            legal = np.where(sound & (found.widths <= self._width), found.widths, 0)
            low[1:] = np.maximum(low[1:], np.maximum.accumulate(legal)[:-1])
        good = sound & (low <= found.widths) & (found.widths <= self._width)
        table = self._rows_of(found, good)
        if table is None:
            return None
        bad = ~good
        # What is told of a record is told of many: each combination is spelled once.
        packed = ((kinds[bad] + 1) << 56) | (np.where(kinds >= len(FAULTS), details, found.widths)[bad] << 28) | low[bad]
        told = pa.array(packed, pa.int64()).dictionary_encode()
        return Parsed(
            table=table,
            numbers=pa.array(np.flatnonzero(good), pa.int64()),
            rejects=set_aside(
                found,
                bad,
                kinds=told.indices.to_numpy(),
                told=[self._unpacked(one) for one in told.dictionary.to_pylist()],
                dialect=self._dialect,
            ),
            records=len(good),
            widest=int(found.widths[good].max(initial=0)),
            found=found,
        )

    def _rows_of(self, found: Records, good: Flags) -> pa.Table | None:
        """Return some records as rows; those that lack fields get delimiters behind them, which read as nulls."""
        text = found.text_of(good, self._width - found.widths[good], self._dialect.delimiter)
        if not text:
            return self._empty()
        table = None if bytes(text[: len(BOM)]) == BOM else self._parsed(text, self._width, None)
        return table if table is not None and table.num_rows == int(good.sum()) else None

    def _empty(self) -> pa.Table:
        return pa.table({str(column): pa.array([], field_type()) for column in range(self._width)})

    def _unpacked(self, packed: int) -> tuple[RecordReason, str]:
        """Say what is wrong with a record: its kind, a number and the fields that are the least."""
        kind, number, low = (packed >> 56) - 1, packed >> 28 & _PACKED, packed & _PACKED
        if kind < 0:
            return self._told(number, low)
        if kind < len(FAULTS):
            return FAULTS[kind], in_doubt(number)
        return "invalid_utf8", no_text(number, REASONS[kind - len(FAULTS)])

    def halved(self, data: memoryview) -> Parsed:
        """Read a block that the fast path refused: both halves again, the smallest part record by record."""
        middle = self._dialect.last_end(data, 0, len(data) // 2) if len(data) > LEAF else 0
        if middle == 0:
            return self.exact(data)
        left = self.fast(data[:middle], exact=True) or self.halved(data[:middle])
        behind = _Reader(self._dialect, self._width, self._min_width, max(self._low, left.widest) if self._grows else None)
        right = behind.fast(data[middle:], exact=True) or behind.halved(data[middle:])
        return Parsed(
            table=pa.concat_tables([left.table, right.table]),
            numbers=pa.concat_arrays([left.numbers, pc.add(right.numbers, left.records)]),
            rejects=joined(left.rejects, moved(right.rejects, numbers=left.records, offset=middle)),
            records=left.records + right.records,
            widest=max(left.widest, right.widest),
        )

    def exact(self, data: memoryview) -> Parsed:
        """Read the block record by record: the slow twin of `fast`, for what pyarrow would refuse as a whole."""
        rows: list[list[str | None]] = []
        numbers: list[int] = []
        rejects: list[Reject] = []
        at, number, widest, low = 0, 0, 0, self._low
        while (found := self._dialect.record(data, at, len(data))) is not None:
            start, end, after = found
            raw, at = bytes(data[start:end]), after
            values, fault = self._dialect.read(raw)
            if not is_utf8(raw):
                rejects.append(invalid_utf8(number, start, raw))
            elif fault is not None:
                rejects.append(Reject(number=number, offset=start, reason=fault, detail=in_doubt(len(values)), raw=raw))
            elif not low <= len(values) <= self._width:
                rejects.append(self._wrong_width(number, start, raw, len(values), low))
            else:
                text = [None if value is None else value.decode() for value in values]
                rows.append(text + [None] * (self._width - len(text)))
                numbers.append(number)
                widest = max(widest, len(values))
                low = max(low, widest) if self._grows else low
            number += 1
        columns = list(zip(*rows, strict=True)) if rows else [()] * self._width
        return Parsed(
            table=pa.table({str(i): pa.array(column, field_type()) for i, column in enumerate(columns)}),
            numbers=pa.array(numbers, pa.int64()),
            rejects=table_of(rejects),
            records=number,
            widest=widest,
        )
