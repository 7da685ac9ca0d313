"""What Synapse Link's `model.json` says: the columns of tables, and how far their initial sync is.

Where its errors stand among all others: `shared/errors.py`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.contracts.columns import Column
from shared.errors import InvalidInput
from shared.formats.table_schema import SchemaError, TableSchema, column_of


class ModelError(InvalidInput):
    """A model that cannot be used; `path` says which."""

    problem = "cannot be used"

    def __init__(self, path: str, detail: str = "") -> None:
        self.path, self.detail = path, detail
        super().__init__(f"{path} {self.problem}" + (f": {detail}" if detail else ""))


class ModelEmptyError(ModelError):
    """The folder is still open (reference: Synapse Link, section 3.3): wait."""

    problem = "is empty"


class ModelTruncatedError(ModelError):
    """Cut off while it was written, and not sent again (section 5): use the table's own model."""

    problem = "is no JSON"


class ModelWithoutEntitiesError(ModelError):
    """The folder is open, or the model is malformed (section 5): wait, then alert."""

    problem = "lists no entities"


class ModelMalformedError(ModelError):
    """JSON, but not of the shape that Synapse Link writes."""

    problem = "is malformed"


class _ShapeError(TypeError):
    """A property of another type than Synapse Link writes; caught in this module."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """The tables of one model file."""

    tables: Mapping[str, TableSchema]
    sync_states: Mapping[str, str]  # Athena:InitialSyncState by table, where it is told
    malformed: Mapping[str, str] = field(default_factory=dict)  # what is wrong, by table: it takes only itself


def parse_model(data: bytes, path: str) -> Model:
    """Read the tables that a `model.json` or `<table>-model.json` describes (reference: Synapse Link, section 4).

    Raises ModelError by what is wrong; `path` is only told on.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise ModelEmptyError(path)
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ModelTruncatedError(path, f"no UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise ModelTruncatedError(path, f"at character {error.pos}: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # numbers and nesting that Python refuses
        raise ModelMalformedError(path, type(error).__name__) from error
    if not isinstance(document, dict):
        raise ModelMalformedError(path, "the document is no object")
    entities = document.get("entities")
    if entities is None or entities == []:
        raise ModelWithoutEntitiesError(path)
    if not isinstance(entities, list):
        raise ModelMalformedError(path, "entities is no list")
    tables: dict[str, TableSchema] = {}
    states: dict[str, str] = {}
    malformed: dict[str, str] = {}
    for number, entity in enumerate(entities):
        name = str(entity.get("name", f"entity {number}")) if isinstance(entity, dict) else f"entity {number}"
        try:
            tables[name] = _table(entity)
        except (SchemaError, KeyError, TypeError, AttributeError, ValueError) as error:
            malformed[name] = _fault(error)
            continue
        if (state := _sync_state(entity)) is not None:
            states[name] = state
    for name in malformed.keys() & tables.keys():  # one name twice: nobody can tell which is meant
        del tables[name]
    if not tables:
        raise ModelMalformedError(path, next(iter(malformed.values())))
    return Model(tables=tables, sync_states=states, malformed=malformed)


def _fault(error: Exception) -> str:
    """Say what is wrong with a table; of an error of Python's own not its words, which can be a value of the document."""
    if isinstance(error, KeyError):
        return f"lacks {error}"  # the name of a property, which is this module's
    return str(error) if isinstance(error, SchemaError | _ShapeError) else type(error).__name__


def _table(entity: Mapping[str, object]) -> TableSchema:
    attributes = entity["attributes"]
    if not isinstance(attributes, list):
        raise _ShapeError("attributes is no list")
    columns = tuple(_attribute(attribute) for attribute in attributes)
    return TableSchema(table=str(entity["name"]), columns=columns)


def _attribute(attribute: Mapping[str, object]) -> Column:
    shape: dict[str, object] = {}
    for trait in _dicts(attribute.get("cdm:traits")):
        if trait.get("traitReference") == "is.dataFormat.numeric.shaped":
            shape = {str(argument["name"]): argument["value"] for argument in _dicts(trait.get("arguments"))}
    return column_of({"name": attribute["name"], "type": attribute["dataType"], **shape})


def _sync_state(entity: Mapping[str, object]) -> str | None:
    for annotation in _dicts(entity.get("annotations")):
        if annotation.get("name") == "Athena:InitialSyncState":
            return str(annotation.get("value"))
    return None


def _dicts(value: object) -> Sequence[Mapping[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
