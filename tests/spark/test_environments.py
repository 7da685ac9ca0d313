"""Rows of several environments, and tables that were made before their container was part of the key (docs/adr/0018)."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.config.tables import read_configuration
from spark_jobs.gold.models.header import parse_model
from spark_jobs.silver.history.plan import LANDING_FIELDS
from spark_jobs.tables import IDENTITY, Table
from tests.spark.conftest import CUSTOMER, Pipeline, customer

pytestmark = pytest.mark.spark

_OURS = {"Id": "guid", "SinkModifiedOn": "dateTime", "versionnumber": "int64", "IsDelete": "boolean"}
_CONTACT, _ACCOUNT = _OURS | {"fullname": "string", "parentcustomerid": "guid"}, _OURS | {"name": "string"}
EU, US = "dataverse-eu", "dataverse-us"

#: Of two rows of one key each, where the query asks for one.
_FAULTY = """/*
primary_key = "Id"
[inputs.account]
by = "Id"
columns = { Id = "string" }
*/
select Id, (select name from (values ('a'), ('b')) as t(name)) as name from account"""
#: Text of silver as what it cannot all be.
_AMOUNTS = """/*
primary_key = "cid"
[inputs.amounts]
by = "cid"
columns = { cid = "string", amount = "decimal(16,2)", day = "date" }
*/
select cid, amount, day from amounts"""


def as_of_old(pipeline: Pipeline, name: str) -> None:
    """Make a table what it was before: no container, and finance ordered by time and record alone."""
    table = Table(pipeline.spark, pipeline.lake, name)
    rows = table.read()
    identity = {field.name for field in rows.schema.fields if field.metadata.get(IDENTITY)}
    if "landed_at" in dict(rows.dtypes)["__START_AT"]:
        identity -= set() if "cid" not in identity else {"_source_file"}
        for end in ("__START_AT", "__END_AT"):
            kept = F.struct(*(F.col(end)[field].alias(field) for field in LANDING_FIELDS if field != "source_file"))
            rows = rows.withColumn(end, F.when(F.col(end).isNotNull(), kept))
    rows = rows.select(*(F.col(one).alias(one, metadata={}) for one in rows.columns if one != "_container"))
    aside = pipeline.lake.path(f"aside/{name}")
    rows.write.parquet(aside)
    pipeline.lake.delete(table.place)
    table.write(pipeline.spark.read.parquet(aside), sorted(identity - {"_container"}), replaces=False)


def land(pipeline: Pipeline, container: str, version: int, **customer_values: Any) -> None:
    """One customer, account and contact of an environment, all of the same ids in each."""
    one: dict[str, Any] = {"container": container, "hours": version}
    pipeline.land([customer("1", version, **customer_values)], CUSTOMER, **one)
    pipeline.land([customer("a1", version) | {"name": f"Account of {container}"}], _ACCOUNT, table="account", **one)
    contact = customer("c1" if container == EU else "c2", version) | {"fullname": container, "parentcustomerid": "a1"}
    pipeline.land([contact], _CONTACT, table="contact", **one)


def test_one_id_in_two_environments_is_two_rows_and_gold_joins_within_each(pipeline: Pipeline) -> None:
    pipeline.configuration = read_configuration(
        '[finance.amounts]\nkeys = ["cid"]\n[dataverse]\npublisher_prefixes = ["crc33_"]\n'
        "[dataverse.tables.crc33_customer.rules]\nemail = { unique = true }"
    )
    pipeline.models = [*pipeline.models, parse_model("faulty", _FAULTY), parse_model("amounts", _AMOUNTS)]
    for container, cid in ((EU, "E1"), (US, "U1")):
        land(pipeline, container, 1, crc33_cid=cid, crc33_email="ann@contoso.com")
    pipeline.finance("cid,amount,day\nE1,7,2026-01-31\nU1,12.500,x\nX1,2,20260131\n", data_set="amounts")
    pipeline.finance("cid,income\nE1\u00a0,7", data_set="customer_finance")
    pipeline.finance("day,amount\n1,10\n2,20", data_set="tx", file="oct.csv")
    pipeline.finance("day,amount\n1,10", data_set="tx", file="oct.csv", hours=1)
    report = pipeline.silver(pipeline.manifest())
    assert report["entities"]["customer"]["current"] == 2
    assert report["entities"]["customer"]["rejected"] == 0, "environments are apart, so an address of both is no collision"

    # What an older version of the job made is brought along by the next batch.
    for name in ("customer", "account", "contact", "amounts", "tx"):
        as_of_old(pipeline, name)
    land(pipeline, US, 2, crc33_cid="U1", crc33_name="new")
    pipeline.land([customer("1", 3, deleted=True)], CUSTOMER, container=EU, hours=3)
    pipeline.land([customer("1", 4, crc33_cid="E1")], CUSTOMER, container=EU, hours=4)
    pipeline.finance("cid,amount,day\nE1,7,2026-01-31", data_set="amounts", hours=2, file="b.csv")
    pipeline.finance("day,amount\n3,30", data_set="tx", file="nov.csv", hours=2)
    outcome = pipeline.run()
    counts = outcome["entities"]
    assert (counts["customer"]["current"], counts["customer"]["history"]) == (2, 4)
    assert sorted((row["_container"], row["cid"], row["name"]) for row in pipeline.current("customer")) == [
        (EU, "E1", "name of 1"),
        (US, "U1", "new"),
    ]
    assert (counts["amounts"]["applied"], counts["amounts"]["current"], counts["amounts"]["history"]) == (1, 3, 3)
    assert sorted(row["amount"] for row in pipeline.current("tx")) == [10, 30], "what an older version held is closed"

    assert {row["contactid"]: row["accountname"] for row in pipeline.published("contact")} == {
        "c1": f"Account of {EU}",
        "c2": f"Account of {US}",
    }
    assert [row["name"] for row in pipeline.published("account")] == [f"Account of {US}"]
    assert sorted((row["cid"], row["income"]) for row in pipeline.published("customer")) == [("E1", 7), ("U1", None)]
    told = {(one["trap"], one["table"], one["where"]): one["detail"] for one in outcome["warnings"]}
    assert "2 current rows share 1 values" in told["rows_merged", "account", "account"]

    amounts = {row["cid"]: (row["amount"], row["day"]) for row in pipeline.published("amounts")}
    assert {cid: amount for cid, (amount, _) in amounts.items()} == {"E1": 7, "U1": None, "X1": 2}
    assert [str(day) for _, (_, day) in sorted(amounts.items())] == ["2026-01-31", "None", "None"]
    assert told["values_lost", "amounts", "amount"].startswith("1 values of amounts")
    assert told["values_lost", "amounts", "day"].startswith("2 values of amounts")
    assert "SCALAR_SUBQUERY_TOO_MANY_ROWS" in outcome["failed"]["faulty"]
