"""Models as Synapse Link writes them, whole, cut off and malformed."""

import json

import pytest

from shared.contracts.columns import Column
from shared.formats.model_json import (
    ModelEmptyError,
    ModelError,
    ModelMalformedError,
    ModelTruncatedError,
    ModelWithoutEntitiesError,
    parse_model,
)
from shared.formats.table_schema import TableSchema
from tests.makers.export import partitioned_export
from tests.makers.model import WITHOUT_TABLES


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
    assert model.tables["t"].to_json() == [
        {"name": "Id", "type": "guid"},
        {"name": "amount", "type": "decimal", "precision": 38, "scale": 6},
    ]
    assert model.sync_states == {"t": "InProgress"}
    assert TableSchema.from_json("t", model.tables["t"].to_json()) == model.tables["t"]


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


@pytest.mark.parametrize(
    "malformed",
    [
        1,
        {"name": "bad"},
        {"name": "bad", "attributes": [{"name": "Id"}]},
        {"attributes": []},
        {"name": "bad", "attributes": 1},
        None,
    ],
)
def test_a_malformed_entity_takes_only_itself(malformed: object) -> None:
    document = json.loads(make_model({"name": "Id", "dataType": "guid"}))
    document["entities"].insert(0, malformed)
    model = parse_model(json.dumps(document).encode(), "model.json")
    assert (list(model.tables), len(model.malformed)) == (["t"], 1)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ([{"name": "precision", "value": "Ada Lovelace"}, {"name": "scale", "value": 2}], "ValueError"),
        ([{"name": "precision"}], "lacks 'value'"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_without_a_value_of_its_model(shape: list[dict[str, object]], told: str) -> None:
    traits = [{"traitReference": "is.dataFormat.numeric.shaped", "arguments": shape}]
    with pytest.raises(ModelMalformedError) as raised:
        parse_model(make_model({"name": "amount", "dataType": "decimal", "cdm:traits": traits}), "model.json")
    assert raised.value.detail == told


def test_a_table_that_stands_twice_and_once_malformed_is_not_guessed() -> None:
    document = json.loads(make_model({"name": "Id", "dataType": "guid"}))
    document["entities"] += [{"name": "t"}, {"name": "u", "attributes": [{"name": "Id", "dataType": "guid"}]}]
    model = parse_model(json.dumps(document).encode(), "model.json")
    assert (list(model.tables), list(model.malformed)) == (["u"], ["t"])
