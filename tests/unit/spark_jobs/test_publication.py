"""A publication's record, the manifest that shows it in each layout, and what of the old ones is collected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from shared.contracts.publication import GoldFile, GoldTable, Publication
from spark_jobs.documents import read_record, write_record
from spark_jobs.findings import errors
from spark_jobs.gold.basis import Base
from spark_jobs.gold.cdm import cdm_manifest
from spark_jobs.gold.collection import PLACE, Replaced, collect, collectable
from spark_jobs.gold.parquet.hours import increment_folder, may_have_begun
from spark_jobs.gold.parquet.increments import is_due
from spark_jobs.gold.parquet.layouts import matching
from spark_jobs.gold.traps import table_findings
from spark_jobs.lake import Lake
from tests.cdm import broken
from tests.gold_folder import AT, change, gold, gold_table, publication

DAY = timedelta(days=1)


def test_the_manifest_names_each_file_and_the_publication() -> None:
    manifest = cdm_manifest(publication())
    assert manifest["explanation"] == "p1"
    assert manifest["entities"][0]["entityPath"] == "customer/p1/customer.cdm.json/customer"
    assert manifest["entities"][0]["dataPartitions"][0]["location"] == "customer/p1/part-0.parquet"


def test_the_full_data_layout_names_the_folder_of_the_publication() -> None:
    """reference: Customer Insights, section 5: a pattern of a root folder and an expression."""
    table = gold_table("customer/p1/FullData/part-0.parquet", "customer/p1/FullData/part-1.parquet")
    (entity,) = cdm_manifest(publication(table, layout="full_data"))["entities"]
    (pattern,) = entity["dataPartitionPatterns"]
    assert pattern["rootLocation"] == "customer/p1/FullData/"
    assert "dataPartitions" not in entity, "a file that is named twice would be read twice"
    there = ["customer/p1/FullData/part-0.parquet", "customer/p1/FullData/_SUCCESS", "customer/p2/FullData/part-0.parquet"]
    assert matching(pattern, there) == there[:1]


def test_the_incremental_layout_names_increments_beside_the_table_and_says_what_their_rows_are() -> None:
    at = AT.replace(hour=23, minute=50)
    folders = [increment_folder("customer", role, "p2", at) for role in ("upserts", "deletes")]
    assert folders == [f"customer/IncrementalData/2026/11/02/00/{name}/p2" for name in ("Upserts", "Deletes")], (
        "an hour that is over gets no more: this begins ten minutes before one is"
    )
    table = incremental()
    (entity,) = cdm_manifest(publication(table, layout="incremental"))["entities"]
    assert [one["location"] for one in entity["dataPartitions"]] == ["customer/FullData/p1/a"]
    told = [trait for one in entity["incrementalPartitions"] for trait in one["exhibitsTraits"] if isinstance(trait, dict)]
    assert [trait["arguments"][0]["value"] for trait in told] == ["Upsert", "Delete"]
    assert table.rows == 100 + 5 - 3 - 2, "rows that replace others, and keys that are gone, are no further rows"
    assert errors(table_findings(table)) == [], "names of digits are the layout's"


def test_an_hour_before_was_written_to_only_where_the_batch_is_that_old() -> None:
    at = AT.replace(hour=10, minute=50)
    assert [may_have_begun(at - timedelta(minutes=many), at) for many in (1, 5, 6, 60)] == [False, False, True, True]


def incremental() -> GoldTable:
    """A table of 100 rows of which p2 replaced three, added two, and took two away."""
    table = gold_table(document="customer/p2/customer.cdm.json")
    whole = GoldFile(place="customer/FullData/p1/a", rows=100, size=1)
    upserts = GoldFile(
        place=f"{increment_folder('customer', 'upserts', 'p2', AT)}/a", rows=5, size=1, role="upserts", replaces=3
    )
    deletes = GoldFile(
        place=f"{increment_folder('customer', 'deletes', 'p2', AT)}/a", rows=2, size=1, role="deletes", replaces=2
    )
    return replace(table, files=(whole, upserts, deletes))


@pytest.mark.parametrize(
    ("share", "most", "due"), [(0.2, 500, False), (0.02, 500, True), (0.2, 2, True)], ids=["few", "many rows", "many files"]
)
def test_a_table_is_written_anew_where_its_increments_are_many(
    share: float, most: int, due: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spark_jobs.gold.parquet.increments._FEW_ROWS", 6)
    assert is_due(incremental(), share=share, most_files=most) is due


def test_what_publications_wrote_is_later_with_each_though_the_clock_goes_behind() -> None:
    first = Base(name="p1", record=publication(published_at=AT))
    assert first.after(AT - DAY) == AT + timedelta(milliseconds=1)
    assert first.after(AT + timedelta(seconds=1, microseconds=1234)) == AT + timedelta(seconds=1, milliseconds=1)
    assert Base(name=None, record=None).after(AT) == AT


@pytest.mark.parametrize(
    ("glob", "found"),
    [("*.parquet", ["a.parquet"]), ("**/*.parquet", ["a.parquet", "x/b.parquet"]), ("x/?.parquet", ["x/b.parquet"])],
)
def test_a_glob_beats_an_expression(glob: str, found: list[str]) -> None:
    pattern = {"rootLocation": "t/", "globPattern": glob, "regularExpression": "nothing"}
    assert matching(pattern, ["t/a.parquet", "t/x/b.parquet", "t/c.csv"]) == [f"t/{name}" for name in found]


COLUMNS = {"cid": "string", "income": "decimal(16,2)", "visits": "bigint", "at": "timestamp"}
DATA = pa.schema({"cid": pa.string(), "income": pa.decimal128(16, 2), "visits": pa.int64(), "at": pa.timestamp("us", "UTC")})


@pytest.mark.parametrize("layout", ["publications", "full_data", "incremental"])
def test_the_documents_follow_the_common_data_model(tmp_path: Path, layout: str) -> None:
    folder = gold(tmp_path, DATA.empty_table(), DATA.empty_table(), layout=layout)
    assert broken(folder, {"customer": COLUMNS}, {"customer": "cid"}) == []


@pytest.mark.parametrize(
    ("document", "old", "new", "told"),
    [
        ("default.manifest.cdm.json", '"1.0.0"', '"1.1.0"', "jsonSchemaSemanticVersion"),
        ("default.manifest.cdm.json", "cdm:/foundations", "cdm:/base", "imports"),
        ("default.manifest.cdm.json", "LocalEntity", "ReferencedEntity", "LocalEntity"),
        ("default.manifest.cdm.json", "customer.cdm.json/customer", "customer.cdm.json/client", "entityPath"),
        ("default.manifest.cdm.json", "yyyy-MM-dd'T'", "dd.MM.yyyy'T'", "date formats"),
        ("default.manifest.cdm.json", '"location": "', '"location": "/', "location"),
        ("default.manifest.cdm.json", "is.partition.format.parquet", "is.partition.format.CSV", "is.partition.format"),
        ("default.manifest.cdm.json", "dataPartitions", "dataPartitionPatterns", "rootLocation"),
        ("customer/p1/customer.cdm.json", "(resolvedAttributes)/cid", "cid", "is.identifiedBy"),
        ("customer/p1/customer.cdm.json", '"isPrimaryKey": true', '"isKey": true', "isPrimaryKey"),
        ("customer/p1/customer.cdm.json", '"DateTime"', '"Timestamp"', "dataFormat"),
        ("customer/p1/customer.cdm.json", '"value": "2"', '"value": "4"', "precision and scale"),
        ("customer/p1/customer.cdm.json", '"name": "visits"', '"name": "calls"', "attributes"),
    ],
)
def test_each_rule_of_the_common_data_model_can_be_broken(tmp_path: Path, document: str, old: str, new: str, told: str) -> None:
    folder = gold(tmp_path, DATA.empty_table())
    change(folder / document, old, new)
    assert any(told in problem for problem in broken(folder, {"customer": COLUMNS}, {"customer": "cid"}))


class World:
    """A lake in a folder, in which publications come and are collected as the days go by."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake(SimpleNamespace(), f"{folder}/{{container}}")  # type: ignore[arg-type] # nothing here asks Spark
        self.time = AT

    def publish(self, name: str, *files: str) -> None:
        """Make a publication of the files given: `p1/a` is the file `a` that publication p1 wrote."""
        for file in files:
            path = self.folder / "gold/customer" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        made = publication(
            gold_table(*(f"customer/{file}" for file in files), document=f"customer/{name}/d.cdm.json"), name=name
        )
        (self.folder / "gold/customer" / name).mkdir(exist_ok=True)
        write_record(self.lake, made)

    def collect(self, current: str | None, *, building: str = "p9", days: int = 7, later: float = 0) -> list[str]:
        self.time += DAY * later
        return collect(self.lake, current=current, building=building, at=self.time, grace=DAY * days)

    @property
    def folders(self) -> list[str]:
        return self.lake.folders("gold/customer")

    def missing(self) -> list[str]:
        """Return the files that a publication with a record names and that are not there."""
        records: list[Any] = [self.lake.read_json(file.place) for file in self.lake.files("pipeline/publications")]
        tables = [table for record in records for table in record["tables"].values()]
        places = [file["place"] for table in tables for file in table["files"]]
        return [place for place in places if not (self.folder / "gold" / place).exists()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_grace_begins_when_a_publication_was_replaced_and_not_when_it_was_made(world: World) -> None:
    # p1 showed for a month; a refresh that began the minute before p2 came still reads it.
    world.publish("p1", "p1/a")
    world.collect("p1", later=30)
    world.publish("p2", "p2/a")
    world.collect("p2")
    world.collect("p2", later=6.9)
    assert world.folders == ["p1", "p2"]
    world.collect("p2", later=0.2)
    assert world.folders == ["p2"]
    assert read_record(world.lake, "p1") is None


@pytest.mark.parametrize("inner", ["", "FullData/"])
def test_a_folder_stays_as_long_as_a_publication_that_is_kept_has_a_file_in_it(world: World, inner: str) -> None:
    world.publish("p1", f"p1/{inner}a", f"p1/{inner}b")
    world.publish("p2", f"p1/{inner}a", f"p2/{inner}b")
    world.collect("p2")
    world.collect("p2", later=8)
    assert world.folders == ["p1", "p2"]
    assert world.missing() == []
    world.publish("p3", f"p3/{inner}a")
    world.collect("p3", later=1)
    world.collect("p3", later=8)
    assert world.folders == ["p3"], "and goes with the last of them, though its own publication is long forgotten"


def test_increments_go_with_the_last_publication_that_names_them_and_a_table_with_its_successor(world: World) -> None:
    hour = "IncrementalData/2026/11/01/00"
    world.publish("p1", "FullData/p1/a")
    world.publish("p2", "FullData/p1/a", f"{hour}/Upserts/p2/a", f"{hour}/Deletes/p2/a")
    world.publish("p3", "FullData/p1/a", f"{hour}/Upserts/p2/a", f"{hour}/Deletes/p2/a", f"{hour}/Upserts/p3/a")
    world.collect("p3")
    world.collect("p3", later=8)
    assert world.missing() == [], "p1 and p2 are forgotten, and what they wrote is not"
    world.publish("p4", "FullData/p4/a")  # compacted, or built anew after an erasure
    (world.folder / f"gold/customer/{hour}/Upserts/p4").mkdir()
    (world.folder / f"gold/customer/{hour}/Upserts/p4/a").touch()
    world.collect("p4", later=1)
    world.collect("p4", later=8)
    left = {file.place.removeprefix("gold/customer/") for file in world.lake.files("gold/customer")}
    assert left == {"FullData/p4/a", f"{hour}/Upserts/p4/a"}


def test_what_is_being_built_and_what_nobody_knows_stays(world: World) -> None:
    world.publish("p1", "p1/a")
    world.publish("p9", "p9/a")
    (world.folder / "gold/customer/p8").mkdir()
    (world.folder / "gold/delta/p1").mkdir(parents=True)  # a Delta table that is called as a publication is
    world.collect("p1", days=0)
    world.collect("p1", days=0, later=1)
    assert world.folders == ["p1", "p8", "p9"]
    world.publish("p2", "p2/a")
    world.collect("p2", days=0)
    assert world.folders == ["p2", "p8", "p9"]


@pytest.mark.parametrize("damage", ["{", "{}", None])
def test_nothing_is_collected_while_it_is_unknown_what_a_publication_that_is_kept_consists_of(
    world: World, damage: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish("p1", "p1/a")
    world.publish("p2", "p1/a", "p2/a")
    world.collect("p2")
    place = "pipeline/publications/p2.json"
    if damage is None:  # a listing that names it, and a read that does not find it
        read = world.lake.read_text
        monkeypatch.setattr(world.lake, "read_text", lambda one: None if one == place else read(one))
    else:
        world.lake.write_text(place, damage)
    assert world.collect("p2", later=8) == ["p2"]
    assert (world.folder / "gold/customer/p1/a").exists()
    assert world.collect(None, later=8) == ["p2"], "nor while nobody knows which publication shows"
    assert world.folders == ["p1", "p2"]


def test_nothing_is_collected_while_the_record_of_what_readers_see_is_missing(world: World) -> None:
    world.publish("p1", "p1/a")
    world.collect("p2", days=0, later=9)
    assert world.folders == ["p1"]


def test_a_publication_that_never_showed_goes_after_the_same_grace(world: World) -> None:
    world.publish("p1", "p1/a")
    world.publish("p2", "p2/a")
    world.collect("p1", building="p3")
    world.collect("p1", later=7.1)
    assert world.folders == ["p1"]
    assert read_record(world.lake, "p2") is None, "so its outcome stands no more, and an attempt builds it again"


@pytest.mark.parametrize("steps", range(5))
def test_a_collection_that_dies_goes_on_where_it_stopped(world: World, steps: int) -> None:
    world.publish("p1", "p1/a")
    world.publish("p2", "p2/a")
    world.publish("p3", "p3/a", "p2/a")
    world.collect("p3")
    left = steps
    real_delete, real_write = world.lake.delete, world.lake.write_text

    def count() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise InterruptedError

    def delete(place: str) -> None:
        count()
        real_delete(place)

    def write(place: str, text: str) -> None:
        count()
        real_write(place, text)

    world.lake.delete, world.lake.write_text = delete, write  # type: ignore[method-assign] # seams to die at
    try:
        world.collect("p3", later=8)
    except InterruptedError:
        assert world.missing() == []
    else:
        assert steps == 4
    world.lake.delete, world.lake.write_text = real_delete, real_write  # type: ignore[method-assign]  # put back
    world.publish("p4", "p4/a")
    world.collect("p4", later=1)
    world.collect("p4", later=8)
    assert world.folders == ["p4"]


def test_a_batch_that_changes_nothing_writes_nothing_and_records_are_read_at_most_daily(world: World) -> None:
    world.publish("p1", "p1/a")
    world.publish("p2", "p2/a")
    world.collect("p2")
    before = (world.folder / PLACE).stat().st_mtime_ns
    world.collect("p2", later=0.01)
    assert (world.folder / PLACE).stat().st_mtime_ns == before
    known = Replaced(since={"p1": AT.isoformat()}, collected_at=(AT + 8 * DAY).isoformat())
    assert known.due(AT + 8.5 * DAY, 7 * DAY) == set()
    assert known.due(AT + 9 * DAY, 7 * DAY) == {"p1"}


def test_folders_of_other_tables_are_told_apart() -> None:
    def kept() -> Iterable[Publication]:
        yield publication(gold_table("customer/p1/0.parquet"), gold_table("account/p2/0.parquet", table="account"), name="p2")

    folders = {"customer": ["p1"], "account": ["p1", "p2"]}
    assert collectable(list(kept()), {"p1"}, folders) == ["gold/account/p1"]
    assert collectable([replace(one, tables={}) for one in kept()], {"p1"}, folders) == ["gold/account/p1", "gold/customer/p1"]
