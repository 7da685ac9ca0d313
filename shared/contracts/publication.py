"""The record of one version of gold: what it was made of, the files that it consists of, and what their build found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from shared.contracts.codec import Count, MappingKey, Spelled, decode, encode
from shared.contracts.errors import ContractError
from shared.contracts.outcome import Finding

Layout = Literal["publications", "full_data", "delta", "incremental"]
"""How the files of gold lie, and how the manifest names them (docs/adr/0012, 0021)."""

Role = Literal["rows", "upserts", "deletes"]
"""What the rows of a file are: the table's own; such as take the place of those before them; keys whose rows are gone."""

FULL_DATA, INCREMENTAL_DATA, UPSERTS, DELETES = "FullData", "IncrementalData", "Upserts", "Deletes"
"""The folders that Customer Insights wants in that layout (reference: Customer Insights, section 3)."""

PUBLISHED_AT = "published_at"
"""The column that gold has more in the layout `incremental`: when a row was written last. Of one key the latest row counts."""


@dataclass(frozen=True, kw_only=True)
class GoldFile:
    """One immutable parquet file."""

    place: str  # relative to the CDM manifest: `customer/p…/part-….parquet`
    rows: Count
    size: Annotated[Count, Spelled("bytes")]
    lost: Mapping[str, int] = field(default_factory=dict)  # column -> values that are null in it; less those it replaces
    role: Role = "rows"
    replaces: Count = 0  # rows of files before it that no longer count


@dataclass(frozen=True, kw_only=True)
class GoldTable:
    """One table of a publication."""

    name: Annotated[str, MappingKey()]
    description: str
    primary_key: str
    digest: Annotated[str, Spelled("model")]  # of the model
    document: str  # place of the CDM entity document, relative to the CDM manifest
    columns: Mapping[str, str]  # name -> SQL type, in order
    rows: Count = field(init=False)  # that count, of all files
    files: tuple[GoldFile, ...]

    def __post_init__(self) -> None:
        """Count the rows that the files say there are."""
        counting = sum(file.rows for file in self.files if file.role != "deletes")
        object.__setattr__(self, "rows", counting - sum(file.replaces for file in self.files))

    def places(self, role: Role) -> list[str]:
        """Return where the files of a role are, in the order in which they were published."""
        return [file.place for file in self.files if file.role == role]


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One version of gold."""

    name: Annotated[str, Spelled("publication")]
    batch_id: str
    base: Annotated[str | None, Spelled("base_publication")]  # the publication that it was built on; null: the first
    created_at: datetime
    layout: Layout = "publications"
    published_at: datetime | None = None  # what the rows that it wrote say in `published_at`; of that layout alone
    silver: Mapping[str, int] = field(default_factory=dict)  # entity -> version of its table, -1: none
    tables: Mapping[str, GoldTable] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TableFindings:
    """What only its build can tell of a gold table: of what it was made of, all of it, and not only what changed."""

    table: str
    findings: tuple[Finding, ...] = ()


def is_of_deletes(place: str) -> bool:
    """Say whether a file of increments holds keys whose rows are gone: `…/Deletes/<publication>/part-….parquet`."""
    return place.split("/")[-3:-2] == [DELETES]


def primary_key(document: Mapping[str, Any]) -> str:
    """Return the key of a table by its CDM entity document; raises KeyError or StopIteration where that is of another form."""
    return next(str(one["name"]) for one in document["definitions"][0]["hasAttributes"] if one.get("isPrimaryKey"))


def read_publication(data: bytes | str, name: str) -> Publication:
    """Read the record of a publication; raises `ContractError`."""
    document = f"record of publication {name}"
    publication = decode(Publication, data, document)
    if publication.name != name:
        raise ContractError(document, "publication", expected=name, got=publication.name)
    return publication


def write_publication(publication: Publication) -> bytes:
    """Spell the record of a publication."""
    return encode(publication)


def read_findings(data: bytes | str, table: str) -> TableFindings:
    """Read what was found in a gold table; raises `ContractError`."""
    document = f"findings of gold table {table}"
    told = decode(TableFindings, data, document)
    if told.table != table:
        raise ContractError(document, "table", expected=table, got=told.table)
    return told


def write_findings(told: TableFindings) -> bytes:
    """Spell what was found in a gold table."""
    return encode(told)
