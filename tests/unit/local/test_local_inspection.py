"""`python -m local inspect FILE` says how a file would be read, before it lands, and what would be refused."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from local.inspection.command import run
from local.inspection.values import evidence_of, spark_pattern
from local.toolchain import ROOT
from shared.config.tables import read_configuration
from shared.contracts.values.notation import Notation
from spark_jobs.silver.landed.evidence import decided

FIRST = "Kunde;Ort;Betrag;am\r\n1;Zürich;10.50;2026-11-01\r\n2;Genf;20.00;2026-11-02\r\n"


def told(*arguments: str, configuration: str = "", folder: Path) -> tuple[int, str]:
    (folder / "customer360.toml").write_text(configuration)
    console = Console(file=io.StringIO(), width=200)
    code = run([*arguments, "--configuration", str(folder / "customer360.toml")], console)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


def file(folder: Path, data: bytes, name: str = "umsatz.csv") -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def test_a_file_that_would_be_taken_is_told_with_its_contract_and_the_toml_that_pins_it(tmp_path: Path) -> None:
    code, text = told(file(tmp_path, FIRST.encode("cp1252")), folder=tmp_path)
    assert code == 0
    for said in ("windows-1252", "';'", "decimal(16,2)", "date", "[finance.umsatz]"):
        assert said in text
    _, _, toml = text.partition("[finance.umsatz]")
    pinned = read_configuration(f"[finance.umsatz]{toml}").finance["umsatz"]
    assert (pinned.delimiter, pinned.encoding, pinned.types["Betrag"]) == (";", "windows-1252", "decimal(16,2)")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"1;2\n3;4\n", "header_missing"),
        (b"a;b\n", "no_records"),
    ],
)
def test_a_file_that_would_be_refused_ends_in_1_with_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    code, text = told(file(tmp_path, data), folder=tmp_path)
    assert (code, reason in text) == (1, True)


def test_the_toml_of_a_refusal_is_printed_to_be_pasted_and_lets_the_file_in(tmp_path: Path) -> None:
    path = file(tmp_path, b"1;Ada\n2;Bob\n")
    code, text = told(path, folder=tmp_path)
    assert code == 1
    _, _, toml = text.partition("[finance.umsatz]")
    assert told(path, configuration=f"[finance.umsatz]{toml}", folder=tmp_path)[0] == 0


def test_a_later_file_is_compared_with_the_contract_that_another_one_makes(tmp_path: Path) -> None:
    first = file(tmp_path, FIRST.encode(), "a.csv")
    named = ("--data-set", "umsatz", "--after", first)
    code, text = told(file(tmp_path, FIRST.replace(";", "|").encode(), "b.csv"), *named, folder=tmp_path)
    assert (code, "delimiter '|' instead of ';'" in text) == (0, True)
    code, text = told(file(tmp_path, FIRST.replace("Ort", "Stadt").encode(), "c.csv"), *named, folder=tmp_path)
    assert (code, "contract_broken" in text, 'renames = { "Stadt" = "Ort" }' in text) == (1, True, True)


def test_a_later_file_whose_values_a_type_does_not_hold_is_told_as_widened_with_both_types(tmp_path: Path) -> None:
    first = file(tmp_path, b"id,zip,price,on,paid\n1,8001,10.50,2026-11-01,true\n2,8002,3.20,2026-11-02,false\n", "a.csv")
    later = b"id,zip,price,on,paid,\n3,08003,1.2345,2026-11-03T10:00:00,yes,\n4,8004,7.5,2026-11-04,no,\n"
    code, text = told(file(tmp_path, later, "b.csv"), "--data-set", "umsatz", "--after", first, folder=tmp_path)
    assert (code, "widened" in text) == (0, True)
    flat = " ".join(text.split())
    for said in ("zip: bigint became string", "price: decimal(16,2) became decimal(18,4)", "on: date became timestamp"):
        assert said in flat
    assert "paid: boolean became string" in flat
    narrow = file(tmp_path, b"id,zip,price,on,paid\n5,8005,1,2026-11-05,true\n6,8006,2,2026-11-06,true\n", "c.csv")
    code, text = told(narrow, "--data-set", "umsatz", "--after", first, folder=tmp_path)
    assert (code, "widened" in text, "decimal(16,2)" in text) == (0, False, True)


def test_rejects_are_told_by_their_reasons_and_values_that_leave_doubt_by_what_settles_it(tmp_path: Path) -> None:
    data = b"cid,amount,on\n1,1.234,01/02/2026\n2,2.345,03/04/2026\n3\n"
    code, text = told(file(tmp_path, data), folder=tmp_path)
    assert code == 0
    for said in ("1 of them rejected", "too_narrow", "before three digits", "date_formats"):
        assert said in text


def test_what_is_not_there_or_not_read_is_told_in_one_line(tmp_path: Path) -> None:
    assert told(str(tmp_path / "none.csv"), folder=tmp_path) == (1, f"there is no file {tmp_path / 'none.csv'}\n")
    assert "not_readable" in told(file(tmp_path, b"x", "old.xls"), folder=tmp_path)[1]


# The values


@pytest.mark.parametrize(
    ("values", "kind", "doubts"),
    [
        (["1", "2", None, ""], "bigint", ()),
        (["1.10", "20"], "decimal(16,2)", ()),
        (["1067", "01067"], "string", ("leading_zero",)),
        (["5E1", "7"], "string", ("exponent",)),
        (["1.234", "2.345"], "string", ("point",)),
        (["1,5", "2,50"], "string", ("comma",)),
        (["13/02/2026"], "string", ("date_order",)),
        (["2026-02-28", "2026-02-29"], "string", ()),
        (["2026-02-28"], "date", ()),
        (["2026-02-28 10:00:00"], "timestamp", ()),
        (["2026-02-28T10:00:00+02:00"], "string", ("offset",)),
        (["true", "False"], "boolean", ()),
        (["-0", "1"], "string", ()),
        (["NULL", "3"], "bigint", ()),
        ([None, " "], None, ()),
        (["1234567890123456789"], "string", ("many_digits",)),
    ],
)
def test_a_type_is_told_only_where_every_value_survives_it(
    values: list[str | None], kind: str | None, doubts: tuple[str, ...]
) -> None:
    found = evidence_of("x", values, Notation())
    assert decided(found, Notation()) == kind
    assert found.doubts == doubts


def test_a_notation_says_how_values_are_read() -> None:
    notation = Notation(decimal=",", thousands=".", date_formats=("dd.MM.yyyy",), nulls=("k.A.",))
    assert decided(evidence_of("x", ["1.234,50", "k.A."], notation), notation) == "decimal(16,2)"
    assert decided(evidence_of("x", ["28.02.2026"], notation), notation) == "date"
    assert decided(evidence_of("x", ["30.02.2026"], notation), notation) == "string"
    assert spark_pattern("EEEE d. MMMM yyyy") is None


def test_names_are_whole_where_another_program_reads(tmp_path: Path) -> None:
    name = "what_a_column_of_an_old_finance_system_can_be_named" * 2
    (tmp_path / "new.csv").write_text(f"cid,{name}\n1,2\n")
    command = [sys.executable, "-m", "local", "inspect", str(tmp_path / "new.csv")]
    told = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=True)
    assert name in done.stdout
