"""Finance files as the world writes them: read right, or refused with the way out. The cases are kinds that users reported."""

from __future__ import annotations

import gzip
import io
import time
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from shared.formats.finance.errors import (
    ArchiveError,
    EncodingError,
    FinanceError,
    HeaderError,
    HeaderMissingError,
    LayoutError,
    NoRecordsError,
    TooManyRejectsError,
    WorkbookError,
)
from shared.formats.finance.options import FinanceConfig, FinanceLimits
from shared.formats.finance.source import FinanceSource, open_finance, refused_as_a_whole
from shared.formats.finance.text.elements import elements_of
from shared.formats.landed_paths import FinanceFile, classify_finance
from shared.formats.slices import Lineage, SliceSpec, read_slices
from tests.memory import peak_of

LINEAGE = Lineage(source_file="finance/f", source_version="0x1", landed_at=datetime(2026, 11, 23, tzinfo=UTC))
Rows = list[list[str | None]]


def opened(data: bytes, name: str = "s.csv", **config: Any) -> FinanceSource:
    file = classify_finance(name)
    assert isinstance(file, FinanceFile)
    pieces = [data[at : at + 7] for at in range(0, len(data), 7)] if len(data) < 10_000 else [data]
    return open_finance(pieces, file, FinanceConfig(**config))


def read(data: bytes, name: str = "s.csv", **config: Any) -> tuple[tuple[str, ...], Rows, list[str]]:
    """Return names, rows, and why records were rejected; raises FinanceError as ingest would tell it."""
    source = opened(data, name, **config)
    spec = SliceSpec(schema=source.schema, lineage=LINEAGE, dialect=source.dialect, screen=source.screen, final=True)
    rows: Rows = []
    reasons: list[str] = []
    records = rejects = 0
    for cut in read_slices(source.chunks, replace(spec, start=source.header_bytes)):
        table = pq.read_table(io.BytesIO(cut.parquet), columns=list(source.schema.names))
        rows += [list(row.values()) for row in table.to_pylist()]
        records, rejects = records + cut.records, rejects + cut.rejects
        if cut.rejected is not None:
            reasons += pq.read_table(io.BytesIO(cut.rejected)).column("_reason").to_pylist()
    refusal = refused_as_a_whole(name, records=records, rejects=rejects, max_rejected=FinanceConfig(**config).max_rejected)
    if refusal is not None:
        raise refusal
    return source.schema.names, rows, reasons


def refused(data: bytes, kind: type[FinanceError], name: str = "s.csv", **config: Any) -> FinanceError:
    with pytest.raises(kind) as caught:
        read(data, name, **config)
    return caught.value


def pasted(error: FinanceError) -> dict[str, Any]:
    (said,) = tomllib.loads(error.toml)["finance"].values()
    return {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}


# Encoding


@pytest.mark.parametrize("name", ["ort", "straße"])
def test_windows_1252_is_read_as_a_whole(name: str) -> None:
    """Field case 01-cp1252-values: never a file that is ingested, but has lost just the customers with accents."""
    data = f"kunde;{name};betrag\r\n1;Zürich;12\r\n2;Bern;3\r\n3;Genève;7\r\n".encode("cp1252")
    names, rows, _ = read(data)
    assert names == ("kunde", name, "betrag")
    assert [row[1] for row in rows] == ["Zürich", "Bern", "Genève"]
    source = opened(data)
    assert b"".join(source.chunks)
    assert source.text.encoding == "windows-1252"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_with_or_without_a_byte_order_mark(encoding: str) -> None:
    names, rows, _ = read("cid,ort,betrag\n1,Zürich,10\n2,東京,20\n3,Bern,30\n".encode(encoding))
    assert names == ("cid", "ort", "betrag")
    assert [row[1] for row in rows] == ["Zürich", "東京", "Bern"]


@pytest.mark.parametrize("encoding", ["cp1251", "cp850", "cp1250", "shift_jis"])
def test_text_in_an_encoding_that_nobody_can_tell_is_refused_as_a_whole_and_read_where_it_is_said(encoding: str) -> None:
    text = {"cp1251": "Москва", "cp850": "Zürich", "cp1250": "Łódź", "shift_jis": "東京"}[encoding]
    data = f"cid,ort\n1,{text}\n2,Bern\n".encode(encoding)
    assert "encoding" in pasted(refused(data, EncodingError))
    assert read(data, encoding=encoding)[1] == [["1", text], ["2", "Bern"]]


def test_a_byte_that_is_no_utf_8_far_behind_the_head_refuses_the_whole_file() -> None:
    data = b"cid,ort\n" + "1,Zürich\n".encode() * 200_000 + b"2,Gen\xe8ve\n"
    error = refused(data, EncodingError)
    assert ("damaged" in error.detail, error.toml) == (True, "")
    ascii_first = b"cid,ort\n" + b"1,Bern\n" * 200_000 + b"2,Gen\xe8ve\n"  # nothing was decided by then
    assert read(ascii_first)[1][-1] == ["2", "Genève"]


def test_a_file_of_two_encodings_is_refused() -> None:
    refused("cid,ort\n1,Zürich\n".encode() + "2,Genève\n".encode("cp1252"), EncodingError)


# Header and dialect


@pytest.mark.parametrize(
    "above",
    [
        "Account statement October\r\n\r\n",
        "Company;ACME\r\nPeriod;2026-10\r\n",
        "Account:;DE00 1234;\r\n\r\n",
        "Statement;;\r\n;;\r\n",
    ],
)
def test_lines_above_the_header_are_passed_over(above: str) -> None:
    """Field case 04-preamble."""
    names, rows, reasons = read((above + "Date;Payee;Amount\r\n2026-10-01;A;1\r\n2026-10-02;B;2\r\n").encode())
    assert names == ("Date", "Payee", "Amount")
    assert (rows, reasons) == ([["2026-10-01", "A", "1"], ["2026-10-02", "B", "2"]], [])


def test_the_rows_say_what_the_delimiter_is_not_the_header_alone() -> None:
    """Field case 06-delimiter-fooled-by-header."""
    names, rows, _ = read(b"Betrag, EUR;Steuer, EUR;Netto, EUR, gesamt;x\r\n1;2;3;4\r\n5;6;7;8\r\n")
    assert names == ("Betrag, EUR", "Steuer, EUR", "Netto, EUR, gesamt", "x")
    assert rows == [["1", "2", "3", "4"], ["5", "6", "7", "8"]]


def test_decimal_commas_are_no_delimiters() -> None:
    """Field case 07-decimal-comma."""
    assert read(b"cid;income;spend\r\n1;1.234,56;12,50\r\n2;1.000,00;3,00\r\n")[1][0] == ["1", "1.234,56", "12,50"]


def test_a_record_of_another_width_behind_a_blank_one_is_told_and_the_rest_is_read() -> None:
    _, rows, reasons = read(b"cid,spend\n1,10\n,\n2,20\n3,30,9\n4,40\n")
    assert rows == [["1", "10"], ["2", "20"], ["4", "40"]]
    assert reasons == ["too_wide"]


def test_blank_records_are_passed_over_and_a_total_is_told() -> None:
    """Field case 29-blank-and-total-rows."""
    assert read(b"day;amount;note\n2026-10-01;10;x\n;;\n2026-10-02;20;y\n;;\n;;\n")[1] == [
        ["2026-10-01", "10", "x"],
        ["2026-10-02", "20", "y"],
    ]
    data = b"cid,income,spend\n1,100,10\n2,200,20\nTotal,300,30\n,,\n"
    _, rows, reasons = read(data)
    assert (rows, reasons) == ([["1", "100", "10"], ["2", "200", "20"]], ["total_row"])
    assert read(data, skip_footer=2)[1:] == (rows, [])
    assert read(data, skip_footer=0)[1][-1] == ["Total", "300", "30"]


def test_names_that_come_twice_are_refused_with_columns_to_paste() -> None:
    """Field case 31-header-names-twice; a name that nobody said may be a value, and is told by its place."""
    data = b"Doc;Amount;Currency;Amount;Currency\r\n1;2;EUR;3;USD\r\n"
    error = refused(data, HeaderError, keys=("doc",))
    assert "case: 2, 3, 4, 5 of 5" in error.detail
    names, rows, _ = read(data, **pasted(error))
    assert names == ("Doc", "column_2", "column_3", "column_4", "column_5")
    assert rows == [["1", "2", "EUR", "3", "USD"]]


def test_escaped_quotes_are_found() -> None:
    """Field case 37-backslash-quotes."""
    _, rows, reasons = read(b'cust,note,amount\r\n1,"the \\"big\\" one, yes",2\r\n2,"plain",3\r\n3,"x",4\r\n')
    assert (rows[0], reasons) == (["1", 'the "big" one, yes', "2"], [])


def test_a_file_without_a_header_is_refused_with_columns_to_paste() -> None:
    data = b"1,2026-10-01,10.50\n2,2026-10-02,20.00\n"
    error = refused(data, HeaderMissingError)
    assert read(data, **pasted(error))[:2] == (
        ("column_1", "column_2", "column_3"),
        [["1", "2026-10-01", "10.50"], ["2", "2026-10-02", "20.00"]],
    )


def test_several_header_rows_are_refused_with_the_names_that_they_make_where_these_are_known() -> None:
    data = b"control,,fire,\nX,Y,X,Y\n4.4,0.1,4.8,2.0\n4.6,1.0,5.1,3.0\n"
    names, rows, _ = read(data, **pasted(refused(data, LayoutError, renames={"control X": "x", "fire X": "burnt"})))
    assert names == ("control X", "column_2", "fire X", "column_4")
    assert rows[0] == ["4.4", "0.1", "4.8", "2.0"]


@pytest.mark.parametrize("second", [b"iban,owner,balance\nDE1,Ada,1\nDE2,Bo,2\n", b"cid,x,y\na,Ada,1\nb,Bo,2\n"])
def test_a_second_table_is_noticed(second: bytes) -> None:
    refused(b"cid,income,spend\n1,10,1\n2,20,2\n3,30,3\n4,40,4\n" + second, FinanceError)


def test_a_header_that_comes_again_is_passed_over_with_a_byte_order_mark_too() -> None:
    data = b"cid,income\n1,10\n2,20\n"
    assert read(data + b"\xef\xbb\xbf" + data)[1:] == ([["1", "10"], ["2", "20"]] * 2, [])


def test_delimiters_behind_the_last_column_are_cut_where_the_header_has_them_too() -> None:
    assert read(b"a;b;\n1;2;\n3;4;\n")[:2] == (("a", "b"), [["1", "2"], ["3", "4"]])
    _, rows, reasons = read(b"a;b;\n" + b"1;2;\n" * 70_000 + b"5;6;x\n7;8\n")
    assert (sorted(reasons), rows[-1]) == (["too_narrow", "too_wide"], ["1", "2"])


def test_delimiters_behind_rows_alone_are_refused_since_a_name_may_be_lost() -> None:
    """Cutting them makes a header that lost a delimiter shift every value, without a word."""
    data = b"a,b,c\n1,2,3,\n4,5,6,\n"
    names, rows, _ = read(data, **pasted(refused(data, HeaderError, keys=("a", "b", "c"))))
    assert (names, rows[0]) == (("a", "b", "c", "column_4"), ["1", "2", "3", None])


def test_a_header_of_very_many_names_takes_time_by_its_length() -> None:
    begin = time.process_time()
    wide = opened(
        b"\n".join(b",".join(b"%b%d" % (mark, place) for place in range(30_000)) for mark in (b"c", b"", b"")),
        limits=FinanceLimits(columns=30_000),
    )
    assert len(wide.schema.names) == 30_000
    assert time.process_time() - begin < 5, "it took a minute when each name was compared with every other"


def test_one_nameless_column_gets_a_name_and_two_do_not() -> None:
    assert read(b",name,amount\n1,Ada,10\n2,Bo,20\n")[0] == ("column_1", "name", "amount")
    assert "column_1" in refused(b",name,,amount\n1,Ada,x,10\n2,Bo,y,20\n", HeaderError).toml


def test_a_line_that_says_the_delimiter_is_obeyed() -> None:
    assert read(b"sep=|\r\na|b\r\n1|2\r\n")[:2] == (("a", "b"), [["1", "2"]])


def test_a_space_behind_the_delimiter_and_single_quotes_are_found() -> None:
    assert read(b'cid, name, amount\n1, "Ada, B", 10\n2, Bo, 20\n')[1] == [["1", "Ada, B", "10"], ["2", "Bo", "20"]]
    assert read(b"cid,'name',amount\n1,'Ada, B',10\n2,'Bo',20\n")[1] == [["1", "Ada, B", "10"], ["2", "Bo", "20"]]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b'3,"x" y,30', "text_after_quote"),
        (b'3,"x,30\n4,"y",40', "text_after_quote"),
        (b'a "b,c" d,30', "stray_quotes"),
        (b"3,x", "too_narrow"),
        (b"3,x,30,", "too_wide"),
    ],
)
def test_a_record_whose_values_may_have_moved_is_rejected(record: bytes, reason: str) -> None:
    _, rows, reasons = read(b"cid,name,amount\n1,a,10\n2,b,20\n" + record + b"\n5,c,50\n6,d,60\n")
    assert reasons == [reason]
    assert rows == [["1", "a", "10"], ["2", "b", "20"], ["5", "c", "50"], ["6", "d", "60"]]


def test_doubled_backslashes_are_two_readings_until_something_settles_them() -> None:
    data = b'cid,path\n1,"C:\\\\temp"\n2,x\n'
    toml = refused(data, LayoutError).toml
    assert 'escape = ""' in toml
    assert read(data, escape="")[1] == [["1", "C:\\\\temp"], ["2", "x"]]
    assert read(data, escape="\\")[1] == [["1", "C:\\temp"], ["2", "x"]]
    assert read(data + b"3,D:\\a\n")[1][0] == ["1", "C:\\\\temp"], "a lone backslash escapes nothing"
    late = b"cid,path\n" + b"1,x\n" * 30_000 + data.partition(b"\n")[2]
    assert read(late)[2] == ["doubled_escape"]


def test_a_file_is_no_table_where_only_its_end_has_one_width() -> None:
    data = "Report\nKunde;Name;Betrag\nZürich;;1,000,000,000\nZürich;;1,000"
    assert read(data.encode())[1] == [["Zürich", None, "1,000,000,000"], ["Zürich", None, "1,000"]]


@pytest.mark.parametrize("value", [b"'O''Neil'", b"'O\\'Neil'", b"'x'", b"'two\nlines'"])
def test_single_quotes_that_may_belong_to_values_are_asked_about_whatever_stands_inside_others(value: bytes) -> None:
    toml = refused(b"cid,name\n1," + value + b'\n2,the "Inn"\n', LayoutError).toml
    assert """quote = "'" """.strip() in toml


@pytest.mark.parametrize("above", [b"Umsatz 2026\n\nStand: 01.11.2026\n", b"Kunden\n"])
def test_one_column_of_text_does_not_tell_its_name_from_a_title(above: bytes) -> None:
    refused(above + b"Kunde\nBern\n", HeaderMissingError)
    refused(above + b"Tag\n" + b"2026-11-01\n" * 40, FinanceError)
    assert read(b"Tag\n" + b"2026-11-01\n" * 40)[0] == ("Tag",)


def test_a_header_below_other_lines_may_lack_one_name_where_it_stands_above_values() -> None:
    names, rows, _ = read(b"Run 7\nby Ada\na;b;c;\n1;2;3;4\n5;6;7;8\n")
    assert (names, rows) == (("a", "b", "c", "column_4"), [["1", "2", "3", "4"], ["5", "6", "7", "8"]])
    refused(b"Run 7\nby Ada\na;b;;\n1;2;3;4\n5;6;7;8\n", FinanceError)


def test_titles_that_a_workbook_filled_up_to_the_tables_width_are_passed_over() -> None:
    titles = b'Acme Inc.,,,\nTransactions,,,\n"November 1-30, 2026",,,\n,,,\n'
    names, rows, _ = read(titles + b"Date,Num,Name,Amount\n2026-11-01,1001,Ada,100.00\n2026-11-02,1002,Bo,20.00\n")
    assert (names, rows[0]) == (("Date", "Num", "Name", "Amount"), ["2026-11-01", "1001", "Ada", "100.00"])


def test_a_delimiter_behind_every_record_below_other_lines_is_no_column() -> None:
    names, _, _ = read(
        b'"Konto:";"DE1";\n\n"Tag";"Text";"Betrag";\n"02.11.2026";"Miete";"-850,00";\n"03.11.2026";"Lohn";"2,00";\n'
    )
    assert names == ("Tag", "Text", "Betrag")


def test_commas_of_amounts_between_other_marks_separate_nothing() -> None:
    rows = b"1|01.11.2026|  1.234,56 |EUR\n2|02.11.2026|   234,56-|EUR\n3|03.11.2026| 12,00|EUR\n"
    names, found, reasons = read(b"Liste 7\n----\nid|Tag|Betrag|W\n----\n" + rows + b"----\n")
    assert (names, found[0][2], reasons) == (("id", "Tag", "Betrag", "W"), "  1.234,56 ", ["too_narrow", "too_narrow"])


def test_where_only_text_stands_below_text_the_toml_says_that_the_first_record_names_it() -> None:
    data = b"x1,y1\nab,cd\nef,gh\n"
    toml = refused(data.replace(b"1", b""), HeaderMissingError).toml
    assert "header_row = 1" in toml


def test_a_last_record_of_sums_without_a_word_is_a_total() -> None:
    data = b"day,ref,debit,credit\n2026-11-01,a,10.00,\n2026-11-02,b,,10.00\n2026-11-03,c,1.00,1.00\n"
    _, rows, reasons = read(data + b",,11.00,11.00\n")
    assert (len(rows), reasons) == (3, ["total_row"])
    assert read(data + b",,11.00,11.00\n", skip_footer=0)[2] == []
    assert read(data + b",d,11.00,11.00\n")[2] == [], "a record without a day"


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        (b"id,,name,amt\n1,Ada,10\n2,Bo,20\n", '["id", "name", "amt"]'),
        (b'"name","amt"\n"1","Ada",10\n"2","Bo",20\n', '["column_1", "name", "amt"]'),  # as R writes an index
        (b"id,name,amt\n1,Ada,10,\n2,Bo,20,\n", '["id", "name", "amt", "column_4"]'),
    ],
)
def test_known_names_of_a_header_of_another_width_are_suggested_for_the_columns_that_they_name(
    data: bytes, columns: str
) -> None:
    known = {"id": "id", "name": "name", "amt": "amount"}
    assert f"columns = {columns}" in refused(data, HeaderError, renames=known).toml


def test_a_header_whose_quote_swallowed_a_record_suggests_nothing_and_tells_no_value() -> None:
    error = refused(b'id,name,"note\n1,Ada,"x"\n2,Bo,"y"\n3,Eve,"z"\n4,Di,"w"\n', FinanceError)
    assert (error.toml, "Ada" in error.detail) == ("", False)


def test_records_of_the_tables_width_above_it_are_no_preamble() -> None:
    odd = b"".join(b"%d,'It''s Bo's, %d',x\n%d,b,x\n" % (n, n, n) for n in range(8))
    toml = refused(b"cid,'name',note\n" + odd + b"1,a,x\n" * 40, LayoutError).toml
    assert "header_row" not in toml


def test_inches_are_data() -> None:
    assert read(b'cid,pipe\n1,5" steel\n2,6"\n')[1:] == ([["1", '5" steel'], ["2", '6"']], [])


@pytest.mark.parametrize(("data", "kind"), [(b"a,b\n", NoRecordsError), (b"a,b\n1,2\n3\n4\n5\n", FinanceError)])
def test_a_file_from_which_little_or_nothing_comes_is_refused_whole(data: bytes, kind: type[FinanceError]) -> None:
    refused(data, kind)


def test_rejects_count_to_the_end_of_the_file() -> None:
    refused(b"a,b\n" + b"1,2\n" * 40_000 + b"3\n" * 50_000, TooManyRejectsError)


def test_what_is_said_wins_over_what_is_found() -> None:
    data = b"note\n1;2\n3;4\n"
    assert read(data, columns=("x", "y"), header_row=1, delimiter=";")[:2] == (("x", "y"), [["1", "2"], ["3", "4"]])
    assert read(b"1,2\n3,4\n", header_row=1)[:2] == (("1", "2"), [["3", "4"]])


# Containers


def zipped(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_csv", ".csv"), data)
    return content.getvalue()


@pytest.mark.parametrize("name", ["s.zip", "s.csv.zip", "S.CSV.ZIP"])
def test_a_zip_of_one_file_is_read(name: str) -> None:
    """Field case 36-zip-and-other-endings."""
    assert read(zipped(a_csv=b"k,v\n1,2\n"), name)[1] == [["1", "2"]]


@pytest.mark.parametrize("data", [zipped(), zipped(a_csv=b"k\n1\n", b_csv=b"k\n2\n"), zipped(a_bin=b"k\n1\n"), b"PK"])
def test_any_other_zip_is_refused(data: bytes) -> None:
    refused(data, ArchiveError, "s.zip")


def test_other_endings_are_read() -> None:
    """Field case 36-zip-and-other-endings."""
    for name in ("s.txt", "s.TSV"):
        assert read(b"k\tv\n1\t2\n", name)[1] == [["1", "2"]]
    assert read(gzip.compress(b"k\tv\n1\t2\n", mtime=0), "s.tsv.gz")[1] == [["1", "2"]]


# Workbooks


def workbook(*rows: Sequence[object], cover: bool = False, formats: dict[str, str] | None = None) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    if cover:
        sheet.append(["Report of October"])
        sheet = book.create_sheet("data")
    for row in rows:
        sheet.append(row)
    for cell, form in (formats or {}).items():
        sheet[cell].number_format = form
    book.save(content)
    return content.getvalue()


def test_a_title_above_the_header_of_a_workbook_is_passed_over() -> None:
    """Field case 24-xlsx-title-rows."""
    data = workbook(["Report October", None, None], ["cid", "name", "amount"], [1, "a", 10.5], [2, "b", 20])
    assert read(data, "s.xlsx")[:2] == (("cid", "name", "amount"), [["1", "a", "10.5"], ["2", "b", "20"]])


def test_formulas_without_values_are_told_with_their_column() -> None:
    """Field case 26-xlsx-formulas-without-values."""
    rows = [[number, number * 2, f"=A{number}*2"] for number in range(2, 8)]
    assert "column 3" in refused(workbook(["cid", "net", "gross"], *rows), WorkbookError, "s.xlsx").detail
    _, good, reasons = read(workbook(["cid", "net"], [1, 2], [2, "=A1"], [3, 4], [4, 5]), "s.xlsx")
    assert (good, reasons) == ([["1", "2"], ["3", "4"], ["4", "5"]], ["untold_value"])


def test_an_error_cell_rejects_its_record() -> None:
    """Field case 26-xlsx-formulas-without-values."""
    _, rows, reasons = read(workbook(["cid", "amount"], [1, "#REF!"], [2, 5], [3, 6]), "s.xlsx")
    assert (rows, reasons) == ([["2", "5"], ["3", "6"]], ["untold_value"])


def test_the_sheet_that_holds_the_data_is_read_and_zeros_stay() -> None:
    data = workbook(["cid", "zip"], [1, 1067], [2, 80331], cover=True, formats={"B2": "00000", "B3": "00000"})
    assert read(data, "s.xlsx")[1] == [["1", "01067"], ["2", "80331"]]


def test_a_sheet_that_claims_to_be_endless_costs_what_it_holds() -> None:
    book, content = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "a", "b"
    book.save(content)
    with pytest.raises(FinanceError):
        read(content.getvalue(), "s.xlsx")


def test_more_cells_than_are_read_refuse_the_workbook() -> None:
    data = workbook(["a", "b"], *[[number, number] for number in range(100)])
    refused(data, WorkbookError, "s.xlsx", limits=FinanceLimits(workbook_cells=50))
    refused(data, WorkbookError, "s.xlsx", limits=FinanceLimits(workbook_bytes=500))


def with_parts(data: bytes, *, cells: str = "", shared: bytes = b"") -> bytes:
    """Write other rows into a workbook's only sheet, and the texts that they share."""
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts = {"xl/sharedStrings.xml": b"<sst %b>%b</sst>" % (space, shared)}
    if cells:
        parts["xl/worksheets/sheet1.xml"] = b"<worksheet %b><sheetData>%b</sheetData></worksheet>" % (space, cells.encode())
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as after:
        for name in {*before.namelist()} - parts.keys():
            after.writestr(name, before.read(name))
        for name, part in parts.items():
            after.writestr(name, part)
    return content.getvalue()


def test_texts_that_cells_share_are_read_in_runs_without_how_they_are_pronounced() -> None:
    shared = b"<si><t>cid</t></si><si><r><t>A</t></r><r><t>da</t></r><rPh sb='0' eb='1'><t>hint</t></rPh></si>"
    shared += b"<si><t>_x00E9_&amp;</t></si>"
    header = '<row r="1"><c t="s"><v>0</v></c><c t="inlineStr"><is><t>na</t><t>me</t><rPh><t>hint</t></rPh></is></c></row>'
    rows = '<row r="2"><c><v>1</v></c><c t="s"><v>1</v></c></row><row r="3"><c><v>2</v></c><c t="s"><v>2</v></c></row>'
    empty = '<row r="4"><c><v>3</v></c><c t="str"><f>A1</f><v></v></c></row>'
    names, found, reasons = read(with_parts(workbook(["a"]), cells=header + rows + empty, shared=shared), "s.xlsx")
    assert (names, found) == (("cid", "name"), [["1", "Ada"], ["2", "\u00e9&"], ["3", None]])
    assert reasons == [], "a formula that gives an empty text has a value"


@pytest.mark.parametrize(
    "shared",
    [
        pytest.param(b"<si/>" * 51, id="more than cells"),
        pytest.param(b"<si>" + b"<t>ab</t>" * 40_000 + b"</si>", id="a text of more pieces than characters"),
        pytest.param(b"<x>" * 200 + b"</x>" * 200, id="deep"),
    ],
)
def test_what_cells_share_is_limited_as_they_are(shared: bytes) -> None:
    refused(
        with_parts(workbook(["a", "b"], [1, 2]), shared=shared),
        WorkbookError,
        "s.xlsx",
        limits=FinanceLimits(workbook_cells=50),
    )


def test_an_xml_document_that_defines_text_of_its_own_is_none_of_a_workbook() -> None:
    bomb = b'<!DOCTYPE sst [<!ENTITY a "aaaaaaaa">]><sst><t>&a;</t></sst>'
    with pytest.raises(ValueError, match="a document type"):
        list(elements_of(io.BytesIO(bomb), ("",), ("t",), ("t",)))


def read_workbook(data: bytes) -> Rows:
    return read(data, "s.xlsx")[1]


@pytest.mark.parametrize("piece", [b"<si><t>ab</t></si>", b"<x/>"], ids=["short texts", "what nobody asks for"])
def test_what_cells_share_takes_memory_by_its_bytes(piece: bytes) -> None:
    """Elements that were left in a tree, and texts as objects, took fifty times as much: 12 GB for what the limits let in."""
    shared = piece * (500_000 // len(piece))
    data = with_parts(workbook(["cid", "amount"], [1, 2], [2, 3]), shared=shared)
    assert len(read_workbook(data)) == 2
    peak = peak_of(read_workbook, data, before=workbook(["cid"], [1]))
    assert peak < 6 * len(shared)
