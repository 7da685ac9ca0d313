"""Labels of choices, states and status reasons beside their values (Synapse Link, sections 10 and 13)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from spark_jobs.gold.models.header import parse_model
from spark_jobs.silver.labels import label_of
from tests.gold_models import model_text
from tests.spark.conftest import CUSTOMER, Pipeline, customer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

COLUMNS = CUSTOMER | {"statecode": "int64", "crc33_color": "int64", "crc33_hobbies": "string", "crc33_vip": "boolean"}
LABELS: dict[str, Any] = {
    "statecode": {0: "Active", 1: "Inactive"},
    "crc33_color": {1: "Red", 2: 'It\'s "blue" \\ green'},
    "crc33_hobbies": {1: "Chess", 2: "Golf", 30: "Sailing"},
    "crc33_vip": {0: "No", 1: "Yes"},
}


def run(pipeline: Pipeline) -> dict[str, Any]:
    return pipeline.silver(pipeline.manifest())["entities"]["customer"]  # type: ignore[no-any-return]  # JSON


def shown(pipeline: Pipeline, *columns: str) -> dict[str, Any]:
    found = {row["Id"]: tuple(row[name] for name in columns) for row in pipeline.current("customer")}
    return {key: values[0] if len(columns) == 1 else values for key, values in found.items()}


def test_every_kind_of_choice_gets_its_label(pipeline: Pipeline) -> None:
    pipeline.know(LABELS)
    rows = [
        customer("a", 1, statecode="0", crc33_color="2", crc33_hobbies="1;2", crc33_vip="True"),
        customer("b", 1, statecode="1", crc33_color="9", crc33_hobbies="[-1, 30,1]", crc33_vip="False"),
        customer("c", 1, crc33_hobbies="30,2"),
        customer("d", 1, crc33_hobbies="7"),
    ]
    pipeline.land(rows, COLUMNS)
    run(pipeline)
    assert shown(pipeline, "statecode_label", "color_label", "hobbies_label", "vip_label") == {
        "a": ("Active", 'It\'s "blue" \\ green', "Chess; Golf", "Yes"),
        "b": ("Inactive", None, "Sailing; Chess", "No"),
        "c": (None, None, "Sailing; Golf", None),
        "d": (None, None, None, None),
    }


def test_the_configured_language_is_shown_and_else_that_of_the_exporting_user(pipeline: Pipeline) -> None:
    pipeline.configure(dataverse={"label_language": 1031})
    texts = {0: {1033: "Active", 1031: "Aktiv"}, 1: {1033: "Inactive", 1036: "Inactif"}, 2: {1036: "Perdu"}}
    pipeline.know({"statecode": texts})
    pipeline.land([customer(str(state), 1, statecode=str(state)) for state in (0, 1, 2)], COLUMNS)
    run(pipeline)
    assert shown(pipeline, "statecode_label") == {"0": "Aktiv", "1": "Inactive", "2": None}
    pipeline.configure(dataverse={"label_language": 1036})
    pipeline.land([customer("9", 1)], COLUMNS)
    run(pipeline)
    assert shown(pipeline, "statecode_label") == {"0": "Active", "1": "Inactif", "2": "Perdu", "9": None}


def test_a_label_is_no_data_so_a_new_one_makes_no_history_and_a_replay_stays_one(pipeline: Pipeline) -> None:
    pipeline.know(LABELS)
    first = [customer("a", 1, statecode="0"), customer("a", 2, statecode="1"), customer("b", 1, statecode="0")]
    pipeline.land(first, COLUMNS)
    run(pipeline)
    pipeline.know({**LABELS, "statecode": {0: "Open", 1: "Closed"}}, hours=1)
    pipeline.land(first, COLUMNS)
    counts = run(pipeline)
    assert (counts["applied"], counts["duplicates"], counts["history"]) == (0, 3, 3)
    history = pipeline.table("customer").orderBy("Id", "versionnumber").select("Id", "statecode_label").collect()
    assert [tuple(row) for row in history] == [("a", "Open"), ("a", "Closed"), ("b", "Open")]


def test_labels_that_changed_reach_stored_rows_and_gold_in_the_same_batch_and_only_rows_that_differ(pipeline: Pipeline) -> None:
    text = model_text("select cid, statecode_label from customer", "cid", "statecode_label")
    pipeline.models = [parse_model("customer", text)]
    pipeline.land([customer("a", 1, statecode="0"), customer("b", 1, statecode="1")], COLUMNS)
    pipeline.run()  # no labels are known yet
    assert {row["cid"]: row["statecode_label"] for row in pipeline.published("customer")} == {"a": None, "b": None}
    pipeline.know({"statecode": {0: "Active", 1: "Inactive"}}, hours=1)
    pipeline.land([customer("c", 1, statecode="1")], COLUMNS)
    pipeline.run()
    expected = {"a": "Active", "b": "Inactive", "c": "Inactive"}
    assert {row["cid"]: row["statecode_label"] for row in pipeline.published("customer")} == expected
    before = {row["Id"]: row["__version"] for row in pipeline.current("customer")}
    pipeline.know({"statecode": {0: "Active", 1: "Closed"}}, hours=2)
    pipeline.land([customer("d", 1, statecode="0")], COLUMNS)
    outcome = pipeline.run()
    after = {row["Id"]: row["__version"] for row in pipeline.current("customer")}
    assert {key for key, version in before.items() if after[key] != version} == {"b", "c"}
    assert outcome["gold"]["customer"]["rows"] == 4
    expected = {"a": "Active", "b": "Closed", "c": "Closed", "d": "Active"}
    assert {row["cid"]: row["statecode_label"] for row in pipeline.published("customer")} == expected


def test_labels_that_did_not_change_rewrite_nothing(pipeline: Pipeline) -> None:
    pipeline.know(LABELS)
    pipeline.land([customer("a", 1, statecode="0")], COLUMNS)
    run(pipeline)
    pipeline.land([customer("a", 1, statecode="0")], COLUMNS)
    run(pipeline)
    assert operations(pipeline) == ["WRITE", "SET TBLPROPERTIES"]


def test_an_older_batch_that_runs_again_brings_back_no_older_labels(pipeline: Pipeline) -> None:
    pipeline.land([customer("a", 1, statecode="0")], COLUMNS)
    run(pipeline)
    pipeline.know({"statecode": {0: "old"}}, hours=1)
    pipeline.land([customer("b", 1, statecode="0")], COLUMNS)
    parked = pipeline.manifest()
    unaware = replace(pipeline.batch(parked), labels=())
    pipeline.know({"statecode": {0: "new"}}, hours=2)
    pipeline.land([customer("c", 1, statecode="0")], COLUMNS)
    run(pipeline)
    pipeline.silver(parked)
    assert shown(pipeline, "statecode_label") == {"a": "new", "b": "new", "c": "new"}
    assert unaware.parts, "and a manifest that was written before any labels landed"
    pipeline.labels = []
    pipeline.land([customer("d", 1, statecode="0")], COLUMNS)
    run(pipeline)
    assert shown(pipeline, "statecode_label")["d"] == "new"


def test_a_column_of_the_source_is_never_taken_for_a_label(pipeline: Pipeline) -> None:
    pipeline.know({"statecode": {0: "Active"}})
    pipeline.land([customer("a", 1, statecode="0", statecode_label="own")], COLUMNS | {"statecode_label": "string"})
    run(pipeline)
    pipeline.know({"statecode": {0: "Open"}}, hours=1)
    pipeline.land([customer("b", 1, statecode="0")], COLUMNS)  # without it for once
    run(pipeline)
    assert shown(pipeline, "statecode_label") == {"a": "own", "b": None}


def test_a_name_that_the_source_takes_later_holds_from_then_on_what_landed(pipeline: Pipeline) -> None:
    pipeline.know({"statecode": {0: "Active"}})
    pipeline.land([customer("a", 1, statecode="0")], COLUMNS)
    run(pipeline)
    assert shown(pipeline, "statecode_label") == {"a": "Active"}
    pipeline.land([customer("b", 1, statecode="0", crc33_statecode_label="own")], COLUMNS | {"crc33_statecode_label": "string"})
    run(pipeline)
    assert shown(pipeline, "statecode_label") == {"a": None, "b": "own"}
    pipeline.know({"statecode": {0: "Open"}}, hours=1)
    pipeline.land([customer("a", 1, statecode="0")], COLUMNS)  # a replay, of before the column came
    counts = run(pipeline)
    assert counts["duplicates"] == 1
    assert shown(pipeline, "statecode_label") == {"a": None, "b": "own"}


def test_labels_of_a_second_environment_fill_what_the_first_does_not_know(pipeline: Pipeline) -> None:
    pipeline.know({"statecode": {0: "Active"}}, container="dataverse-a")
    pipeline.know({"statecode": {0: "Open", 5: "Lost"}}, container="dataverse-b")
    pipeline.land([customer("a", 1, statecode="0"), customer("b", 1, statecode="5")], COLUMNS)
    run(pipeline)
    assert shown(pipeline, "statecode_label") == {"a": "Active", "b": "Lost"}


def test_a_rebuilt_table_and_a_widened_column_keep_their_labels(pipeline: Pipeline) -> None:
    pipeline.know(LABELS)
    pipeline.land([customer("a", 1, statecode="0")], COLUMNS)
    run(pipeline)
    pipeline.land([customer("b", 1, statecode="1", size="5")], COLUMNS | {"size": "int64"})
    run(pipeline)
    pipeline.land([customer("c", 1, statecode="1", size="5.5")], COLUMNS | {"size": "double"})
    run(pipeline)
    assert shown(pipeline, "statecode_label") == {"a": "Active", "b": "Inactive", "c": "Inactive"}
    pipeline.land([customer("a", 1, statecode="0")], COLUMNS)
    pipeline.silver(pipeline.manifest(full_rebuild=["customer"]))
    assert shown(pipeline, "statecode_label") == {"a": "Active"}
    pipeline.land([customer("e", 1, statecode="0")], COLUMNS)
    run(pipeline)
    assert shown(pipeline, "statecode_label") == {"a": "Active", "e": "Active"}


def test_a_crash_before_the_stored_rows_were_brought_up_to_date_is_made_good(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.land([customer("a", 1, statecode="0")], COLUMNS)
    run(pipeline)
    pipeline.know({"statecode": {0: "Active"}}, hours=1)
    pipeline.land([customer("b", 1, statecode="0")], COLUMNS)
    batch = pipeline.manifest()
    for step in ("add_columns", "replace", "update", "set_property"):
        with monkeypatch.context() as patched:
            patched.setattr(f"spark_jobs.tables.Table.{step}", _die)
            with pytest.raises(RuntimeError):
                pipeline.silver(batch)
    counts = pipeline.silver(batch)["entities"]["customer"]
    assert (counts["applied"], counts["duplicates"], counts["current"]) == (1, 0, 2)
    assert shown(pipeline, "statecode_label") == {"a": "Active", "b": "Active"}


def _die(*_: Any) -> None:
    raise RuntimeError("the process is gone")


def test_the_models_that_are_shipped_show_labels(pipeline: Pipeline) -> None:
    columns = CUSTOMER | {"statecode": "int64", "gendercode": "int64", "customertypecode": "int64"}
    choices = {"statecode": "0", "gendercode": "2", "customertypecode": "3"}
    states = {"statecode": {0: "Active"}}
    pipeline.know(states)
    pipeline.know({**states, "gendercode": {2: "Female"}}, table="contact")
    pipeline.know({**states, "customertypecode": {3: "Customer"}}, table="account")
    for table in ("crc33_customer", "contact", "account"):
        pipeline.land([customer("1", 1) | choices], columns, table=table)
    pipeline.run()
    shown_of = {name: pipeline.published(name)[0] for name in ("customer", "contact", "account")}
    assert {row["statecode_label"] for row in shown_of.values()} == {"Active"}
    assert shown_of["contact"]["gendercode_label"] == "Female"
    assert (shown_of["account"]["customertypecode_label"], shown_of["account"]["industrycode_label"]) == ("Customer", None)


def test_finance_rows_have_no_labels(pipeline: Pipeline) -> None:
    pipeline.know({"spend": {10: "Much"}})
    pipeline.finance("cid,spend\n1,10")
    pipeline.silver(pipeline.manifest())
    assert not [name for name in pipeline.table("customer_finance").columns if name.endswith("_label")]


def test_a_lookup_keeps_its_entity_type_as_landed(pipeline: Pipeline) -> None:
    # Synapse Link, section 7.1: each reference column is followed by `<column>_entitytype`.
    names = ("crc33_ownerid", "crc33_ownerid_entitytype", "parentid", "parentid_entitytype")
    columns = CUSTOMER | dict(zip(names, ("guid", "string") * 2, strict=True))
    owner = {"crc33_ownerid": "AB-C", "crc33_ownerid_entitytype": "systemuser"}
    pipeline.land([customer("a", 1, parentid="D-E", parentid_entitytype="Account") | owner], columns)
    pipeline.land([customer("b", 1) | owner | {"crc33_ownerid_entitytype": "team"}], columns)
    run(pipeline)
    found = shown(pipeline, *(name.removeprefix("crc33_") for name in names))
    assert found == {"a": ("ab-c", "systemuser", "d-e", "Account"), "b": ("ab-c", "team", None, None)}
    pipeline.land([customer("b", 2) | owner], columns)
    counts = run(pipeline)
    assert counts["history"] == 3, "the same id of another entity is another owner"


@pytest.mark.parametrize("kind", ["bigint", "int", "decimal(38,10)", "double"])
@pytest.mark.parametrize("options", [3, 5000])
def test_a_choice_is_found_among_few_and_among_thousands(spark: SparkSession, kind: str, options: int) -> None:
    labels = {str(100_000_000 + number): f"Option {number}" for number in range(options)} | {"-1": "None", "7": "Seven"}
    expression = label_of("value", kind, labels)
    values = [100_000_000, 100_000_000 + options - 1, 100_000_000 + options, -1, 7, None]
    rows = spark.createDataFrame([(value,) for value in values], "value bigint").selectExpr(f"cast(value as {kind}) value")
    found = [row[0] for row in rows.selectExpr(expression or "").collect()]
    assert found == ["Option 0", f"Option {options - 1}", None, "None", "Seven", None]


def test_a_wide_table_of_many_options_is_still_one_query(pipeline: Pipeline) -> None:
    names = [f"choice{number}" for number in range(200)]
    columns = CUSTOMER | dict.fromkeys(names, "int64")
    labels = {name: {value: f"{name} {value}" for value in range(20)} for name in names}
    pipeline.know(labels | {"choice0": {value: str(value) for value in range(5000)}})
    pipeline.land([customer(str(row), 1) | dict.fromkeys(names, str(row)) for row in range(20)], columns)
    run(pipeline)
    assert shown(pipeline, "choice0_label", "choice199_label")["7"] == ("7", "choice199 7")


def operations(pipeline: Pipeline) -> Sequence[str]:
    """The commits of the customer table, oldest first."""
    path = pipeline.lake.path("silver/customer")
    return [row["operation"] for row in pipeline.spark.sql(f"DESCRIBE HISTORY delta.`{path}`").orderBy("version").collect()]
