"""What lies in the lake is found by name in a catalog, as it is now; what a catalog refuses is published all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.errors import ParseException

from local.spark_worker.by_name import NothingPublishedError, give_names
from shared.contracts.codec import encoded
from spark_jobs.catalog import statements
from spark_jobs.catalog.published import selected
from spark_jobs.catalog.schemas import SESSION_CATALOG, Catalog
from spark_jobs.gold import task as gold
from spark_jobs.tables import Table
from tests.gold_folder import gold_table
from tests.spark.conftest import CUSTOMER, Pipeline, customer
from tests.spark.test_layouts import of_customers, with_layout

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

CATALOG = Catalog(name=SESSION_CATALOG, schema="by_name")


@pytest.fixture(autouse=True)
def forgotten(spark: SparkSession) -> Iterator[None]:
    """A catalog that knows nothing of the tests before, nor after."""
    yield
    forget(spark)


def forget(spark: SparkSession) -> None:
    for schema in (CATALOG.silver, CATALOG.gold):
        spark.sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def test_a_lake_without_a_publication_has_no_names_yet(pipeline: Pipeline) -> None:
    with pytest.raises(NothingPublishedError, match="Nothing is published yet"):
        give_names(pipeline.spark, pipeline.lake, CATALOG)


def run(pipeline: Pipeline, catalog: Catalog) -> dict[str, Any]:
    """Run a batch with a catalog, publish it, and return its outcome."""
    batch_id = pipeline.manifest()
    pipeline.silver(batch_id)
    done = gold.run(pipeline.spark, pipeline.lake, pipeline.batch(batch_id), pipeline.models, catalog=catalog)
    outcome: dict[str, Any] = encoded(done)
    pipeline.publish(outcome)
    return outcome


def rows(pipeline: Pipeline, name: str, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    """Return some columns of what the catalog has under a name, sorted."""
    return sorted(tuple(row) for row in pipeline.spark.table(name).where(where).select(*columns).collect())


def kinds(pipeline: Pipeline, schema: str) -> dict[str, str]:
    """Return what the catalog has in a schema: name -> table or view."""
    views = {row["viewName"] for row in pipeline.spark.sql(f"SHOW VIEWS IN {schema}").collect()}
    named = pipeline.spark.sql(f"SHOW TABLES IN {schema}").where("not isTemporary").collect()
    return {row["tableName"]: "view" if row["tableName"] in views else "table" for row in named}


def test_histories_current_rows_rejects_and_gold_are_found_by_name_as_they_are_now(pipeline: Pipeline) -> None:
    silver, published = CATALOG.silver, CATALOG.gold
    of_customers(pipeline)
    pipeline.land([customer("1", 1), customer("2", 1)])
    pipeline.finance("cid,spend\n1,10\n2,much")
    assert run(pipeline, CATALOG)["warnings"] == []
    before = Table(pipeline.spark, pipeline.lake, "customer").version()
    assert rows(pipeline, f"{published}.customer", "cid") == [("1",), ("2",)]
    assert kinds(pipeline, published) == {"customer": "view", "customer_finance": "view"}

    with_layout(pipeline, "delta")
    pipeline.models = [model for model in pipeline.models if model.name == "customer"]
    columns = CUSTOMER | {"crc33_city": "string"}
    pipeline.land([customer("1", 2, crc33_city="Athens"), customer("2", 2, deleted=True)], columns, hours=1)
    assert [warning["trap"] for warning in run(pipeline, CATALOG)["warnings"]] == ["table_removed"]
    assert rows(pipeline, f"{published}.customer", "cid") == [("1",)]
    assert kinds(pipeline, published) == {"customer": "table"}, "of a table that is gone the files go, so its view goes too"

    assert rows(pipeline, f"{silver}.customer_current", "Id", "city") == [("1", "Athens")]
    shown = "__START_AT IS DISTINCT FROM __END_AT"
    assert rows(pipeline, f"{silver}.customer", "Id", where=shown) == [("1",), ("1",), ("2",)]
    assert "__END_AT" not in pipeline.spark.table(f"{silver}.customer_current").columns
    assert len(rows(pipeline, f"{silver}.customer_finance_rejected", "_key")) == 1
    assert kinds(pipeline, silver) == {
        "customer": "table",
        "customer_current": "view",
        "customer_finance": "table",
        "customer_finance_current": "view",
        "customer_finance_rejected": "table",
    }
    assert Table(pipeline.spark, pipeline.lake, "customer").version() > before, "by the merge"
    history = pipeline.spark.sql(f"DESCRIBE HISTORY delta.`{pipeline.lake.path('silver/customer')}`").collect()
    assert {row["operation"] for row in history} <= {"WRITE", "MERGE", "ADD COLUMNS"}, "a name in a catalog is no commit"

    forget(pipeline.spark)
    assert give_names(pipeline.spark, pipeline.lake, CATALOG) == []
    assert rows(pipeline, f"{published}.customer", "cid") == rows(pipeline, f"{silver}.customer_current", "cid") == [("1",)]


def test_a_catalog_that_refuses_is_a_warning_and_the_publication_is_made(pipeline: Pipeline) -> None:
    pipeline.land([customer("1", 1)])
    outcome = run(pipeline, Catalog(name="nobodys", schema="by_name"))
    told = [(warning["trap"], warning["table"], warning["where"], warning["severity"]) for warning in outcome["warnings"]]
    assert told == [("not_registered", layer, "nobodys", "warning") for layer in ("silver", "gold")]
    assert outcome["publication"]
    assert [row["cid"] for row in pipeline.published("customer")] == ["1"]


def test_sparks_own_parser_reads_every_statement_but_the_tags_which_only_unity_catalog_has(spark: SparkSession) -> None:
    name = "`main`.`customer360_gold`.`customer`"
    plain = gold_table(columns={"a`b": "decimal(16,2)"})
    upserts, deletes = (replace(plain.files[0], role=role) for role in ("upserts", "deletes"))
    tables = [replace(plain, files=files) for files in (plain.files, (), (*plain.files, upserts, deletes))]
    made = [
        statements.schema("`main`.`customer360_gold`", "it's ours"),
        statements.external_table(name, "abfss://gold@account.dfs.core.windows.net/delta/customer"),
        statements.comment_on_table(name, "one row\neach"),
        statements.current_view("`v`", name, ["a`b", "c"], "now"),
        *(statements.view("`v`", selected(table, "abfss://gold@account.dfs.core.windows.net"), "now") for table in tables),
        statements.dropped("VIEW", "`v`"),
        *statements.primary_key(name, "customer", "cid"),
    ]
    inner: Any = spark
    parser = inner._jsparkSession.sessionState().sqlParser()  # there is no public way to the parser
    for statement in made:
        parser.parsePlan(statement)
    for tag in (*statements.tags(name, ["email"]), *statements.tag_of_view("`v`", ["email"])):
        with pytest.raises(ParseException):
            parser.parsePlan(tag)
