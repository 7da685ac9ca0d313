"""Which table an entity is, and what its columns are called: decided on first sight, kept in bronze, the same for ever.

One document for each entity, written with one conditional write, so that two hosts which see a table first agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import get_args

from shared.config.names import column_names, is_reserved
from shared.config.tables import FILE, Configuration, prefixes_of, resolve
from shared.contracts.codec import decode, encode
from shared.contracts.entity import Entity, Source
from shared.contracts.places import BRONZE, identity_document
from shared.errors import ConfigurationInvalid, LedgerChanged
from shared.ports import Lake

_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One entity."""

    entity: str
    source: Source
    table: str  # as landed
    names: Mapping[str, str] = field(default_factory=dict)  # landed column in lower case -> silver column

    def is_of(self, source: Source, table: str) -> bool:
        """Say whether it is that of a table; Dataverse does not tell case apart."""
        same = self.table.lower() == table.lower() if source == "dataverse" else self.table == table
        return self.source == source and same


@dataclass(frozen=True, kw_only=True)
class Identities:
    """The identities of all entities."""

    lake: Lake
    configuration: Configuration
    seen: dict[str, Identity] = field(default_factory=dict)  # what was read; a claim only ever changes hands to Dataverse

    def refusal(self, source: Source, table: str) -> str:
        """Claim a table's entity; returns why it cannot have it and what to do, nothing where it has it.

        A table of Dataverse takes the name of a finance data set: a file that somebody drops cannot stop an export.
        """
        entity = self.configuration.entity_name(source, table)
        section = f"[finance.{table}]" if source == "finance" else f"[dataverse.tables.{table}]"
        advice = f"give it another name: `entity` in {section} of customer360.toml"
        if is_reserved(entity):
            return f"{entity} is a name of our own, that of the records rejected of another table; {advice}"
        known = self.seen.get(entity)
        if known is None or not known.is_of(source, table):
            known = self._claimed(entity, source, table)
        if known.is_of(source, table):
            return ""
        return f"{entity} is the {known.source} table {known.table} already; {advice}"

    def of(self, table: str) -> Identity | None:
        """Return the identity of a table, given as it landed or as its entity is called; None where none so called landed."""
        names = (table, *(self.configuration.entity_name(source, table) for source in get_args(Source)))
        for name in dict.fromkeys(names):
            _, known = self._read(name)
            if known is not None and (name == table or known.is_of(known.source, table)):
                return known
        return None

    def resolved(self, source: Source, table: str, columns: Iterable[str]) -> Entity:
        """Return how a table's entity is built, with a name for each of these columns that is kept from now on.

        A finance data set that lost its name since its file was taken goes on under another one: nothing in bronze is lost.
        """
        columns, entity = tuple(columns), self.configuration.entity_name(source, table)
        found = self._named(entity, source, table, columns) or self._named(f"{source}_{entity}", source, table, columns)
        if found is None:
            raise ConfigurationInvalid(
                FILE, (source, table), f"needs `entity`: {entity} and {source}_{entity} are other tables'"
            )
        return resolve(self.configuration, source, table, columns, entity=found.entity, names=found.names)

    def known_as(self, source: Source, table: str) -> str:
        """Return the entity of a table, as it was claimed; one that was never seen is called as it would be now."""
        entity = self.configuration.entity_name(source, table)
        return found.entity if (found := self._of(source, table)) is not None else entity

    def names_of(self, source: Source, table: str) -> Mapping[str, str]:
        """Return landed column in lower case -> silver column, as far as any batch fixed them."""
        found = self._of(source, table)
        return found.names if found is not None else {}

    def _of(self, source: Source, table: str) -> Identity | None:
        entity = self.configuration.entity_name(source, table)
        for name in (entity, f"{source}_{entity}"):
            _, known = self._read(name)
            if known is not None and known.is_of(source, table):
                return known
        return None

    def _named(self, entity: str, source: Source, table: str, columns: tuple[str, ...]) -> Identity | None:
        for _ in range(_TRIES):
            tag, known = self._read(entity)
            if known is None or (source == "dataverse" and known.source == "finance"):
                known = Identity(entity=entity, source=source, table=table)
            if not known.is_of(source, table):
                return None
            own = self.configuration.table(source, table)
            prefixes = prefixes_of(self.configuration, source, table, columns)
            names = column_names(known.names, columns, prefixes=prefixes, renames=own.renames)
            after = replace(known, names=names)
            if (tag and after == self.seen.get(entity)) or self._write(after, tag):
                return after
        raise LedgerChanged(BRONZE, identity_document(entity))

    def _claimed(self, entity: str, source: Source, table: str) -> Identity:
        for _ in range(_TRIES):
            tag, known = self._read(entity)
            if known is not None and (known.is_of(source, table) or (source, known.source) != ("dataverse", "finance")):
                return known
            if self._write(Identity(entity=entity, source=source, table=table), tag):
                return self.seen[entity]
        raise LedgerChanged(BRONZE, identity_document(entity))

    def _read(self, entity: str) -> tuple[str | None, Identity | None]:
        path = identity_document(entity)
        blob = self.lake.head(BRONZE, path)
        if blob is None:
            return None, None
        data = b"".join(self.lake.read(BRONZE, path, if_match=blob.etag))
        self.seen[entity] = decode(Identity, data, f"identity of {entity}")
        return blob.etag, self.seen[entity]

    def _write(self, identity: Identity, tag: str | None) -> bool:
        done = self.lake.replace(BRONZE, identity_document(identity.entity), encode(identity), if_match=tag)
        if done:
            self.seen[identity.entity] = identity
        return done
