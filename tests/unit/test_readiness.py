"""Every trap of reference: Customer Insights, section 2, is found in a gold folder made to hold it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spark_jobs.publication import (
    GoldFile,
    GoldTable,
    Publication,
    cdm_entity,
    cdm_manifest,
    collectable,
    from_json,
    to_json,
)
from spark_jobs.readiness import findings, inspect, main

_AT = datetime(2026, 11, 1, tzinfo=UTC)


def publication(
    name: str = "p1", *, table: str = "customer", columns: dict[str, str] | None = None, **more: Any
) -> Publication:
    given = GoldTable(
        name=table,
        description="One row for each customer",
        primary_key="cid",
        digest="d",
        document=f"{table}/{name}/{table}.cdm.json",
        columns=columns or {"cid": "string"},
        files=(GoldFile(place=f"{table}/{name}/part-0.parquet", rows=1, size=more.pop("size", 10)),),
    )
    return Publication(
        **({"name": name, "batch_id": "b", "base": None, "created_at": _AT.isoformat()} | more), tables={table: given}
    )


def gold(folder: Path, data: pa.Table, *, key: str = "cid", write: bool = True, **options: Any) -> Path:
    """Write a gold folder with one table of one file."""
    made = publication(columns=dict.fromkeys(data.column_names, "string"))
    place = folder / "customer" / "p1"
    place.mkdir(parents=True)
    if write:
        pq.write_table(data, place / "part-0.parquet", **options)
    entity = cdm_entity("customer", "", key, dict.fromkeys(data.column_names, "string"))
    (place / "customer.cdm.json").write_text(json.dumps(entity), encoding="utf-8")
    (folder / "default.manifest.cdm.json").write_text(json.dumps(cdm_manifest(made)), encoding="utf-8")
    return folder


def traps(folder: Path) -> set[str]:
    return {finding.trap for finding in inspect(folder)}


def test_a_sound_folder_has_no_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = gold(tmp_path, pa.table({"cid": ["1", "2"], "at": pa.array([_AT, _AT], pa.timestamp("us", "UTC"))}))
    assert traps(folder) == set()
    assert main([str(folder)]) == 0
    assert "ready" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("columns", "trap"),
    [
        ({"cid": pa.array(["1", "1"])}, "primary_key_repeats"),
        ({"cid": pa.array(["1", None])}, "primary_key_null"),
        ({"cid": pa.array(["1", "2"]), "a b": pa.array([1, 2])}, "column_name"),
        ({"cid": pa.array(["1", "2"]), "x": pa.array([Decimal(1), Decimal(2)], pa.decimal128(19, 4))}, "decimal_precision"),
        ({"cid": pa.array(["1", "2"]), "x": pa.array([[1], [2]])}, "column_type"),
        ({"cid": pa.array(["1", "2"]), "x": pa.array([_AT, _AT], pa.timestamp("us"))}, "timestamp_ntz"),
    ],
)
def test_a_trap_in_a_file_is_found(tmp_path: Path, columns: dict[str, pa.Array], trap: str) -> None:
    assert trap in traps(gold(tmp_path, pa.table(columns)))


def test_int96_is_found_and_told_to_machines_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = pa.table({"cid": ["1"], "at": pa.array([_AT], pa.timestamp("us", "UTC"))})
    assert main([str(gold(tmp_path, data, use_deprecated_int96_timestamps=True)), "--json"]) == 1
    assert "int96" in {finding["trap"] for finding in json.loads(capsys.readouterr().out)}


def test_a_missing_file_a_missing_document_and_a_missing_manifest_are_found(tmp_path: Path) -> None:
    folder = gold(tmp_path, pa.table({"cid": ["1"]}), write=False)
    assert traps(folder) == {"missing_file"}
    (folder / "customer" / "p1" / "customer.cdm.json").unlink()
    assert traps(folder) == {"no_entity_document"}
    assert traps(tmp_path / "elsewhere") == {"no_manifest"}


@pytest.mark.parametrize(
    ("made", "trap"),
    [
        (publication(table="2026-01"), "table_name"),
        (publication(columns={"cid": "double"}), "primary_key_type"),
        (publication(columns={"cid": "string", "income": "decimal(19,4)"}), "decimal_precision"),
        (publication(columns={"cid": "string", "tags": "array<string>"}), "column_type"),
        (publication(size=2 << 30), "file_size"),
    ],
)
def test_a_trap_in_a_publication_is_found_before_it_is_staged(made: Publication, trap: str) -> None:
    assert [finding.trap for finding in findings(made)] == [trap]


def test_the_record_of_a_publication_round_trips() -> None:
    made = publication(silver={"customer": 3})
    assert from_json(json.loads(json.dumps(to_json(made)))) == made


def test_the_manifest_names_each_file_and_the_publication() -> None:
    manifest = cdm_manifest(publication())
    assert manifest["explanation"] == "p1"
    assert manifest["entities"][0]["entityPath"] == "customer/p1/customer.cdm.json/customer"
    assert manifest["entities"][0]["dataPartitions"][0]["location"] == "customer/p1/part-0.parquet"


def test_what_the_current_publication_or_the_grace_still_needs_is_not_collected() -> None:
    old = publication("p1", created_at="2026-10-01T00:00:00Z")
    new = publication("p2", created_at="2026-11-02T00:00:00Z")
    folders = {"customer": ["p1", "p2", "p3"]}
    places, records = collectable([old, new], "p2", _AT, folders)
    assert places == ["gold/customer/p1"], "p3 is unknown: it may be a run that is being built"
    assert records == ["pipeline/publications/p1.json"]
    assert collectable([old, new], "p1", _AT, folders) == ([], []), "p1 is what readers see"
    assert collectable([old, new], "p9", _AT, folders) == ([], []), "the record of what readers see is missing"
