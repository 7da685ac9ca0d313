"""What is wrong with a publication is told before it is staged: errors refuse it, warnings tell what will break."""

from __future__ import annotations

import pytest

from shared.contracts.publication import GoldTable
from spark_jobs.findings import errors
from spark_jobs.gold.traps import findings
from tests.gold_folder import gold_table, publication


@pytest.mark.parametrize(
    ("table", "severity", "trap"),
    [
        (gold_table(table="2026_01"), "error", "table_name"),
        (gold_table(table="delta"), "error", "table_name"),  # where the Delta tables lie
        (gold_table("customer/p-1/0.parquet"), "error", "folder_name"),
        (gold_table(columns={"cid": "string", "e-mail": "string"}), "error", "column_name"),
        (gold_table(columns={"cid": "double"}), "error", "primary_key_type"),
        (gold_table(columns={"cid": "string", "income": "decimal(19,4)"}), "error", "decimal_precision"),
        (gold_table(columns={"cid": "string", "tags": "array<string>"}), "error", "column_type"),
        (gold_table(columns={"cid": "string", "at": "timestamp_ntz"}), "error", "column_type"),
        (gold_table(size=2 << 30), "error", "file_size"),
        (gold_table(*(f"customer/p1/{n}.parquet" for n in range(1001)), size=20 << 20), "error", "file_count"),
        (gold_table(*(f"customer/p1/{n}.parquet" for n in range(101))), "warning", "small_files"),
        (gold_table(columns={f"c{n}": "string" for n in range(1001)}, key="c1"), "warning", "column_count"),
        (gold_table(columns={"cid": "string", "address1_postalcode": "bigint"}), "warning", "number_for_text"),
        (gold_table(columns={"cid": "string", "telephone1": "decimal(16,0)"}), "warning", "number_for_text"),
    ],
)
def test_a_trap_in_a_publication_is_found(table: GoldTable, severity: str, trap: str) -> None:
    found = findings(publication(table))
    assert [(finding.severity, finding.trap) for finding in found] == [(severity, trap)]
    assert errors(found) == ([found[0]] if severity == "error" else [])


def test_a_change_of_columns_is_a_warning_that_names_them() -> None:
    """Customer Insights, section 6: Customer Insights fails until a person has the attributes generated again."""
    old = publication(gold_table(columns={"cid": "string", "spend": "bigint", "mail": "string"}))
    new = publication(gold_table(columns={"cid": "string", "spend": "string", "email": "string"}), name="p2")
    (found,) = findings(new, old)
    assert (found.severity, found.trap) == ("warning", "columns_changed")
    assert found.detail.startswith("added email; removed mail; retyped spend bigint to string; ")
    assert findings(new, new) == []


def test_another_key_and_a_table_that_is_gone_are_warnings() -> None:
    columns = {"cid": "string", "Id": "string"}
    old = publication(gold_table(columns=columns), gold_table("account/p1/0.parquet", table="account"))
    found = findings(publication(gold_table(columns=columns, key="Id")), old)
    assert [(one.trap, one.table) for one in found] == [("primary_key_changed", "customer"), ("table_removed", "account")]
    assert errors(found) == []
