"""What keeps Customer Insights from attaching a Delta table, or from going on with it, is read off the table's log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spark_jobs.delta_log import inspect_delta
from spark_jobs.gold.delta import PROPERTIES

PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 4}
SCHEMA = json.dumps({"type": "struct", "fields": [{"name": "cid", "type": "string", "nullable": True, "metadata": {}}]})
SETTINGS = {name: value for name, value in PROPERTIES.items() if not name.endswith("Version")}


def actions(
    *, protocol: dict[str, Any] | None = None, schema: str = SCHEMA, add: dict[str, Any] | None = None, **settings: str | None
) -> list[dict[str, Any]]:
    """Return the actions of a table's first version; a setting of None is left out."""
    configuration = SETTINGS | {f"delta.{name}": value for name, value in settings.items()}
    configuration = {name: value for name, value in configuration.items() if value is not None}
    metadata = {"schemaString": schema, "configuration": configuration}
    return [
        {"commitInfo": {"operation": "WRITE", "operationParameters": {"mode": "Overwrite"}}},
        {"protocol": PROTOCOL | (protocol or {})},
        {"metaData": metadata},
        {"add": {"path": "0.parquet"} | (add or {})},
    ]


def commit(folder: Path, version: int, lines: list[dict[str, Any]]) -> None:
    log = folder / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    (log / f"{version:020}.json").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")


def traps(root: Path, *tables: str) -> list[tuple[str, str]]:
    return [(finding.severity, finding.trap) for finding in inspect_delta(root, tables or ("customer",))]


def test_a_table_as_the_job_makes_it_has_no_findings(tmp_path: Path) -> None:
    commit(tmp_path / "customer", 0, actions())
    commit(tmp_path / "customer", 1, [{"commitInfo": {"operation": "MERGE", "operationParameters": {}}}])
    assert traps(tmp_path) == []


@pytest.mark.parametrize(
    ("first", "found"),
    [
        (actions(protocol={"minReaderVersion": 3}), "delta_reader_version"),
        (actions(protocol={"readerFeatures": ["deletionVectors"]}), "delta_feature"),
        (actions(protocol={"writerFeatures": ["clustering"]}), "delta_feature"),
        (actions(protocol={"writerFeatures": ["timestampNtz"]}), "delta_feature"),
        (actions(protocol={"writerFeatures": ["typeWidening-preview"]}), "delta_feature"),
        (actions(protocol={"writerFeatures": ["variantType"]}), "delta_feature"),
        (actions(enableDeletionVectors="true"), "delta_deletion_vectors"),
        (actions(add={"deletionVector": {"storageType": "u"}}), "delta_deletion_vectors"),
        (actions(schema=SCHEMA.replace('"string"', '"timestamp_ntz"')), "timestamp_ntz"),
        (actions(logRetentionDuration="interval 7 days"), "delta_retention"),
        (actions(deletedFileRetentionDuration=None), "delta_retention"),  # Delta's default is a week
        (actions(deletedFileRetentionDuration="interval 1 week"), "delta_retention"),
    ],
)
def test_a_trap_in_a_log_is_found(tmp_path: Path, first: list[dict[str, Any]], found: str) -> None:
    """reference: Customer Insights, section 4."""
    commit(tmp_path / "customer", 0, first)
    assert traps(tmp_path) == [("error", found)]


@pytest.mark.parametrize("feature", ["changeDataFeed", "checkConstraints", "columnMapping", "rowTracking", "identityColumns"])
def test_what_customer_insights_supports_is_no_trap(tmp_path: Path, feature: str) -> None:
    commit(
        tmp_path / "customer", 0, actions(protocol={"minReaderVersion": 2, "minWriterVersion": 7, "writerFeatures": [feature]})
    )
    assert traps(tmp_path) == []


def test_a_table_that_was_overwritten_in_place_is_a_warning(tmp_path: Path) -> None:
    commit(tmp_path / "customer", 0, actions())
    commit(tmp_path / "customer", 1, actions())
    assert traps(tmp_path) == [("warning", "delta_overwritten")]


def test_a_table_that_the_manifest_shows_and_that_is_not_there_is_found(tmp_path: Path) -> None:
    """Section 4: no table can be added after the data source was saved."""
    commit(tmp_path / "customer", 0, actions())
    assert traps(tmp_path, "customer", "account") == [("error", "delta_table_missing")]


def test_tables_lie_right_below_the_root_and_have_legal_names(tmp_path: Path) -> None:
    commit(tmp_path / "customer", 0, actions())
    commit(tmp_path / "inner" / "account", 0, actions())
    assert traps(tmp_path) == [("error", "delta_place")]
    commit(tmp_path / "inner", 0, actions())
    assert traps(tmp_path) == [("error", "delta_place")]
    commit(tmp_path / "2026-01", 0, actions())
    commit(tmp_path, 0, actions())
    assert traps(tmp_path) == [("error", "delta_place"), ("error", "table_name"), ("error", "delta_place")]


def test_the_newest_checkpoint_stands_for_commits_that_were_cleaned_up(tmp_path: Path) -> None:
    log = tmp_path / "customer" / "_delta_log"
    log.mkdir(parents=True)
    configuration = pa.array([None, list(SETTINGS.items())], pa.map_(pa.string(), pa.string()))
    metadata = pa.StructArray.from_arrays(
        [pa.array([None, SCHEMA]), configuration], ["schemaString", "configuration"], mask=pa.array([True, False])
    )
    checkpoint = pa.table({"protocol": [{"minReaderVersion": 3, "minWriterVersion": 7}, None], "metaData": metadata})
    pq.write_table(checkpoint, log / f"{10:020}.checkpoint.parquet")
    assert traps(tmp_path) == [("error", "delta_reader_version")]
    commit(tmp_path / "customer", 11, [{"protocol": PROTOCOL}])
    assert traps(tmp_path) == []
