"""`customer360.toml` is read strictly, and what it leaves out follows from the table alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.config.tables import ConfigurationError, read_configuration, resolve

_SHIPPED = (Path(__file__).parents[3] / "customer360.toml").read_text(encoding="utf-8")


def test_the_shipped_configuration_names_the_samples_entities() -> None:
    configuration = read_configuration(_SHIPPED)
    assert configuration.entity_name("dataverse", "crc33_customer") == "customer"
    assert configuration.finance_keys("customer_finance") == ("cid",)


@pytest.mark.parametrize(
    ("source", "table", "entity"),
    [
        ("dataverse", "contact", "contact"),  # a standard table keeps its name
        ("dataverse", "cr1a2_tent", "tent"),  # a publisher that Dataverse itself made: always the customer's own
        ("dataverse", "msdyn_workorder", "msdyn_workorder"),  # a publisher that nobody configured
        ("dataverse", "CustTable", "custtable"),
        ("finance", "Cost Centres 2026", "cost_centres_2026"),
        ("finance", "2026", "t_2026"),  # a name starts with a letter
    ],
)
def test_an_entity_is_named_by_its_table(source: str, table: str, entity: str) -> None:
    assert read_configuration("").entity_name(source, table) == entity


def test_a_table_needs_no_configuration() -> None:
    resolved = resolve(read_configuration(""), "dataverse", "contact", ["Id", "fullname", "cr1a2_size"])
    assert resolved.keys == ("Id",)
    assert resolved.prefixes == ("cr1a2_",)
    assert resolved.rules == {}


def test_a_data_set_without_keys_has_one_row_for_each_record() -> None:
    assert resolve(read_configuration(""), "finance", "spend", []).keys == ("_source_file", "_record_number")


def test_a_batch_gets_the_tables_at_hand_and_all_that_are_configured() -> None:
    resolved = read_configuration(_SHIPPED).resolved({("dataverse", "contact"): ["Id"]})
    assert sorted(resolved) == ["contact", "customer", "customer_finance"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[dataverse]\npublisher_prefix = 'x'", "dataverse.publisher_prefix"),
        ("[dataverse.tables.a]\nkeys = ['x']", "dataverse.tables.a.keys"),  # Dataverse tables have `Id`
        ("[finance.a]\nkeys = 'cid'", "finance.a.keys"),
        ("[finance.a]\nmode = 'replace'", "finance.a.mode"),
        ("[finance.a.types]\nspend = 'money'", "finance.a.types.spend"),
        ("[finance.a.rules]\nspend = { minimum = 0 }", "finance.a.rules.spend.minimum"),
        ("[finance.a.rules]\nspend = { action = 'drop' }", "finance.a.rules.spend.action"),
        ("[finance.a]\nentity = '1st'", "finance.a.entity"),
        ("[finance.a]\nentity = 'b'\n[finance.b]", "finance.b.entity"),  # two tables, one entity
        ("not toml", "the file"),
    ],
)
def test_a_mistake_is_refused_and_named(text: str, where: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(text)
    assert caught.value.where == where
