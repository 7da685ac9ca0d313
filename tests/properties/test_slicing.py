"""Whatever is written comes out of bronze as it was, however it was landed, chunked and sliced."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.columns import LINEAGE, Column
from shared.formats.cuts import Limits
from shared.formats.slices import Lineage, Slice, SliceSpec, read_slice, read_slices
from shared.formats.table_schema import TableSchema
from tests.examples import examples
from tests.properties.oracle import parse

LINEAGE_OF_TEST = Lineage(source_file="c/t/1.csv", source_version="0x8D", landed_at=datetime(2026, 11, 23, tzinfo=UTC))
SPECIAL = ["", '"', '""', ",", "\r", "\n", "\r\n", "\x00", "\ufeff", "é", "東京", " ", "a", '5" pipe', "null", '",\r\n"']
value = st.none() | st.lists(st.sampled_from(SPECIAL), max_size=4).map("".join)


def make_spec(width: int = 3, *, final: bool = False, **extra: object) -> SliceSpec:
    schema = TableSchema(table="t", columns=tuple(Column(name=f"c{place}", type="string") for place in range(width)))
    return replace(SliceSpec(schema=schema, lineage=LINEAGE_OF_TEST, final=final), **extra)  # type: ignore[arg-type]  # fields by name


def write(table: list[list[str | None]], random: Random, ends: tuple[str, ...] = ("\n", "\r\n")) -> bytes:
    """The table in the dialect; a value that needs no quotes gets them by chance."""
    lines = []
    for row in table:
        fields = []
        for text in row:
            bare_is_legal = text is not None and text != "" and not set(text) & set(',"\r\n\ufeff')
            if text is None or (bare_is_legal and random.random() < 0.5):
                fields.append(text or "")
            else:
                fields.append('"' + text.replace('"', '""') + '"')
        lines.append(",".join(fields) + random.choice(ends))
    return "".join(lines).encode()


def chunked(data: bytes, random: Random) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = random.choice((1, 2, 3, 7, 50, 1000))
        yield data[at : at + size]
        at += size


def rows_of(part: bytes) -> list[tuple[object, ...]]:
    table = pq.ParquetFile(io.BytesIO(part)).read(use_threads=False)
    columns = [table.column(place).to_pylist() for place in range(table.num_columns - len(LINEAGE))]
    return list(zip(table.column("_record_number").to_pylist(), *columns, strict=True))


def rejects_of(slice_: Slice) -> list[tuple[int, int, str, str, bytes]]:
    if slice_.rejected is None:
        return []
    table = pq.ParquetFile(io.BytesIO(slice_.rejected)).read(use_threads=False)
    names = ("_record_number", "_byte_offset", "_reason", "_detail", "_raw")
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True))


tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(value, min_size=width, max_size=width), min_size=1, max_size=30)
)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(table=tables, seed=st.integers(0, 2**32), block=st.integers(1, 200), max_bytes=st.integers(1, 500))
def test_a_table_that_grows_in_any_steps_is_in_bronze_exactly_once_and_in_order(
    table: list[list[str | None]], seed: int, block: int, max_bytes: int
) -> None:
    random = Random(seed)
    data = write(table, random)
    spec = make_spec(len(table[0]), limits=Limits(block=block), max_bytes=max_bytes)
    found: list[tuple[object, ...]] = []
    landed = 0
    while True:
        landed = min(len(data), landed + random.choice((0, 1, 5, 40, 300, 3000)))
        while True:
            slice_ = read_slice(chunked(data[spec.start : landed], random), spec)
            again = read_slice([data[spec.start : landed]], spec)  # a crash before the commit: the same part once more
            assert again.parquet == slice_.parquet
            assert slice_.records == slice_.rows + slice_.rejects
            found += rows_of(slice_.parquet)
            spec = spec.after(slice_)
            if not slice_.more:
                break
        if landed == len(data):
            break
    assert spec.start == len(data)
    assert found == [(number, *row) for number, row in enumerate(table, 1)]


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow])
@given(table=tables, seed=st.integers(0, 2**32), block=st.integers(1, 200), max_bytes=st.integers(1, 500))
def test_a_whole_file_gives_the_same_rows_however_it_is_cut_and_whatever_ends_its_records(
    table: list[list[str | None]], seed: int, block: int, max_bytes: int
) -> None:
    random = Random(seed)
    data = write(table, random, ends=("\n", "\r\n", "\r"))
    if random.random() < 0.5 and table[-1][-1] is not None:
        data = data.rstrip(b"\r\n") if not (table[-1][-1] or "").endswith(("\r", "\n")) else data
    spec = make_spec(len(table[0]), final=True, limits=Limits(block=block), max_bytes=max_bytes)
    slices = list(read_slices(chunked(data, random), spec))
    assert sum(slice_.consumed for slice_ in slices) == len(data)
    assert [row for slice_ in slices for row in rows_of(slice_.parquet)] == [
        (number, *row) for number, row in enumerate(table, 1)
    ]


ALPHABET = [
    b"a",
    b"b",
    b",",
    b",",
    b'"',
    b'"',
    b"\r",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff",
    "é".encode(),
    b"\xef\xbb\xbf",
    b"a,b,c\n",
    b'""',
]
MIN, MAX = 2, 3


@settings(max_examples=examples(600), suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.lists(st.sampled_from(ALPHABET), max_size=60).map(b"".join),
    block=st.integers(1, 300),
    final=st.booleans(),
    start=st.sampled_from([0, 100]),
    widest=st.sampled_from([None, 0, MAX]),
    seed=st.integers(0, 2**32),
)
def test_any_bytes_at_all_are_read_as_the_dialect_says(
    data: bytes, block: int, final: bool, start: int, widest: int | None, seed: int
) -> None:
    """The fast path, the exact path and the oracle agree on rows, rejects, places and what waits."""
    random = Random(seed)
    spec = make_spec(MAX, final=final, start=start, min_width=MIN, widest=widest, limits=Limits(block=block))
    slices = list(read_slices(chunked(data, random), spec))
    check_against_oracle(data, slices, final=final, start=start, widest=widest)


def check_against_oracle(
    data: bytes, slices: list[Slice], *, final: bool, start: int, widest: int | None, low: int = MIN, high: int = MAX
) -> None:
    mark = 3 if start == 0 and data.startswith(b"\xef\xbb\xbf") else 0
    rows: list[tuple[object, ...]] = []
    rejects: list[tuple[int, int, str, str, bytes]] = []
    waiting = len(data)
    open_quote = False
    number = 0
    for record in parse(data[mark:]):
        place = record.start + mark
        if not record.terminated and not final:
            waiting, open_quote = place, not record.closed
            break
        number += 1
        if not record.closed:
            detail = f"bytes={len(record.raw)}, to the end of the file"
            rejects.append((number, start + place, "open_quote", detail, record.raw))
            continue
        try:
            record.raw.decode()
            values = [None if field is None else field.decode() for field in record.values]
        except UnicodeDecodeError as error:
            detail = f"byte {error.start} of the record: {error.reason}"
            rejects.append((number, start + place, "invalid_utf8", detail, record.raw))
            continue
        expected = max(low, widest or 0)
        if not expected <= len(values) <= high:
            reason = "too_wide" if len(values) > high else "too_narrow" if len(values) < low else "truncated"
            detail = f"fields={len(values)} min={expected if reason == 'truncated' else low} max={high}"
            rejects.append((number, start + place, reason, detail, record.raw))
        else:
            rows.append((number, *values, *[None] * (high - len(values))))
            widest = None if widest is None else max(widest, len(values))
    assert [row for slice_ in slices for row in rows_of(slice_.parquet)] == rows
    assert [reject for slice_ in slices for reject in rejects_of(slice_)] == rejects
    assert sum(slice_.records for slice_ in slices) == len(rows) + len(rejects)
    assert sum(slice_.consumed for slice_ in slices) == waiting
    assert (slices[-1].held_back, slices[-1].open_quote) == (len(data) - waiting, open_quote)
    assert slices[-1].exhausted
