"""What the job tells a catalog: statements that quote every name, and tags for what a column's name says it holds."""

from __future__ import annotations

import pytest

from spark_jobs.catalog import statements
from spark_jobs.catalog.personal import personal
from spark_jobs.catalog.schemas import Catalog


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
