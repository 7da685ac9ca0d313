"""Which columns a table has: compared with what it was, named by a short hash.

Rows have no header and bind by position (reference: Synapse Link, section 6), so the columns that a row was bound to are kept
with it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from shared.contracts.codec import encoded
from shared.contracts.columns import RESERVED, Column
from shared.contracts.sql_types import MOST_DIGITS
from shared.errors import InvalidInput

DELETE_FLAG: Final = "IsDelete"


class SchemaError(InvalidInput):
    """Columns that no table can have: what Spark or silver would refuse is refused here, with what to do about it."""

    def __init__(self, table: str, detail: str) -> None:
        self.table, self.detail = table, detail
        super().__init__(f"{table}: {detail}")


def column_of(column: Mapping[str, object]) -> Column:
    """Read a column as the batch manifest holds it; raises `KeyError` or `ValueError` for what is none."""
    precision, scale = column.get("precision"), column.get("scale")
    name, data_type = str(column["name"]), str(column["type"])
    f"{name}{data_type}".encode()  # JSON can spell half a character, which nothing else can hold: UnicodeEncodeError
    return Column(
        name=name,
        type=data_type,
        precision=None if precision is None else int(str(precision)),
        scale=None if scale is None else int(str(scale)),
    )


def _decimal_problem(column: Column) -> str:
    """Say what of a decimal's digits no table can hold, or nothing."""
    if column.type.lower() != "decimal":
        return ""
    precision = MOST_DIGITS if column.precision is None else column.precision
    if not 1 <= precision <= MOST_DIGITS:
        return f"{precision} digits, where 1 to {MOST_DIGITS} are possible"
    if column.scale is not None and not 0 <= column.scale <= precision:
        return f"{column.scale} digits behind the point, of {precision} in all"
    return ""


@dataclass(frozen=True, kw_only=True)
class TableSchema:
    """The columns of one table in the order in which its rows hold them."""

    table: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        """Refuse columns that bronze could not hold."""
        if not self.columns:
            raise SchemaError(self.table, "no columns")
        seen: dict[str, str] = {}
        for number, column in enumerate(self.columns, start=1):
            name, lower = column.name, column.name.lower()
            if not name.strip() or "\x00" in name:
                problem = "holds a NUL" if name.strip() else "is empty"
                raise SchemaError(self.table, f"the name of column {number} {problem}; give it one in the export")
            if lower in RESERVED:
                raise SchemaError(self.table, f"column {name} has a name that silver uses itself; rename it in the export")
            if lower in seen:
                first = seen[lower]
                how = "comes twice" if first == name else f"differs from {first} in case only, which Spark cannot tell apart"
                raise SchemaError(self.table, f"column {name} {how}; leave one of them out of the export, or rename it")
            seen[lower] = name
            if wrong := _decimal_problem(column):
                raise SchemaError(self.table, f"column {name} is a decimal of {wrong}; correct it in the export")

    @classmethod
    def from_json(cls, table: str, columns: Iterable[Mapping[str, object]]) -> Self:
        """Invert `to_json`."""
        return cls(table=table, columns=tuple(column_of(column) for column in columns))

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
