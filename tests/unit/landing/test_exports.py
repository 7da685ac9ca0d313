"""Whole exports and finance files through the whole of ingest: every record that was made is in bronze, as it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.contracts.columns import LINEAGE
from shared.formats.model_json import parse_model
from tests.makers.export import (
    FIRST_FOLDER,
    GROUP,
    MEMBER,
    RATE,
    SECOND_FOLDER,
    changes,
    incremental_export,
    partitioned_export,
    wide_table,
)
from tests.makers.finance import MadeFile, customer_file, spend_file
from tests.makers.model import WITHOUT_TABLES, make_model
from tests.makers.rows import spell
from tests.pipeline import DATAVERSE, FINANCE, Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.ledger.records import LandedFile
    from tests.makers.export import Export
    from tests.makers.rows import Row

SEED = 2024


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def land(pipeline: Pipeline, export: Export) -> None:
    for path, data in export.files.items():
        pipeline.land(DATAVERSE, path, data)
    pipeline.tick()


def file(pipeline: Pipeline, path: str, container: str = DATAVERSE) -> LandedFile:
    return pipeline.context.ledger.file(container, path).record


def counts(pipeline: Pipeline, path: str, container: str = DATAVERSE) -> tuple[str, int, int]:
    record = file(pipeline, path, container)
    return record.state, record.records, record.rejects


def in_bronze(pipeline: Pipeline, table: str, columns: Iterable[str], container: str = DATAVERSE) -> dict[str, list[Row]]:
    """The rows of a table by landed file, without lineage."""
    found: dict[str, list[Row]] = {}
    for row in pipeline.bronze(table, container):
        path = row["_source_file"].removeprefix(f"{container}/")
        found.setdefault(path, []).append({name: row[name] for name in columns})
    return found


def of_table(rows: Mapping[str, tuple[Row, ...]], table: str) -> dict[str, list[Row]]:
    return {path: list(made) for path, made in rows.items() if table in path.split("/")}


def test_an_incremental_export_is_taken_whole(pipeline: Pipeline) -> None:
    """Its delete stands in 1.csv; the model of one folder lacks a table that the next one has."""
    export = incremental_export(SEED)
    land(pipeline, export)
    for path, rows in export.rows.items():
        assert counts(pipeline, path) == ("ingested", len(rows), 0)
    for table in (GROUP, MEMBER):
        assert in_bronze(pipeline, table, export.tables[table]) == of_table(export.rows, table)
    assert [row["IsDelete"] for row in pipeline.bronze(MEMBER)].count("True") == 1
    assert pipeline.rejected() == []
    assert file(pipeline, "malformed_model.json").reason == "unknown"
    status = pipeline.context.status().files
    assert (status.records, status.rejects, status.waiting) == (11, 0, 0)


def test_a_closed_folder_whose_model_has_no_tables_is_refused(pipeline: Pipeline) -> None:
    export = incremental_export(SEED)
    land(pipeline, export)
    folder = "2024-05-21T13.30.00Z"
    path = f"{folder}/{GROUP}/2020.csv"
    pipeline.land(DATAVERSE, f"{folder}/model.json", WITHOUT_TABLES)
    pipeline.land(DATAVERSE, path, export.files[f"{FIRST_FOLDER}/{GROUP}/2020.csv"])
    # The folder was closed years before this test's time: there is nothing to wait for any more.
    assert (file(pipeline, path).state, file(pipeline, path).reason) == ("rejected", "model_unusable")


def test_first_rows_changes_and_a_delete_without_a_line_break_are_taken(pipeline: Pipeline) -> None:
    made = changes(SEED)
    year, deletes = f"{GROUP}/2020.csv", f"{FIRST_FOLDER}/{GROUP}/1.csv"
    pipeline.land(DATAVERSE, "model.json", made.model)
    pipeline.land(DATAVERSE, year, spell(made.first, made.columns))
    pipeline.lake.append(DATAVERSE, year, spell(made.later, made.columns))
    pipeline.context.landing(DATAVERSE, year)
    assert counts(pipeline, year) == ("ingested", len(made.first) + len(made.later), 0)
    pipeline.land(DATAVERSE, f"{FIRST_FOLDER}/model.json", made.model)
    pipeline.land(DATAVERSE, "Changelog/changelog.info", SECOND_FOLDER.encode())
    pipeline.land(DATAVERSE, deletes, made.delete_file)
    assert counts(pipeline, deletes) == ("ingested", 1, 0)
    assert in_bronze(pipeline, GROUP, made.columns) == {year: [*made.first, *made.later], deletes: [made.gone]}
    assert (made.gone["IsDelete"], made.gone["modifiedon"]) == ("True", None)


@pytest.mark.parametrize("made", [spend_file(SEED), customer_file(SEED)], ids=["ends in CR", "ends in LF"])
def test_a_finance_file_is_taken_whole_and_once_whatever_ends_its_records(pipeline: Pipeline, made: MadeFile) -> None:
    for _ in range(2):
        pipeline.land(FINANCE, "people.csv", made.data)
    record = file(pipeline, "people.csv", FINANCE)
    assert counts(pipeline, "people.csv", FINANCE) == ("ingested", 1400, 0)
    assert (record.reason, record.generation) == ("same_content", 1)
    assert in_bronze(pipeline, "people", made.rows[0], FINANCE) == {"people.csv": list(made.rows)}
    assert len(pipeline.bronze("people", FINANCE)[0]) == len(made.rows[0]) + len(LINEAGE) + 1  # the contract's version


def test_a_model_with_partitions_binds_its_tables_and_refuses_the_one_in_place(pipeline: Pipeline) -> None:
    export = partitioned_export(SEED)
    land(pipeline, export)
    for table in (RATE, "orderline"):
        assert counts(pipeline, f"{table}/2020.csv") == ("ingested", 30, 0)
        assert in_bronze(pipeline, table, export.tables[table]) == of_table(export.rows, table)
    assert counts(pipeline, "orderjournal/2020.csv")[0] == "rejected"
    assert file(pipeline, "orderjournal/2020.csv").reason == "in_place_export"  # its model has no IsDelete
    (part,) = pipeline.context.ledger.parts_of(DATAVERSE, "orderline/2020.csv")
    kept = pipeline.context.bronze.schemas(DATAVERSE, "orderline")[part.record.schema_version]
    assert [column for column in kept.to_json() if column["name"] == "amountcur"] == [
        {"name": "amountcur", "type": "decimal", "precision": 38, "scale": 6}
    ]


def test_a_wide_table_is_bound_by_position_wherever_its_delete_flag_stands(pipeline: Pipeline) -> None:
    """Exported in place it has no delete flag and is refused; append-only, the flag stands amid the other columns."""
    made = wide_table(SEED)
    assert len(made.in_place) == 192
    pipeline.land(DATAVERSE, "model.json", make_model({"account": made.in_place}))
    pipeline.land(DATAVERSE, "account/2024.csv", b"1\r\n")
    assert file(pipeline, "account/2024.csv").reason == "in_place_export"
    pipeline.clock.advance(11)
    appending = make_model({"account": made.append_only})
    schema = parse_model(appending, "model.json").tables["account"]
    assert (schema.width, schema.flag_ends_row) == (193, False)
    pipeline.land(DATAVERSE, "model.json", appending)
    pipeline.land(DATAVERSE, "account/2025.csv", spell(made.rows, made.append_only))
    assert counts(pipeline, "account/2025.csv") == ("ingested", 50, 0)
    assert in_bronze(pipeline, "account", made.append_only) == {"account/2025.csv": list(made.rows)}
