"""Published exports and samples through the whole of ingest, with every record counted."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from shared.contracts.columns import CONTRACT_VERSION, LINEAGE
from shared.formats.model_json import parse_model
from shared.formats.table_schema import TableSchema
from tests.pipeline import DATAVERSE, FINANCE, Pipeline
from tests.properties.test_slicing import write

if TYPE_CHECKING:
    from pathlib import Path

    from shared.ledger.records import LandedFile

LEVEL = "dimensionattributelevel"


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def land_folder(pipeline: Pipeline, root: Path) -> None:
    for path in sorted(found for found in root.rglob("*") if found.is_file()):
        pipeline.land(DATAVERSE, path.relative_to(root).as_posix(), path.read_bytes())
    pipeline.tick()


def counts(record: LandedFile) -> tuple[str, int, int]:
    return record.state, record.records, record.rejects


def file(pipeline: Pipeline, path: str, container: str = DATAVERSE) -> LandedFile:
    return pipeline.context.ledger.file(container, path).record


def test_the_incremental_export_of_finance_and_operations(pipeline: Pipeline, published: Path) -> None:
    """Its delete stands in 1.csv; the model of one folder lacks a table that the next one has; `partitions` tells nothing.

    Twin: tests/unit/landing/test_exports.py::test_an_incremental_export_is_taken_whole.
    """
    land_folder(pipeline, published / "incremental_fno")
    for path, records in {
        f"2024-05-21T12.00.00Z/{LEVEL}/2020.csv": 5,
        f"2024-05-21T13.00.00Z/{LEVEL}value/2020.csv": 5,
        f"2024-05-21T13.00.00Z/{LEVEL}value/1.csv": 1,
    }.items():
        assert counts(file(pipeline, path)) == ("ingested", records, 0)
    assert [row["IsDelete"] for row in pipeline.bronze(LEVEL)] == [None] * 5
    assert sorted(str(row["IsDelete"]) for row in pipeline.bronze(f"{LEVEL}value")) == ["None"] * 5 + ["True"]
    assert pipeline.rejected() == []
    assert file(pipeline, "malformed_model.json").reason == "unknown"
    status = pipeline.context.status().files
    assert (status.records, status.rejects, status.waiting) == (11, 0, 0)


def test_a_closed_folder_with_a_published_model_without_entities_is_refused(pipeline: Pipeline, published: Path) -> None:
    """Twin: tests/unit/landing/test_exports.py::test_a_closed_folder_whose_model_has_no_tables_is_refused."""
    land_folder(pipeline, published / "incremental_fno")
    broken = (published / "incremental_fno/malformed_model.json").read_bytes()
    rows = (published / f"incremental_fno/2024-05-21T12.00.00Z/{LEVEL}/2020.csv").read_bytes()
    pipeline.land(DATAVERSE, "2024-05-21T13.30.00Z/model.json", broken)
    path = f"2024-05-21T13.30.00Z/{LEVEL}/2020.csv"
    pipeline.land(DATAVERSE, path, rows)
    # The folder was closed years before this test's time: there is nothing to wait for any more.
    assert (file(pipeline, path).state, file(pipeline, path).reason) == ("rejected", "model_unusable")


def test_an_upsert_an_update_and_a_delete_of_one_table(pipeline: Pipeline, published: Path) -> None:
    """Twin: tests/unit/landing/test_exports.py::test_first_rows_changes_and_a_delete_without_a_line_break_are_taken."""
    folder = published / "arcane_stream_it"
    pipeline.land(DATAVERSE, "model.json", (folder / "model.json").read_bytes())
    table = f"{LEVEL}/2020.csv"
    pipeline.land(DATAVERSE, table, (folder / "upsert_2020.csv").read_bytes())
    pipeline.lake.append(DATAVERSE, table, (folder / "upsert_update.csv").read_bytes())
    pipeline.context.landing(DATAVERSE, table)
    assert counts(file(pipeline, table)) == ("ingested", 8, 0)
    deletes = f"2024-05-21T12.00.00Z/{LEVEL}/1.csv"  # its only row has no line break behind it: a file that is whole
    pipeline.land(DATAVERSE, "2024-05-21T12.00.00Z/model.json", (folder / "model.json").read_bytes())
    pipeline.land(DATAVERSE, "Changelog/changelog.info", b"2024-05-21T13.00.00Z")
    pipeline.land(DATAVERSE, deletes, (folder / "delete_1.csv").read_bytes())
    assert counts(file(pipeline, deletes)) == ("ingested", 1, 0)
    rows = {row["_source_file"].rpartition("/")[2]: row for row in pipeline.bronze(LEVEL)}
    deleted = rows["1.csv"]
    assert (deleted["IsDelete"], deleted["createdon"], deleted["modifiedon"]) == ("True", "0001-01-03T00:00:00.0000000", None)


@pytest.mark.parametrize(("name", "columns"), [("customer.csv", 15), ("customer_spend.csv", 2)])
def test_the_sample_of_1400_customers_whose_records_may_end_in_a_bare_carriage_return(
    pipeline: Pipeline, published: Path, name: str, columns: int
) -> None:
    """Twin: tests/unit/landing/test_exports.py::test_a_finance_file_is_taken_whole_and_once_whatever_ends_its_records."""
    data = (published / "sample_customer360" / name).read_bytes()
    pipeline.land(FINANCE, name, data)
    pipeline.land(FINANCE, name, data)
    record = file(pipeline, name, FINANCE)
    assert (counts(record), record.reason, record.generation) == (("ingested", 1400, 0), "same_content", 1)
    rows = pipeline.bronze(name.removesuffix(".csv"), FINANCE)
    assert sorted(int(row["cid"]) for row in rows) == list(range(1400))
    assert len(rows[0]) == columns + len((*LINEAGE, CONTRACT_VERSION))
    if name == "customer_spend.csv":
        values = sorted(tuple(line.split(",")) for line in data.decode().splitlines()[1:])
        assert sorted((row["cid"], row["spend"]) for row in rows) == values
    else:
        empty = {column: sum(row[column] is None for row in rows) for column in ("LastName", "City", "Email")}
        assert empty == {"LastName": 7, "City": 15, "Email": 0}


def rows_for(schema: TableSchema, count: int, random: Random) -> list[list[str | None]]:
    samples: dict[str, str | None] = {"int64": "7", "dateTime": "2021-06-25T16:21:12Z", "decimal": "1.50"}
    return [
        [f"{number:08d}" if column.name == "Id" else samples.get(column.type, random.choice(["a", None, ""]))
         for column in schema.columns]
        for number in range(count)
    ]  # fmt: skip


def test_a_published_model_with_partitions_binds_its_tables_and_refuses_the_one_in_place(
    pipeline: Pipeline, published: Path
) -> None:
    """Twin: tests/unit/landing/test_exports.py::test_a_model_with_partitions_binds_its_tables_and_refuses_the_one_in_place."""
    random = Random(1)
    data = (published / "cdm_model_with_partition.json").read_bytes()
    pipeline.land(DATAVERSE, "model.json", data)
    for name, schema in parse_model(data, "model.json").tables.items():
        pipeline.land(DATAVERSE, f"{name}/2020.csv", write(rows_for(schema, 30, random), random))
    assert counts(file(pipeline, "currency/2020.csv")) == ("ingested", 30, 0)
    assert counts(file(pipeline, "custinvoiceline/2020.csv")) == ("ingested", 30, 0)
    refused = file(pipeline, "custinvoicejour/2020.csv")
    assert (refused.state, refused.reason) == ("rejected", "in_place_export")  # its model has no IsDelete
    (part,) = pipeline.context.ledger.parts_of(DATAVERSE, "currency/2020.csv")
    kept = pipeline.context.bronze.schemas(DATAVERSE, "currency")[part.record.schema_version]
    assert [column for column in kept.to_json() if column["name"] == "roundingprecision"] == [
        {"name": "roundingprecision", "type": "decimal", "precision": 38, "scale": 6}
    ]


def account_model(columns: list[dict[str, Any]]) -> bytes:
    attributes = [{"name": column["name"], "dataType": "string", "maxLength": -1} for column in columns]
    entity = {"$type": "LocalEntity", "name": "account", "attributes": attributes, "annotations": []}
    return json.dumps({"name": "cdm", "version": "1.0", "entities": [entity]}).encode()


def test_the_192_columns_of_an_account_in_their_published_order(pipeline: Pipeline, published: Path) -> None:
    """As published it has no IsDelete, so it came from an in-place profile; an append-only one has it somewhere.

    Twin: tests/unit/landing/test_exports.py::test_a_wide_table_is_bound_by_position_wherever_its_delete_flag_stands.
    """
    random = Random(1)
    columns = json.loads((published / "ce_account/account_columns.json").read_text(encoding="utf-8"))
    pipeline.land(DATAVERSE, "model.json", account_model(columns))
    pipeline.land(DATAVERSE, "account/2024.csv", b"1\r\n")
    assert file(pipeline, "account/2024.csv").reason == "in_place_export"
    columns.insert(3, {"name": "IsDelete"})
    pipeline.clock.advance(11)
    pipeline.land(DATAVERSE, "model.json", account_model(columns))
    schema = parse_model(account_model(columns), "model.json").tables["account"]
    rows = rows_for(schema, 50, random)
    pipeline.land(DATAVERSE, "account/2025.csv", write(rows, random))
    assert counts(file(pipeline, "account/2025.csv")) == ("ingested", 50, 0)
    found = [[row[name] for name in schema.names] for row in pipeline.bronze("account")]
    assert (found, schema.width, schema.flag_ends_row) == (rows, 193, False)
