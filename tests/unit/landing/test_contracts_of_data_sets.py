"""The first file of a data set makes its contract; later ones are read by it, or refused whole."""

from __future__ import annotations

import gzip
import io
import zipfile

import openpyxl
import pytest

from shared.adapters.memory import MemoryTables
from shared.config.tables import read_configuration
from shared.contracts.places import BRONZE, contract_document, contract_documents
from shared.formats.finance.data_set.versions import Contract
from shared.ledger.records import LandedFile
from tests.pipeline import FINANCE, Pipeline

FIRST = b"cid,name,income\n1,Ada,10\n2,Bob,20\n3,Eve,30\n"


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def land(pipeline: Pipeline, data: bytes, path: str = "umsatz/b.csv") -> LandedFile:
    pipeline.land(FINANCE, path, data)
    return pipeline.context.ledger.file(FINANCE, path).record


def contract(pipeline: Pipeline, data_set: str = "umsatz") -> Contract:
    found = pipeline.context.contract_keeping.current(FINANCE, data_set)
    assert found is not None
    return found


def versions(pipeline: Pipeline) -> list[str]:
    return [blob.path for blob in pipeline.lake.list(BRONZE, contract_documents(FINANCE, "umsatz"))]


def read_by(pipeline: Pipeline) -> dict[str, set[int]]:
    """Return the versions of the contract that the rows of each file name."""
    found: dict[str, set[int]] = {}
    for row in pipeline.bronze("umsatz", FINANCE):
        found.setdefault(row["_source_file"].rpartition("/")[2], set()).add(row["_contract_version"])
    return found


def configure(pipeline: Pipeline, text: str) -> None:
    """Start the app with another configuration."""
    pipeline.start()
    pipeline.context.replace(configuration=read_configuration(text))


# The first file


def test_the_first_file_makes_the_contract_and_each_row_names_its_version(pipeline: Pipeline) -> None:
    land(pipeline, FIRST, "umsatz/a.csv")
    made = contract(pipeline)
    assert (made.version, made.verdict, made.made_by) == (1, "first", "finance/umsatz/a.csv")
    assert (made.terms.columns, made.terms.delimiter, made.terms.encoding) == (("cid", "name", "income"), ",", "utf-8")
    assert read_by(pipeline) == {"a.csv": {1}}
    (part,) = pipeline.context.ledger.parts_of(FINANCE, "umsatz/a.csv")
    assert part.record.contract_version == 1
    assert pipeline.context.ledger.file(FINANCE, "umsatz/a.csv").record.contract_version == 1


@pytest.mark.parametrize(
    "refused",
    [
        b"cid,name,income\n",
        b"cid,name,income\n1,Ada\n2\n3,Eve\n4,Zoe,1\n",
        "cid,name,income\n1,Ada,1\n2,Zoë,2\n".encode() + b"3,\xff\xfe,3\n",
        b"1,Ada,10\n2,Bob,20\n",
    ],
    ids=["header alone", "most records", "bytes at its end", "no header"],
)
def test_a_file_that_is_refused_says_nothing_of_how_others_are_read(pipeline: Pipeline, refused: bytes) -> None:
    assert land(pipeline, refused, "umsatz/a.csv").state == "rejected"
    assert versions(pipeline) == []
    land(pipeline, b"konto;betrag\n1;10\n2;20\n")
    assert contract(pipeline).terms.columns == ("konto", "betrag")
    assert read_by(pipeline) == {"b.csv": {1}}


def test_a_data_set_that_was_read_before_there_were_contracts_gets_one_from_its_next_file(pipeline: Pipeline) -> None:
    land(pipeline, FIRST, "umsatz/a.csv")
    pipeline.lake.remove(BRONZE, contract_document(FINANCE, "umsatz", 1))
    pipeline.start()
    assert land(pipeline, b"cid;name;income\n4;Zoe;40\n").state == "ingested"
    assert (contract(pipeline).version, contract(pipeline).terms.delimiter) == (1, ";")


# Two hosts, crashes


def test_of_two_hosts_first_files_one_makes_the_contract_and_the_other_is_read_by_it(pipeline: Pipeline) -> None:
    other = pipeline.fresh_context()
    keep = pipeline.context.contract_keeping.keep

    def late(made: Contract) -> bool:
        if made.version == 1 and not versions(pipeline):
            pipeline.lake.put(FINANCE, "umsatz/a.csv", FIRST)
            other.landing(FINANCE, "umsatz/a.csv")
        return keep(made)

    object.__setattr__(pipeline.context.contract_keeping, "keep", late)
    record = land(pipeline, b"income;year;cid;name\n40;2026;4;Zoe\n", "umsatz/b.csv")
    assert (record.state, record.contract_version) == ("ingested", 2)
    assert contract(pipeline).terms.columns == ("cid", "name", "income", "year")
    assert len(versions(pipeline)) == 2
    taken = [part.record for part in pipeline.context.ledger.parts_of(FINANCE, "umsatz/b.csv")]
    assert [(part.generation, part.contract_version) for part in taken] == [(record.generation, 2)]


def test_a_host_whose_first_file_is_not_of_the_others_table_has_it_refused(pipeline: Pipeline) -> None:
    other = pipeline.fresh_context()
    keep = pipeline.context.contract_keeping.keep

    def late(made: Contract) -> bool:
        if not versions(pipeline):
            pipeline.lake.put(FINANCE, "umsatz/a.csv", FIRST)
            other.landing(FINANCE, "umsatz/a.csv")
        return keep(made)

    object.__setattr__(pipeline.context.contract_keeping, "keep", late)
    record = land(pipeline, b"shop,city\n1,Bern\n2,Genf\n", "umsatz/b.csv")
    assert (record.state, record.reason) == ("rejected", "contract_broken")
    assert list(pipeline.context.ledger.parts_of(FINANCE, "umsatz/b.csv")) == []


def test_a_contract_outlives_the_process(pipeline: Pipeline) -> None:
    land(pipeline, FIRST, "umsatz/a.csv")
    pipeline.start()
    assert land(pipeline, b"cid,name,revenue\n4,Zoe,40\n").reason == "contract_broken"


def test_a_crash_behind_the_contract_makes_no_other_one(pipeline: Pipeline) -> None:
    land(pipeline, FIRST, "umsatz/a.csv")
    pipeline.tables = MemoryTables()  # the ledger was not written any more
    pipeline.start()
    pipeline.context.landing(FINANCE, "umsatz/a.csv")
    assert pipeline.context.ledger.file(FINANCE, "umsatz/a.csv").record.records == 3
    assert versions(pipeline) == [contract_document(FINANCE, "umsatz", 1)]
    assert read_by(pipeline) == {"a.csv": {1}}


# Later files


@pytest.mark.parametrize(
    ("later", "told"),
    [
        (b"CID,NAME,Income\n4,Zoe,40\n", ""),
        (b"income,cid,name\n40,4,Zoe\n", "its columns stand in another order"),
        (b"cid|name|income\n4|Zoe|40\n", "delimiter '|' instead of ','"),
        ("cid,name,income\n4,Zoë,40\n".encode("cp1252"), "encoding 'windows-1252' instead of 'utf-8'"),
        (b"Umsatz 2026\n\ncid,name,income\n4,Zoe,40\n", "header_row 2 instead of 1"),
        (b"sep=;\ncid;name;income\n4;Zoe;40\n", "delimiter ';' instead of ','"),
    ],
    ids=["case", "order", "delimiter", "encoding", "preamble", "sep line"],
)
def test_what_a_later_file_proves_of_itself_is_read_and_told_and_changes_no_contract(
    pipeline: Pipeline, later: bytes, told: str
) -> None:
    land(pipeline, FIRST, "umsatz/a.csv")
    record = land(pipeline, later)
    assert (record.state, record.records, record.rejects, record.contract_version) == ("ingested", 1, 0, 1)
    assert told in record.detail
    assert bool(record.detail) == bool(told)
    row = {name.lower(): value for name, value in pipeline.bronze("umsatz", FINANCE)[-1].items()}
    assert (row["cid"], row["name"][:2], row["income"]) == ("4", "Zo", "40")
    assert len(versions(pipeline)) == 1


def test_new_columns_make_the_next_version_and_the_file_that_brought_them_names_it(pipeline: Pipeline) -> None:
    land(pipeline, FIRST, "umsatz/a.csv")
    land(pipeline, b"cid,year,name,income\n4,2026,Zoe,40\n", "umsatz/b.csv")
    land(pipeline, FIRST.replace(b"1,Ada", b"9,Max"), "umsatz/c.csv")
    assert read_by(pipeline) == {"a.csv": {1}, "b.csv": {2}, "c.csv": {2}}
    newest, first = pipeline.context.contract_keeping.versions(FINANCE, "umsatz")
    assert (newest.made_by, newest.verdict, newest.differs) == (
        "finance/umsatz/b.csv",
        "compatible",
        ("with the new columns year",),
    )
    assert first.terms.columns == ("cid", "name", "income")


@pytest.mark.parametrize(
    ("later", "reason", "told"),
    [
        (b"cid,name,revenue\n4,Zoe,40\n", "contract_broken", "without the columns income; with the new columns revenue"),
        (b"cid\n4\n5\n", "contract_broken", "2 of the 3 columns of the data set are not in the header"),
        (b"shop,city\n1,Bern\n2,Genf\n", "contract_broken", "3 of the 3 columns"),
        (b"4,Zoe,40\n5,Max,50\n", "header_missing", "no header that names the 3 columns of the data set"),
        (b"a,Zoe,x\nb,Max,y\nc,Uli,z\n", "header_missing", "no header that names the 3 columns of the data set"),
        (b"cid,name\n4,Zoe,40\n5,Max,50\n6,Uli,60\n", "header_unusable", "the header has 2 columns"),
    ],
    ids=["renamed", "most dropped", "another table", "header gone", "header gone, text alone", "a name lost"],
)
def test_a_file_that_breaks_the_contract_is_refused_whole_with_what_to_do(
    pipeline: Pipeline, later: bytes, reason: str, told: str
) -> None:
    land(pipeline, FIRST, "umsatz/a.csv")
    record = land(pipeline, later)
    assert (record.state, record.reason) == ("rejected", reason)
    assert told in record.detail
    assert "Zoe" not in record.detail
    assert read_by(pipeline) == {"a.csv": {1}}
    assert any(one.what.endswith("umsatz/b.csv") for one in pipeline.context.status().needs_attention)


def test_a_refused_file_comes_in_once_the_toml_of_its_refusal_is_pasted(pipeline: Pipeline) -> None:
    land(pipeline, FIRST, "umsatz/a.csv")
    refused = land(pipeline, b"cid,name,revenue\n4,Zoe,40\n")
    _, _, toml = refused.detail.partition("paste into customer360.toml:\n")
    configure(pipeline, toml)
    pipeline.lake.put(FINANCE, "umsatz/b.csv", b"cid,name,revenue\n4,Zoe,40\n")
    pipeline.context.landing(FINANCE, "umsatz/b.csv")
    assert pipeline.context.ledger.file(FINANCE, "umsatz/b.csv").record.state == "ingested"


def test_what_is_configured_later_wins_and_is_a_version_of_its_own(pipeline: Pipeline) -> None:
    land(pipeline, b"cid;name\n1;Ada,x\n2;Bob,y\n", "umsatz/a.csv")
    configure(pipeline, "[finance.umsatz]\ndelimiter = ','\nnulls = ['NULL']\n")
    land(pipeline, b"cid,name\n3,Eve\n", "umsatz/b.csv")
    assert read_by(pipeline) == {"a.csv": {1}, "b.csv": {2}}
    assert (contract(pipeline).terms.delimiter, contract(pipeline).terms.nulls) == (",", ("NULL",))


# Forms of files


def packed(form: str, data: bytes) -> bytes:
    content = io.BytesIO()
    if form == "csv.gz":
        return gzip.compress(data, mtime=0)
    if form == "csv.zip":
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("b.csv", data)
    elif form == "xlsx":
        book = openpyxl.Workbook()
        for row in data.decode().splitlines():
            book.worksheets[0].append(row.split(","))
        book.save(content)
    return content.getvalue() or data


@pytest.mark.parametrize("first", ["csv", "csv.gz", "csv.zip", "xlsx"])
def test_files_of_all_forms_have_one_contract(pipeline: Pipeline, first: str) -> None:
    land(pipeline, packed(first, FIRST), f"umsatz/a.{first}")
    for number, form in enumerate(("csv", "csv.gz", "csv.zip", "xlsx")):
        record = land(pipeline, packed(form, FIRST.replace(b"Ada", b"Zoe")), f"umsatz/b{number}.{form}")
        assert (record.state, record.records, record.detail) == ("ingested", 3, "")
    terms = contract(pipeline).terms
    assert (terms.columns, terms.delimiter, terms.encoding, terms.sheet) == (("cid", "name", "income"), ",", "utf-8", "Sheet")
    assert len(versions(pipeline)) == 2  # the first text file, or the first workbook, tells what the others have not


# Field cases


def test_case_16_a_file_that_lacks_a_column_is_taken_and_says_so(pipeline: Pipeline) -> None:
    """Field case 16-names-that-meet: another order, then one of two names that meet is missing."""
    assert land(pipeline, b"cid,Discount %,Discount $\n1,5,100\n2,6,200\n", "disc/a.csv").detail == ""
    assert land(pipeline, b"cid,Discount $,Discount %\n3,300,7\n", "disc/b.csv").detail.endswith("stand in another order")
    last = land(pipeline, b"cid,Discount $\n4,400\n", "disc/c.csv")
    assert (last.state, last.records) == ("ingested", 1)
    assert last.detail.endswith("without the columns Discount %, which its records leave empty")


def test_case_11_and_14_later_values_of_other_kinds_are_no_breach(pipeline: Pipeline) -> None:
    """Field cases 11-leading-zeros-in-a-later-file and 14-whole-amounts-first: types are widened where all values are seen."""
    land(pipeline, b"cid,zip,amount\n1,10115,10\n2,80331,20\n", "addr/a.csv")
    assert land(pipeline, b"cid,zip,amount\n3,01067,1.10\n4,04109,3.00\n", "addr/b.csv").detail == ""


def test_case_43_an_extract_that_failed_is_refused_and_ends_nothing(pipeline: Pipeline) -> None:
    """Field case 43-empty-snapshot: the header alone, after a file with records."""
    land(pipeline, b"cid,amount\n1,10\n2,20\n", "bal/a.csv")
    assert land(pipeline, b"cid,amount\n", "bal/b.csv").reason == "no_records"
    assert contract(pipeline, "bal").version == 1
