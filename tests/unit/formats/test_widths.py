"""Rows of several widths in one file: which are prefixes, and which were cut off (reference: Synapse Link, section 7.2)."""

from __future__ import annotations

import pytest

from shared.adapters.memory import MemoryLake
from tests.pipeline import DATAVERSE, Pipeline, model

OLD = ("Id:guid", "note", "versionnumber:int64", "IsDelete:boolean")
NEW = (*OLD, "added")
NEWEST = (*NEW, "later")
ENGAGEMENT = ("Id:guid", "IsDelete:boolean", "versionnumber:int64", "note")
TABLE_MODEL = "Microsoft.Athena.TrickleFeedService/custtable-model.json"
FILE = "custtable/2024.csv"


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def land_model(pipeline: Pipeline, *columns: str) -> None:
    pipeline.land(DATAVERSE, TABLE_MODEL, model(*columns, table="custtable"))
    pipeline.clock.advance(11)  # a model is trusted for some seconds


def row(number: int, width: int, text: str = "x") -> bytes:
    return ",".join([str(number), text, "7", "", *["more"] * (width - 4)]).encode() + b"\r\n"


def grow(pipeline: Pipeline, *rows: bytes) -> None:
    pipeline.lake.append(DATAVERSE, FILE, b"".join(rows))
    pipeline.context.landing(DATAVERSE, FILE)


def taken(pipeline: Pipeline) -> list[int]:
    return [int(row["Id"]) for row in pipeline.bronze("custtable")]


def rejected(pipeline: Pipeline) -> list[tuple[int, str, str]]:
    found = [(row["_record_number"], row["_reason"], row["_detail"]) for row in pipeline.rejected()]
    return sorted(found)


def test_widths_may_only_grow_down_a_finance_and_operations_file(pipeline: Pipeline) -> None:
    land_model(pipeline, *NEWEST)
    pipeline.land(DATAVERSE, FILE, row(1, 4) + row(2, 5) + row(3, 4) + row(4, 6) + row(5, 5) + row(6, 6))
    assert taken(pipeline) == [1, 2, 4, 6]
    assert rejected(pipeline) == [(3, "truncated", "fields=4 min=5 max=6"), (5, "truncated", "fields=5 min=6 max=6")]


def test_a_row_that_was_cut_off_is_known_in_a_later_slice_and_a_later_ingest(pipeline: Pipeline) -> None:
    pipeline.start(SLICE_MEGABYTES="1")
    land_model(pipeline, *NEW)
    long = "x" * 400_000
    pipeline.land(DATAVERSE, FILE, row(1, 4) + row(2, 5) + b"".join(row(number, 5, long) for number in range(3, 9)) + row(9, 4))
    assert len(list(pipeline.context.ledger.parts_of(DATAVERSE, FILE))) > 1
    pipeline.start()
    grow(pipeline, row(10, 5))
    pipeline.start()
    grow(pipeline, row(11, 4), row(12, 5))
    assert taken(pipeline) == [1, 2, 3, 4, 5, 6, 7, 8, 10, 12]
    assert [(number, reason) for number, reason, _ in rejected(pipeline)] == [(9, "truncated"), (11, "truncated")]
    record = pipeline.context.ledger.file(DATAVERSE, FILE).record
    assert (record.width, record.records, record.rejects) == (5, 12, 2)


def test_a_part_that_was_written_before_a_crash_tells_its_width(pipeline: Pipeline) -> None:
    land_model(pipeline, *NEW)
    pipeline.lake.put(DATAVERSE, FILE, row(1, 5))
    before = {name: dict(rows) for name, rows in pipeline.tables._rows.items()}
    pipeline.context.landing(DATAVERSE, FILE)
    pipeline.tables._rows = before  # the part is in bronze, and the ledger never knew
    pipeline.start()
    grow(pipeline, row(2, 4))
    assert taken(pipeline) == [1]
    # Twice the same: the first try wrote it before it met the part, which refers to none (`PartName.rejects`).
    assert {(number, reason) for number, reason, _ in rejected(pipeline)} == {(2, "truncated")}
    assert pipeline.context.ledger.file(DATAVERSE, FILE).record.rejects == 1


def test_a_file_that_is_written_anew_begins_with_any_width(pipeline: Pipeline) -> None:
    land_model(pipeline, *NEW)
    pipeline.land(DATAVERSE, FILE, row(1, 5) + row(2, 5))
    pipeline.land(DATAVERSE, FILE, row(3, 4))
    assert taken(pipeline) == [1, 2, 3]
    assert rejected(pipeline) == []


def test_a_row_without_its_delete_flag_is_too_narrow(pipeline: Pipeline) -> None:
    land_model(pipeline, *NEW)
    pipeline.land(DATAVERSE, FILE, row(1, 5) + b"2,x,7\r\n" + row(3, 6))
    assert rejected(pipeline) == [(2, "too_narrow", "fields=3 min=4 max=5"), (3, "too_wide", "fields=6 min=4 max=5")]


def test_where_the_flag_is_not_last_every_width_that_the_table_had_is_legal_in_any_order(pipeline: Pipeline) -> None:
    land_model(pipeline, *ENGAGEMENT)
    pipeline.land(DATAVERSE, FILE, b"1,,7,x\r\n")
    land_model(pipeline, *ENGAGEMENT, "added")
    grow(pipeline, b"2,,7,x,y\r\n", b"3,,7,x\r\n", b"4,,7\r\n")
    assert taken(pipeline) == [1, 2, 3]
    assert rejected(pipeline) == [(4, "too_narrow", "fields=3 min=4 max=5")]


@pytest.mark.parametrize("columns", [OLD, ENGAGEMENT])
def test_files_of_a_closed_folder_keep_to_the_same_widths(pipeline: Pipeline, columns: tuple[str, ...]) -> None:
    pipeline.land(DATAVERSE, "2026-11-23T10.00.00Z/model.json", model(*columns, "added", table="custtable"))
    pipeline.land(DATAVERSE, "Changelog/changelog.info", b"2026-11-23T10.15.00Z")
    for name in ("1", "2"):
        rows = row(1, 4) + row(2, 5) + row(3, 4) if columns is OLD else b"2,,7,x,y\r\n3,\r\n"
        pipeline.land(DATAVERSE, f"2026-11-23T10.00.00Z/custtable/{name}.csv", rows)
    # Each file begins anew: widths are compared down a file, not from file to file.
    assert taken(pipeline) == ([1, 2, 1, 2] if columns is OLD else [2, 2])
    assert len(rejected(pipeline)) == 2


def test_a_column_that_came_is_null_in_older_rows_and_one_that_was_retyped_makes_a_new_schema(pipeline: Pipeline) -> None:
    land_model(pipeline, *OLD)
    pipeline.land(DATAVERSE, FILE, row(1, 4))
    land_model(pipeline, *OLD, "added:int64")
    grow(pipeline, row(2, 5))
    land_model(pipeline, *OLD, "added:decimal")
    grow(pipeline, row(3, 5))
    assert [row.get("added") for row in pipeline.bronze("custtable")] == [None, "more", "more"]
    versions = [part.record.schema_version for part in pipeline.context.ledger.parts_of(DATAVERSE, FILE)]
    kept = pipeline.context.bronze.schemas(DATAVERSE, "custtable")
    assert [[column.type for column in kept[version].columns][4:] for version in versions] == [[], ["int64"], ["decimal"]]


def test_a_removed_column_stays_in_its_place_with_nulls(pipeline: Pipeline) -> None:
    land_model(pipeline, *NEW)
    pipeline.land(DATAVERSE, FILE, row(1, 5) + b"2,x,7,,\r\n")
    assert [row["added"] for row in pipeline.bronze("custtable")] == ["more", None]


def test_a_model_whose_columns_moved_stops_the_table_and_says_why(pipeline: Pipeline) -> None:
    land_model(pipeline, *OLD)
    pipeline.land(DATAVERSE, FILE, row(1, 4))
    land_model(pipeline, "Id:guid", "inserted", *OLD[1:])
    grow(pipeline, row(2, 5))
    record = pipeline.context.ledger.file(DATAVERSE, FILE).record
    assert (record.state, record.reason) == ("rejected", "columns_moved")
    assert "custtable" in record.detail
    assert taken(pipeline) == [1]


def test_a_model_is_read_once_as_long_as_it_stays_the_same() -> None:
    """Reference: Synapse Link, section 4: parsing it took half of one consumer's time."""

    class Counted(MemoryLake):
        reads = 0

        def read(self, container: str, path: str, **options: object) -> object:  # type: ignore[override]  # passes on what it got
            self.reads += path.endswith("model.json")
            return super().read(container, path, **options)  # type: ignore[arg-type]  # as above

    pipeline = Pipeline()
    pipeline.lake = Counted(pipeline.clock)
    pipeline.start()
    land_model(pipeline, *OLD)
    pipeline.land(DATAVERSE, FILE, row(1, 4))
    for number in range(2, 8):
        pipeline.clock.advance(60)
        grow(pipeline, row(number, 4))
    assert pipeline.lake.reads == 1
    land_model(pipeline, *NEW)
    grow(pipeline, row(8, 5))
    assert pipeline.lake.reads == 2
