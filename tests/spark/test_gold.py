"""Gold: the sample's customer model, incremental publication, and what must never be published."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spark_jobs.gold.models.header import parse_model
from spark_jobs.gold.models.query import Query
from tests.gold_models import model_text
from tests.spark.conftest import CUSTOMER, Pipeline, customer

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.spark


def by_cid(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {row["cid"]: row for row in rows}
    assert len(found) == len(rows), "a customer stands in gold twice"
    return found


def files_of(pipeline: Pipeline, table: str) -> list[str]:
    manifest = json.loads(Path(pipeline.lake.path("gold/default.manifest.cdm.json")).read_text(encoding="utf-8"))
    entity = next(one for one in manifest["entities"] if one["entityName"] == table)
    return [partition["location"] for partition in entity["dataPartitions"]]


#: Customer -> telephone number and e-mail address as they landed.
_REACHED = {
    "0": ("+1 206-555-0142", " Ann@Example.com\u00a0"),
    "1": ("(206) 555-0143", "ann@example.com, bob@example.com"),
    "2": ("n/a", "nobody"),
    "3": ("", ""),
}


def reached(pipeline: Pipeline) -> dict[str, tuple[str | None, str | None]]:
    rows = by_cid(pipeline.published("customer"))
    return {cid: (rows[cid]["phone_e164"], rows[cid]["email_normalised"]) for cid in _REACHED if cid in rows}


def lost(outcome: dict[str, Any]) -> list[str]:
    return [one["detail"].partition(" ")[0] for one in outcome["warnings"] if one["trap"] == "numbers_lost"]


def test_gold_follows_updates_deletes_and_finance_through_three_batches(pipeline: Pipeline) -> None:
    columns = CUSTOMER | {"crc33_telephone": "string", "modifiedon": "dateTime"}
    told = {
        cid: {"crc33_telephone": phone, "crc33_email": email, "modifiedon": "2026-11-02T10:00:00Z"}
        for cid, (phone, email) in _REACHED.items()
    }
    pipeline.land([customer(str(n), 1) | told.get(str(n), {}) for n in range(10)], columns)
    pipeline.finance("cid,income,spend,visits\n1,100.5,10,3\n2,200,20,4\n77,1,1,1")
    first = pipeline.run()
    gold = by_cid(pipeline.published("customer"))
    assert sorted(gold) == [str(n) for n in range(10)], "a customer without finance data is a customer too"
    assert (gold["1"]["income"], gold["1"]["spend"], gold["1"]["visits"]) == (Decimal("100.50"), Decimal("10.00"), 3)
    assert gold["3"]["spend"] is None
    assert first["base_publication"] is None
    assert reached(pipeline) == {"0": ("+12065550142", "ann@example.com"), **dict.fromkeys("123", (None, None))}
    assert lost(first) == ["2"], "a blank is no number that is lost"
    assert gold["0"]["source_modified_at"] == datetime(2026, 11, 2, 10, tzinfo=UTC)

    changed = told["1"] | {"crc33_name": "new name"}
    pipeline.land([customer("1", 2) | changed, customer("2", 2, deleted=True), customer("10", 2)], columns, hours=1)
    pipeline.finance("cid,income,spend,visits\n3,5,6,7", hours=1)
    second = pipeline.run()
    gold = by_cid(pipeline.published("customer"))
    assert sorted(gold, key=int) == ["0", "1", "3", "4", "5", "6", "7", "8", "9", "10"]
    assert gold["1"]["name"] == "new name"
    assert gold["3"]["spend"] == Decimal("6.00")
    assert second["base_publication"] == first["publication"]
    assert second["gold"]["customer"]["rows"] == 10
    history = pipeline.published("customer_finance")
    assert sorted(row["cid"] for row in history) == ["1", "2", "3", "77"]
    assert len({row["finance_id"] for row in history}) == 4
    assert {row["activity_type"] for row in history} == {"FinanceRecorded"}
    assert lost(second) == ["1"], "of all rows, and not only of those that changed"

    before = files_of(pipeline, "customer")
    pipeline.finance("cid,income,spend,visits\n77,2,2,2", hours=2, file="late.csv")  # nobody's customer
    pipeline.run()
    assert by_cid(pipeline.published("customer")) == gold
    assert files_of(pipeline, "customer") == before, "untouched files are referenced again"
    assert sorted(row["spend"] for row in pipeline.published("customer_finance") if row["cid"] == "77") == [1, 2]


def test_a_replayed_batch_publishes_nothing_and_has_the_same_outcome(pipeline: Pipeline) -> None:
    pipeline.land([customer("1", 1)])
    batch_id = pipeline.manifest()
    pipeline.silver(batch_id)
    outcome = pipeline.gold(batch_id)
    pipeline.publish(outcome)
    assert pipeline.gold(batch_id) == outcome
    pipeline.land([customer("1", 1)])
    again = pipeline.run()
    assert again["publication"] is None
    assert again["entities"]["customer"]["duplicates"] == 1

    # A batch that was built on gold as it was, while another was published meanwhile, is built again on what is there.
    pipeline.land([customer("2", 1)])
    late = pipeline.manifest()
    pipeline.silver(late)
    stale = pipeline.gold(late)
    pipeline.land([customer("3", 1)])
    pipeline.run()
    rebuilt = pipeline.gold(late)
    assert rebuilt["base_publication"] != stale["base_publication"]
    assert sorted(by_cid(pipeline.published("customer"))) == ["1", "2", "3"], "silver held it, so the next one showed it"


def test_fewer_other_and_reordered_columns_and_an_integer_key_do_not_break_gold(pipeline: Pipeline) -> None:
    columns = {"IsDelete": "boolean", "crc33_cid": "int64", "versionnumber": "int64", "Id": "guid", "crc33_new": "double"}
    columns |= {"SinkModifiedOn": "dateTime"}
    pipeline.land([customer("a", 1, crc33_cid="7", crc33_new="1.5"), customer("b", 1, crc33_cid="8")], columns)
    pipeline.finance("cid,spend\n7,12")
    pairs = "Table1,Table1Key,Table2,Table2Key\ncustomer,7,customer, 8\ncustomer,7,customer,8\ncustomer,9,customer,\n"
    pipeline.finance(pairs, data_set="always_match")
    pipeline.run()
    assert pipeline.published("always_match") == [
        {"Pair": "customer|7|customer|8", "Table1": "customer", "Table1Key": "7", "Table2": "customer", "Table2Key": "8"}
    ], "decisions travel by file; one that lacks a key is none"
    gold = by_cid(pipeline.published("customer"))
    assert gold["7"]["spend"] == 12
    assert gold["7"]["income"] is None
    assert gold["8"]["firstname"] is None


def test_unknown_standard_and_custom_tables_work_with_no_configuration(pipeline: Pipeline) -> None:
    columns = {"Id": "guid", "SinkModifiedOn": "dateTime", "versionnumber": "int64", "IsDelete": "boolean"}
    row = customer("c1", 1) | {"fullname": "Ann", "parentcustomerid": "a1"}
    pipeline.land([row], columns | {"fullname": "string", "parentcustomerid": "guid"}, table="contact")
    pipeline.land([customer("a1", 1) | {"name": "Contoso"}], columns | {"name": "string"}, table="account")
    pipeline.land([customer("x", 1) | {"cr1a2_size": "4"}], columns | {"cr1a2_size": "int64"}, table="cr1a2_tent")
    outcome = pipeline.run()
    assert sorted(outcome["entities"]) == ["account", "contact", "tent"]
    assert [row["size"] for row in pipeline.current("tent")] == [4]
    assert [row["accountname"] for row in pipeline.published("contact")] == ["Contoso"]

    # `contact` does not say how an account reaches it, so a changed account builds it anew.
    pipeline.land([customer("a1", 2) | {"name": "Fabrikam"}], columns | {"name": "string"}, table="account", hours=1)
    pipeline.run()
    assert [row["accountname"] for row in pipeline.published("contact")] == ["Fabrikam"]


def test_a_changed_model_builds_its_table_anew_and_a_removed_one_leaves(pipeline: Pipeline) -> None:
    pipeline.land([customer("1", 1), customer("2", 1)])
    pipeline.run()
    pipeline.models = [parse_model("customer", model_text("select cid, name as label from customer"))]
    pipeline.land([customer("3", 1)])
    pipeline.run()
    assert sorted(row["label"] for row in pipeline.published("customer")) == ["name of 1", "name of 2", "name of 3"]
    pipeline.models = [replace(pipeline.models[0], name="people")]
    pipeline.land([customer("4", 1)])
    outcome = pipeline.run()
    assert list(outcome["gold"]) == ["people"]


_FAULTY = {
    "unknown_column": ("select cid, nothing from customer", "nothing"),
    "no_sql": ("select cid frm customer of it", "Syntax error"),
    "no_key": ("select name from customer", "cid"),
    "one_key_of_all": ("select 'same' as cid from customer", "one value in several rows"),
    "null_key": ("select cast(null as string) as cid from customer", "null"),
    "value_that_does_not_cast": ("select cid, cast(name as int) as name from customer", "CAST_INVALID_INPUT"),
    "type_too_precise": ("select cid, cast(1 as decimal(30,2)) as name from customer", "decimal_precision"),
}


def test_models_that_cannot_run_or_break_their_key_fail_alone(pipeline: Pipeline) -> None:
    shipped = pipeline.models
    sound = [parse_model(name, model_text("select cid, name from customer")) for name in _FAULTY]
    pipeline.models = [*shipped, *sound]
    pipeline.land([customer("1", 1), customer("2", 1)])
    pipeline.run()
    before = {name: pipeline.published(name) for name in _FAULTY}
    pipeline.models = [*shipped, *(parse_model(name, model_text(select)) for name, (select, _) in _FAULTY.items())]
    pipeline.land([customer("3", 1)])
    failed = pipeline.run()["failed"]
    assert {name: bool(re.search(problem, failed[name])) for name, (_, problem) in _FAULTY.items()} == dict.fromkeys(
        _FAULTY, True
    )
    assert len(pipeline.published("customer")) == 3, "the others are published"
    assert {name: pipeline.published(name) for name in _FAULTY} == before, "and their tables stay as they were"
    pipeline.models = [*shipped, *sound]
    pipeline.land([customer("4", 1)])
    assert "failed" not in pipeline.run()
    assert {name: len(pipeline.published(name)) for name in _FAULTY} == dict.fromkeys(_FAULTY, 4), (
        "whole, with what came meanwhile"
    )


@pytest.mark.parametrize("worth_a_pass", [100_000, 0], ids=["all rows ordered", "only those of repeated keys"])
def test_two_live_records_of_one_customer_id_give_one_customer(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, worth_a_pass: int
) -> None:
    monkeypatch.setattr("spark_jobs.gold.build.WORTH_A_PASS", worth_a_pass)
    pipeline.land([customer("a", 1, crc33_cid="1"), customer("b", 5, crc33_cid="1", crc33_name="newest")])
    pipeline.land([customer("c", 1, crc33_cid="")])
    told = [one for one in pipeline.run()["warnings"] if one["trap"] == "rows_merged"]
    assert [(one["table"], one["where"]) for one in told] == [("customer", "customer")]
    assert told[0]["detail"].startswith("2 current rows share 1 values")
    gold = by_cid(pipeline.published("customer"))
    assert gold["1"]["name"] == "newest"
    assert "c" in gold, "a customer without customer id is known by its record's id"
    assert set(CUSTOMER) >= {"Id"}


def test_old_publications_are_collected_after_their_grace(pipeline: Pipeline) -> None:
    pipeline.configure(gold={"grace_days": 0})
    for version in range(1, 4):
        pipeline.land([customer("1", version, crc33_name=f"n{version}")], hours=version)
        pipeline.run()
    folders = pipeline.lake.folders("gold/customer")
    assert "p0001" not in folders
    assert [row["name"] for row in pipeline.published("customer")] == ["n3"]


def left_out(outcome: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["table"], one["where"].lower()) for one in outcome["warnings"] if one["trap"] == "column_left_out"}


def test_a_finance_column_named_as_one_that_the_model_makes_stays_out_and_is_told(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.land([customer("1", 1)])
    pipeline.finance("cid,income,is_current,recorded_at,replaced_at,FINANCE_ID,visits,email\n1,10,a,b,c,d,7,e")
    outcome = pipeline.run()
    assert "failed" not in outcome
    (row,) = pipeline.published("customer_finance")
    assert (row["visits"], row["is_current"], row["replaced_at"]) == (7, True, None)
    told = left_out(outcome)
    assert {"is_current", "recorded_at", "replaced_at", "finance_id"} <= {column for _, column in told}

    planned = Counter[str]()
    plan = Query.plan

    def counted(query: Query) -> dict[str, str]:
        planned[query.model.name] += 1
        return plan(query)

    monkeypatch.setattr(Query, "plan", counted)
    pipeline.land([customer("2", 1)], hours=1)
    assert left_out(pipeline.run()) == told, "of a table that nothing changed as well"
    assert planned == {"customer": 1}, "what stays as it was published is not planned again"


def test_keys_of_the_finance_history_are_those_of_silver(pipeline: Pipeline) -> None:
    """Two records that meet in customer id, time and place in their files are two rows still."""
    for file in ("a.csv", "b.csv"):
        pipeline.finance("cid,income\n1,10\n1_0,10\n", file=file, data_set="customer_finance")
    outcome = pipeline.run()
    assert "failed" not in outcome
    keys = [row["finance_id"] for row in pipeline.published("customer_finance")]
    assert len(set(keys)) == len(keys) > 1
