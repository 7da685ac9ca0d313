"""Columns, what changes in them, and how narrow a row may be."""

import re

import pytest

from shared.contracts.columns import Column
from shared.formats.table_schema import LABEL_MIN_WIDTHS, LABEL_SCHEMAS, SchemaError, TableSchema, change, min_width


def make_schema(*names: str, **types: str) -> TableSchema:
    return TableSchema(table="t", columns=tuple(Column(name=name, type=types.get(name, "string")) for name in names))


def test_the_version_follows_names_types_and_order_and_nothing_else() -> None:
    schema = make_schema("Id", "name")
    assert len(schema.version) == 16
    assert schema.version == TableSchema(table="other", columns=schema.columns).version
    others = (make_schema("name", "Id"), make_schema("Id", "name", name="int64"), make_schema("Id"))
    assert schema.version not in {other.version for other in others}


def test_columns_that_bronze_could_not_hold_are_refused() -> None:
    for names in ((), ("Id", "Id"), ("Id", "_landed_at"), ("Id", "a\x00b")):
        with pytest.raises(SchemaError):
            make_schema(*names)


def test_a_model_without_the_delete_flag_is_an_in_place_export() -> None:
    assert not make_schema("Id", "name").tells_deletes
    assert make_schema("Id", "name", "IsDelete").tells_deletes


def test_a_change_tells_added_removed_and_retyped_columns_and_whether_old_rows_still_bind() -> None:
    old = make_schema("Id", "a", "b")
    assert change(old, old).extends
    assert change(old, make_schema("Id", "a", "b", "c")).added == ("c",)
    assert change(old, make_schema("Id", "a", "b", "c")).extends
    assert change(old, make_schema("Id", "a")).removed == ("b",)
    assert not change(old, make_schema("Id", "a")).extends
    assert change(old, make_schema("Id", "a", "b", b="int64")).retyped == ("b",)
    assert not change(old, make_schema("Id", "b", "a")).extends  # a middle insertion or a move shifts what old rows mean


def test_the_narrowest_legal_row_ends_with_the_delete_flag_or_has_the_width_of_the_narrowest_known_model() -> None:
    """Reference: Synapse Link, section 7.2."""
    finance_and_operations = make_schema("Id", "a", "versionnumber", "createdon", "IsDelete", "added")
    assert min_width(finance_and_operations) == 5
    assert finance_and_operations.flag_ends_row
    engagement = make_schema("Id", "IsDelete", "a", "versionnumber", "b", "added")
    assert min_width(engagement) == 6
    assert not engagement.flag_ends_row
    assert min_width(engagement, [make_schema("Id", "IsDelete", "a", "versionnumber", "b")]) == 5
    assert min_width(engagement, [make_schema("x", "y")]) == 6  # no earlier form of this table


def test_label_files_have_the_columns_of_the_reference() -> None:
    """Reference: Synapse Link, section 10."""
    assert {name: schema.width for name, schema in LABEL_SCHEMAS.items()} == {
        "OptionsetMetadata": 6,
        "GlobalOptionsetMetadata": 8,
        "StateMetadata": 5,
        "StatusMetadata": 6,
        "TargetMetadata": 4,
    }
    assert LABEL_MIN_WIDTHS["GlobalOptionsetMetadata"] == 7


def decimal(precision: int | None, scale: int | None) -> Column:
    return Column(name="amount", type="decimal", precision=precision, scale=scale)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ((Column(name="Name", type="string"), Column(name="NAME", type="string")), "NAME differs from Name in case only"),
        ((Column(name="a", type="string"), Column(name="a", type="string")), "a comes twice"),
        *(
            ((Column(name=name, type="string"),), "silver uses itself")
            for name in ("_Source_File", "_LANDED_AT", "__start_at", "__END_AT", "__Deleted", "__version", "_KEY", "__digest")
        ),
        ((Column(name=" ", type="string"),), "the name of column 1 is empty"),
        ((decimal(39, 2),), "39 digits"),
        ((decimal(0, 0),), "0 digits"),
        ((decimal(-1, None),), "-1 digits"),
        ((decimal(10, 11),), "11 digits behind the point, of 10 in all"),
        ((decimal(None, -1),), "-1 digits behind the point"),
    ],
)
def test_what_spark_would_refuse_is_refused_where_it_lands_and_says_what_to_do(columns: tuple[Column, ...], told: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(told)) as caught:
        TableSchema(table="t", columns=columns)
    assert "export" in caught.value.detail


@pytest.mark.parametrize(
    "column", [decimal(38, 38), decimal(None, None), decimal(1, 0), Column(name="id", type="int64", precision=0)]
)
def test_digits_that_spark_has_are_taken(column: Column) -> None:
    assert TableSchema(table="t", columns=(column,)).width == 1
