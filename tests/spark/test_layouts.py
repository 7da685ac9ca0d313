"""Gold in its four layouts: what readers find, what a crash leaves, and that it is fit for Customer Insights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from shared.contracts.codec import encoded
from shared.contracts.erasure.keys import Search, erased_key
from shared.contracts.publication import PUBLISHED_AT
from spark_jobs.catalog.published import selected
from spark_jobs.documents import read_record
from spark_jobs.gold import task
from spark_jobs.gold.basis import Base
from spark_jobs.gold.models.header import parse_model
from spark_jobs.gold.parquet.writing import Writing
from spark_jobs.gold.readiness import inspect
from spark_jobs.insights.sources import in_folder, published
from spark_jobs.lake import Lake
from spark_jobs.tables import Table
from tests.cdm import broken
from tests.gold_models import model_text
from tests.official.cdm_model import disagreements
from tests.spark.conftest import START, Pipeline, customer

pytestmark = pytest.mark.spark

HOUR = timedelta(hours=1)
LAYOUTS = ("publications", "full_data", "delta", "incremental")


def with_layout(pipeline: Pipeline, layout: Any) -> Pipeline:
    pipeline.configure(gold={"layout": layout})
    return pipeline


def of_customers(pipeline: Pipeline) -> Pipeline:
    """Leave the models out that nothing here lands for: empty Delta tables are of `test_every_delta_table_is_there…`."""
    pipeline.models = [model for model in pipeline.models if model.name.startswith("customer")]
    return pipeline


def gold(pipeline: Pipeline) -> Path:
    return Path(pipeline.lake.path("gold"))


def manifest(pipeline: Pipeline) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((gold(pipeline) / "default.manifest.cdm.json").read_text(encoding="utf-8"))
    return found


def delta(pipeline: Pipeline, table: str) -> list[dict[str, Any]]:
    rows = pipeline.spark.read.format("delta").load(pipeline.lake.path(f"gold/delta/{table}"))
    return in_order(rows.toArrow().to_pylist())


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row.get("finance_id") or row["cid"]))


def commits(pipeline: Pipeline, table: str) -> list[Mapping[str, Any]]:
    """Return what the log of a Delta table says of each of its versions."""
    files = sorted((gold(pipeline) / "delta" / table / "_delta_log").glob("*.json"))
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [line["commitInfo"] for line in lines if "commitInfo" in line]


def assert_delta_is_as_published(pipeline: Pipeline) -> None:
    for table in ("customer", "customer_finance"):
        assert delta(pipeline, table) == in_order(pipeline.published(table))


def assert_fit(pipeline: Pipeline) -> None:
    found = manifest(pipeline)
    record = read_record(pipeline.lake, found["explanation"])
    assert record is not None
    columns = {name: dict(table.columns) for name, table in record.tables.items()}
    keys = {name: table.primary_key for name, table in record.tables.items()}
    assert broken(gold(pipeline), columns, keys) == []
    assert [str(finding) for finding in inspect(gold(pipeline)) if finding.severity == "error"] == []
    assert disagreements(gold(pipeline)) == [], "Microsoft's object model reads it as the files hold it"


def test_every_layout_follows_updates_deletes_and_unchanged_tables(pipeline: Pipeline) -> None:
    lakes = [of_customers(pipeline).beside(layout=layout) for layout in LAYOUTS]

    def shown() -> list[dict[str, Any]]:
        batch_id = pipeline.manifest()
        pipeline.silver(batch_id)
        for lake in lakes:
            lake.take(batch_id, pipeline)
        return [lake.show(batch_id) for lake in lakes]

    pipeline.land([customer(str(n), 1) for n in range(5)])
    pipeline.finance("cid,income,spend,visits\n1,100.5,10,3\n2,200,20,4")
    shown()
    first = [files_of_both(lake) for lake in lakes]
    pipeline.land([customer("1", 2, crc33_name="new name"), customer("2", 2, deleted=True), customer("5", 2)], hours=1)
    for lake, before, outcome in zip(lakes, first, shown(), strict=True):
        assert_followed(lake, before, outcome)
    pipeline.land([customer("9", 3, deleted=True)], hours=2)
    assert [outcome["publication"] for outcome in shown()] == [None] * len(LAYOUTS)


def files_of_both(pipeline: Pipeline) -> dict[str, list[Path]]:
    assert_fit(pipeline)
    return {table: pipeline.files(manifest(pipeline), table) for table in ("customer", "customer_finance")}


def assert_followed(pipeline: Pipeline, first: Mapping[str, list[Path]], outcome: Mapping[str, Any]) -> None:
    """One customer was changed, one deleted, one is new, and the finance data stayed as it was."""
    layout, second = pipeline.configuration.gold.layout, files_of_both(pipeline)
    assert {row["cid"]: row["name"] for row in pipeline.published("customer")} == {
        "0": "name of 0",
        "1": "new name",
        "3": "name of 3",
        "4": "name of 4",
        "5": "name of 5",
    }
    assert outcome["warnings"] == []
    assert second["customer_finance"] == first["customer_finance"], "nothing of it changed"
    if layout == "full_data":
        folder = gold(pipeline) / "customer" / outcome["publication"] / "FullData"
        assert {file.parent for file in second["customer"]} == {folder}, "a folder is one publication's"
    if layout == "delta":
        assert_delta_is_as_published(pipeline)
        assert [commit["operation"] for commit in commits(pipeline, "customer")] == ["WRITE", "MERGE"]
        metrics = commits(pipeline, "customer")[1]["operationMetrics"]
        written = [metrics[f"numTargetRows{what}"] for what in ("Inserted", "Updated", "Deleted")]
        assert written == ["1", "1", "1"], "only touched keys are merged"
        assert len(commits(pipeline, "customer_finance")) == 1
    if layout == "incremental":
        named = [file.relative_to(gold(pipeline)).as_posix() for file in second["customer"]]
        assert [place.rpartition("/")[0].rpartition("/")[2] for place in named] == ["p0001", "p0002", "p0002"]
        assert first["customer"] == second["customer"][:1], "what was published stays as it is"
        assert outcome["gold"]["customer"] == {"rows": 5, "files": 3, "rewritten": 2}
        assert_readers_agree(pipeline)


def assert_readers_agree(pipeline: Pipeline) -> None:
    """The view of a catalog, the preview of the job and that of a copied folder have the rows that the manifest shows."""
    expected = in_order(pipeline.published("customer"))
    record = Base.read(pipeline.lake).record
    assert record is not None
    view = pipeline.spark.sql(selected(record.tables["customer"], pipeline.lake.path("gold")))
    job = published(pipeline.spark, pipeline.lake, record.name).tables["customer"]
    copied = in_folder(pipeline.spark, gold(pipeline)).tables["customer"]
    for rows in (view, job, copied):
        assert in_order(rows.drop(PUBLISHED_AT).toArrow().to_pylist()) == expected
    assert record.tables["customer"].rows == len(expected)


def maintain(pipeline: Pipeline) -> None:
    """Compact silver, and remove what it was made of before, as who runs it does (docs/operations.md)."""
    table = Table(pipeline.spark, pipeline.lake, "customer")
    before = table.version()
    pipeline.spark.sql(f"OPTIMIZE delta.`{table.path}`")
    assert table.version() > before, "there was something to compact"
    table.vacuum(days=7)


def test_increments_become_one_table_when_they_are_many_and_none_holds_what_was_erased(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spark_jobs.gold.parquet.writing._ROWS_OF_ONE_FILE", 0)  # as where there are many
    with_layout(of_customers(pipeline), "incremental")
    pipeline.land([customer(str(n), 1) for n in range(6)])
    pipeline.run()
    pipeline.land([customer("1", 2, crc33_name="one"), customer("2", 2, deleted=True)], hours=1)
    pipeline.run()
    maintain(pipeline)
    monkeypatch.setattr("spark_jobs.gold.parquet.increments._FEW_ROWS", 2)
    pipeline.land([customer("2", 3, crc33_name="back"), customer("1", 3, crc33_name="uno")], hours=2)
    told = pipeline.run()
    names = {"0": "name of 0", "1": "uno", "2": "back", "3": "name of 3", "4": "name of 4", "5": "name of 5"}
    assert {row["cid"]: row["name"] for row in pipeline.published("customer")} == names
    folders = {file.parent for file in pipeline.files(manifest(pipeline), "customer")}
    assert folders == {gold(pipeline) / "customer" / "FullData" / told["publication"]}
    hours = {path.parent.name for path in (gold(pipeline) / "customer" / "IncrementalData").rglob("*.parquet")}
    assert hours == {"p0002", "p0003"}, "who reads hours finds this change where it looks"
    assert told["warnings"] == []

    pipeline.land([customer("3", 4, crc33_name="a rare name")], hours=3)
    pipeline.run()
    Table(pipeline.spark, pipeline.lake, "customer").delete("Id = '3'")  # as an erasure does
    pipeline.land([customer("4", 5)], hours=4)
    erasing = pipeline.batch(pipeline.manifest())
    pipeline.silver(erasing.batch_id)
    erasing = replace(erasing, search=Search(key=erased_key("e1", "customer", ("3",))))
    told = encoded(task.run(pipeline.spark, pipeline.lake, erasing, pipeline.models))
    pipeline.publish(told)
    assert [(one["trap"], one["severity"]) for one in told["warnings"]] == [("increments_end", "warning")]
    assert {row["cid"] for row in pipeline.published("customer")} == {"0", "1", "2", "4", "5"}
    assert {file.parent.name for file in pipeline.files(manifest(pipeline), "customer")} == {told["publication"]}
    told_gone = gold(pipeline).glob(f"customer/IncrementalData/*/*/*/*/Deletes/{told['publication']}/*.parquet")
    (row,) = [row for file in told_gone for row in pq.read_table(file).to_pylist()]
    assert {name for name, value in row.items() if value} == {"cid", PUBLISHED_AT}
    assert row["cid"] == "3", "who reads hours is told who is gone, and nothing else of the person"
    assert_fit(pipeline)

    pipeline.land([customer("4", 6)], hours=5)
    batch = pipeline.batch(pipeline.manifest())
    pipeline.silver(batch.batch_id)
    after = timedelta(days=batch.gold.grace_days + 1)
    task.run(pipeline.spark, pipeline.lake, batch, pipeline.models, now=lambda: datetime.now(UTC) + after)
    left = [row for file in gold(pipeline).rglob("*.parquet") for row in pq.read_table(file).to_pylist()]
    assert "4" in {row["cid"] for row in left}
    assert "a rare name" not in {row["name"] for row in left}, "when the grace is over, no FullData and no increment has it"


def test_a_row_with_the_key_of_one_that_stays_as_it_was_published_fails_its_model(pipeline: Pipeline) -> None:
    """Rows that are found by something else than their key: an upsert would take the place of another one's."""
    with_layout(pipeline, "incremental")
    text = model_text("select cid, name from customer").replace(
        'primary_key = "cid"', 'primary_key = "name"\nrebuilt_by = "cid"'
    )
    pipeline.models = [parse_model("named", text)]
    pipeline.land([customer("1", 1, crc33_name="x"), customer("2", 1, crc33_name="y"), customer("3", 1, crc33_name="z")])
    pipeline.run()
    pipeline.land([customer("1", 2, crc33_name="new"), customer("3", 2, crc33_name="x")], hours=1)
    pipeline.run()
    expected = {"2": "y", "1": "new", "3": "x"}
    assert {row["cid"]: row["name"] for row in pipeline.published("named")} == expected, "a key may move to another row"
    pipeline.land([customer("1", 3, crc33_name="y")], hours=2)
    assert "has one value in several rows" in pipeline.run()["failed"]["named"]
    assert {row["cid"]: row["name"] for row in pipeline.published("named")} == expected


class DiedError(Exception):
    """The process ended here."""


def test_an_increment_whose_writing_died_at_any_write_is_made_good_by_the_next_attempt(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_layout(pipeline, "incremental")
    pipeline.models = [model for model in pipeline.models if model.name == "customer"]
    pipeline.land([customer(str(n), 1) for n in range(4)])
    pipeline.run()
    pipeline.land([customer("1", 2, crc33_name="new"), customer("2", 2, deleted=True), customer("7", 2)], hours=1)
    batch = pipeline.batch(pipeline.manifest())
    pipeline.silver(batch.batch_id)
    writes: list[str] = []

    def dying(real: Any, last: int) -> Any:
        def write(*told: Any, **more: Any) -> Any:
            done = real(*told, **more)
            writes.append(real.__name__)
            if len(writes) == last:
                raise DiedError
            return done

        return write

    for attempt in range(1, 20):
        writes.clear()
        with monkeypatch.context() as patch:
            patch.setattr(Writing, "write", dying(Writing.write, attempt))
            patch.setattr(Lake, "write_text", dying(Lake.write_text, attempt))
            try:  # each an hour later than the one before
                outcome = task.run(pipeline.spark, pipeline.lake, batch, pipeline.models, now=lambda: START + attempt * HOUR)  # noqa: B023 - called at once
            except DiedError:
                continue
            break
    assert attempt > 7, "upserts, deletes, entity document, findings, record, manifest, outcome"
    pipeline.publish(encoded(outcome))
    assert {row["cid"]: row["name"] for row in pipeline.published("customer")} == {
        "0": "name of 0",
        "1": "new",
        "3": "name of 3",
        "7": "name of 7",
    }
    there = set((gold(pipeline) / "customer" / "IncrementalData").rglob("*.parquet"))
    assert there == set(pipeline.files(manifest(pipeline), "customer")[1:]), "nothing of other hours is left to be read"


def test_a_change_of_layout_builds_everything_anew(pipeline: Pipeline) -> None:
    of_customers(pipeline)
    pipeline.land([customer("1", 1)])
    pipeline.run()
    for number, layout in enumerate(("full_data", "delta", "incremental", "publications"), 2):
        with_layout(pipeline, layout)
        pipeline.land([customer(str(number), 1)])
        pipeline.run()
        assert_fit(pipeline)
        assert len(pipeline.published("customer")) == number
        (entity,) = (one for one in manifest(pipeline)["entities"] if one["entityName"] == "customer")
        assert ("dataPartitionPatterns" in entity) == (layout == "full_data")


def test_every_delta_table_is_there_from_the_start_and_changes_in_place_only_when_its_columns_do(pipeline: Pipeline) -> None:
    """reference: Customer Insights, section 4: no table can be added later; overwriting forces a full refresh."""
    with_layout(pipeline, "delta")
    pipeline.land([customer("1", 1)])
    pipeline.run()
    assert {path.name for path in (gold(pipeline) / "delta").iterdir()} == {model.name for model in pipeline.models}
    assert delta(pipeline, "contact") == []
    assert [finding.trap for finding in inspect(gold(pipeline))] == []

    pipeline.finance("cid,income,spend,visits\n1,1,2,3")  # `visits` is a column that nobody knew of
    outcome = pipeline.run()
    assert_delta_is_as_published(pipeline)
    (told,) = outcome["warnings"]
    assert (told["trap"], told["table"], told["detail"].split(";")[0]) == ("columns_changed", "customer", "added visits")
    assert [(finding.severity, finding.trap) for finding in inspect(gold(pipeline))] == [
        ("warning", "delta_overwritten"),  # `customer`, and `customer_finance`, which was made before it had that column
        ("warning", "delta_overwritten"),
    ]

    pipeline.models = [parse_model("customer", model_text("select cid, name from customer"))]
    pipeline.land([customer("2", 1)])
    pipeline.run()
    assert delta(pipeline, "customer") == in_order(pipeline.published("customer"))
    assert len(delta(pipeline, "customer")) == 2
