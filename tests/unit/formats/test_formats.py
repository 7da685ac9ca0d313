"""What landed bytes may look like, through the whole of ingest: dialect, finance forms, and what is ignored."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

import openpyxl
import pytest

from shared.api.queries import FilesQuery
from shared.config.tables import read_configuration
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model

if TYPE_CHECKING:
    from shared.ledger.records import LandedFile

FILE = "contact/2024.csv"
MARK = b"\xef\xbb\xbf"


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def file(pipeline: Pipeline, container: str, path: str) -> LandedFile:
    return pipeline.context.ledger.file(container, path).record


def row(value: bytes, end: bytes = b"\r\n") -> bytes:
    return b'1,"6/28/2021 4:34:35 PM",' + value + b",1," + end


def names(pipeline: Pipeline) -> list[str | None]:
    return [found["fullname"] for found in pipeline.bronze("contact")]


# The dialect of Synapse Link (reference: Synapse Link, section 6)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b'"a\r\nb"', "a\r\nb"),
        (b'"a\nb"', "a\nb"),
        (b'"say ""hi"""', 'say "hi"'),
        (b'""""', '"'),
        (b'"a,b"', "a,b"),
        (b"", None),
        (b'""', ""),
        (b'"a\x00b"', "a\x00b"),
        (b"\x00", "\x00"),
        (b'5" pipe', '5" pipe'),
        ('"東京 é"'.encode(), "東京 é"),
        (b'"' + MARK + b'a"', "\ufeffa"),
        (b" a ", " a "),
        (b'"null"', "null"),
    ],
)
def test_values_are_kept_as_they_landed(pipeline: Pipeline, end: bytes, value: bytes, text: str | None) -> None:
    pipeline.land_contacts(row(value, end), row(b'"next"', end))
    assert names(pipeline) == [text, "next"]


@pytest.mark.parametrize("mark", [b"", MARK])
def test_a_byte_order_mark_in_front_is_no_data_and_counts_as_place(pipeline: Pipeline, mark: bytes) -> None:
    pipeline.land_contacts(mark + contact(1), contact(2)[:10])
    pipeline.lake.append(DATAVERSE, FILE, contact(2)[10:] + row(b"too,wide"))
    pipeline.context.landing(DATAVERSE, FILE)
    assert [found["Id"] for found in pipeline.bronze("contact")] == ["00000001", "00000002"]
    (reject,) = pipeline.rejected()
    assert (reject["_record_number"], reject["_byte_offset"]) == (3, len(mark + contact(1) + contact(2)))


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (b"\xff", "byte 25 of the record: invalid start byte"),
        (b'"a\xc3("', "byte 27 of the record: invalid continuation byte"),
        (b"\xe6\x9d", "byte 25 of the record: invalid continuation byte"),
    ],
)
def test_a_row_that_is_no_utf8_is_rejected_alone_with_its_place(pipeline: Pipeline, value: bytes, detail: str) -> None:
    pipeline.land_contacts(contact(1), row(value), contact(3, "Grace"))
    assert names(pipeline) == ["Ada", "Grace"]
    (reject,) = pipeline.rejected()
    assert (reject["_reason"], reject["_detail"], reject["_raw"]) == ("invalid_utf8", detail, row(value).rstrip())
    assert (reject["_record_number"], reject["_byte_offset"]) == (2, len(contact(1)))


def test_a_quote_that_never_closes_in_a_closed_folder_is_a_reject_with_its_place(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, "2026-11-23T10.00.00Z/model.json", model(*CONTACT))
    pipeline.land(DATAVERSE, "Changelog/changelog.info", b"2026-11-23T10.15.00Z")
    pipeline.land(DATAVERSE, "2026-11-23T10.00.00Z/contact/2024.csv", contact(1) + b'2,"lost\r\n3,a,b,1,\r\n')
    (reject,) = pipeline.rejected()
    assert (reject["_record_number"], reject["_reason"], reject["_byte_offset"]) == (2, "open_quote", len(contact(1)))
    assert names(pipeline) == ["Ada"]


def test_a_file_that_nothing_was_written_to_is_ignored_until_there_is(pipeline: Pipeline) -> None:
    pipeline.land_contacts(b"")
    assert (file(pipeline, DATAVERSE, FILE).state, file(pipeline, DATAVERSE, FILE).reason) == ("ignored", "empty")
    pipeline.land_contacts(contact(1))
    assert names(pipeline) == ["Ada"]


@pytest.mark.parametrize("stem", ["2023", "2018_001", "1", "1900", "2024-05"])
def test_every_stem_in_use_is_read(pipeline: Pipeline, stem: str) -> None:
    """Section 3.1."""
    pipeline.land_contacts(contact(1), path=f"contact/{stem}.csv")
    assert names(pipeline) == ["Ada"]


# Finance files


def workbook(*rows: list[object]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for cells in rows:
        sheet.append(cells)
    book.save(content)
    return content.getvalue()


def land_finance(pipeline: Pipeline, data: bytes, path: str = "customer_finance/2026-11.csv") -> LandedFile:
    pipeline.land(FINANCE, path, data)
    return file(pipeline, FINANCE, path)


def incomes(pipeline: Pipeline) -> list[tuple[str, str | None]]:
    return [(found["cid"], found["income"]) for found in pipeline.bronze("customer_finance", FINANCE)]


TEXT = b'cid,income\n1,10\n2,\n3,""\n'
ROWS = [("1", "10"), ("2", None), ("3", "")]


@pytest.mark.parametrize(
    ("path", "data", "rows"),
    [
        ("a.csv", TEXT, ROWS),
        ("a.csv", TEXT.replace(b"\n", b"\r\n"), ROWS),
        ("a.csv", TEXT.replace(b"\n", b"\r"), ROWS),
        ("a.csv", TEXT.rstrip(), ROWS),
        ("a.csv", MARK + TEXT, ROWS),
        ("a.csv", TEXT.replace(b",", b";"), ROWS),
        ("a.csv", TEXT.replace(b",", b"\t"), ROWS),
        ("a.csv", TEXT.replace(b",", b"|"), ROWS),
        ("a.csv.gz", gzip.compress(TEXT, mtime=0), ROWS),
        ("a.csv.gz", gzip.compress(MARK + TEXT[:15], mtime=0) + gzip.compress(TEXT[15:], mtime=0), ROWS),
        ("a.xlsx", workbook(["cid", "income"], [1, 10.0], [2, None], [3, ""]), [("1", "10"), ("2", None), ("3", None)]),
    ],
)  # fmt: skip
def test_a_finance_file_is_read_in_every_form(
    pipeline: Pipeline, path: str, data: bytes, rows: list[tuple[str, str | None]]
) -> None:
    record = land_finance(pipeline, data, f"customer_finance/{path}")
    assert (record.state, record.records, record.rejects) == ("ingested", 3, 0)
    assert incomes(pipeline) == rows


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ("cid,income", ""),
        ("CID,Income", ""),
        ("income,cid", "its columns stand in another order"),
        ("cid,income,bonus", "with the new columns bonus"),
        ("bonus,cid,income", "with the new columns bonus"),
        ("cid", "without the columns income, which its records leave empty"),
    ],
)
def test_a_header_that_differs_from_the_contract_is_told_and_flows_on(pipeline: Pipeline, header: str, detail: str) -> None:
    land_finance(pipeline, TEXT)
    width = header.count(",") + 1
    record = land_finance(pipeline, f"{header}\n{','.join(['7'] * width)}\n".encode(), "customer_finance/2026-12.csv")
    assert (record.state, record.records, record.rejects) == ("ingested", 1, 0)
    assert record.detail == (f"not as the contract says: {detail}" if detail else "")
    landed = pipeline.bronze("customer_finance", FINANCE)[-1]
    assert {name: landed[name] for name in header.split(",")} == dict.fromkeys(header.split(","), "7")


def test_a_configured_delimiter_is_obeyed_where_sniffing_would_choose_another(pipeline: Pipeline) -> None:
    text = "[finance.customer_finance]\nkeys = ['cid']\ndelimiter = ';'\n"
    pipeline.context.replace(configuration=read_configuration(text))
    land_finance(pipeline, b"cid;a,b,c\n1;2,3,4\n")
    assert [found["a,b,c"] for found in pipeline.bronze("customer_finance", FINANCE)] == ["2,3,4"]


def test_a_file_without_a_key_column_is_rejected_as_a_whole_and_says_what_it_had(pipeline: Pipeline) -> None:
    land_finance(pipeline, TEXT)
    record = land_finance(pipeline, b"customer,income\n1,10\n", "customer_finance/2026-12.csv")
    assert (record.state, record.reason, record.entity) == ("rejected", "key_column_missing", "customer_finance")
    assert record.detail == "key column cid is missing; the header has 2 columns, the ones that are known: income"
    assert incomes(pipeline) == ROWS


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("a.csv", b"\n\n", "no_header"),
        ("a.csv", b'cid,"income\n1,10\n', "header_unusable"),
        ("a.csv", b"cid,income,CID\n1,2,3\n", "header_unusable"),
        ("a.csv", b"cid,\x81\n1,10\n", "encoding_unclear"),
        ("a.csv", b"1,10\n2,20\n", "header_missing"),
        ("a.csv", b"cid,income\n", "no_records"),
        ("a.csv", b"cid,income\n1,10,1\n2,20,2\n3,30\n", "header_unusable"),
        ("a.xls", b"an old workbook", "not_readable"),
        ("a.zip", b"no zip", "not_a_zip"),
        ("a.csv.gz", b"cid,income\n1,10\n", "not_gzip"),
        ("a.csv.gz", gzip.compress(TEXT * 1000, mtime=0)[:-20], "not_gzip"),
        ("a.xlsx", b"PK no workbook", "not_a_workbook"),
    ],
)
def test_a_finance_file_that_cannot_be_read_is_rejected_with_its_reason_and_keeps_nobody_from_being_read(
    pipeline: Pipeline, path: str, data: bytes, reason: str
) -> None:
    record = land_finance(pipeline, data, f"customer_finance/{path}")
    assert (record.state, record.reason) == ("rejected", reason)
    land_finance(pipeline, TEXT)
    assert incomes(pipeline) == ROWS
    pipeline.tick()
    assert pipeline.context.status().files.waiting == 0


def test_rows_of_another_width_than_the_header_are_rejected_with_their_place(pipeline: Pipeline) -> None:
    record = land_finance(pipeline, b"cid,income\n1,10\n2\n3,30,x\n4,40\n")
    assert (record.records, record.rejects) == (4, 2)
    found = [(reject["_record_number"], reject["_reason"], reject["_byte_offset"]) for reject in pipeline.rejected()]
    assert found == [(2, "too_narrow", 16), (3, "too_wide", 18)]
    assert incomes(pipeline) == [("1", "10"), ("4", "40")]


@pytest.mark.parametrize("path", ["customer_finance.csv", "customer_finance/a.csv.gz", "customer_finance/a.xlsx"])
def test_the_same_content_again_is_nothing_and_other_content_is_a_new_version(pipeline: Pipeline, path: str) -> None:
    def content(income: int) -> bytes:
        if path.endswith("xlsx"):
            return workbook(["cid", "income"], [1, income])
        text = f"cid,income\n1,{income}\n".encode()
        return gzip.compress(text, mtime=0) if path.endswith("gz") else text

    first = content(10)
    land_finance(pipeline, first, path)
    again = land_finance(pipeline, first, path)
    assert (again.state, again.reason, again.generation) == ("ingested", "same_content", 1)
    assert incomes(pipeline) == [("1", "10")]
    assert len(pipeline.context.ledger.backlog((FINANCE,)).parts) == 1
    changed = land_finance(pipeline, content(11), path)
    assert (changed.state, changed.reason, changed.generation) == ("ingested", "", 2)
    assert incomes(pipeline) == [("1", "10"), ("1", "11")]
    versions = {found["_source_version"] for found in pipeline.bronze("customer_finance", FINANCE)}
    assert len(versions) == 2


# Everything else


@pytest.mark.parametrize(
    ("container", "path", "reason"),
    [
        (DATAVERSE, "contact/Snapshot/2024_1.csv", "snapshot"),
        (DATAVERSE, "EntitySyncFailure/2024.csv", "sync_failure"),
        (DATAVERSE, "deltalake/contact_partitioned/part-0.parquet", "delta_export"),
        (DATAVERSE, "deltalake/contact_partitioned/_delta_log/0.json", "delta_export"),
        (DATAVERSE, "Changelog/Synapse.log", "changelog"),
        (DATAVERSE, "contact/2024.parquet", "unknown"),
        (DATAVERSE, "readme.txt", "unknown"),
        (FINANCE, "customer_finance/~$budget.xlsx", "temporary"),
        (FINANCE, "customer_finance/.hidden.csv", "temporary"),
    ],
)
def test_any_other_file_is_ignored_with_its_reason_and_seen_in_the_ledger(
    pipeline: Pipeline, container: str, path: str, reason: str
) -> None:
    pipeline.land(DATAVERSE, MODEL, model(*CONTACT))
    pipeline.lake.put(container, path, b"1,2,3\r\n")  # and its event is lost: the sweep sees it too
    pipeline.tick()
    (document,) = [found for found in pipeline.context.files.page(FilesQuery(status="ignored")).files if path in found.file]
    assert (document.reason, bool(document.detail)) == (reason, True)
    assert not [blob for blob in pipeline.lake.list("bronze") if blob.path.endswith(".parquet")]
    assert pipeline.is_idle
