"""The configuration of entities: `customer360.toml`, read strictly, and what it means for one table.

What may stand in the file says `shared/config/vocabulary.py`. A key that nobody reads is a mistake in the making, so each
one is refused by name.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from shared.config.mistakes import mistakes
from shared.config.vocabulary import DataSet, Dataverse, Gold, TableSection
from shared.contracts.entity import DEFAULT_KEYS, Entity, Source
from shared.errors import ConfigurationInvalid
from shared.formats.finance.options import FinanceConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "customer360.toml"

#: The publisher that Dataverse makes for an environment is `cr` and three hexadecimal digits.
_DEFAULT_PUBLISHER = re.compile(r"^cr[0-9a-f]{3}_(?=[a-z])")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_UNCONFIGURED = DataSet()


class Configuration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs from the rule; everything that is not named works with no configuration."""

    dataverse: Annotated[Dataverse, Meta(description="tables that Synapse Link exports")] = Dataverse()
    finance: Annotated[dict[str, DataSet], Meta(description="finance data sets, by name")] = {}
    gold: Annotated[Gold, Meta(description="how gold is published")] = Gold()

    def entity_name(self, source: Source | str, table: str) -> str:
        """Return the entity of a table: as configured, else its own name without the publisher's prefix."""
        configured = self.table(source, table).entity
        if configured:
            return configured
        if source == "dataverse":
            table = self._stripped(table)
        name = re.sub(r"[^a-z0-9_]+", "_", table.lower()).strip("_")
        return name if _NAME.fullmatch(name) else f"t_{name}"

    def finance_reading(self, data_set: str) -> FinanceConfig:
        """Return how the files of a data set are read, as far as that is said."""
        said = self.finance.get(data_set, _UNCONFIGURED)
        return FinanceConfig(keys=said.keys, delimiter=said.delimiter)

    def resolved(self, tables: Mapping[tuple[Source, str], Iterable[str]]) -> dict[str, Entity]:
        """Return the `entities` of a batch manifest by name: of the tables given with their columns, and those configured."""
        known: dict[tuple[Source, str], tuple[str, ...]] = {("dataverse", name): () for name in self.dataverse.tables}
        known |= {("finance", name): () for name in self.finance}
        known |= {key: tuple(columns) for key, columns in tables.items()}
        entities = [resolve(self, source, table, columns) for (source, table), columns in sorted(known.items())]
        return {entity.name: entity for entity in sorted(entities, key=lambda entity: entity.name)}

    def table(self, source: Source | str, table: str) -> TableSection:
        """Return what is configured for a table, or what holds where nothing is."""
        tables = self.dataverse.tables if source == "dataverse" else self.finance
        return tables.get(table, _UNCONFIGURED)

    def _stripped(self, name: str) -> str:
        for prefix in self.dataverse.publisher_prefixes:
            if name.lower().startswith(prefix.lower()) and len(name) > len(prefix):
                return name[len(prefix) :]
        return _DEFAULT_PUBLISHER.sub("", name)


def resolve(configuration: Configuration, source: Source, table: str, columns: Iterable[str]) -> Entity:
    """Return how an entity is built, so that the job needs no other configuration.

    `columns` are the landed names; they decide which prefix the columns of the table carry.
    """
    own = configuration.table(source, table)
    data_set = own if isinstance(own, DataSet) else _UNCONFIGURED
    prefixes = set(configuration.dataverse.publisher_prefixes) if source == "dataverse" else set()
    if source == "dataverse":
        prefixes |= {found.group() for name in (table, *columns) if (found := _DEFAULT_PUBLISHER.match(name))}
    return Entity(
        name=configuration.entity_name(source, table),
        source=source,
        table=table,
        keys=data_set.keys or DEFAULT_KEYS[source],
        mode=data_set.mode,
        prefixes=tuple(sorted(prefixes)),
        renames=own.renames,
        types=own.types,
        untracked=tuple(sorted({*own.untracked, *(configuration.dataverse.untracked if source == "dataverse" else ())})),
        lenient=own.lenient,
        rules=dict(sorted(own.rules.items())),
        label_language=configuration.dataverse.label_language,
    )


def read_configuration(text: str, *, file: str = FILE) -> Configuration:
    """Parse `customer360.toml`; raises `ConfigurationInvalid` at the first key that is unknown or of the wrong kind."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationInvalid(file, (), f"is not TOML: {error}") from error
    for mistake in mistakes(document, Configuration):
        raise ConfigurationInvalid(file, mistake.place, mistake.problem)
    configuration = msgspec.convert(document, Configuration)
    _refuse_shared_entities(configuration, file)
    return configuration


def open_configuration(folder: Path, file: str = FILE) -> Configuration:
    """Read the file; raises `ConfigurationInvalid` where that cannot be, and as `read_configuration`."""
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationInvalid(file, (), "there is no such file, which the setting CONFIGURATION names") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(file, (), f"cannot be read as UTF-8 text ({type(error).__name__})") from error
    return read_configuration(text, file=file)


def _refuse_shared_entities(configuration: Configuration, file: str) -> None:
    names: dict[str, str] = {}
    tables = [("dataverse", ("dataverse", "tables", name)) for name in configuration.dataverse.tables]
    for source, place in (*tables, *(("finance", ("finance", name)) for name in configuration.finance)):
        entity = configuration.entity_name(source, place[-1])
        if entity in names:
            raise ConfigurationInvalid(file, (*place, "entity"), f"is {entity}, as that of {names[entity]}")
        names[entity] = ".".join(place)
