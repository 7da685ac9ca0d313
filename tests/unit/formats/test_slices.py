"""Slices: what is in a part, what is rejected, what waits."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import repeat

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.contracts.columns import Column
from shared.formats.cuts import Block, Cutter, Limits
from shared.formats.dialect import Dialect
from shared.formats.model_json import parse_model
from shared.formats.screen import Screen
from shared.formats.slices import Lineage, Slice, SliceSpec, read_slice, read_slices
from shared.formats.table_schema import TableSchema, min_width
from tests.makers.export import GROUP, changes, incremental_export
from tests.makers.rows import spell

LINEAGE = Lineage(source_file="c/t/2023.csv", source_version="0x8D", landed_at=datetime(2026, 11, 23, tzinfo=UTC))


def make_schema(width: int = 3) -> TableSchema:
    return TableSchema(table="t", columns=tuple(Column(name=f"c{place}", type="string") for place in range(width)))


def make_spec(width: int = 3, **extra: object) -> SliceSpec:
    return replace(SliceSpec(schema=make_schema(width), lineage=LINEAGE), **extra)  # type: ignore[arg-type]  # fields by name


def table_of(slice_: Slice) -> pa.Table:
    return pq.read_table(io.BytesIO(slice_.parquet))


def values_of(slice_: Slice) -> list[list[object]]:
    table = table_of(slice_)
    return [list(row.values()) for row in table.select(table.column_names[:-5]).to_pylist()]


def rejects_of(slice_: Slice) -> list[dict[str, object]]:
    if slice_.rejected is None:
        return []
    rows: list[dict[str, object]] = pq.read_table(io.BytesIO(slice_.rejected)).to_pylist()
    return rows


def test_a_part_has_the_tables_columns_as_text_and_the_lineage_of_the_contract() -> None:
    """docs/contracts.md, "Bronze part"."""
    slice_ = read_slice([b'1,,""\n'], make_spec(first_record=7))
    assert table_of(slice_).schema.to_string(show_schema_metadata=False, show_field_metadata=False).splitlines() == [
        *("c0: string", "c1: string", "c2: string"),
        *("_source_file: string", "_source_version: string", "_record_number: int64"),
        *("_landed_at: timestamp[us, tz=UTC]", "_schema_version: string"),
    ]
    assert table_of(slice_).to_pylist() == [
        {
            "c0": "1",
            "c1": None,
            "c2": "",
            "_source_file": "c/t/2023.csv",
            "_source_version": "0x8D",
            "_record_number": 7,
            "_landed_at": LINEAGE.landed_at,
            "_schema_version": make_schema().version,
        }
    ]


def test_rejects_have_the_columns_of_the_contract() -> None:
    slice_ = read_slice([b"1,2,3\n1,2,3,4\n"], make_spec(start=100, first_record=5))
    assert rejects_of(slice_) == [
        {
            "_source_file": "c/t/2023.csv",
            "_source_version": "0x8D",
            "_record_number": 6,
            "_landed_at": LINEAGE.landed_at,
            "_schema_version": make_schema().version,
            "_byte_offset": 106,
            "_reason": "too_wide",
            "_fields": None,
            "_detail": "fields=4 min=3 max=3",
            "_raw": b"1,2,3,4",
        }
    ]
    assert slice_.rejected is not None
    schema = pq.read_schema(io.BytesIO(slice_.rejected))
    assert (schema.field("_raw").type, schema.field("_source_file").type) == (pa.binary(), pa.string())


def test_a_growing_file_is_cut_after_its_last_complete_record_and_the_rest_waits() -> None:
    slice_ = read_slice([b'1,2,3\n4,5,"6\n'], make_spec())
    assert (slice_.consumed, slice_.held_back, slice_.records, slice_.open_quote, slice_.more) == (6, 7, 1, True, False)
    slice_ = read_slice([b"1,2,3\n4,5,6"], make_spec())
    assert (slice_.consumed, slice_.held_back, slice_.records, slice_.open_quote) == (6, 5, 1, False)


def test_the_next_slice_goes_on_where_the_last_one_ended() -> None:
    data = b'1,2,"a\r\nb"\r\n4,5,6\r\n7,8,9\r\n'
    first = read_slice([data[:15]], make_spec())
    spec = make_spec().after(first)
    assert (spec.start, spec.first_record) == (12, 2)
    second = read_slice([data[12:]], spec)
    assert values_of(first) + values_of(second) == [["1", "2", "a\r\nb"], ["4", "5", "6"], ["7", "8", "9"]]
    assert table_of(second).column("_record_number").to_pylist() == [2, 3]


def test_a_whole_file_counts_its_unterminated_last_record() -> None:
    slice_ = read_slice([b"1,2,3\n4,5,6"], make_spec(final=True))
    assert (slice_.consumed, slice_.rows, slice_.held_back, slice_.exhausted) == (11, 2, 0, True)


def test_a_quote_that_never_closes_rejects_the_rest_of_a_whole_file() -> None:
    slice_ = read_slice([b'1,2,3\n4,"5,6\n7,8,9\n'], make_spec(final=True))
    assert (slice_.consumed, slice_.rows, slice_.rejects, slice_.open_quote) == (19, 1, 1, False)
    reject = rejects_of(slice_)[0]
    assert (reject["_reason"], reject["_record_number"], reject["_byte_offset"]) == ("open_quote", 2, 6)
    assert reject["_raw"] == b'4,"5,6\n7,8,9\n'


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("opening", [b'4,"5', b"4,5"])
def test_a_record_without_end_is_never_kept_in_memory_whole(final: bool, opening: bytes) -> None:
    """A lost quote in a file of any size: the rest waits, or is passed over, and counted."""
    limits = Limits(block=1000, record=5000)
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        yield b"1,2,3\n" + opening
        for _ in range(1000):
            taken += 1
            yield b"x" * 1000

    slices = list(read_slices(chunks(), make_spec(final=final, limits=limits)))
    assert sum(slice_.rows for slice_ in slices) == 1
    last, quoted = slices[-1], b'"' in opening
    assert not last.more
    if final:
        assert (taken, last.rejects, sum(slice_.consumed for slice_ in slices)) == (1000, 1, 1_000_006 + len(opening))
        assert [reject["_reason"] for reject in rejects_of(last)] == ["open_quote" if quoted else "too_long"]
    else:
        assert taken < 100
        assert (last.open_quote, last.too_long, last.exhausted) == (quoted, not quoted, False)


def test_narrow_rows_are_prefixes_and_only_as_narrow_as_is_legal() -> None:
    """Reference: Synapse Link, section 7.2."""
    data = b"1,2\n3,4,5\n6\n7,8,9,10\n11,12\n"
    slice_ = read_slice([data], make_spec(min_width=2))
    assert values_of(slice_) == [["1", "2", None], ["3", "4", "5"], ["11", "12", None]]
    assert [(reject["_record_number"], reject["_reason"]) for reject in rejects_of(slice_)] == [
        (3, "too_narrow"),
        (4, "too_wide"),
    ]
    assert (slice_.records, slice_.rows, slice_.rejects, slice_.width) == (5, 3, 2, 3)
    assert read_slice([b"1,2\n"], make_spec(min_width=2)).width == 2


@pytest.mark.parametrize("damage", [b"", b"\xff\xff\n"], ids=["fast path", "exact path"])
@pytest.mark.parametrize("block", [1, 9, 1000])
def test_where_widths_only_grow_a_narrower_row_is_truncated(block: int, damage: bytes) -> None:
    """Reference: Synapse Link, section 7.2; whichever width the block begins with, and wherever it ends."""
    data = b"1,2\n3,4\n5,6,7\n8,9\n" + damage + b"1,2,3,4\n5,6,7\n"
    slice_ = read_slice([data], make_spec(4, min_width=2, widest=0, limits=Limits(block=block)))
    assert [row[0] for row in values_of(slice_)] == ["1", "3", "5", "1"]
    truncated = [reject for reject in rejects_of(slice_) if reject["_reason"] == "truncated"]
    assert [(reject["_raw"], reject["_detail"]) for reject in truncated] == [
        (b"8,9", "fields=2 min=3 max=4"),
        (b"5,6,7", "fields=3 min=4 max=4"),
    ]
    assert (slice_.records, slice_.rows, slice_.width) == (6 + len(damage) // 3, 4, 4)


def test_what_is_widest_goes_on_from_slice_to_slice() -> None:
    spec = make_spec(min_width=2, widest=0)
    first = read_slice([b"1,2,3\n"], spec)
    assert spec.after(first).widest == 3
    assert read_slice([b"4,5\n"], spec.after(first)).rejects == 1
    assert make_spec(min_width=2).after(first).widest is None


def test_a_row_that_is_no_utf8_is_rejected_alone_and_its_place_told() -> None:
    lines = [b"%d,x,y\n" % number for number in range(50_000)]
    lines[31_234] = b"31234,\xc3(,y\n"
    slice_ = read_slice([b"".join(lines)], make_spec())
    assert (slice_.records, slice_.rows, slice_.rejects) == (50_000, 49_999, 1)
    reject = rejects_of(slice_)[0]
    assert (reject["_record_number"], reject["_reason"]) == (31_235, "invalid_utf8")
    assert reject["_byte_offset"] == sum(map(len, lines[:31_234]))
    assert reject["_detail"] == "byte 6 of the record: invalid continuation byte"
    assert table_of(slice_).column("c0").to_pylist() == [str(number) for number in range(50_000) if number != 31_234]


def test_nul_bytes_are_data() -> None:
    assert values_of(read_slice([b'a\x00b,"\x00",\x00\n'], make_spec())) == [["a\x00b", "\x00", "\x00"]]


def test_a_byte_order_mark_is_skipped_only_at_the_start_of_the_file() -> None:
    data = b"\xef\xbb\xbf1,2,3\n"
    assert values_of(read_slice([data[:1], data[1:]], make_spec())) == [["1", "2", "3"]]
    assert read_slice([data], make_spec()).consumed == 9
    assert values_of(read_slice([data], make_spec(start=50))) == [["\ufeff1", "2", "3"]]


def test_a_big_file_becomes_several_slices_each_ending_with_the_record_that_reaches_the_size() -> None:
    data = b"".join(b'%d,"a\nb",c\n' % number for number in range(1000))
    slices = list(read_slices([data], make_spec(max_bytes=3000)))
    assert [slice_.more for slice_ in slices] == [True] * (len(slices) - 1) + [False]
    assert all(3000 <= slice_.consumed < 3020 for slice_ in slices[:-1])
    assert sum(slice_.consumed for slice_ in slices) == len(data)
    assert [number for slice_ in slices for number in table_of(slice_).column("_record_number").to_pylist()] == list(
        range(1, 1001)
    )


def test_the_same_bytes_make_the_same_part_however_they_arrive() -> None:
    data = b"".join(b'%d,"%d",\r\n' % (number, number % 7) for number in range(5000))
    spec = make_spec(limits=Limits(block=10_000))
    whole = read_slice([data], spec)
    bytewise = read_slice([data[at : at + 37] for at in range(0, len(data), 37)], spec)
    elsewhere = replace(LINEAGE, landed_at=LINEAGE.landed_at.astimezone(timezone(timedelta(hours=5))))
    assert whole.parquet == bytewise.parquet == read_slice([data], replace(spec, lineage=elsewhere)).parquet
    assert pq.ParquetFile(io.BytesIO(whole.parquet)).num_row_groups > 5


@pytest.mark.parametrize("row", [b"1,2,3\n", b"1\r", b'"', b"\n"], ids=["good", "of one field", "all one quote", "blank"])
def test_a_block_holds_so_many_records_however_short_they_are(row: bytes) -> None:
    blocks = Cutter(
        [row * 200_000],
        dialect=Dialect(strict=True),
        width=3,
        min_width=3,
        max_bytes=2 << 20,
        final=True,
        at_start=True,
        limits=Limits(block=2 << 20, records=5_000),
    )
    found: list[Block] = []
    while not (found and found[-1].ends_stream):
        found.append(blocks.next_block())
    assert sum(block.consumed for block in found) == 200_000 * len(row)
    assert max(block.parsed.records for block in found) < 50_000, "and what is looked at to find a block's end"


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"1,2"])
def test_nothing_to_read_is_an_empty_part(data: bytes) -> None:
    slice_ = read_slice([data], make_spec())
    assert (slice_.records, slice_.rows, slice_.rejected, slice_.exhausted) == (0, 0, None, True)
    assert table_of(slice_).num_rows == 0
    assert slice_.consumed + slice_.held_back == len(data)


def test_what_the_stream_raises_comes_out() -> None:
    def broken() -> Iterator[bytes]:
        yield b"1,2,3\n"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        list(read_slices(broken(), make_spec()))


def test_one_slice_of_an_endless_stream_can_be_taken() -> None:
    slice_ = read_slice(repeat(b"1,2,3\n"), make_spec(max_bytes=600, limits=Limits(block=600)))
    assert (slice_.consumed, slice_.records, slice_.more) == (600, 100, True)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        replace(LINEAGE, landed_at=datetime(2026, 11, 23))  # noqa: DTZ001  the point of the test


def read_export(data: bytes, model: bytes, table: str) -> Slice:
    schema = parse_model(model, "model.json").tables[table]
    spec = SliceSpec(schema=schema, lineage=LINEAGE, final=True, min_width=min_width(schema))
    return read_slice([data], spec)


def test_table_files_of_an_incremental_export_are_read_whole() -> None:
    """A delete is known by what its row says, not by how its file is named (reference: Synapse Link, section 8)."""
    export = incremental_export(seed=9)
    for path, rows in export.rows.items():
        folder, table, _ = path.split("/")
        slice_ = read_export(export.files[path], export.files[f"{folder}/model.json"], table)
        assert (slice_.records, slice_.rows, slice_.rejects) == (len(rows), len(rows), 0)
        assert values_of(slice_) == [list(row.values()) for row in rows]
        assert table_of(slice_).column("IsDelete").to_pylist() == [row["IsDelete"] for row in rows]


def test_first_rows_changes_and_a_delete_without_a_line_break_are_read_whole() -> None:
    made = changes(seed=9)
    for data, rows in (
        (spell(made.first, made.columns), made.first),
        (spell(made.later, made.columns, end=b"\n"), made.later),
        (made.delete_file, (made.gone,)),
    ):
        slice_ = read_export(data, made.model, GROUP)
        assert (slice_.records, slice_.rejects, slice_.held_back) == (len(rows), 0, 0)
        assert values_of(slice_) == [list(row.values()) for row in rows]


@pytest.mark.parametrize(
    ("data", "rows", "reasons"),
    [
        (b"1,2\ra,b\r", ["1", "a"], []),
        (b"1,2\na,b\r", ["1", "a"], []),  # the file's last line break is another
        (b"1,2\na,b\rc\n3,4\n", ["1", "3"], ["cut_off", "too_narrow"]),
        (b"1,2\r\na,b\rc", ["1"], ["cut_off", "too_narrow"]),
        (b"a,b\rc\rd,e\r", ["a", "d"], ["too_narrow"]),  # maybe a record without its delimiter
        (b"a,b,c\nx\ny\nd,e,f\n", ["d"], ["cut_off", "too_narrow", "too_narrow"]),
        (b"a,b,c\nx\n", ["a"], ["too_narrow"]),  # a note below the table
        (b"a,b,c\n" + b"x\n" * 40, ["a"], ["too_narrow"] * 40),
    ],
)
def test_a_value_that_a_line_break_cut_off_is_known_wherever_a_block_ends(
    data: bytes, rows: list[str], reasons: list[str]
) -> None:
    """At the end of a block of 8 MB the row was taken, without the rest of its last value."""
    width = data.splitlines()[0].count(b",") + 1
    for size in range(1, len(data) + 2):
        spec = make_spec(
            width, dialect=Dialect(strict=True), screen=Screen(), final=True, limits=Limits(block=size), max_bytes=size
        )
        slices = list(read_slices(by_bytes(data), spec))
        found = [row for one in slices for row in values_of(one)]
        assert [row[0] for row in found] == rows, size
        assert [reject["_reason"] for one in slices for reject in rejects_of(one)] == reasons, size
        assert sum(one.consumed for one in slices) == len(data)


def by_bytes(data: bytes) -> Iterator[bytes]:
    """Return a text byte by byte, as chunks that end within a line break do."""
    return (data[place : place + 1] for place in range(len(data)))
