"""The configuration of entities: `customer360.toml`, read strictly, and what it means for one table.

```toml
[dataverse]
publisher_prefixes = ["crc33_"]          # stripped from table and column names
label_language = 1033
untracked = ["modifiedon"]               # besides SinkCreatedOn, SinkModifiedOn and versionnumber

[dataverse.tables.crc33_customer]        # [finance.<data set>] takes the same, and `keys`, `mode`, `delimiter`
entity = "customer"
renames = { crc33_mail = "email" }       # landed name = silver name
types = { cid = "bigint" }               # silver name = SQL type
lenient = ["createdon"]                  # a value that does not cast becomes null with a warning, the row stays
rules = { cid = { required = true, action = "reject" } }

[gold]
grace_days = 7                           # how long files stay that readers of a replaced publication may still want
layout = "publications"                  # or "full_data", "delta": docs/adr/0012
```

A key that nobody reads is a mistake in the making, so each one is refused by name.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from shared.contracts.entity import DEFAULT_KEYS, Action, Entity, Mode, Rule, Source
from shared.contracts.manifest import GoldSettings
from shared.contracts.publication import Layout
from shared.contracts.sql_types import is_sql_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The publisher that Dataverse makes for an environment is `cr` and three hexadecimal digits.
_DEFAULT_PUBLISHER = re.compile(r"^cr[0-9a-f]{3}_(?=[a-z])")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class ConfigurationError(ValueError):
    """The configuration cannot be used; says which key, and what is expected there.

    Attributes: `where` (dotted key), `problem`.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"customer360.toml, {where}: {problem}")
        self.where = where
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class Table:
    """What is configured for one Dataverse table or finance data set."""

    entity: str | None = None
    keys: tuple[str, ...] = ()  # finance: landed column names; Dataverse tables have `Id`
    mode: Mode = "upsert"  # finance: is a key that a file leaves out gone?
    delimiter: str | None = None  # finance: None sniffs it
    renames: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    untracked: tuple[str, ...] = ()  # silver names; a change of these alone updates the row in place
    lenient: tuple[str, ...] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The whole of `customer360.toml`."""

    publisher_prefixes: tuple[str, ...] = ()
    label_language: int = Entity.label_language
    untracked: tuple[str, ...] = ()
    grace_days: int = GoldSettings.grace_days
    layout: Layout = GoldSettings.layout
    tables: Mapping[str, Table] = field(default_factory=dict)
    finance: Mapping[str, Table] = field(default_factory=dict)

    def entity_name(self, source: Source | str, table: str) -> str:
        """Return the entity of a table: as configured, else its own name without the publisher's prefix."""
        configured = self._table(source, table).entity
        if configured:
            return configured
        if source == "dataverse":
            table = self._stripped(table)
        name = re.sub(r"[^a-z0-9_]+", "_", table.lower()).strip("_")
        return name if _NAME.fullmatch(name) else f"t_{name}"

    def finance_keys(self, data_set: str) -> tuple[str, ...]:
        """Return the key columns that every file of the data set has to bring; none: each record is a row."""
        return self._table("finance", data_set).keys

    def finance_delimiter(self, data_set: str) -> str | None:
        """Return the data set's configured delimiter, or None where it is to be sniffed."""
        return self._table("finance", data_set).delimiter

    def resolved(self, tables: Mapping[tuple[Source, str], Iterable[str]]) -> dict[str, Entity]:
        """Return the `entities` of a batch manifest by name: of the tables given with their columns, and those configured."""
        known: dict[tuple[Source, str], tuple[str, ...]] = {("dataverse", name): () for name in self.tables}
        known |= {("finance", name): () for name in self.finance}
        known |= {key: tuple(columns) for key, columns in tables.items()}
        entities = [resolve(self, source, table, columns) for (source, table), columns in sorted(known.items())]
        return {entity.name: entity for entity in sorted(entities, key=lambda entity: entity.name)}

    def gold(self) -> GoldSettings:
        """Return what a batch manifest says of gold (`docs/adr/0012`)."""
        return GoldSettings(layout=self.layout, grace_days=self.grace_days)

    def _table(self, source: str, table: str) -> Table:
        return (self.tables if source == "dataverse" else self.finance).get(table, Table())

    def _stripped(self, name: str) -> str:
        for prefix in self.publisher_prefixes:
            if name.lower().startswith(prefix.lower()) and len(name) > len(prefix):
                return name[len(prefix) :]
        return _DEFAULT_PUBLISHER.sub("", name)


def resolve(configuration: Configuration, source: Source, table: str, columns: Iterable[str]) -> Entity:
    """Return how an entity is built, so that the job needs no other configuration.

    `columns` are the landed names; they decide which prefix the columns of the table carry.
    """
    own = configuration._table(source, table)
    prefixes = set(configuration.publisher_prefixes) if source == "dataverse" else set()
    if source == "dataverse":
        prefixes |= {found.group() for name in (table, *columns) if (found := _DEFAULT_PUBLISHER.match(name))}
    return Entity(
        name=configuration.entity_name(source, table),
        source=source,
        table=table,
        keys=own.keys or DEFAULT_KEYS[source],
        mode=own.mode,
        prefixes=tuple(sorted(prefixes)),
        renames=own.renames,
        types=own.types,
        untracked=tuple(sorted({*own.untracked, *(configuration.untracked if source == "dataverse" else ())})),
        lenient=own.lenient,
        rules=dict(sorted(own.rules.items())),
        label_language=configuration.label_language,
    )


def read_configuration(text: str) -> Configuration:
    """Parse `customer360.toml`; raises `ConfigurationError` at the first key that is unknown or of the wrong kind."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError("the file", f"is not TOML: {error}") from error
    root = _Section("the file", document, {"dataverse", "finance", "gold"})
    dataverse = root.section("dataverse", {"publisher_prefixes", "label_language", "untracked", "tables"})
    gold = root.section("gold", {"grace_days", "layout"})
    configuration = Configuration(
        publisher_prefixes=dataverse.texts("publisher_prefixes"),
        label_language=dataverse.value("label_language", int, Entity.label_language),
        untracked=dataverse.texts("untracked"),
        grace_days=gold.value("grace_days", int, GoldSettings.grace_days),
        layout=gold.choice("layout", get_args(Layout)),
        tables={name: _table(section, finance=False) for name, section in dataverse.sections("tables")},
        finance={name: _table(section, finance=True) for name, section in root.sections("finance")},
    )
    _refuse_shared_entities(configuration)
    return configuration


@dataclass(frozen=True)
class _Section:
    """One table of the TOML file, with its place for the error and the keys that it may have."""

    where: str
    values: Mapping[str, Any]
    known: set[str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise ConfigurationError(self.where, "expected a table")
        for name in self.values:
            if self.known is not None and name not in self.known:
                raise ConfigurationError(f"{self.where}.{name}", f"is not known; known here: {', '.join(sorted(self.known))}")

    def value(self, name: str, kind: Any, default: Any) -> Any:
        found = self.values.get(name, default)
        if found is not default and (not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool)):
            expected = getattr(kind, "__name__", "number or text")
            raise ConfigurationError(f"{self.where}.{name}", f"expected {expected}, got {type(found).__name__}")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        found = self.value(name, list, [])
        if not all(isinstance(item, str) for item in found):
            raise ConfigurationError(f"{self.where}.{name}", "expected a list of text")
        return tuple(found)

    def choice(self, name: str, options: tuple[str, ...]) -> Any:
        found = self.value(name, str, options[0])
        if found not in options:
            raise ConfigurationError(f"{self.where}.{name}", f"expected one of {', '.join(options)}")
        return found

    def section(self, name: str, known: set[str] | None) -> _Section:
        return _Section(f"{self.where}.{name}".removeprefix("the file."), self.values.get(name, {}), known)

    def sections(self, name: str, known: set[str] | None = None) -> list[tuple[str, _Section]]:
        parent = self.section(name, None)
        return [(key, parent.section(key, known)) for key in parent.values]


def _table(section: _Section, *, finance: bool) -> Table:
    known = {"entity", "renames", "types", "untracked", "lenient", "rules"}
    section = _Section(section.where, section.values, known | ({"keys", "mode", "delimiter"} if finance else set()))
    entity = section.value("entity", str, None)
    if entity is not None and not _NAME.fullmatch(entity):
        raise ConfigurationError(f"{section.where}.entity", "expected a letter, then letters, digits and `_`")
    types = section.section("types", None).values
    for column, name in types.items():
        if not isinstance(name, str) or not is_sql_type(name):
            raise ConfigurationError(f"{section.where}.types.{column}", "expected a type such as bigint or decimal(16,2)")
    renames = section.section("renames", None).values
    for column, name in renames.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ConfigurationError(f"{section.where}.renames.{column}", "expected a letter, then letters, digits and `_`")
    return Table(
        entity=entity,
        keys=section.texts("keys"),
        mode=section.choice("mode", get_args(Mode)),
        delimiter=section.value("delimiter", str, None),
        renames=renames,
        types=types,
        untracked=section.texts("untracked"),
        lenient=section.texts("lenient"),
        rules={name: _rule(rule) for name, rule in section.sections("rules")},
    )


def _rule(section: _Section) -> Rule:
    section = _Section(section.where, section.values, {"action", "required", "pattern", "min", "max", "allowed", "unique"})
    bound = (int, float, str)
    return Rule(
        action=section.choice("action", get_args(Action)),
        required=section.value("required", bool, False),
        pattern=section.value("pattern", str, None),
        min=section.value("min", bound, None),
        max=section.value("max", bound, None),
        allowed=section.texts("allowed"),
        unique=section.value("unique", bool, False),
    )


def _refuse_shared_entities(configuration: Configuration) -> None:
    names: dict[str, str] = {}
    for source, tables in (("dataverse", configuration.tables), ("finance", configuration.finance)):
        for table in tables:
            entity = configuration.entity_name(source, table)
            if entity in names:
                raise ConfigurationError(f"{source}.{table}.entity", f"is {entity}, as that of {names[entity]}")
            names[entity] = f"{source}.{table}"
