"""Names, types and rules of silver, as far as they can be told without Spark."""

from __future__ import annotations

import pytest

from spark_jobs.batch import Column, Counts, read_arguments, read_batch
from spark_jobs.errors import ConservationError, ManifestError
from spark_jobs.names import literal, quoted, silver_names
from spark_jobs.silver.labels import in_language, label_of
from spark_jobs.silver.landed.casts import sql_type, widened
from spark_jobs.silver.landed.rules import checks


@pytest.mark.parametrize(
    ("landed", "renames", "expected"),
    [
        (["Id", "crc33_cid", "createdon"], {}, ["Id", "cid", "createdon"]),
        (["Id", "crc33_id"], {}, ["Id", "crc33_id"]),  # Spark does not tell case apart
        (["crc33_name", "name"], {}, ["crc33_name", "name"]),  # the standard column keeps its name
        (["crc33_mail"], {"crc33_mail": "email"}, ["email"]),
        (["Annual Income (USD)", "2026"], {}, ["Annual_Income_USD", "c_2026"]),
        (["a b", "a_b"], {}, ["a_b", "a_b_2"]),  # a column is never lost to another
        (["_source_file", "cid"], {}, ["cid"]),
    ],
)
def test_silver_names(landed: list[str], renames: dict[str, str], expected: list[str]) -> None:
    assert sorted(silver_names(landed, ["crc33_"], renames).values()) == sorted(expected)


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
    found = checks({"cid": {"required": True}, "spend": {"min": 0}}, {"Id": "string"})
    assert [(check.name, check.broken) for check in found] == [("required:cid", "true")]


def test_counts_have_to_add_up() -> None:
    Counts(read=4, applied=1, superseded=1, duplicates=1, rejected=1).check("customer", 4)
    with pytest.raises(ConservationError) as caught:
        Counts(read=4, applied=4).check("customer", 5)
    assert (caught.value.entity, caught.value.expected) == ("customer", 5)


def test_arguments_are_those_of_a_wheel_task() -> None:
    given = read_arguments(["--batch_id=b1", "--manifest=pipeline/m.json", "--lake=/x/{container}", "--unknown=1"])
    assert (given.batch_id, given.manifest, given.lake) == ("b1", "pipeline/m.json", "/x/{container}")


def _batch_with(columns: list[str]) -> dict[str, object]:
    part = {
        "path": "bronze/x.parquet",
        "entity": "thing",
        "rows": 1,
        "schema_version": "s",
        "landed_at": "2026-11-01T00:00:00Z",
    }
    schemas = {"s": [{"name": name, "type": "string"} for name in columns]}
    entities = {"thing": {"source": "dataverse", "table": "thing"}}
    head = {"batch_id": "b1", "created_at": "2026-11-01T00:00:00Z", "stage": "silver"}
    return {**head, "parts": [part], "schemas": schemas, "entities": entities}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, "no batch manifest"),
        ({"batch_id": "b2"}, "that of batch b2"),
        ({"batch_id": "b1"}, "not of the form"),
        ({"batch_id": "b1", "created_at": "", "stage": "x", "parts": [], "schemas": {}, "entities": {}}, "stage"),
        (_batch_with(["Id", "name", "NAME"]), "columns of thing differ in case only"),
    ],
)
def test_a_manifest_that_cannot_be_carried_out_is_refused(document: dict[str, object] | None, problem: str) -> None:
    with pytest.raises(ManifestError, match=problem):
        read_batch(document, "b1")


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


def test_a_manifest_of_labels_of_another_form_is_refused() -> None:
    document = {"batch_id": "b1", "created_at": "", "stage": "gold", "parts": [], "schemas": {}, "entities": {}}
    with pytest.raises(ManifestError, match="as_of"):
        read_batch({**document, "labels": [{"entity": "a", "container": "b", "path": "c"}]}, "b1")
