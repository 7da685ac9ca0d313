"""What a first file says of its data set is kept and pasted; what later files are against it is told, never guessed."""

from __future__ import annotations

import io
import tomllib
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pytest

from shared.config.tables import read_configuration
from shared.formats.finance.data_set.terms import Terms, terms_of
from shared.formats.finance.data_set.verdict import Verdict, compared
from shared.formats.finance.data_set.versions import Contract, digest, extended, read_contract, write_contract
from shared.formats.finance.errors import AnotherTableError, FinanceError, HeaderMissingError, LayoutError, WorkbookError
from shared.formats.finance.expected import Expected
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.source import FinanceSource, open_finance
from shared.formats.landed_paths import FinanceFile, classify_finance

FIRST = b"cid,name,income\n1,Ada,10\n2,Bob,20\n3,Eve,30\n"
SAID_NOTHING = FinanceConfig()


def opened(
    data: bytes, path: str = "umsatz/a.csv", config: FinanceConfig = SAID_NOTHING, expected: Expected | None = None
) -> FinanceSource:
    file = classify_finance(path)
    assert isinstance(file, FinanceFile)
    return open_finance([data], file, config, expected)


def contract(data: bytes, path: str = "umsatz/a.csv", config: FinanceConfig = SAID_NOTHING, by: Terms | None = None) -> Terms:
    source = opened(data, path, config, by.expected if by else None)
    assert sum(map(len, source.chunks)) >= 0  # what is found of the encoding is final at the end of the text
    return terms_of(source, config)


def verdict(first: bytes, later: bytes, config: FinanceConfig = SAID_NOTHING) -> Verdict:
    before = contract(first)
    return compared(before, contract(later, config=config, by=before), config, data_set="umsatz")


def workbook(**sheets: list[list[object]]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(content)
    return content.getvalue()


TABLE: list[list[object]] = [["cid", "name", "income"], [1, "Ada", 10], [2, "Bob", 20]]


# What is kept


def test_a_contract_is_kept_as_a_document_that_says_all_of_it() -> None:
    found = contract("kunde;ort;betrag\r\n1;Zürich;12\r\n2;Bern;3\r\n".encode("cp1252"))
    made = Contract(
        container="finance",
        data_set="umsatz",
        version=1,
        verdict="first",
        made_at=datetime(2026, 11, 23, tzinfo=UTC),
        made_by="finance/umsatz/a.csv",
        terms=found,
    )
    assert read_contract(write_contract(made), "umsatz") == made
    assert set(found.evidence) >= {"encoding", "dialect", "header"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("kunde;ort;betrag\r\n1;Zürich;12\r\n2;Bern;3\r\n".encode("cp1252"), {"encoding": "windows-1252", "delimiter": ";"}),
        (FIRST, {"encoding": "utf-8", "delimiter": ","}),
        (b"Konto 1\n\n" + FIRST, {"encoding": "utf-8", "delimiter": ",", "header_row": 2}),
    ],
)
def test_the_toml_of_a_contract_is_accepted_and_reads_the_file_alike(data: bytes, said: dict[str, object]) -> None:
    found = contract(data)
    toml = found.to_toml("umsatz")
    assert tomllib.loads(toml)["finance"]["umsatz"] == said
    pinned = read_configuration(toml).finance_reading("umsatz")
    assert replace(contract(data, config=pinned), evidence={}) == replace(found, evidence={})


# What a later file is


@pytest.mark.parametrize(
    ("later", "kind", "told"),
    [
        (b"cid,name,income\n9,Zoe,1\n", "same", ""),
        (b"CID,Name,INCOME\n9,Zoe,1\n", "same", ""),
        (b"income,cid,name\n1,9,Zoe\n", "compatible", "another order"),
        (b"cid,year,name,income\n9,2026,Zoe,1\n", "compatible", "with the new columns year"),
        (b"cid;name;income\n9;Zoe;1\n", "compatible", "delimiter ';' instead of ','"),
        ("cid,name,income\n9,Zoë,1\n".encode("utf-16"), "compatible", "encoding 'utf-16-le' instead of 'utf-8'"),
        (b"Report 2026\n\ncid,name,income\n9,Zoe,1\n", "compatible", "header_row 2 instead of 1"),
        (b"cid,income\n9,1\n", "compatible", "without the columns name, which its records leave empty"),
        (b"cid,name,revenue\n9,Zoe,1\n", "broken", "without the columns income"),
        (b"cid\n9\n8\n", "broken", "2 of the 3 columns of the data set are not in the header"),
        (b"cid,ort,plz,land\n9,Bern,3000,CH\n", "broken", "2 of the 3 columns"),
    ],
    ids=[
        "same",
        "case",
        "order",
        "extra",
        "delimiter",
        "encoding",
        "preamble",
        "lacks",
        "renamed",
        "most lack",
        "another table",
    ],
)
def test_a_later_file_gets_a_verdict_that_says_what_differs(later: bytes, kind: str, told: str) -> None:
    found = verdict(FIRST, later)
    assert found.kind == kind
    assert told in "; ".join(found.differs)
    assert bool(found.advice) == (kind == "broken")


def test_what_stands_where_the_names_were_is_counted_and_never_told() -> None:
    found = verdict(b"name,city\nAda,Bern\nBob,Basel\nEve,Genf\n", b"Zoe_1,Wien\nMax,Graz\nUli,Linz\n")
    assert found.kind == "broken"
    assert "Zoe" not in f"{found.differs} {found.advice} {found.toml}"


def test_a_renamed_column_is_accepted_once_the_toml_of_the_refusal_is_pasted() -> None:
    later = b"cid,name,revenue\n9,Zoe,1\n"
    refused = verdict(FIRST, later)
    assert tomllib.loads(refused.toml)["finance"]["umsatz"] == {"renames": {"revenue": "income"}}
    pasted = read_configuration(refused.toml).finance_reading("umsatz")
    assert verdict(FIRST, later, pasted) == Verdict(kind="same")


def test_columns_that_came_in_place_of_others_are_accepted_once_somebody_says_what_they_are() -> None:
    later = b"cid,name,net,gross\n9,Zoe,1,2\n"
    refused = verdict(FIRST, later)
    pasted = read_configuration(refused.toml).finance_reading("umsatz")
    assert pasted.renames == {"net": "net", "gross": "gross"}
    assert verdict(FIRST, later, pasted).differs == (
        "without the columns income, which its records leave empty",
        "with the new columns net, gross",
    )


def test_columns_that_are_configured_are_the_columns_of_the_data_set() -> None:
    said = FinanceConfig(columns=("id", "who", "amount"), header_row=1)
    assert verdict(FIRST, FIRST, said).kind == "compatible"


# By what a later file is read


@pytest.mark.parametrize(
    "later",
    [
        b"cid,name,income\n",  # nothing below it
        b"cid,name,income\nname,name,name\n9,name,cid\n",  # values that look like names
        b"Konto,,\ncid,name,income\n9,Zoe,x\n",
    ],
)
def test_the_names_of_the_contract_settle_which_record_is_the_header(later: bytes) -> None:
    found = opened(later, expected=contract(FIRST).expected)
    assert found.layout.names == ("cid", "name", "income")


def test_where_a_file_leaves_open_how_it_is_written_the_contract_says_it() -> None:
    first = contract(b"a|b\n1|x,1\n2|y,2\n3|z,3\n")
    odd = b"a|b\n1|x,1,9\n2;3;4\n5|z,1\n6;7\n"
    with pytest.raises(LayoutError):
        opened(odd)
    found = opened(odd, expected=first.expected)
    assert (found.layout.names, found.dialect.delimiter) == (("a", "b"), b"|")
    assert found.layout.evidence["header"] == "the names of the contract"


def test_a_header_that_is_gone_is_told_with_the_names_that_it_had() -> None:
    with pytest.raises(HeaderMissingError, match="no header that names the 3 columns") as refusal:
        opened(b"9,Zoe,1\n8,Max,2\n", expected=contract(FIRST).expected)
    said = read_configuration(refusal.value.toml).finance_reading("umsatz")
    assert said.columns == ("cid", "name", "income")
    assert opened(b"9,Zoe,1\n8,Max,2\n", config=said).layout.names == said.columns
    assert opened(FIRST, config=said).layout.header_row == 1  # files that have the header are read as before


def test_a_second_table_is_refused_whatever_the_contract_says() -> None:
    two = b"cid,name,income\n1,Ada,10\n2,Bob,20\nshop,city,rent\nx,Bern,1\n"
    with pytest.raises(AnotherTableError):
        opened(two, expected=contract(FIRST).expected)


def test_what_is_said_wins_over_what_earlier_files_were() -> None:
    first = contract(b"a;b\n1;2\n3;4\n")
    found = opened(b"name;b,city;d\n1;2,3;4\n", config=FinanceConfig(delimiter=","), expected=first.expected)
    assert found.layout.names == ("name;b", "city;d")


def test_of_several_sheets_with_a_table_the_one_of_the_contract_is_read() -> None:
    first = contract(workbook(data=TABLE), "umsatz/a.xlsx")
    several = workbook(other=TABLE, data=TABLE)
    with pytest.raises(WorkbookError, match="several sheets"):
        opened(several, "umsatz/b.xlsx")
    assert opened(several, "umsatz/b.xlsx", expected=first.expected).sheet == "data"


# What a later file adds


def test_a_workbook_and_a_text_file_tell_one_contract_each_what_the_other_has_not() -> None:
    book = contract(workbook(data=TABLE), "umsatz/a.xlsx")
    assert (book.encoding, book.delimiter, book.sheet) == (None, None, "data")
    text = contract(b"cid;name;income\n9;Zoe;1\n", by=book)
    assert compared(book, text, SAID_NOTHING, data_set="umsatz").kind == "same"
    both = extended(book, text, SAID_NOTHING)
    assert (both.delimiter, both.encoding, both.sheet) == (";", "utf-8", "data")


def test_new_columns_are_kept_and_nothing_else_that_one_file_does_its_own_way() -> None:
    first = contract(FIRST)
    later = contract(b"year;income;cid;name\n2026;1;9;Zoe\n", by=first)
    assert extended(first, later, SAID_NOTHING) == replace(first, columns=("cid", "name", "income", "year"))
    assert extended(first, contract(b"name,cid\nZoe,9\n", by=first), SAID_NOTHING) == first


def test_what_is_configured_later_replaces_what_was_found() -> None:
    first = contract(b"cid;name\n1;Ada\n2;Bob\n")
    said = FinanceConfig(delimiter=",", nulls=("NULL",))
    now = extended(first, contract(b"cid,name\n1,Ada\n", config=said, by=first), said)
    assert (now.delimiter, now.nulls) == (",", ("NULL",))


def test_a_file_is_read_in_another_way_where_the_contract_or_its_own_dialect_is_another() -> None:
    one = contract(FIRST)
    ways = {
        digest(1, one, SAID_NOTHING),
        digest(2, one, SAID_NOTHING),
        digest(1, replace(one, quote="'"), SAID_NOTHING),
        digest(1, one, FinanceConfig(encoding="cp850")),
        digest(1, one, FinanceConfig(skip_footer=1)),
    }
    assert len(ways) == 5


@pytest.mark.parametrize("names", [("cid", "größe"), ("cid", 'a "quoted" one')])
def test_a_refusal_never_suggests_what_the_configuration_would_refuse(names: tuple[str, str]) -> None:
    known = replace(contract(FIRST), columns=names)
    later = replace(known, columns=("cid", "amount"))
    suggested = compared(known, later, SAID_NOTHING, data_set="umsatz").toml
    assert not suggested or read_configuration(suggested)


def test_an_error_of_another_kind_stays_what_it_is() -> None:
    with pytest.raises(FinanceError, match="differ in no more than case"):
        opened(b"cid,name,CID\n1,Ada,2\n", expected=contract(FIRST).expected)


def test_words_that_stand_for_no_value_are_no_names_of_another_table() -> None:
    data = b"cid,amount,tax\nC1,10,1\nC2,20,2\nC3,30,3\nC4,k.A., k.A.\n"
    with pytest.raises(AnotherTableError):
        opened(data)
    source = opened(data, config=FinanceConfig(nulls=("k.A.",)))
    assert source.layout.names == ("cid", "amount", "tax")
    assert b"C4,k.A., k.A." in b"".join(source.chunks)  # bronze has what landed; silver reads it as nothing
