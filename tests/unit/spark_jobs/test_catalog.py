"""What the job tells a catalog: statements that quote every name, and tags for what a column's name says it holds."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.manifest import GoldSettings
from shared.contracts.publication import GoldFile, GoldTable, Layout
from spark_jobs.catalog import statements
from spark_jobs.catalog.personal import personal
from spark_jobs.catalog.published import selected
from spark_jobs.catalog.registration import Registration
from spark_jobs.catalog.schemas import Catalog
from tests.contracts import make_manifest


def test_silver_and_gold_have_schemas_of_their_own() -> None:
    catalog = Catalog(name="main", schema="customer360")
    assert (catalog.silver, catalog.gold) == ("`main`.`customer360_silver`", "`main`.`customer360_gold`")
    assert catalog.is_governed
    assert not Catalog(name="spark_catalog", schema="x").is_governed


def test_an_external_table_is_the_folder_that_is_there() -> None:
    path = "abfss://silver@account.dfs.core.windows.net/o'hara"
    assert statements.external_table("`c`.`s`.`t`", path) == (
        "CREATE TABLE IF NOT EXISTS `c`.`s`.`t` USING DELTA LOCATION 'abfss://silver@account.dfs.core.windows.net/o\\'hara'"
    )


def test_the_current_view_has_the_rows_that_count_now_without_what_tells_since_when() -> None:
    shown = statements.columns_of_view(["Id", "na`me", "__START_AT", "__END_AT", "__deleted", "__version"])
    assert statements.current_view("`v`", "`t`", shown, "now") == (
        "CREATE OR REPLACE VIEW `v` COMMENT 'now' AS SELECT `Id`, `na``me` FROM `t` WHERE `__END_AT` IS NULL"
    )


def test_the_rows_of_a_publication_are_those_of_its_files_and_a_table_without_files_has_its_columns_and_no_row() -> None:
    folder = "abfss://gold@account.dfs.core.windows.net"
    columns = {"cid": "string", "na`me": "decimal(16,2)"}
    table = replace(gold_table("customer"), columns=columns)
    files = (*table.files, GoldFile(place="customer/p2/part-1.parquet", rows=1, size=1))
    named = "{customer/p1/part-0.parquet,customer/p2/part-1.parquet}"
    assert selected(replace(table, files=files), folder) == f"SELECT `cid`, `na``me` FROM parquet.`{folder}/{named}`"  # noqa: S608 - not run
    assert selected(replace(table, files=()), folder) == (
        "SELECT CAST(NULL AS string) AS `cid`, CAST(NULL AS decimal(16,2)) AS `na``me` WHERE false"
    )


def test_a_key_is_declared_and_not_enforced() -> None:
    assert list(statements.primary_key("`g`.`customer`", "customer", "cid")) == [
        "ALTER TABLE `g`.`customer` ALTER COLUMN `cid` SET NOT NULL",
        "ALTER TABLE `g`.`customer` ADD CONSTRAINT `customer_key` PRIMARY KEY (`cid`) NOT ENFORCED",
    ]


def test_columns_with_personal_data_are_tagged_and_their_table_too() -> None:
    assert list(statements.tags("`t`", ["cid", "email", "Id"])) == [
        "ALTER TABLE `t` ALTER COLUMN `email` SET TAGS ('personal_data' = 'email')",
        "ALTER TABLE `t` SET TAGS ('personal_data' = 'yes')",
    ]
    assert list(statements.tags("`t`", ["cid", "income"])) == []
    assert list(statements.tag_of_view("`v`", ["cid", "email"])) == ["ALTER VIEW `v` SET TAGS ('personal_data' = 'yes')"]
    assert list(statements.tag_of_view("`v`", ["cid"])) == []


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("emailaddress1", "email"),
        ("crc33_email", "email"),
        ("EMailAddress3", "email"),
        ("telephone1", "phone"),
        ("mobilephone", "phone"),
        ("phone_e164", "phone"),
        ("fullname", "name"),
        ("firstname", "name"),
        ("birthdate", "birth"),
        ("address1_line1", "address"),
        ("address2_postalcode", "address"),
        ("governmentid", "identity"),
        ("createdon", None),
        ("statecode_label", None),
        ("accountid", None),
        ("_source_file", None),
        ("filename", None),  # ends like a name, and is none
    ],
)
def test_personal_data_is_told_by_the_name_of_its_column(column: str, kind: str | None) -> None:
    assert personal(column) == kind


GOLD_OF_MAIN = "`main`.`customer360_gold`"


class Session:
    """A Spark session whose catalog has some tables and views already, and that keeps what it is told."""

    def __init__(self, tables: list[str], views: list[str]) -> None:
        self._tables, self._views = tables, views
        self.told: list[str] = []

    def sql(self, statement: str) -> Any:
        found: list[dict[str, Any]] = []
        if statement == f"SHOW VIEWS IN {GOLD_OF_MAIN}":
            found = [{"viewName": name, "isTemporary": name.startswith("model__")} for name in self._views]
        elif statement == f"SHOW TABLES IN {GOLD_OF_MAIN}":
            named = [*self._tables, *self._views]
            found = [{"tableName": name, "isTemporary": name.startswith("model__")} for name in named]
        elif not statement.startswith(("SHOW", "CREATE SCHEMA")):
            self.told.append(statement)
        return SimpleNamespace(collect=lambda: found)


def registered(session: Session, layout: Layout, *names: str, gone: tuple[str, ...] = ()) -> list[str]:
    """Register gold tables of these names; returns the first words of each statement, and the name."""
    gold = {name: gold_table(name) for name in names}
    batch = make_manifest(gold=GoldSettings(layout=layout))
    lake: Any = SimpleNamespace(folders=lambda _: [], path=lambda place: f"abfss://lake/{place}")
    spark: Any = session
    assert Registration(spark=spark, lake=lake, catalog=Catalog(name="main", schema="customer360")).run(batch, gold, gone) == []
    return [
        statement.partition(GOLD_OF_MAIN)[0] + statement.partition(f"{GOLD_OF_MAIN}.")[2][:10] for statement in session.told
    ]


def gold_table(name: str) -> GoldTable:
    files = (GoldFile(place=f"{name}/p1/part-0.parquet", rows=1, size=1),)
    return GoldTable(
        name=name, description="Ours.", primary_key="cid", digest="", document="", columns={"cid": "string"}, files=files
    )


@pytest.mark.parametrize("layout", ["publications", "full_data", "incremental"])
def test_where_the_folders_of_a_table_change_its_view_is_renewed_by_every_run(layout: Layout) -> None:
    session = Session(tables=[], views=["customer", "model__customer"])
    assert registered(session, layout, "customer") == ["CREATE OR REPLACE VIEW `customer`"]
    assert "COMMENT 'Ours. Key: cid.'" in session.told[0]
    assert session.told[0].endswith("FROM parquet.`abfss://lake/gold/{customer/p1/part-0.parquet}`")


def test_a_table_that_is_registered_is_left_alone_and_a_new_one_gets_its_comment_and_key() -> None:
    assert registered(Session(tables=["customer"], views=[]), "delta", "customer") == []
    told = registered(Session(tables=[], views=[]), "delta", "customer")
    assert told == [
        "CREATE TABLE IF NOT EXISTS `customer`",
        "COMMENT ON TABLE `customer`",
        "ALTER TABLE `customer`",
        "ALTER TABLE `customer`",
    ]


def test_a_name_of_the_layout_before_is_forgotten_before_it_is_given_anew() -> None:
    assert registered(Session(tables=["customer"], views=[]), "publications", "customer") == [
        "DROP TABLE IF EXISTS `customer`",
        "CREATE OR REPLACE VIEW `customer`",
    ]
    assert registered(Session(tables=[], views=["customer"]), "delta", "customer")[:2] == [
        "DROP VIEW IF EXISTS `customer`",
        "CREATE TABLE IF NOT EXISTS `customer`",
    ]


def test_the_view_of_a_table_that_gold_no_longer_has_is_forgotten_and_anybody_elses_stays() -> None:
    session = Session(tables=["kept"], views=["customer", "of_an_analyst"])
    assert registered(session, "publications", gone=("customer", "kept", "never")) == ["DROP VIEW IF EXISTS `customer`"]
