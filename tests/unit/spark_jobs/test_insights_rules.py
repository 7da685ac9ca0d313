"""`insights.toml` is read strictly, told apart by line, rule and field, and judged without data."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from spark_jobs.errors import RulesError
from spark_jobs.insights.rules.lint import Spread, lint
from spark_jobs.insights.rules.reading import FILE, read_rules
from spark_jobs.insights.rules.schema import SCHEMA, schema, spelled
from spark_jobs.insights.rules.vocabulary import InsightsRules
from spark_jobs.insights.steps import click_steps, removed_steps
from spark_jobs.insights.task import shipped_rules

SHIPPED = Path(__file__).parents[3] / "spark_jobs" / "insights" / FILE

RULES = """\
[[tables]]
name = "contact"
key = "contactid"

[[tables.deduplication.rules]]
name = "Same e-mail"
conditions = [{ column = "email" }]

[[tables]]
name = "referral"
key = "id"

[[match]]
table = "referral"
to = "contact"

[[match.rules]]
name = "Name and city"
conditions = [
  { column = "city" },
  { column = "name", precision = "high", normalise = ["lower_case"] },
]

[[measures]]
name = "Referrals"
table = "referral"
function = "count"

[[segments]]
name = "Referred"
rules = [{ all = [{ attribute = "Customer_Measure.Referrals", operator = ">", value = 0 }] }]
"""


def changed(old: str, new: str) -> str:
    assert RULES.count(old) == 1
    return RULES.replace(old, new)


def read(old: str = "", new: str = "") -> InsightsRules:
    return read_rules(changed(old, new) if old else RULES)


@pytest.mark.parametrize(
    ("old", "new", "line", "where", "problem"),
    [
        ('precision = "high"', 'precison = "high"', 21, "conditions 'name', precison", "did you mean precision"),
        ('precision = "high"', 'precision = "higher"', 21, "'Name and city', conditions 'name', precision", "expected"),
        ('["lower_case"]', '["lowercase"]', 21, "rules 'Name and city', conditions 'name', normalise 1", "ascii"),
        ('key = "id"\n', "", 9, "tables 'referral', key", "is missing"),
        ('to = "contact"', 'to = "contacts"', 15, "match 'referral', to", "none of the tables: contact, referral"),
        ('table = "referral"\nto = "contact"', 'table = "contact"\nto = "referral"', 15, "match 'contact', to", "above"),
        ('name = "referral"', 'name = "contact"', 10, "tables 'contact', name", "as that of another"),
        ('function = "count"', 'function = "sum"', 27, "measures 'Referrals', function", "needs a `column`"),
        ('[{ column = "email" }]', '[{ column = "email", to = "mail" }]', 7, "conditions 'email', to", "matching"),
        ('table = "referral"\nfunction', 'table = "orders"\nfunction', 26, "measures 'Referrals', table", "no relation"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_its_rule_and_its_field(old: str, new: str, line: int, where: str, problem: str) -> None:
    with pytest.raises(RulesError) as raised:
        read(old, new)
    assert raised.value.line == line
    assert raised.value.where.endswith(where)
    assert problem in str(raised.value)


def test_what_is_no_toml_says_where() -> None:
    with pytest.raises(RulesError, match="is no TOML: Invalid value"):
        read_rules("tables =")


def test_recency_needs_what_says_what_is_recent() -> None:
    with pytest.raises(RulesError, match="needs `by`"):
        read('[[tables.deduplication.rules]]\nname = "Same', '[tables.deduplication]\nwinner = "most_recent"\n'
             '[[tables.deduplication.rules]]\nname = "Same')  # fmt: skip


def test_the_schema_for_editors_is_the_one_that_is_checked_in_and_takes_what_the_reader_takes() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == spelled(), "stale: python -m spark_jobs.insights.rules.schema"
    check = jsonschema_rs.validator_for(schema())
    for text in (RULES, SHIPPED.read_text(encoding="utf-8")):
        assert check.is_valid(json.loads(json.dumps(tomllib.loads(text))))
    assert not check.is_valid(tomllib.loads(changed("precision", "precison")))


def traps(rules: InsightsRules, **spreads: Spread) -> set[str]:
    return {one.trap for one in lint(rules, {("contact", name): spread for name, spread in spreads.items()})}


def test_the_rules_that_come_with_the_wheel_are_good() -> None:
    assert lint(shipped_rules()) == []


@pytest.mark.parametrize(
    ("old", "new", "trap"),
    [
        ('  { column = "city" },\n', "", "no_exact_condition"),
        ("Customer_Measure.Referrals", "Customer_Measure.Orders", "unknown_measure"),
        ("Customer_Measure.Referrals", "orders.total", "unknown_attribute"),
        ('[{ column = "email" }]', '[{ column = "email", normalise = ["symbols"] }]', "symbols_of_mail"),
        ("[[measures]]", '[forecast]\ndependent = [["name", "city"]]\n\n[[measures]]', "derived_beside_parent"),
        ("[[tables]]\nname = \"referral\"", '[[tables.deduplication.rules]]\nname = "And city"\nconditions = '
         '[{ column = "email" }, { column = "city" }]\n\n[[tables]]\nname = "referral"', "finds_nothing_alone"),
    ],
)  # fmt: skip
def test_lint_finds(old: str, new: str, trap: str) -> None:
    assert traps(read()) == set()
    assert traps(read(old, new)) == {trap}


def test_an_exact_condition_on_a_column_of_few_values_alone_is_told_with_counts() -> None:
    assert traps(read(), email=Spread(rows=10_000, values=9_000)) == set()
    assert traps(read(), email=Spread(rows=10_000, values=3)) == {"few_values"}


def test_the_click_list_marks_what_is_new_since_it_was_confirmed_and_what_to_take_back() -> None:
    before, after = read(), read('precision = "high"', "precision = 85")
    assert all(step.changed for step in click_steps(after))
    (step,) = (step for step in click_steps(after, before) if step.changed)
    assert "custom 85 %" in step.text
    assert step.page == "Unify > Matching rules"
    (taken,) = removed_steps(after, before)
    assert "High" in taken.text
