"""How one entity is built: what the configuration says of its table, resolved, so that a job needs no other configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from shared.contracts.codec import Count, MappingKey
from shared.contracts.columns import RECORD_NUMBER, SOURCE_FILE
from shared.contracts.values.notation import Notation

Source = Literal["dataverse", "finance"]
Mode = Literal["upsert", "snapshot"]  # finance: is a key that a file leaves out gone?
SnapshotOf = Literal["file", "folder"]  # which files hold every key there is: each by itself, or those of a folder together
Action = Literal["reject", "warn"]

#: What tells rows apart where nothing is configured, as landed names: a finance record without a key is a row of its own.
DEFAULT_KEYS: Final[Mapping[Source, tuple[str, ...]]] = {"dataverse": ("Id",), "finance": (SOURCE_FILE, RECORD_NUMBER)}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the values of one column have to satisfy; a row that does not is rejected, or counted as a warning."""

    action: Action = "reject"
    required: bool = False
    pattern: str | None = None  # a Java regular expression that the whole value matches
    min: int | float | str | None = None
    max: int | float | str | None = None
    allowed: tuple[str, ...] = ()
    unique: bool = False  # no two keys may share the value in their current rows (`spark_jobs/silver/unique.py` says how)

    @property
    def rejects(self) -> bool:
        """Whether a row that breaks it is rejected."""
        return self.action == "reject"


@dataclass(frozen=True, kw_only=True)
class DeletedWhen:
    """By which values of a column a record says that its key is gone."""

    column: str  # silver name
    values: tuple[str, ...]  # as they land; an empty one stands for no value


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One entity."""

    name: Annotated[str, MappingKey()]
    source: Source
    table: str  # as landed
    keys: tuple[str, ...]  # landed names
    mode: Mode = "upsert"
    snapshot_of: SnapshotOf = "file"
    sequence: tuple[str, ...] = ()  # finance: landed names; what orders the events of a key before their files do
    deleted_when: DeletedWhen | None = None  # finance
    names: Mapping[str, str] = field(default_factory=dict)  # landed name in lower case -> silver name
    types: Mapping[str, str] = field(default_factory=dict)  # silver name -> SQL type
    untracked: tuple[str, ...] = ()  # silver names; a change of these alone updates the row in place
    rounded: tuple[str, ...] = ()  # silver names; more digits than the type's scale are rounded instead of rejected
    notation: Notation = field(default_factory=Notation)  # finance: how values are written
    lenient: tuple[str, ...] = ()  # silver names; a value that does not cast becomes null with a warning
    rules: Mapping[str, Rule] = field(default_factory=dict)  # by silver name
    label_language: Count = 1033  # Windows language code
