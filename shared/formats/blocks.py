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
from pyarrow import csv

from shared.errors import Internal
from shared.formats.dialect import BOM, Dialect
from shared.formats.many_records import many_records
from shared.formats.rejects import NONE, RAW_LIMIT, Reject, Width, field_type, invalid_utf8, joined, moved, table_of

LEAF: Final = 32 * 1024
"""Bytes below which a part is read record by record: halving further would cost more than it saves."""
_MANY: Final = 2_000  # odd rows of a block: reading more of them one by one takes memory and time


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What a block holds: `records` of them, each either a row of `table` or a reject."""

    table: pa.Table  # `width` columns of string, named "0", "1", ...
    numbers: pa.Array  # int64: which record each row is, 0 for the block's first
    rejects: pa.Table  # `shared.formats.rejects.SCHEMA`, by number
    records: int
    widest: int  # fields of the widest row taken, 0 if there is none
    totals: pa.Table = field(default_factory=lambda: NONE)  # likewise, of the last rows: totals, if the file ends here


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
        if first is None or bytes(data[: len(BOM)]) == BOM or not (_is_utf8(data) and self._dialect.is_regular(data)):
            return None
        width = len(self._dialect.fields(bytes(data[first[0] : first[1]])))
        odd: list[tuple[int, int, bytes]] = []
        table = self._parse(data, width if self._low <= width <= self._width else self._width, odd)
        if table is None:
            return self._crowded(data)
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

    def _parse(self, data: bytes | memoryview, width: int, odd: list[tuple[int, int, bytes]] | None) -> pa.Table | None:
        """Return a table of the rows with `width` fields, the others to `odd` as (number, fields, text); None: too many."""
        names = [str(column) for column in range(width)]
        if data[-1] not in b"\r\n":
            data = bytes(data) + b"\n"  # pyarrow 26 reads an empty last field behind a quoted one as "" where none follows

        most = max(_MANY, len(data) // 256)

        def set_aside(row: csv.InvalidRow) -> str:
            if odd is None or len(odd) > most:
                return "error"
            odd.append((row.number - 1, row.actual_columns, row.text.encode()))
            return "skip"

        try:
            table = csv.read_csv(
                pa.BufferReader(pa.py_buffer(data)),
                # One block and one thread: row numbers are exact then, and the slices keep the other core busy.
                read_options=csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
                parse_options=csv.ParseOptions(
                    delimiter=self._dialect.delimiter.decode(),
                    quote_char=self._dialect.quote.decode(),
                    newlines_in_values=True,
                    invalid_row_handler=set_aside,
                ),
                convert_options=csv.ConvertOptions(
                    check_utf8=False,  # the block as a whole was checked, which is faster and the same
                    column_types=dict.fromkeys(names, field_type()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            if odd is not None and len(odd) > most:
                return None
            raise
        return _unspaced(table) if self._dialect.spaced else table

    def _ends_outside_quotes(self, table: pa.Table, odd: Sequence[tuple[int, int, bytes]], records: int) -> bool:
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

    def _with_odd_rows(
        self, data: memoryview, table: pa.Table, odd: Sequence[tuple[int, int, bytes]], records: int
    ) -> Parsed | None:
        """Return the block's rows of every legal width in their order, the others as rejects."""
        low, high = self._low, self._width
        bad = {number: (width, low) for number, width, _ in odd if not low <= width <= high}
        regular = bytearray(b"\x01") * records
        for number, _, _ in odd:
            regular[number] = 0
        numbers = pc.indices_nonzero(pa.array(memoryview(regular), pa.uint8()))
        if self._grows and (truncated := self._truncated(table.num_columns, odd, records)):
            bad |= truncated
            whole = pc.invert(pc.is_in(numbers, pa.array(list(truncated), numbers.type)))
            table, numbers = table.filter(whole), numbers.filter(whole)
        good = [row for row in odd if row[0] not in bad] if bad else odd
        widest = table.num_columns if table.num_rows else 0
        table = self._padded(table)
        if good:
            # One text for all widths: a narrow row with the missing delimiters put behind it reads as the nulls it lacks.
            pads = [self._dialect.delimiter * (high - width) for width in range(high + 1)]
            text = b"\n".join([text + pads[width] for _, width, text in good])
            if text.startswith(BOM):
                return None
            order = pa.concat_arrays([numbers, pa.array([number for number, _, _ in good], pa.uint64())])
            sorted_by = pc.sort_indices(order)
            table = pa.concat_tables([table, self._parse(text, high, None)]).combine_chunks().take(sorted_by)
            numbers = order.take(sorted_by)
            widest = max(widest, *(width for _, width, _ in good))
        return Parsed(
            table=table,
            numbers=numbers.cast(pa.int64()),
            rejects=self._rejects(data, bad),
            records=records,
            widest=widest,
        )

    def _truncated(self, regular: int, odd: Sequence[tuple[int, int, bytes]], records: int) -> dict[int, tuple[int, int]]:
        """Find the rows with fewer fields than one before them: number to (fields, fields of the widest row before)."""
        widths = array("i", [regular]) * records
        for number, width, _ in odd:
            widths[number] = width if width <= self._width else 0
        fields = pa.array(memoryview(widths), pa.int32())
        before = pc.max_element_wise(pc.cumulative_max(fields), self._low)
        narrower = pc.indices_nonzero(pc.less(fields, before)).to_pylist()
        return {number: (widths[number], before[number].as_py()) for number in narrower if widths[number]}

    def _rejects(self, data: memoryview, bad: dict[int, tuple[int, int]]) -> pa.Table:
        """Return the records of those numbers, widths and least legal widths, found again in the block."""
        rejects: list[Reject] = []
        at, number = 0, 0
        while len(rejects) < len(bad) and (found := self._dialect.record(data, at, len(data))) is not None:
            start, end, at = found
            if number in bad:
                rejects.append(self._wrong_width(number, start, bytes(data[start:end]), *bad[number]))
            number += 1
        return table_of(rejects)

    def _wrong_width(self, number: int, offset: int, raw: bytes, fields: int, low: int) -> Reject:
        reason, detail = self._told(fields, low)
        return Reject(number=number, offset=offset, reason=reason, detail=detail, raw=raw)

    def _told(self, fields: int, low: int) -> tuple[Width, str]:
        reason: Width = "too_wide" if fields > self._width else "too_narrow" if fields < self._min_width else "truncated"
        return reason, f"fields={fields} min={low if reason == 'truncated' else self._min_width} max={self._width}"

    def _crowded(self, data: memoryview) -> Parsed | None:
        """Read a block in which many rows are odd: without quotes, its records are told apart all at once, not one by one."""
        if self._dialect.quote in bytes(data):
            return None
        found = many_records(data, self._dialect.delimiter)
        low = np.full(len(found.widths), self._low)
        if self._grows:
            legal = np.where(found.widths <= self._width, found.widths, 0)
            low[1:] = np.maximum(low[1:], np.maximum.accumulate(legal)[:-1])
        good = (low <= found.widths) & (found.widths <= self._width)
        text = found.text_of(good)
        rows = _Reader(self._dialect, self._width, self._min_width, None).fast(memoryview(text), exact=True) if text else None
        if (text and (rows is None or rows.rejects.num_rows)) or int((found.ends - found.starts).max()) > RAW_LIMIT:
            return None
        kinds, index = np.unique(np.stack([found.widths[~good], low[~good]], axis=1), axis=0, return_inverse=True)
        told = [self._told(int(fields), int(least)) for fields, least in kinds]
        empty = pa.table({str(column): pa.array([], field_type()) for column in range(self._width)})
        return Parsed(
            table=rows.table if rows else empty,
            numbers=pa.array(np.flatnonzero(good), pa.int64()),
            rejects=found.rejected(~good, index.ravel(), told),
            records=len(good),
            widest=int(found.widths[good].max(initial=0)),
        )

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
            if not _is_utf8(raw):
                rejects.append(invalid_utf8(number, start, raw))
            elif fault is not None:
                detail = f"fields={len(values)}, of which quotes leave in doubt where they end"
                rejects.append(Reject(number=number, offset=start, reason=fault, detail=detail, raw=raw))
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


def _unspaced(table: pa.Table) -> pa.Table:
    """Take the space that belongs to the delimiter off each value; in the block are no quotes that would keep it."""
    bare = [pc.replace_substring_regex(column, "^ ", "") for column in table.columns[1:]]
    columns = [pc.if_else(pc.equal(column, ""), pa.scalar(None, field_type()), column) for column in bare]
    return pa.table([table.column(0), *columns], names=table.column_names)


def _is_utf8(data: bytes | memoryview) -> bool:
    """Tell what `data.decode()` would, without making a second copy of the block."""
    ends = pa.array([0, len(data)], pa.int32()).buffers()[1]
    try:
        pa.StringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
