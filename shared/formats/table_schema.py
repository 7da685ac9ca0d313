"""Which columns a table has: parsed from Synapse Link's `model.json`, compared with what it was, named by a short hash.

Rows have no header and bind by position (reference: Synapse Link, section 6), so the model that a row was bound to
is kept with it.

    SchemaError            columns that no table can have
    ModelError             a model that cannot be used
      ModelEmptyError          nothing in it yet: the folder is open
      ModelTruncatedError      no JSON: cut off; it is not sent again
      ModelWithoutEntitiesError  no tables in it: the folder is open, or it is malformed
      ModelMalformedError      JSON of another shape
    TableNotInModelError   a usable model without that table
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from shared.contracts.codec import encoded
from shared.contracts.columns import LINEAGE, Column

DELETE_FLAG: Final = "IsDelete"


class SchemaError(ValueError):
    """Columns that no table can have: none, one twice, one of ours, or a name with a NUL."""

    def __init__(self, table: str, detail: str) -> None:
        self.table, self.detail = table, detail
        super().__init__(f"{table}: {detail}")


class ModelError(ValueError):
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


class TableNotInModelError(LookupError):
    """The model is usable but does not know the table: use the table's own model, or a newer one."""

    def __init__(self, table: str, path: str) -> None:
        self.table, self.path = table, path
        super().__init__(f"{path} does not describe {table}")


@dataclass(frozen=True, kw_only=True)
class TableSchema:
    """The columns of one table in the order in which its rows hold them."""

    table: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        """Refuse columns that bronze could not hold."""
        if not self.columns:
            raise SchemaError(self.table, "no columns")
        seen: set[str] = set()
        for name in self.names:
            if "\x00" in name:
                raise SchemaError(self.table, f"the name of column {len(seen) + 1} holds a NUL")
            if name in LINEAGE:
                raise SchemaError(self.table, f"column {name} has the name of a lineage column")
            if name in seen:
                raise SchemaError(self.table, f"column {name} comes twice")
            seen.add(name)

    @classmethod
    def from_json(cls, table: str, columns: Iterable[Mapping[str, object]]) -> Self:
        """Invert `to_json`."""
        return cls(table=table, columns=tuple(_column(column) for column in columns))

    def to_json(self) -> list[dict[str, object]]:
        """Return the columns as the batch manifest holds them (docs/contracts.md, `schemas`)."""
        return [encoded(column) for column in self.columns]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    @property
    def width(self) -> int:
        """How many columns a full row has."""
        return len(self.columns)

    @cached_property
    def version(self) -> str:
        """16 hex digits that stand for the columns' names and types; the table's name is not in it."""
        text = json.dumps(self.to_json(), separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def tells_deletes(self) -> bool:
        """False for an in-place export, which has no history (reference: Synapse Link, section 3.2)."""
        return DELETE_FLAG in self.names

    @property
    def narrowest(self) -> int:
        """Fields of a row that ends with the delete flag; the full width where there is none."""
        return self.names.index(DELETE_FLAG) + 1 if self.tells_deletes else self.width

    @property
    def flag_ends_row(self) -> bool:
        """Whether the delete flag ends the row as it was before columns were added: finance and operations order.

        Then widths never shrink down a file, and a row that does was cut off (reference: Synapse Link, section 7.2).
        """
        return "versionnumber" in self.names[: self.narrowest] and self.tells_deletes


@dataclass(frozen=True, kw_only=True)
class Model:
    """The tables of one model file."""

    path: str
    tables: Mapping[str, TableSchema]
    sync_states: Mapping[str, str]  # Athena:InitialSyncState by table, where it is told

    def table(self, name: str) -> TableSchema:
        """Return the schema of that table; raises TableNotInModelError."""
        schema = self.tables.get(name)
        if schema is None:
            raise TableNotInModelError(name, self.path)
        return schema


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
    try:
        schemas = [_table(entity) for entity in entities]
        states = {str(entity["name"]): state for entity in entities if (state := _sync_state(entity)) is not None}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelMalformedError(path, f"{type(error).__name__}: {error}") from error
    return Model(path=path, tables={schema.table: schema for schema in schemas}, sync_states=states)


def _table(entity: Mapping[str, object]) -> TableSchema:
    attributes = entity["attributes"]
    if not isinstance(attributes, list):
        raise TypeError("attributes is no list")
    columns = tuple(_attribute(attribute) for attribute in attributes)
    return TableSchema(table=str(entity["name"]), columns=columns)


def _attribute(attribute: Mapping[str, object]) -> Column:
    shape: dict[str, object] = {}
    for trait in _dicts(attribute.get("cdm:traits")):
        if trait.get("traitReference") == "is.dataFormat.numeric.shaped":
            shape = {str(argument["name"]): argument["value"] for argument in _dicts(trait.get("arguments"))}
    return _column({"name": attribute["name"], "type": attribute["dataType"], **shape})


def _column(column: Mapping[str, object]) -> Column:
    precision, scale = column.get("precision"), column.get("scale")
    name, data_type = str(column["name"]), str(column["type"])
    f"{name}{data_type}".encode()  # JSON can spell half a character, which nothing else can hold: UnicodeEncodeError
    return Column(
        name=name,
        type=data_type,
        precision=None if precision is None else int(str(precision)),
        scale=None if scale is None else int(str(scale)),
    )


def _sync_state(entity: Mapping[str, object]) -> str | None:
    for annotation in _dicts(entity.get("annotations")):
        if annotation.get("name") == "Athena:InitialSyncState":
            return str(annotation.get("value"))
    return None


def _dicts(value: object) -> Sequence[Mapping[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


@dataclass(frozen=True, kw_only=True)
class SchemaChange:
    """What became of a table's columns."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    retyped: tuple[str, ...]
    extends: bool  # the old columns, types aside, are the first of the new ones: old rows still bind by position


def change(old: TableSchema, new: TableSchema) -> SchemaChange:
    """Tell how `new` differs from `old`; fail loudly unless it extends it (reference: Synapse Link, section 7.2)."""
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    return SchemaChange(
        added=tuple(name for name in new.names if name not in before),
        removed=tuple(name for name in old.names if name not in after),
        retyped=tuple(name for name in old.names if name in after and before[name] != after[name]),
        extends=new.names[: old.width] == old.names,
    )


def min_width(current: TableSchema, known: Iterable[TableSchema] = ()) -> int:
    """Return the fields of the narrowest legal row of a table whose models were `known` (reference: Synapse Link, section 7.2).

    Finance and operations: the delete flag ends the row as it was before columns were added. Elsewhere the flag may stand
    among the first columns and says nothing; the narrowest model that the table ever had does.
    """
    narrowest_known = min([schema.width for schema in known if change(schema, current).extends], default=current.width)
    return min(current.narrowest, narrowest_known) if current.flag_ends_row else min(narrowest_known, current.width)


_LABEL: Final = ("IsUserLocalizedLabel", "LocalizedLabelLanguageCode", "LocalizedLabel")


def _labels(table: str, *names: str) -> TableSchema:
    return TableSchema(table=table, columns=tuple(Column(name=name, type="string") for name in names))


LABEL_SCHEMAS: Final[Mapping[str, TableSchema]] = {
    schema.table: schema
    for schema in (
        _labels("OptionsetMetadata", "EntityName", "OptionSetName", "Option", *_LABEL),
        _labels(
            "GlobalOptionsetMetadata",
            *("OptionSetName", "Option", *_LABEL, "GlobalOptionSetName", "EntityName", "ExternalValue"),
        ),
        _labels("StateMetadata", "EntityName", "State", *_LABEL),
        _labels("StatusMetadata", "EntityName", "State", "Status", *_LABEL),
        _labels("TargetMetadata", "EntityName", "AttributeName", "ReferencedEntity", "ReferencedAttribute"),
    )
}
"""The headerless label files, which no model describes (reference: Synapse Link, section 10)."""

LABEL_MIN_WIDTHS: Final[Mapping[str, int]] = {
    table: schema.width - (table == "GlobalOptionsetMetadata") for table, schema in LABEL_SCHEMAS.items()
}
"""Fields of their narrowest legal row: ExternalValue is only sometimes there."""
