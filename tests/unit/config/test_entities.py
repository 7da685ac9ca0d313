"""`customer360.toml` is read strictly, and what it leaves out follows from the table alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.config.tables import Configuration, open_configuration, read_configuration, resolve
from shared.errors import ConfigurationInvalid

_SHIPPED = (Path(__file__).parents[3] / "customer360.toml").read_text(encoding="utf-8")


def test_the_shipped_configuration_names_the_samples_entities() -> None:
    configuration = read_configuration(_SHIPPED)
    assert configuration.entity_name("dataverse", "crc33_customer") == "customer"
    assert configuration.finance_reading("customer_finance").keys == ("cid",)


@pytest.mark.parametrize(
    ("source", "table", "entity"),
    [
        ("dataverse", "contact", "contact"),  # a standard table keeps its name
        ("dataverse", "cr1a2_tent", "tent"),  # a publisher that Dataverse itself made: always the customer's own
        ("dataverse", "msdyn_workorder", "msdyn_workorder"),  # a publisher that nobody configured
        ("dataverse", "CustTable", "custtable"),
        ("finance", "Cost Centres 2026", "cost_centres_2026"),
        ("finance", "2026", "t_2026"),  # a name starts with a letter
        ("finance", "\u58f2\u4e0a", "maishang"),  # any alphabet is spelled in Latin letters
        ("finance", "Ums\u00e4tze", "umsatze"),
    ],
)
def test_an_entity_is_named_by_its_table(source: str, table: str, entity: str) -> None:
    assert read_configuration("").entity_name(source, table) == entity


def test_a_table_needs_no_configuration() -> None:
    resolved = resolve(read_configuration(""), "dataverse", "contact", ["Id", "fullname", "cr1a2_size"])
    assert resolved.keys == ("Id",)
    assert resolved.names == {"id": "Id", "fullname": "fullname", "cr1a2_size": "size"}
    assert resolved.rules == {}


def test_a_data_set_without_keys_has_one_row_for_each_record() -> None:
    assert resolve(read_configuration(""), "finance", "spend", []).keys == ("_source_file", "_record_number")


def test_a_batch_gets_the_tables_at_hand_and_all_that_are_configured() -> None:
    configuration = read_configuration(_SHIPPED)
    resolved = configuration.resolved({("dataverse", "contact"): resolve(configuration, "dataverse", "contact", ["Id"])})
    assert sorted(resolved) == ["contact", "customer", "customer_finance"]


_KNOWN = "known here: action, allowed, max, min, pattern, required, unique"
_NAMES = "expected a letter, then letters, digits and `_`"


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        # a key that nobody reads
        ("[gould]", "gould", "is not known (did you mean gold?); known here: dataverse, finance, gold, limits, silver"),
        (
            "[dataverse]\npublisher_prefix = 'x'",
            "dataverse.publisher_prefix",
            "is not known (did you mean publisher_prefixes?); "
            "known here: label_language, publisher_prefixes, tables, untracked",
        ),
        (
            "[dataverse.tables.a]\nkeys = ['x']",  # Dataverse tables have `Id`
            "dataverse.tables.a.keys",
            "is not known; known here: entity, expect_every, lenient, renames, rules, types, untracked",
        ),
        ("[finance.a.rules]\nb = { max_value = 0 }", "finance.a.rules.b.max_value", f"is not known; {_KNOWN}"),
        # the wrong type
        ("finance = 3", "finance", "expected a table, got a whole number"),
        ("[finance]\na = 3", "finance.a", "expected a table, got a whole number"),
        ("[finance.a]\nrules = ['x']", "finance.a.rules", "expected a table, got a list"),
        ("[finance.a]\nkeys = 'cid'", "finance.a.keys", "expected a list of text, got text"),
        ("[finance.a]\nkeys = ['cid', 3]", "finance.a.keys", "expected a list of text, got a whole number in it"),
        ("[finance.a]\ndelimiter = 2026-11-01", "finance.a.delimiter", "expected text, got a date or time"),
        ("[finance.a.rules]\nb = { required = 1 }", "finance.a.rules.b.required", "expected true or false, got a whole number"),
        ("[finance.a.rules]\nb = { min = true }", "finance.a.rules.b.min", "expected a number or text, got true or false"),
        ("[gold]\ngrace_days = true", "gold.grace_days", "expected a whole number that is not negative, got true or false"),
        ("[gold]\ngrace_days = 1.5", "gold.grace_days", "expected a whole number that is not negative, got a number"),
        ("[finance.a]\nentity = 1", "finance.a.entity", f"{_NAMES}, got a whole number"),
        ("[gold]\ngrace_days = -1", "gold.grace_days", "expected a whole number that is not negative"),
        # a value that is none of those possible
        (
            "[finance.a]\nexpect_every = '1 day'",
            "finance.a.expect_every",
            "expected a number of minutes, hours or days, as 30m, 6h or 1d",
        ),
        ("[gold]\nphone_region = 'usa'", "gold.phone_region", "expected a country as two capital letters of ISO 3166, as US"),
        ("[gold]\nlayout = 'parquet'", "gold.layout", "expected one of publications, full_data, delta, incremental"),
        ("[finance.a]\nmode = 'replace'", "finance.a.mode", "expected one of upsert, snapshot"),
        ("[finance.a.rules]\nb = { action = 'drop' }", "finance.a.rules.b.action", "expected one of reject, warn"),
        ("[finance.a.types]\nb = 'money'", "finance.a.types.b", "expected a type such as bigint or decimal(16,2)"),
        ("[finance.a.types]\nb = 'decimal(39,2)'", "finance.a.types.b", "expected a type such as bigint or decimal(16,2)"),
        ("[finance.a]\nentity = '1st'", "finance.a.entity", _NAMES),
        ("[finance.a]\nentity = 'a\\n'", "finance.a.entity", _NAMES),
        ('[finance.a]\nentity = "a\\n"', "finance.a.entity", _NAMES),  # `$` of Python would let it through
        ("[finance.a.renames]\nb = 'c d'", "finance.a.renames.b", _NAMES),
        ("[finance.a.types]\nb = 'decimal(16,2) up'", "finance.a.types.b", "expected a type such as bigint or decimal(16,2)"),
        ("[finance.a]\ndecimal = ';'", "finance.a.decimal", "expected one of ., ,"),
        (
            "[finance.a]\nthousands = '.'",
            "finance.a.thousands",
            "is the sign before the fraction as well, which is a point where `decimal` does not say else",
        ),
        # two tables, one entity
        ("[finance.a_rejected]", "finance.a_rejected.entity", "is a_rejected, the name of the rejected rows of another table"),
        ("[finance.a]\nentity = 'b'\n[finance.b]", "finance.b.entity", "is b, as that of finance.a"),
        ("[dataverse.tables.b]\n[finance.b]", "finance.b.entity", "is b, as that of dataverse.tables.b"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_is_known_or_expected_there(text: str, place: str, problem: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        read_configuration(text)
    assert (".".join(caught.value.place), caught.value.problem) == (place, problem)


def test_a_mistake_is_told_in_one_sentence_with_file_section_and_key() -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        read_configuration("[gold]\nkez = ['cid']", file="other.toml")
    known = "compaction_share, grace_days, layout, phone_region"
    assert str(caught.value) == f"other.toml, section [gold], key kez: is not known; known here: {known}"


def test_a_file_that_is_absent_or_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"^nowhere\.toml: there is no such file, which the setting CONFIGURATION"):
        open_configuration(tmp_path, "nowhere.toml")
    (tmp_path / "broken.toml").write_text("not toml")
    with pytest.raises(ConfigurationInvalid, match=r"^broken\.toml: is not TOML: .* line 1"):
        open_configuration(tmp_path, "broken.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationInvalid, match=r"^binary\.toml: cannot be read as UTF-8 text"):
        open_configuration(tmp_path, "binary.toml")


def test_an_empty_file_says_what_no_file_says() -> None:
    assert read_configuration("") == Configuration()
