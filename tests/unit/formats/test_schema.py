"""Models and what changes in them."""

import json

import pytest

from shared.contracts.columns import Column
from shared.formats.table_schema import (
    LABEL_MIN_WIDTHS,
    LABEL_SCHEMAS,
    ModelEmptyError,
    ModelError,
    ModelMalformedError,
    ModelTruncatedError,
    ModelWithoutEntitiesError,
    SchemaError,
    TableNotInModelError,
    TableSchema,
    change,
    min_width,
    parse_model,
)
from tests.makers.export import partitioned_export
from tests.makers.model import WITHOUT_TABLES


def make_schema(*names: str, **types: str) -> TableSchema:
    return TableSchema(table="t", columns=tuple(Column(name=name, type=types.get(name, "string")) for name in names))


def make_model(*attributes: dict[str, object], **entity: object) -> bytes:
    return json.dumps({"name": "cdm", "entities": [{"name": "t", "attributes": attributes, **entity}]}).encode()


def test_a_model_names_columns_in_order_with_type_precision_and_scale() -> None:
    shaped = {
        "traitReference": "is.dataFormat.numeric.shaped",
        "arguments": [{"name": "precision", "value": 38}, {"name": "scale", "value": 6}],
    }
    data = make_model(
        {"name": "Id", "dataType": "guid", "maxLength": -1},
        {"name": "amount", "dataType": "decimal", "cdm:traits": [shaped]},
        annotations=[{"name": "Athena:InitialSyncState", "value": "InProgress"}],
    )
    model = parse_model(data, "model.json")
    assert model.table("t").to_json() == [
        {"name": "Id", "type": "guid"},
        {"name": "amount", "type": "decimal", "precision": 38, "scale": 6},
    ]
    assert model.sync_states == {"t": "InProgress"}
    assert TableSchema.from_json("t", model.table("t").to_json()) == model.table("t")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", ModelEmptyError),  # 0 bytes while the folder is open: Synapse Link, section 3.3
        (b" \n\x00", ModelEmptyError),
        (make_model({"name": "Id", "dataType": "guid"})[:-20], ModelTruncatedError),  # no lexical tail: section 5
        (b'{"name": "cdm\xff', ModelTruncatedError),
        (b'{"name": "cdm", "version": "1.0"}', ModelWithoutEntitiesError),
        (b'{"entities": []}', ModelWithoutEntitiesError),
        (b"[]", ModelMalformedError),
        (b'{"entities": [1]}', ModelMalformedError),
        (b'{"entities": {"a": 1}}', ModelMalformedError),
        (b'{"entities": [{"name": "t"}]}', ModelMalformedError),
        (b'{"entities": [{"name": "t", "attributes": [{"name": "Id"}]}]}', ModelMalformedError),
        (make_model(), ModelMalformedError),
        (make_model({"name": "Id", "dataType": "guid"}, {"name": "Id", "dataType": "guid"}), ModelMalformedError),
    ],
)
def test_a_model_that_cannot_be_used_says_which_and_why(data: bytes, error: type[ModelError]) -> None:
    with pytest.raises(error, match=r"some/model\.json") as caught:
        parse_model(data, "some/model.json")
    assert caught.value.path == "some/model.json"


def test_a_table_that_the_model_lacks_is_an_error_of_its_own() -> None:
    with pytest.raises(TableNotInModelError, match=r"model\.json does not describe other"):
        parse_model(make_model({"name": "Id", "dataType": "guid"}), "model.json").table("other")


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


def test_a_model_of_several_tables_is_read_whatever_it_says_of_partitions() -> None:
    export = partitioned_export(seed=4)
    model = parse_model(export.files["model.json"], "model.json")
    assert {name: schema.names for name, schema in model.tables.items()} == {
        name: tuple(columns) for name, columns in export.tables.items()
    }
    assert model.sync_states == dict.fromkeys(export.tables, "Completed")
    assert Column(name="amountcur", type="decimal", precision=38, scale=6) in model.tables["orderline"].columns
    with pytest.raises(ModelWithoutEntitiesError):
        parse_model(WITHOUT_TABLES, "model.json")
