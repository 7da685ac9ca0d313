"""Silver: types, changing columns, rules and rejects, finance snapshots (design, section 6)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from shared.config.tables import Configuration, read_configuration
from shared.config.vocabulary import DataSet, Deletes
from shared.contracts.entity import Rule
from spark_jobs.errors import ConservationError
from spark_jobs.silver.landed.inference import evidence
from tests.spark.conftest import CUSTOMER, Pipeline, customer

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.spark


def silver(pipeline: Pipeline, entity: str = "customer", **manifest: Any) -> dict[str, Any]:
    counts: dict[str, Any] = pipeline.silver(pipeline.manifest(**manifest))["entities"][entity]
    return counts


def finance(**table: Any) -> Any:
    return Configuration(finance={"customer_finance": DataSet(**{"keys": ("cid",), **table})})


def test_every_cdm_type_is_read_and_a_misfit_rejects_its_row_only(pipeline: Pipeline) -> None:
    columns: Mapping[str, str | dict[str, Any]] = CUSTOMER | {
        "income": {"name": "income", "type": "decimal", "precision": 16, "scale": 2},
        "rate": "double",
        "vip": "boolean",
        "born": "dateTime",
        "choice": "int64",
        "choices": "string",
        "owner": "guid",
        "owner_entitytype": "string",
    }
    good: dict[str, Any] = {
        "income": "12.5",
        "rate": "1e3",
        "vip": "True",
        "born": "0001-01-03T00:00:00.0000000",
        "choice": "7",
    }
    good |= {"choices": "1;2", "owner": "AB-C", "owner_entitytype": "systemuser"}
    rows = [customer("a", 1, **good), customer("b", 1, income="much"), customer("c", 1, born="", choice="", crc33_name="")]
    rows.append(customer("d", 1, deleted=True, born="nonsense"))  # a delete carries little; nothing of it can be wrong
    pipeline.land(rows, columns)
    counts = silver(pipeline)
    assert (counts["applied"], counts["rejected"], counts["rules"]["type:income"]) == (3, 1, 1)
    found = {row["Id"]: row for row in pipeline.current("customer")}
    a, c = found["a"], found["c"]
    assert (a["income"], a["rate"], a["vip"], a["choice"], a["choices"]) == (Decimal("12.50"), 1000.0, True, 7, "1;2")
    assert (a["owner"], a["owner_entitytype"]) == ("ab-c", "systemuser")
    assert a["born"].year == 1
    assert (c["born"], c["choice"], c["name"]) == (None, None, "")
    rejected = pipeline.table("customer_rejected").collect()
    assert [(row["_errors"], row["_record_number"]) for row in rejected] == [(["type:income"], 2)]
    assert "much" in rejected[0]["_row"]


def test_columns_come_go_and_widen_and_what_does_not_fit_is_rejected(pipeline: Pipeline) -> None:
    columns = CUSTOMER | {"size": "int64"}
    pipeline.land([customer("a", 1, size="5"), customer("b", 1, size="6")], columns)
    silver(pipeline)
    pipeline.land([customer("c", 1)])  # a column went
    pipeline.land([customer("a", 2, size="5", shade="red")], columns | {"shade": "string"})  # one came, in the same batch
    silver(pipeline)
    pipeline.land([customer("b", 2, size="6.5")], CUSTOMER | {"size": "double"})  # widened
    silver(pipeline)
    pipeline.land([customer("d", 1, size="big"), customer("e", 1, size="8")], CUSTOMER | {"size": "string"})  # no number
    counts = silver(pipeline)
    assert (counts["applied"], counts["rejected"], counts["rules"]["type:size"]) == (1, 1, 1)
    found = {row["Id"]: (row["size"], row["shade"]) for row in pipeline.current("customer")}
    assert found == {"a": (5.0, "red"), "b": (6.5, None), "c": (None, None), "e": (8.0, None)}


def test_a_rule_rejects_or_warns_and_corrected_data_comes_in(pipeline: Pipeline) -> None:
    rules = {
        "email": Rule(pattern="[^@]+@[^@]+"),
        "name": Rule(required=True, action="warn"),
        "cid": Rule(allowed=("a", "b", "c")),
    }
    pipeline.configure(table={"rules": rules})
    pipeline.land(
        [
            customer("a", 1, crc33_email="a@x"),
            customer("b", 1, crc33_email="nowhere"),
            customer("c", 1, crc33_name=""),
            customer("z", 1),
            customer("b", 0, deleted=True),
        ]
    )
    counts = silver(pipeline)
    assert counts["rules"] == {"allowed:cid": 1, "pattern:email": 1, "required:name": 1}
    assert (counts["applied"], counts["rejected"]) == (3, 2)
    pipeline.land([customer("b", 2, crc33_email="b@x")], hours=1)
    silver(pipeline)
    assert sorted(row["Id"] for row in pipeline.current("customer")) == ["a", "b", "c"]


def test_finance_types_are_inferred_of_all_values_and_widen_where_later_ones_do_not_fit(pipeline: Pipeline) -> None:
    pipeline.configuration = finance()
    pipeline.finance("cid,spend,visits,since,note,later\n007,10.5,3,2026-01-31,x1,\n8,11,4,2026-02-01,2,")
    silver(pipeline, "customer_finance")
    kinds = dict(pipeline.table("customer_finance").dtypes)
    assert [kinds[name] for name in ("cid", "spend", "visits", "since", "note")] == [
        "string",  # a key is compared as it landed
        "decimal(16,2)",
        "bigint",
        "date",
        "string",
    ]
    assert "later" not in kinds, "a column without any value has no type yet"
    pipeline.finance("cid,spend,visits,since,note,later\n9,cheap,1,2026-02-01,y,5\n10,1,1,,,6", hours=1)
    assert silver(pipeline, "customer_finance")["rejected"] == 0
    kinds = dict(pipeline.table("customer_finance").dtypes)
    assert (kinds["later"], kinds["spend"], kinds["visits"]) == ("bigint", "string", "bigint")
    found = {row["cid"]: row["spend"] for row in pipeline.current("customer_finance")}
    assert found == {"007": "10.5", "8": "11", "9": "cheap", "10": "1"}, "as it landed, and not 10.50"


def test_values_are_looked_at_before_they_are_read_only_where_one_is_not_of_its_columns_type(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def look(*given: Any, rows: int) -> Any:
        looks.append(rows)
        return evidence(*given, rows=rows)

    monkeypatch.setattr("spark_jobs.silver.landed.bronze.evidence", look)
    pipeline.configuration = finance(deleted_when=Deletes(column="gone", values=("yes",)))
    texts = ["1,10,no", "1,20,no", "2,30,no", "2,many,yes", "3,40,no"]  # a record that says its key is gone has values, too
    for hours, text in enumerate(texts):
        pipeline.finance(f"cid,spend,gone\n{text}", hours=hours, file=f"{hours}.csv")
        assert silver(pipeline, "customer_finance")["applied"] == 1
    assert looks == [1, 1], "the first file, and the one with a word"
    assert sorted((row["cid"], row["spend"]) for row in pipeline.current("customer_finance")) == [("1", "20"), ("3", "40")]


def test_the_newest_file_and_its_last_record_win(pipeline: Pipeline) -> None:
    pipeline.configuration = finance()
    pipeline.finance("cid,spend\n1,10\n1,11\n2,20", hours=5)
    silver(pipeline, "customer_finance")
    pipeline.finance("cid,spend\n1,99\n2,20", hours=3, file="older.csv")  # came late, is older
    silver(pipeline, "customer_finance")
    assert {row["cid"]: row["spend"] for row in pipeline.current("customer_finance")} == {"1": 11, "2": 20}


def test_a_snapshot_closes_the_keys_that_it_leaves_out_in_any_order_of_files(pipeline: Pipeline) -> None:
    pipeline.configuration = finance(mode="snapshot")
    pipeline.finance("cid,spend\n1,10\n2,20", hours=1, file="a.csv")
    silver(pipeline, "customer_finance")
    pipeline.finance("cid,spend\n1,10\n3,30\n2,20", hours=3, file="c.csv")
    silver(pipeline, "customer_finance")
    pipeline.finance("cid,spend\n1,10\n4,40", hours=2, file="b.csv")  # between the two, and last to come
    silver(pipeline, "customer_finance")
    rows = pipeline.table("customer_finance").where("not (__START_AT <=> __END_AT)")
    hours = "cast((unix_seconds({0}.landed_at) - unix_seconds(timestamp'2026-11-01')) / 3600 as int)"
    found = rows.selectExpr("cid", hours.format("__START_AT"), hours.format("__END_AT")).collect()
    assert sorted((cid, start, end or 0) for cid, start, end in found) == [
        ("1", 1, 0),  # the same in all three: one row
        ("2", 1, 2),  # gone in the second,
        ("2", 3, 0),  # there again in the third
        ("3", 3, 0),
        ("4", 2, 3),  # only in the second
    ]


def test_a_snapshot_closes_no_key_whose_record_it_rejects_and_takes_the_last_record_of_a_key(pipeline: Pipeline) -> None:
    pipeline.configuration = finance(mode="snapshot", rules={"spend": Rule(min=0)})
    pipeline.finance("cid,spend\n1,10\n2,20\n3,30", hours=1, file="a.csv")
    pipeline.finance("cid,spend\n1,10\n2,-5", hours=2, file="b.csv")  # 2 is in it, though its record cannot be used
    counts = silver(pipeline, "customer_finance")
    assert (counts["applied"], counts["rejected"], counts["current"]) == (4, 1, 2)
    for replay in (False, True):
        pipeline.finance("cid,spend\n1,10\n1,11", hours=3, file="c.csv")
        counts = silver(pipeline, "customer_finance")
        assert (counts["applied"], counts["duplicates"]) == ((0, 2) if replay else (2, 0))
        rows = pipeline.table("customer_finance").where("not (__START_AT <=> __END_AT)")
        hours = "cast((unix_seconds({0}.landed_at) - unix_seconds(timestamp'2026-11-01')) / 3600 as int)"
        found = rows.selectExpr("cid", "spend", hours.format("__START_AT"), hours.format("__END_AT")).collect()
        assert sorted((cid, int(spend), start, end or 0) for cid, spend, start, end in found) == [
            ("1", 10, 1, 3),
            ("1", 11, 3, 0),  # the later record of the two
            ("2", 20, 1, 3),  # open through the second snapshot, closed by the third
            ("3", 30, 1, 2),
        ]


def test_records_without_keys_are_rows_of_their_own(pipeline: Pipeline) -> None:
    pipeline.configuration = read_configuration("")
    pipeline.finance("cid,spend\n1,10\n1,10", data_set="spend")
    counts = silver(pipeline, "spend")
    assert (counts["applied"], counts["current"]) == (2, 2)


def test_an_entity_is_rebuilt_from_its_parts_and_gold_follows(pipeline: Pipeline) -> None:
    pipeline.land([customer("1", 1), customer("2", 1)])
    pipeline.run()
    pipeline.land([customer("1", 1), customer("3", 1)])
    outcome = pipeline.run(full_rebuild=["customer"])
    assert outcome["entities"]["customer"]["current"] == 2
    assert sorted(row["cid"] for row in pipeline.published("customer")) == ["1", "3"]


def test_an_attempt_that_was_listed_anew_believes_nothing_that_is_noted_of_another_listing(pipeline: Pipeline) -> None:
    pipeline.finance("cid,spend\n1,10")
    first = list(pipeline.parts)
    batch_id = pipeline.manifest(full_rebuild=["customer_finance"])
    pipeline.silver(batch_id)
    assert pipeline.silver(batch_id)["entities"]["customer_finance"]["read"] == 1, "the same parts are not merged again"
    pipeline.lake.write_text(f"pipeline/batches/{batch_id}/outcome.json", "{}")
    pipeline.finance("cid,spend\n2,20", hours=1, file="later.csv")
    pipeline.parts, pipeline.batches = [*first, *pipeline.parts], pipeline.batches - 1
    assert pipeline.manifest(full_rebuild=["customer_finance"]) == batch_id
    assert pipeline.silver(batch_id)["entities"]["customer_finance"]["current"] == 2
    assert not pipeline.lake.exists(f"pipeline/batches/{batch_id}/outcome.json")


def test_rows_that_do_not_add_up_fail_the_job_and_merge_nothing(pipeline: Pipeline) -> None:
    pipeline.land([customer("1", 1)])
    pipeline.parts[0] = replace(pipeline.parts[0], rows=2)
    with pytest.raises(ConservationError):
        silver(pipeline)
    assert not pipeline.lake.exists("silver/customer"), "nor is a table made of them"
    pipeline.land([customer("1", 1)])
    silver(pipeline)
    pipeline.land([customer("1", 2)])
    pipeline.parts[0] = replace(pipeline.parts[0], rows=2)
    with pytest.raises(ConservationError):
        silver(pipeline)
    assert [row["versionnumber"] for row in pipeline.current("customer")] == [1]
    pipeline.land([customer("1", 3)])
    pipeline.parts[0] = replace(pipeline.parts[0], rows=2)
    with pytest.raises(ConservationError):
        silver(pipeline, full_rebuild=["customer"])
    assert [row["versionnumber"] for row in pipeline.current("customer")] == [1], "what there was is there again"
