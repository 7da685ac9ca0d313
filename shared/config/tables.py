"""The configuration of entities: `customer360.toml`, read strictly, and what it means for one table.

What may stand in the file says `shared/config/vocabulary.py`. A key that nobody reads is a mistake in the making, so each
one is refused by name.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from shared.config.limits import FileLimits
from shared.config.mistakes import mistakes
from shared.config.names import column_names, is_reserved, table_name
from shared.config.vocabulary import ROUND, DataSet, Dataverse, Gold, Silver, TableSection
from shared.contracts.entity import DEFAULT_KEYS, DeletedWhen, Entity, Source
from shared.errors import ConfigurationInvalid
from shared.formats.finance.options import FinanceConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "customer360.toml"

#: The publisher that Dataverse makes for an environment is `cr` and three hexadecimal digits.
_DEFAULT_PUBLISHER = re.compile(r"^cr[0-9a-f]{3}_(?=[a-z])")
_UNCONFIGURED = DataSet()


class Configuration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs from the rule; everything that is not named works with no configuration."""

    dataverse: Annotated[Dataverse, Meta(description="tables that Synapse Link exports")] = Dataverse()
    finance: Annotated[dict[str, DataSet], Meta(description="finance data sets, by name")] = {}
    silver: Annotated[Silver, Meta(description="how silver is kept")] = Silver()
    gold: Annotated[Gold, Meta(description="how gold is published")] = Gold()
    limits: Annotated[FileLimits, Meta(description="what a landed file may hold")] = FileLimits()

    def entity_name(self, source: Source | str, table: str) -> str:
        """Return the entity of a table: as configured, else its own name without the publisher's prefix."""
        configured = self.table(source, table).entity
        if configured:
            return configured
        if source == "dataverse":
            table = self._stripped(table)
        return table_name(table)

    def finance_reading(self, data_set: str) -> FinanceConfig:
        """Return how the files of a data set are read, as far as that is said."""
        return replace(self.finance.get(data_set, _UNCONFIGURED).reading(), limits=self.limits.of_finance())

    def resolved(self, tables: Mapping[tuple[Source, str], Entity]) -> dict[str, Entity]:
        """Return the `entities` of a batch manifest by name: of the tables given, and those configured."""
        known: list[tuple[Source, str]] = [("dataverse", name) for name in self.dataverse.tables]
        known += [("finance", name) for name in self.finance]
        others = [resolve(self, source, table, ()) for source, table in known if (source, table) not in tables]
        # What is in the batch counts, whichever table has its name otherwise.
        entities = {entity.name: entity for entity in (*others, *tables.values())}
        return dict(sorted(entities.items()))

    def table(self, source: Source | str, table: str) -> TableSection:
        """Return what is configured for a table, or what holds where nothing is."""
        tables = self.dataverse.tables if source == "dataverse" else self.finance
        return tables.get(table, _UNCONFIGURED)

    def _stripped(self, name: str) -> str:
        for prefix in self.dataverse.publisher_prefixes:
            if name.lower().startswith(prefix.lower()) and len(name) > len(prefix):
                return name[len(prefix) :]
        return _DEFAULT_PUBLISHER.sub("", name)


def prefixes_of(configuration: Configuration, source: Source, table: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Return the publishers' prefixes that the columns of a table carry; `columns` are the landed names."""
    if source != "dataverse":
        return ()
    found = {found.group() for name in (table, *columns) if (found := _DEFAULT_PUBLISHER.match(name))}
    return tuple(sorted({*configuration.dataverse.publisher_prefixes, *found}))


def resolve(
    configuration: Configuration,
    source: Source,
    table: str,
    columns: Iterable[str],
    *,
    entity: str = "",
    names: Mapping[str, str] | None = None,
) -> Entity:
    """Return how an entity is built, so that the job needs no other configuration.

    `columns` are the landed names. `entity` and `names` (landed column in lower case -> silver column) are those that were
    fixed when the table was first seen; without, they are as they would be fixed now. The configuration may name columns as
    they landed, in any case, or as silver does.
    """
    columns = tuple(columns)
    own = configuration.table(source, table)
    data_set = own if isinstance(own, DataSet) else _UNCONFIGURED
    if names is None:
        prefixes = prefixes_of(configuration, source, table, columns)
        names = column_names({}, columns, prefixes=prefixes, renames=own.renames)
    fixed = names

    def silver(name: str) -> str:
        return fixed.get(name.lower(), name)

    untracked, deletes = configuration.dataverse.untracked if source == "dataverse" else (), data_set.deleted_when
    return Entity(
        name=entity or configuration.entity_name(source, table),
        source=source,
        table=table,
        keys=data_set.keys or DEFAULT_KEYS[source],
        mode=data_set.mode,
        snapshot_of=data_set.snapshot_of,
        sequence=data_set.sequence,
        deleted_when=DeletedWhen(column=silver(deletes.column), values=deletes.values) if deletes else None,
        names=names,
        types={silver(name): kind.removesuffix(ROUND) for name, kind in own.types.items()},
        rounded=tuple(sorted(silver(name) for name, kind in own.types.items() if kind.endswith(ROUND))),
        notation=data_set.notation(),
        untracked=tuple(sorted(silver(name) for name in {*own.untracked, *untracked})),
        lenient=tuple(silver(name) for name in own.lenient),
        rules=dict(sorted((silver(name), rule) for name, rule in own.rules.items())),
        label_language=configuration.dataverse.label_language,
    )


@lru_cache(maxsize=4)  # a host opens the file each time that it is asked something, and it is seldom another text
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
    _refuse_one_sign_for_two(configuration, file)
    _refuse_what_needs_another_key(configuration, file)
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


def _refuse_one_sign_for_two(configuration: Configuration, file: str) -> None:
    for name, data_set in configuration.finance.items():
        if data_set.thousands == (data_set.decimal or "."):
            problem = "is the sign before the fraction as well, which is a point where `decimal` does not say else"
            raise ConfigurationInvalid(file, ("finance", name, "thousands"), problem)


def _refuse_what_needs_another_key(configuration: Configuration, file: str) -> None:
    for name, data_set in configuration.finance.items():
        if data_set.sequence and not data_set.keys:
            problem = "orders the records of a key, and there is none without `keys`"
            raise ConfigurationInvalid(file, ("finance", name, "sequence"), problem)
        if data_set.snapshot_of == "folder" and data_set.mode != "snapshot":
            problem = 'says which files are one snapshot, and needs `mode = "snapshot"`'
            raise ConfigurationInvalid(file, ("finance", name, "snapshot_of"), problem)


def _refuse_shared_entities(configuration: Configuration, file: str) -> None:
    names: dict[str, str] = {}
    tables = [("dataverse", ("dataverse", "tables", name)) for name in configuration.dataverse.tables]
    for source, place in (*tables, *(("finance", ("finance", name)) for name in configuration.finance)):
        entity = configuration.entity_name(source, place[-1])
        if is_reserved(entity):
            raise ConfigurationInvalid(file, (*place, "entity"), f"is {entity}, the name of the rejected rows of another table")
        if entity in names:
            raise ConfigurationInvalid(file, (*place, "entity"), f"is {entity}, as that of {names[entity]}")
        names[entity] = ".".join(place)
