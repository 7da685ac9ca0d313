"""Finance files in every form, and what their headers mean."""

import gzip
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pyarrow.parquet as pq
import pytest

from shared.config.tables import read_configuration
from shared.formats.finance.errors import (
    ArchiveError,
    CompressionError,
    EmptyFileError,
    EncodingError,
    FinanceError,
    HeaderError,
    MissingKeyColumnError,
    WorkbookError,
)
from shared.formats.finance.options import FinanceConfig, FinanceLimits
from shared.formats.finance.source import open_finance
from shared.formats.landed_paths import FinanceFile, classify_finance
from shared.formats.slices import Lineage, Slice, SliceSpec, read_slice
from tests.makers.finance import MadeFile, customer_file, spend_file

LINEAGE = Lineage(source_file="finance/f", source_version="0x1", landed_at=datetime(2026, 11, 23, tzinfo=UTC))


def make_file(name: str = "spend.csv") -> FinanceFile:
    file = classify_finance(name)
    assert isinstance(file, FinanceFile)
    return file


def read(data: bytes, name: str = "spend.csv", **config: object) -> tuple[Slice, list[dict[str, object]]]:
    source = open_finance([data[:5], data[5:]], make_file(name), FinanceConfig(**config))  # type: ignore[arg-type]  # fields by name
    spec = SliceSpec(
        schema=source.schema,
        dialect=source.dialect,
        screen=source.screen,
        lineage=LINEAGE,
        start=source.header_bytes,
        final=True,
    )
    slice_ = read_slice(source.chunks, spec)
    table = pq.read_table(io.BytesIO(slice_.parquet), columns=list(source.schema.names))
    return slice_, table.to_pylist()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_any_record_end_and_a_byte_order_mark_are_read(end: bytes, mark: bytes) -> None:
    _, rows = read(mark + end.join([b"cid,spend", b"1,10", b"2,"]) + end)
    assert rows == [{"cid": "1", "spend": "10"}, {"cid": "2", "spend": None}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_sniffed_from_the_header(delimiter: str) -> None:
    text = delimiter.join(["cid", '"net, spend"', "b"]) + "\n" + delimiter.join(["1", "2", "3"])
    _, rows = read(text.encode())
    assert rows == [{"cid": "1", "net, spend": "2", "b": "3"}]


def test_a_configured_delimiter_is_obeyed() -> None:
    _, rows = read(b"a,b;c\n1;2\n", delimiter=";")
    assert rows == [{"a,b": "1", "c": "2"}]


def test_places_count_from_the_start_of_the_file() -> None:
    slice_, rows = read(b"cid,spend\r\n1,10\r\n2,20,30\r\n3,30\r\n")
    assert (slice_.records, slice_.rows, slice_.rejects) == (3, 2, 1)
    assert slice_.rejected is not None
    reject = pq.read_table(io.BytesIO(slice_.rejected)).to_pylist()[0]
    assert (reject["_record_number"], reject["_byte_offset"], reject["_reason"]) == (2, 17, "too_wide")
    assert (reject["_raw"], reject["_fields"]) == (b"2,20,30", ["2", "20", "30"])
    assert rows[-1] == {"cid": "3", "spend": "30"}


def test_a_header_without_rows_is_an_empty_part() -> None:
    slice_, rows = read(b"cid,spend")
    assert (slice_.records, slice_.exhausted, rows) == (0, True, [])


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyFileError),
        (b"\r\n\n", EmptyFileError),
        (b"\xef\xbb\xbf", EmptyFileError),
        (b'cid,"spend\n1,2\n', HeaderError),
        (b"cid,,spend,\n1,2,3,4\n", HeaderError),  # one nameless column gets a name, two do not
        (b"cid,spend,CID\n", HeaderError),  # Spark's names know no case
        (b"cid,_landed_at\n", HeaderError),
        (b"cid,a\x00\n", HeaderError),
        (b"cid,\x81\n", EncodingError),
        (b"x" * 1_100_000, HeaderError),
        (b"id,spend\n1,2\n", MissingKeyColumnError),
    ],
)
def test_a_file_whose_header_cannot_be_used_is_refused_as_a_whole(data: bytes, error: type[FinanceError]) -> None:
    with pytest.raises(error) as caught:
        read(data, keys=("cid",))
    assert caught.value.file == "spend.csv"


def test_a_missing_key_says_how_many_columns_were_there_instead() -> None:
    with pytest.raises(MissingKeyColumnError, match="key column cid is missing; the header has 2 columns, none of") as caught:
        read(b"id,spend\n1,2\n", keys=("cid",))
    assert (caught.value.missing, caught.value.columns, caught.value.known) == (("cid",), 2, ())


def test_gzip_is_read_in_members_and_with_padding() -> None:
    data = gzip.compress(b"cid,spend\n1,10\n", mtime=0) + gzip.compress(b"2,20\n", mtime=0) + b"\x00" * 512
    _, rows = read(data, "spend.csv.gz")
    assert rows == [{"cid": "1", "spend": "10"}, {"cid": "2", "spend": "20"}]


def test_gzip_that_expands_a_thousandfold_comes_in_bounded_pieces() -> None:
    bomb = gzip.compress(b"cid,spend\n" + b"1,10\n" * 8_000_000, mtime=0)
    source = open_finance([bomb], make_file("spend.csv.gz"), FinanceConfig())
    sizes = [len(chunk) for chunk in source.chunks]
    assert source.header_bytes + sum(sizes) == 10 + 40_000_000
    assert max(sizes) <= 4 * 1024 * 1024


@pytest.mark.parametrize(("name", "error"), [("spend.csv.gz", CompressionError), ("spend.zip", ArchiveError)])
def test_what_unpacks_to_more_than_a_table_does_is_refused_and_can_be_let_in(name: str, error: type[FinanceError]) -> None:
    text = b"cid,spend\n" + b"1,10\n" * 100_000
    packed = io.BytesIO(gzip.compress(text, mtime=0))
    if name.endswith(".zip"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("spend.csv", text)
    limits = FinanceLimits(expansion=20, unsuspected=100_000)
    with pytest.raises(error, match="unpacks to more than 20 times its size") as caught:
        read(packed.getvalue(), name, limits=limits)
    assert caught.value.toml == "[limits]\nexpansion = 80\n"
    for more in (replace(limits, unsuspected=len(text)), replace(limits, expansion=1000)):
        assert len(read(packed.getvalue(), name, limits=more)[1]) == 100_000


def test_a_zip_of_too_many_files_is_refused_before_they_are_listed() -> None:
    large, larger = (1 << 30).to_bytes(4, "little"), (1 << 40).to_bytes(8, "little")
    for end in (b"PK\x05\x06" + bytes(8) + large + bytes(6), b"PK\x06\x06" + bytes(36) + larger):
        with pytest.raises(ArchiveError, match="thousands of files"):
            read(b"PK" + bytes(3 << 20) + end, "spend.zip")


def test_a_header_of_more_columns_than_are_read_is_refused_and_can_be_let_in() -> None:
    header = ",".join(f"c{place}" for place in range(30)).encode()
    data = header + b"\n" + b",".join([b"1"] * 30) + b"\n"
    with pytest.raises(HeaderError, match="30 columns, more than 29") as caught:
        read(data, limits=FinanceLimits(columns=29))
    limits = read_configuration(caught.value.toml).finance_reading("spend").limits
    assert len(read(data, limits=limits)[1]) == 1


@pytest.mark.parametrize(
    "data",
    [gzip.compress(b"cid,spend\n1,10\n" * 100, mtime=0)[:-9], b"cid,spend\n", gzip.compress(b"cid,spend\n", mtime=0) + b"x"],
)
def test_damaged_gzip_is_an_error_not_a_short_file(data: bytes) -> None:
    with pytest.raises(CompressionError):
        read(data, "spend.csv.gz")


def make_workbook(*rows: list[object]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.create_sheet("second").append(["other"])
    book.save(content)
    return content.getvalue()


def test_a_workbook_becomes_text_without_surprises() -> None:
    data = make_workbook(
        ["cid", "spend", "day", "note", 2026],
        [1, 1006.0, datetime(2026, 11, 23), 'say "hi",\nthere', True],  # noqa: DTZ001  workbooks know no zones
        [],
        [2, 10.25, datetime(2026, 11, 23, 10, 11, 12), None, "007"],  # noqa: DTZ001  as above
    )
    _, rows = read(data, "spend.xlsx", keys=("cid",))
    assert rows == [
        {"cid": "1", "spend": "1006", "day": "2026-11-23", "note": 'say "hi",\nthere', "2026": "True"},
        {"cid": "2", "spend": "10.25", "day": "2026-11-23T10:11:12", "note": None, "2026": "007"},
    ]


def test_another_sheet_is_read_by_name() -> None:
    assert read(make_workbook(["cid"]), "spend.xlsx", sheet="second")[0].records == 0
    with pytest.raises(WorkbookError):
        read(make_workbook(["cid"]), "spend.xlsx", sheet="third")


@pytest.mark.parametrize("data", [b"", b"no workbook", make_workbook(["cid"])[:-100]])
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(WorkbookError):
        read(data, "spend.xlsx")


@pytest.mark.parametrize("made", [spend_file(seed=14), customer_file(seed=14)], ids=["ends in CR", "ends in LF"])
def test_every_record_of_a_file_is_read_whether_a_bare_carriage_return_ends_it_or_not(made: MadeFile) -> None:
    """Reference: Synapse Link, section 14: records end in a bare CR, the last in CRLF."""
    slice_, rows = read(made.data, keys=("cid",))
    assert (slice_.records, slice_.rows, slice_.rejects) == (1400, 1400, 0)
    assert rows == list(made.rows)
