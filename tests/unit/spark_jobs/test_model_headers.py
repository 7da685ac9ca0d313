"""Headers of gold models: TOML in the comment that a model file begins with, and faults told by model, line and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spark_jobs.errors import ModelError
from spark_jobs.gold.models import header
from spark_jobs.gold.models.files import parse_models, read_models
from spark_jobs.gold.models.header import parse_model
from tests.gold_models import model_text

_QUERY = "\n*/\nselect 1 as cid"


def test_the_shipped_models_say_what_they_need() -> None:
    models = {model.name: model for model in read_models()}
    assert sorted(models) == ["account", "always_match", "canary", "contact", "customer", "customer_finance", "never_match"]
    customer = models["customer"]
    assert customer.description.startswith("One row for each customer, whether or not it has finance data")
    assert customer.primary_key == customer.rebuilt_by == "cid"
    assert customer.sql.startswith("select")
    assert [one.view for one in customer.inputs] == ["customer", "customer_finance"]
    assert [one.optional for one in customer.inputs] == [False, True]
    assert customer.inputs[0].phones == {"phone_e164": "telephone"}
    assert customer.semantic_types["email_normalised"] == "Identity.Service.Email"
    assert customer.inputs[0].newest_by == "versionnumber, Id, _container"
    assert customer.inputs[1].columns["spend"] == "decimal(16,2)"
    finance = models["customer_finance"]
    assert finance.rebuilt_by == "cid"
    assert [(one.view, one.entity, one.history) for one in finance.inputs] == [
        ("customer_finance_history", "customer_finance", True)
    ]


def test_the_example_of_the_documentation_is_a_model() -> None:
    text = (header.__doc__ or "").partition("```sql\n")[2].partition("```")[0]
    model = parse_model("customer", text)
    assert [(one.view, one.entity) for one in model.inputs] == [("customer", "customer"), ("spending", "customer_finance")]
    assert model.inputs[1].columns == {"cid": "string", "spend": "decimal(16,2)"}


def test_further_columns_come_along_and_declared_ones_are_null_where_absent() -> None:
    more = '\n[inputs.y]\noptional = true\nfurther_columns = true\ncolumns = { a = "string", spend = "double" }\n*/'
    model = parse_model("m", model_text("select 1", "cid", "b").replace("*/", more))
    columns = model.columns_of(model.inputs[1], {"a": "", "B": "", "visits": "", "_landed_at": "", "__deleted": ""})
    assert list(columns) == ["a", "spend", "visits", "_landed_at", "_record_number", "_source_file"]
    assert columns["spend"] == "cast(null as double)"


def test_a_comment_may_stand_before_the_header_and_the_query_knows_its_line() -> None:
    model = parse_model("m", "-- Ours.\n\n" + model_text("\nselect cid -- the key\nfrom customer;\n"))
    assert model.sql == "select cid -- the key\nfrom customer"
    assert (model.sql_line, model.inputs[0].line) == (11, 6)


@pytest.mark.parametrize(
    "text",
    [
        "-- One row for each.\n-- primary key: cid\n-- input: customer (cid, name) by cid\nselect cid from customer",
        "-- primary key: cid\nselect 1 as cid",
        "-- optional input: account (Id)\nselect 1",
    ],
)
def test_a_header_of_the_old_form_is_told_the_new_one(text: str) -> None:
    with pytest.raises(ModelError, match="its header is of the old form") as caught:
        parse_model("mine", text)
    assert (caught.value.model, caught.value.line) == ("mine", 1)
    shown = str(caught.value).partition(":\n")[2]
    assert parse_model("shown", shown).primary_key == "cid", "what the error shows can be pasted"


def test_a_file_without_a_header_is_told_how_one_looks() -> None:
    for text in ("select 1", "/* primary_key = 'cid'\nselect 1"):
        with pytest.raises(ModelError, match=r"its header is missing; a model file begins with TOML in a comment:\n/\*"):
            parse_model("m", text)


#: Header -> line, key and problem of its fault.
_FAULTS = {
    'primary_key = "cid"\n[inputs.customer]\nbye = "cid"': (4, "inputs.customer.bye", "is not known here; known are entity"),
    'primary_key = "cid"\nprimarykey = "cid"': (
        3,
        "primarykey",
        "known are description, primary_key, rebuilt_by, semantic_types",
    ),
    # a value of several lines is found where it begins, however the key is spelled
    'primary_key = "cid"\ninputs."customer".newest = [\n  "a",\n]': (3, "inputs.customer.newest", "is not known here"),
    'primary_key = "cid"\n\n[inputs.customer]\ncolumns = [\n  "cid",\n]': (5, "inputs.customer.columns", "a table of columns"),
    'primary_key = "cid"\n[inputs.customer.columns]\ncid = "string"\nage = 1': (5, "inputs.customer.columns.age", "SQL type"),
    'primary_key = "cid"\n[inputs.customer]\nby = "cid"': (3, "inputs.customer", "needs `columns`"),
    'primary_key = "cid"\n[inputs.customer]\nnewest_by = "a"\ncolumns = { cid = "string" }': (
        4,
        "inputs.customer.newest_by",
        "needs `by` beside it",
    ),
    'primary_key = "cid"\n[inputs.customer]\noptional = "yes"': (4, "inputs.customer.optional", "expected true or false"),
    'primary_key = "cid"\n[inputs.customer]\noptional = true\ncolumns = { cid = "string" }': (3, "inputs", "not optional"),
    'primary_key = "cid"\n[inputs."../x"]\ncolumns = { cid = "string" }': (3, "inputs.../x", "a name of letters"),
    'primary_key = "cid"\n[inputs.x]\nentity = "a/b"\ncolumns = { cid = "string" }': (
        4,
        "inputs.x.entity",
        "a name of letters",
    ),
    'primary_key = "cid; drop"\n[inputs.x]\ncolumns = { cid = "string" }': (2, "primary_key", "a name of letters"),
    'primary_key = "cid"\n[inputs]\ncustomer = "cid"': (4, "inputs.customer", "expected a table of entity"),
    '[inputs.customer]\ncolumns = { cid = "string" }': (1, "primary_key", "the header lacks it; expected a column"),
    'primary_key = "cid"\n[semantic_types]\ncid = "Person.Key"\n[inputs.x]\ncolumns = { cid = "string" }': (
        4,
        "semantic_types.cid",
        "expected one of Person.FirstName, Person.LastName",
    ),
    'primary_key = "cid"\n[inputs.x]\ncolumns = { cid = "string" }\nphones = { e164 = "tel" }': (
        5,
        "inputs.x.phones.e164",
        "expected a new column, of a declared one of type string",
    ),
    'primary_key = "cid"': (1, "inputs", "the header lacks it"),
    'primary_key = "cid"\ndescription = One row': (3, None, "its header is no TOML: Invalid value"),
    'primary_key = "cid"\n[inputs.customer]\nby = "cid"\nby = "Id"': (5, None, "Cannot overwrite a value"),
    'primary_key = "cid"\ncolumns = [': (4, None, "its header is no TOML"),
}


@pytest.mark.parametrize("text", _FAULTS)
def test_a_fault_of_a_header_names_model_line_and_key(text: str) -> None:
    line, key, problem = _FAULTS[text]
    with pytest.raises(ModelError, match=re.escape(problem)) as caught:
        parse_model("mine", f"/*\n{text}{_QUERY}")
    assert (caught.value.model, caught.value.line, caught.value.key) == ("mine", line, key)
    place = f"gold model mine, line {line}, key {key}: " if key else f"gold model mine, line {line}: "
    assert str(caught.value).startswith(place)


def test_a_model_that_is_none_does_not_hide_the_others() -> None:
    models, faults = parse_models({"bad": "select 1", "good": model_text("select cid from customer"), "worse": ""})
    assert [model.name for model in models] == ["good"]
    assert [fault.model for fault in faults] == ["bad", "worse"]


def test_the_page_on_gold_models_shows_a_model_and_names_every_key() -> None:
    page = (Path(__file__).parents[3] / "docs" / "gold-models.md").read_text(encoding="utf-8")
    model = parse_model("customer", page.partition("```sql\n")[2].partition("```")[0])
    assert [one.optional for one in model.inputs] == [False, True]
    named = set(re.findall(r"^\| `\[?(\w+)", page, re.MULTILINE))
    assert named == {*header.KEYS, *header.KEYS_OF_INPUT}
