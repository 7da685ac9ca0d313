"""Types and rules of silver, as far as they can be told without Spark."""

from __future__ import annotations

import pytest

from shared.contracts.columns import Column
from shared.contracts.entity import Rule
from spark_jobs.names import literal, quoted
from spark_jobs.silver.labels import in_language, label_of
from spark_jobs.silver.landed.casts import sql_type, widened
from spark_jobs.silver.landed.rules import checks


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column(name="a", type="guid"), "string"),
        (Column(name="a", type="int64"), "bigint"),
        (Column(name="a", type="decimal", precision=38, scale=6), "decimal(38,6)"),
        (Column(name="a", type="decimal"), "decimal(38,10)"),  # the model may lack the trait
        (Column(name="a", type="dateTimeOffset"), "timestamp"),
        (Column(name="a", type="somethingNew"), "string"),
    ],
)
def test_cdm_types(column: Column, expected: str) -> None:
    assert sql_type(column) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("bigint", "bigint", "bigint"),
        ("bigint", "decimal(16,2)", "decimal(21,2)"),  # 19 digits before the point, 2 behind
        ("decimal(16,2)", "decimal(20,4)", "decimal(20,4)"),
        ("bigint", "double", "double"),
        ("date", "timestamp", "timestamp"),
        ("bigint", "string", None),  # what is no number is rejected row by row
        ("string", "bigint", None),
    ],
)
def test_a_type_widens_and_never_narrows(old: str, new: str, expected: str | None) -> None:
    assert widened(old, new) == expected


def test_names_and_texts_cannot_break_out_of_sql() -> None:
    assert quoted("a`b") == "`a``b`"
    assert literal("it's \\") == "'it\\'s \\\\'"


def test_a_rule_for_an_absent_column_is_broken_only_if_the_column_is_required() -> None:
    found = checks({"cid": Rule(required=True), "spend": Rule(min=0)}, {"Id": "string"})
    assert [(check.name, check.broken) for check in found] == [("required:cid", "true")]


def test_a_label_is_of_the_language_asked_for_else_of_the_exporting_user_else_none() -> None:
    def label(text: str, *, user: bool = False) -> dict[str, object]:
        return {"label": text, "user": user}

    values = {
        "1": {"1031": label("Rot"), "1033": label("Red", user=True)},
        "2": {"1033": label("Blue", user=True), "1036": label("Bleu")},
        "3": {"1036": label("Vert")},
    }
    assert in_language(values, 1031) == {"1": "Rot", "2": "Blue"}
    assert in_language(values, 1036) == {"1": "Red", "2": "Bleu", "3": "Vert"}


def test_a_column_of_a_type_that_no_choice_has_gets_no_label() -> None:
    assert label_of("`createdon`", "timestamp", {"1": "One"}) is None


def test_a_label_with_quotes_stays_one_constant() -> None:
    assert r"""'{"1": "It\'s \\"big\\""}'""" in (label_of("`size`", "bigint", {"1": 'It\'s "big"'}) or "")
