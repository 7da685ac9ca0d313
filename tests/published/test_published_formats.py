"""Published files through the readers alone."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from shared.contracts.columns import Column
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.source import open_finance
from shared.formats.landed_paths import FinanceFile, classify_finance
from shared.formats.model_json import ModelWithoutEntitiesError, parse_model
from shared.formats.slices import Lineage, SliceSpec, read_slice
from shared.formats.table_schema import min_width

if TYPE_CHECKING:
    from pathlib import Path

LINEAGE = Lineage(source_file="c/t/2023.csv", source_version="0x8D", landed_at=datetime(2026, 11, 23, tzinfo=UTC))
LEVEL = "dimensionattributelevel"
TWELVE, THIRTEEN = "incremental_fno/2024-05-21T12.00.00Z", "incremental_fno/2024-05-21T13.00.00Z"


@pytest.mark.parametrize(
    ("path", "model", "table", "records"),
    [
        ("arcane_stream_it/upsert_2020.csv", "arcane_stream_it/model.json", LEVEL, 5),
        ("arcane_stream_it/upsert_update.csv", "arcane_stream_it/model.json", LEVEL, 3),
        ("arcane_stream_it/delete_1.csv", "arcane_stream_it/model.json", LEVEL, 1),
        (f"{TWELVE}/{LEVEL}/2020.csv", f"{TWELVE}/model.json", LEVEL, 5),
        (f"{THIRTEEN}/{LEVEL}value/2020.csv", f"{THIRTEEN}/model.json", f"{LEVEL}value", 5),
        (f"{THIRTEEN}/{LEVEL}value/1.csv", f"{THIRTEEN}/model.json", f"{LEVEL}value", 1),
    ],
)
def test_published_exports_are_read_whole(published: Path, path: str, model: str, table: str, records: int) -> None:
    """A delete is known by what its row says, not by how its file is named (reference: Synapse Link, section 8).

    Twin: tests/unit/formats/test_slices.py::test_table_files_of_an_incremental_export_are_read_whole.
    Twin: tests/unit/formats/test_slices.py::test_first_rows_changes_and_a_delete_without_a_line_break_are_read_whole.
    """
    schema = parse_model((published / model).read_bytes(), model).tables[table]
    spec = SliceSpec(schema=schema, lineage=LINEAGE, final=True, min_width=min_width(schema))
    slice_ = read_slice([(published / path).read_bytes()], spec)
    assert (slice_.records, slice_.rows, slice_.rejects) == (records, records, 0)
    deletes = pq.read_table(io.BytesIO(slice_.parquet)).column("IsDelete").to_pylist()
    assert deletes == (["True"] if records == 1 else [None] * records)


@pytest.mark.parametrize(("name", "first"), [("customer_spend.csv", "4438"), ("customer.csv", None)])
def test_the_sample_with_bare_carriage_returns_has_1400_records(published: Path, name: str, first: str | None) -> None:
    """Reference: Synapse Link, section 14: records end in a bare CR, the last in CRLF.

    Twin: tests/unit/formats/test_finance.py::test_every_record_of_a_file_is_read_whether_a_bare_carriage_return_ends_it_or_not.
    """
    file = classify_finance(name)
    assert isinstance(file, FinanceFile)
    source = open_finance([(published / "sample_customer360" / name).read_bytes()], file, FinanceConfig(keys=("cid",)))
    spec = SliceSpec(schema=source.schema, dialect=source.dialect, lineage=LINEAGE, start=source.header_bytes, final=True)
    slice_ = read_slice(source.chunks, spec)
    rows = pq.read_table(io.BytesIO(slice_.parquet)).to_pylist()
    assert (slice_.records, slice_.rows, slice_.rejects) == (1400, 1400, 0)
    assert rows[0].get("spend") == first
    assert len({row["cid"] for row in rows}) == 1400


def test_published_models_are_read(published: Path) -> None:
    """Twin: tests/unit/formats/test_model_json.py::test_a_model_of_several_tables_is_read_whatever_it_says_of_partitions."""
    model = parse_model((published / "cdm_model_with_partition.json").read_bytes(), "model.json")
    assert {name: schema.width for name, schema in model.tables.items()} == {
        "currency": 26,
        "custinvoicejour": 12,
        "custinvoiceline": 16,
    }
    assert model.sync_states["currency"] == "Completed"
    assert Column(name="roundingprecision", type="decimal", precision=38, scale=6) in model.tables["currency"].columns
    with pytest.raises(ModelWithoutEntitiesError):
        parse_model((published / "incremental_fno/malformed_model.json").read_bytes(), "model.json")
