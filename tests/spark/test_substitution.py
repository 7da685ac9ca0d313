"""Spark replaces `${env:…}` in SQL text, within quotes too; what lands never reads the driver's environment by that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from shared.contracts.entity import Rule
from tests.spark.conftest import CUSTOMER, Pipeline, customer

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

NAMES = ("${env:PATH}", "${system:java.home}", "${spark.app.name}", "${PATH}")


@pytest.fixture(params=["false", "true"])
def substitution(spark: SparkSession, request: pytest.FixtureRequest) -> Iterator[str]:
    """As the job sets it, and as a session has it that does not let itself be told."""
    setting = "spark.sql.variable.substitute"
    assert spark.conf.get(setting) == "false", "the job turns it off"
    spark.conf.set(setting, request.param)
    yield request.param
    spark.conf.set(setting, "false")


@pytest.mark.usefixtures("substitution")
def test_landed_names_labels_and_configured_texts_are_what_they_say(pipeline: Pipeline) -> None:
    rules = {"name": Rule(pattern=r"[^$]*(\$\{env:PATH\})?", allowed=("n", "${env:PATH}"), action="warn")}
    pipeline.configure(table={"rules": rules})
    columns = CUSTOMER | dict.fromkeys(NAMES, "string") | {"choice": "int64"}
    values = {name: f"value of {name}" for name in NAMES}
    pipeline.know({"choice": dict(enumerate(NAMES))})
    for hours in range(2):  # the first writes the table, the second merges into it
        rows = [customer(f"c{n}", n + 1 + 10 * hours, choice=str(n), crc33_name=NAMES[0]) | values for n in range(len(NAMES))]
        pipeline.land([*rows, {"Id": None, **values}], columns, hours=hours)
        pipeline.run()
        found = {row["Id"]: row for row in pipeline.current("customer")}
        assert [found[f"c{n}"]["choice_label"] for n in range(len(NAMES))] == list(NAMES)
        assert found["c0"]["name"] == NAMES[0]
        kept = [value for key, value in found["c0"].items() if str(value).startswith("value of")]
        assert sorted(kept) == sorted(values.values())
    rejected = pipeline.table("customer_rejected").select("_row").first()
    assert rejected is not None
    assert all(f'"{name}":"value of {name}"' in rejected["_row"] for name in NAMES)


@pytest.mark.usefixtures("substitution")
def test_a_finance_header_is_what_it_says(pipeline: Pipeline) -> None:
    pipeline.finance("cid,${env:PATH},${system:user.name}\nc1,12,x\nc2,13,y")
    pipeline.run()
    found = [
        sorted(map(str, (value for key, value in row.items() if "env" in key or "system" in key)))
        for row in pipeline.current("customer_finance")
    ]
    assert sorted(found) == [["12", "x"], ["13", "y"]]
