"""Every trap of reference: Customer Insights, sections 2 to 6 and 11, is found in a gold folder made to hold it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from spark_jobs.documents import may_have_findings, write_findings
from spark_jobs.findings import NUMBERS_LOST, numbers_lost, rows_merged
from spark_jobs.gold.readiness import inspect, main
from spark_jobs.gold.readiness import ways as ways_of
from spark_jobs.lake import Lake
from spark_jobs.parquet_files import int96_columns
from tests.gold_folder import AT, change, gold, gold_table

_UTC = pa.timestamp("us", "UTC")
MANIFEST = "default.manifest.cdm.json"
DOCUMENT = "customer/p1/customer.cdm.json"


def customers(count: int = 2, /, **columns: Any) -> pa.Table:
    return pa.table({"cid": [str(number) for number in range(count)], **columns})


def traps(folder: Path) -> list[tuple[str, str]]:
    return [(finding.severity, finding.trap) for finding in inspect(folder)]


SOUND = customers(
    at=pa.array([AT, None], _UTC),
    born=pa.array([date(1990, 1, 2), None]),
    spend=pa.array([Decimal("1.50"), None], pa.decimal128(16, 2)),
    visits=pa.array([1, None], pa.int64()),
    share=[0.5, None],
    active=[True, None],
    address1_postalcode=["06040", None],
)


@pytest.mark.parametrize("layout", ["publications", "full_data", "incremental"])
def test_a_sound_folder_has_no_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str], layout: str) -> None:
    parts = [SOUND] * (2 if layout == "incremental" else 1)  # the same keys again: an upsert is no second row
    folder = gold(tmp_path, *parts, layout=layout)
    assert traps(folder) == []
    assert main([str(folder)]) == 0
    verdict, *ways = capsys.readouterr().out.splitlines()
    assert verdict == "ready: 0 errors, 0 warnings"
    assert ways == [
        "Customer Insights, and whoever reads Common Data Model folders: default.manifest.cdm.json",
        "Databricks SQL, and Power BI through it: by name, where the deployment has a catalog",
        'Fabric, Synapse serverless SQL, Power BI without Databricks: Delta tables, which [gold] layout = "delta" makes',
    ]


def test_values_that_an_increment_replaced_tell_nothing(tmp_path: Path) -> None:
    before, after = (pa.array([AT + timedelta(days=days)] * 20, pa.timestamp("us", "UTC")) for days in (0, 1))
    shared = customers(20, telephone=["801-555-0100"] * 20, published_at=before)
    mended = customers(20, telephone=[f"801-555-01{number:02}" for number in range(20)], published_at=after)
    assert traps(gold(tmp_path / "before", shared, layout="incremental")) == [("warning", "one_value")]
    assert traps(gold(tmp_path / "after", shared, mended, layout="incremental")) == []


def may_have(lake: Lake) -> bool:
    return may_have_findings(lake, gold_table(), besides=NUMBERS_LOST)


def test_rows_that_became_one_are_named_though_no_file_shows_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = gold(tmp_path / "gold", SOUND)
    lake, merged = Lake(SimpleNamespace(), f"{tmp_path}/{{container}}"), rows_merged("customer", "customer", 3, 7)  # type: ignore[arg-type]  # no Spark
    assert may_have(lake), "nothing says that it has none"
    write_findings(lake, gold_table(), (merged,))
    assert (list(inspect(folder)), may_have(lake)) == ([merged], True)
    assert main([str(folder)]) == 0
    told, verdict, *_ = capsys.readouterr().out.splitlines()
    assert told.startswith("warning rows_merged: customer customer: 7 current rows share 3 values")
    assert verdict == "ready: 0 errors, 1 warnings"
    write_findings(lake, gold_table(), (numbers_lost("customer", "phone_e164", "telephone", 2),))
    assert not may_have(lake), "numbers are counted with each file"
    write_findings(lake, gold_table(), ())
    assert (traps(folder), may_have(lake)) == ([], False)
    (folder / "customer" / "p1" / "customer.findings.json").write_text('{"table": "other"}')
    assert (traps(folder), may_have(lake)) == ([("warning", "findings_unreadable")], True)


def test_a_folder_with_delta_tables_says_who_else_can_read_it(tmp_path: Path) -> None:
    (tmp_path / "delta" / "customer" / "_delta_log").mkdir(parents=True)
    (way,) = ways_of(tmp_path)
    assert way == "Fabric (a shortcut), Synapse serverless, Power BI, Databricks: Delta tables in delta/: customer"


@pytest.mark.parametrize(
    ("data", "severity", "trap"),
    [
        # section 2: names, keys
        (customers(**{"a b": [1, 2]}), "error", "column_name"),
        (pa.table({"cid": ["1", "1"]}), "error", "primary_key_repeats"),
        (pa.table({"cid": ["1", None]}), "error", "primary_key_null"),
        (pa.table({"cid": [1.0, 2.0]}), "error", "primary_key_type"),
        # section 2: types
        (customers(x=pa.array([Decimal(1), Decimal(2)], pa.decimal128(19, 4))), "error", "decimal_precision"),
        (customers(x=[[1], [2]]), "error", "column_type"),
        (customers(x=[{"a": 1}, None]), "error", "column_type"),
        (customers(x=pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64()))), "error", "column_type"),
        (customers(x=pa.array([time(1), None])), "error", "column_type"),
        (customers(x=pa.array([1, 2], pa.uint32())), "error", "column_type"),
        (customers(x=pa.array([timedelta(1), None])), "error", "column_type"),
        (customers(x=pa.array([b"1", None])), "error", "column_type"),
        (customers(x=pa.array(["a", "b"]).dictionary_encode()), "error", "column_type"),
        (customers(x=pa.array([AT, None], pa.timestamp("ns", "UTC"))), "error", "column_type"),
        (customers(x=pa.array([datetime(2026, 1, 1), None], pa.timestamp("us"))), "error", "timestamp_ntz"),  # noqa: DTZ001  the trap
        # section 2: columns, dates; section 11: leading zeros, one telephone for all
        (customers(**{f"c{number}": [1, 2] for number in range(1000)}), "warning", "column_count"),
        (customers(birthdate=["1990-01-02", "01/02/1990"]), "warning", "date_text"),
        (customers(postcode=[6040, 6041]), "warning", "number_for_text"),
        (customers(20, telephone=["801-555-0100"] * 20), "warning", "one_value"),
        # section 10: columns whose names say in which form they are, and rows that are left out
        (customers(phone_e164=["801-555-0100", "+18015550100"]), "warning", "phone_form"),
        (customers(email_normalised=["Ann@example.com", None]), "warning", "normalised_form"),
        (customers(is_deleted=[True, None]), "error", "deleted_rows"),
    ],
)
def test_a_trap_in_the_data_is_found(tmp_path: Path, data: pa.Table, severity: str, trap: str) -> None:
    assert traps(gold(tmp_path, data)) == [(severity, trap)]


@pytest.mark.parametrize(
    "data",
    [
        customers(30, telephone=["801-555-0100"] * 2 + [f"801-555-02{number:02}" for number in range(28)]),  # a household
        customers(birthdate=["01/02/1990", "01/03/1990"]),  # one format
        customers(20, state=["Utah"] * 20),  # nobody matches on a state alone
        customers(phone_e164=["+18015550100", None], email_normalised=["ann@example.com", None], is_deleted=[False, None]),
    ],
)
def test_what_only_resembles_a_trap_is_none(tmp_path: Path, data: pa.Table) -> None:
    assert traps(gold(tmp_path, data)) == []


@pytest.mark.parametrize(
    ("options", "trap"),
    [({"use_deprecated_int96_timestamps": True}, "int96"), ({"data_page_version": "2.0"}, "page_version")],
)
def test_how_a_file_is_written_is_looked_at(tmp_path: Path, options: dict[str, Any], trap: str) -> None:
    """Section 2: INT96 columns may not show; only what writer version 1 makes is read."""
    assert traps(gold(tmp_path, SOUND, **options)) == [("error", trap)]


def test_a_column_that_does_not_hold_what_it_is_said_to_mean_is_named(tmp_path: Path) -> None:
    data = customers(mail=["a@example.com", None], income=[1.5, None], at=pa.array([AT, None], _UTC), born=["1990-01-02", None])
    means = {"mail": "Identity.Service.Email", "at": "Calendar.Date", "born": "Person.BirthDate"}
    assert traps(gold(tmp_path / "sound", data, semantic_types=means)) == []
    wrong = {"income": "Identity.Service.Email", "mail": "Calendar.Date"}
    found = [(one.trap, one.where) for one in inspect(gold(tmp_path / "wrong", data, semantic_types=wrong))]
    assert found == [("semantic_type", "mail"), ("semantic_type", "income")]


def test_a_key_is_unique_over_all_files(tmp_path: Path) -> None:
    assert traps(gold(tmp_path, pa.table({"cid": ["1", "2"]}), pa.table({"cid": ["3", "1"]}))) == [
        ("error", "primary_key_repeats")
    ]


def test_many_small_files_are_a_warning(tmp_path: Path) -> None:
    """Section 2: ideally 16 MB to 1 GB."""
    parts = [pa.table({"cid": [str(number)]}) for number in range(101)]
    assert traps(gold(tmp_path, *parts)) == [("warning", "small_files")]


def test_a_file_of_more_than_1_gb_is_found(tmp_path: Path) -> None:
    folder = gold(tmp_path, SOUND)
    path = folder / "customer/p1/part-0.parquet"
    content = path.read_bytes()
    with path.open("wb") as file:  # a hole in front: it takes no space on the disk, and moves every page
        file.seek((1 << 30) + 1)
        file.write(content)
    assert ("error", "file_size") in traps(folder)


def test_more_than_1000_files_in_a_folder_are_found(tmp_path: Path) -> None:
    folder = gold(tmp_path, SOUND)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    one = manifest["entities"][0]["dataPartitions"][0]
    manifest["entities"][0]["dataPartitions"] = [one | {"location": f"customer/p1/{number}.parquet"} for number in range(1001)]
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert ("error", "file_count") in traps(folder)


def remove(path: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).unlink()


def replaced(path: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: change(folder / path, old, new)


@pytest.mark.parametrize(
    ("spoil", "trap"),
    [
        (remove(MANIFEST), "no_manifest"),
        (replaced(MANIFEST, '"entities"', '"tables"'), "manifest_unreadable"),
        (replaced(MANIFEST, '"location"', '"place"'), "manifest_unreadable"),
        (remove(DOCUMENT), "no_entity_document"),
        (replaced(DOCUMENT, '"definitions"', '"entities"'), "document_unreadable"),
        (remove("customer/p1/part-0.parquet"), "missing_file"),
        (lambda folder: (folder / "customer/p1/part-0.parquet").write_text("cid\n1\n"), "unreadable_file"),
        # section 2: a renamed or illegally named table or folder; exactly one key
        (replaced(MANIFEST, '"entityName": "customer"', '"entityName": "1customer"'), "table_name"),
        (replaced(DOCUMENT, '"isPrimaryKey": true', '"isPrimaryKey": false'), "primary_key"),
        (replaced(DOCUMENT, '"name": "at"', '"isPrimaryKey": true, "name": "at"'), "primary_key"),
        (replaced(DOCUMENT, "(resolvedAttributes)/cid", "(resolvedAttributes)/at"), "primary_key"),
        # sections 2 and 5: dates without a declared format are read as en-US
        (replaced(MANIFEST, "is.formatted.dateTime", "is.formatted.other"), "date_format"),
        (replaced(MANIFEST, 'is.formatted.date"', 'is.formatted.other"'), "date_format"),
        # section 6: other columns make every record corrupt, another type makes it so
        (replaced(DOCUMENT, '"name": "visits"', '"name": "calls"'), "columns_differ"),
        (replaced(DOCUMENT, '"dataFormat": "Int64"', '"dataFormat": "String"'), "type_differs"),
    ],
)
def test_a_trap_in_what_describes_the_data_is_found(tmp_path: Path, spoil: Callable[[Path], None], trap: str) -> None:
    folder = gold(tmp_path, SOUND)
    spoil(folder)
    assert traps(folder) == [("error", trap)]


def test_a_folder_name_is_an_error_where_customer_insights_browses_and_a_warning_below(tmp_path: Path) -> None:
    """Section 2: `ingest_date=2026-01-01/` is no name; deeper folders seem exempt."""
    folder = gold(tmp_path, SOUND)
    (folder / "customer/p1/part-0.parquet").rename(folder / "customer/part-0.parquet")
    for place, severity in (("customer/day=1", "warning"), ("2026-01-01", "error")):
        (folder / place).mkdir()
        (folder / place / "0.parquet").write_bytes((folder / "customer/part-0.parquet").read_bytes())
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest["entities"][0]["dataPartitions"][0]["location"] = f"{place}/0.parquet"
        (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        assert traps(folder) == [(severity, "folder_name")]


def test_a_pattern_that_finds_nothing_or_says_nothing_is_found(tmp_path: Path) -> None:
    folder = gold(tmp_path, SOUND, layout="full_data")
    change(folder / MANIFEST, "parquet$", "csv$")
    assert ("error", "missing_file") in traps(folder)
    change(folder / MANIFEST, "regularExpression", "expression")
    assert traps(folder) == [("error", "manifest_unreadable")]


def test_findings_are_told_to_machines_too_and_only_errors_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warned = gold(tmp_path / "warned", customers(postcode=[6040, 6041]))
    assert main([str(warned)]) == 0
    assert capsys.readouterr().out.startswith("warning number_for_text: customer postcode: ")
    assert main([str(gold(tmp_path / "wrong", SOUND, use_deprecated_int96_timestamps=True)), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(one["trap"], one["table"], one["where"], one["severity"]) for one in found] == [
        ("int96", "customer", "at", "error")
    ]


def test_the_end_of_a_file_tells_its_int96_columns(tmp_path: Path) -> None:
    """The job cannot open files of the lake with pyarrow; the last bytes it can get."""
    folder = gold(tmp_path / "gold", SOUND, use_deprecated_int96_timestamps=True)
    end = Lake(SimpleNamespace(), f"{tmp_path}/{{container}}").end("gold/customer/p1/part-0.parquet", 2000)  # type: ignore[arg-type]  # no Spark
    assert len(end) == 2000 < (folder / "customer/p1/part-0.parquet").stat().st_size
    assert int96_columns(end) == ["at"]
