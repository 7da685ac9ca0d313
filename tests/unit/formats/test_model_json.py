"""Models as Synapse Link writes them, whole, cut off and malformed."""

import json

import pytest

from shared.formats.model_json import (
    ModelEmptyError,
    ModelError,
    ModelMalformedError,
    ModelTruncatedError,
    ModelWithoutEntitiesError,
    parse_model,
)
from shared.formats.table_schema import Column, TableSchema
from tests.published import FIXTURES, fixtures


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
        (b"", ModelEmptyError),  # 0 bytes while the folder is open, section 3.3
        (b" \n\x00", ModelEmptyError),
        (make_model({"name": "Id", "dataType": "guid"})[:-20], ModelTruncatedError),  # a lexical tail is missing, section 5
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


@fixtures
def test_published_models_are_read() -> None:
    model = parse_model((FIXTURES / "cdm_model_with_partition.json").read_bytes(), "model.json")
    assert {name: schema.width for name, schema in model.tables.items()} == {
        "currency": 26,
        "custinvoicejour": 12,
        "custinvoiceline": 16,
    }
    assert model.sync_states["currency"] == "Completed"
    assert Column(name="roundingprecision", type="decimal", precision=38, scale=6) in model.tables["currency"].columns
    with pytest.raises(ModelWithoutEntitiesError):
        parse_model((FIXTURES / "incremental_fno/malformed_model.json").read_bytes(), "model.json")
