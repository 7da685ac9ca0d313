"""The bronze rows of one entity that a batch brings: as text, as typed events, and what their keys are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, reduce
from types import MappingProxyType
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.types import AtomicType, LongType, StringType, StructField, StructType, TimestampType

from shared.contracts.columns import CONTAINER, KEPT_LINEAGE, RECORD_NUMBER, SOURCE_FILE
from shared.contracts.entity import Entity
from shared.contracts.manifest import Manifest, ManifestPart
from shared.contracts.outcome import Finding
from spark_jobs.names import backticked, quoted, spelled
from spark_jobs.repeated import Repeated, digests
from spark_jobs.silver.landed.currencies import amounts, settled, symbols
from spark_jobs.silver.landed.currencies import findings as other_currencies
from spark_jobs.silver.landed.events import events
from spark_jobs.silver.landed.evidence import Evidence, decided, findings, unmet, widened
from spark_jobs.silver.landed.finance_casts import key_text
from spark_jobs.silver.landed.inference import evidence
from spark_jobs.silver.landed.shape import Shape, named, shape

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from spark_jobs.lake import Lake

#: In a list of keys with their places: the file that was read.
FILE = "__file"
#: What of it a bronze part holds; the container is the beginning of the file's name.
_LANDED_LINEAGE = {name: kind for name, kind in KEPT_LINEAGE.items() if name != CONTAINER}
_LINEAGE_TYPES: Mapping[str, AtomicType] = {"string": StringType(), "bigint": LongType(), "timestamp": TimestampType()}


@dataclass(frozen=True, kw_only=True)
class BronzeRows:
    """Reads the entity's parts of a batch, each group of one schema version as it is bound."""

    spark: SparkSession
    lake: Lake
    batch: Manifest
    entity: Entity
    misses_none: bool = False  # file versions that others took the place of count too: an erasure wants every record

    @cached_property
    def parts(self) -> list[ManifestPart]:
        """The entity's parts, without those of a file version that another one of the same second took the place of."""
        return [part for part in self._given if self.misses_none or not self._is_overtaken(part)]

    @cached_property
    def count(self) -> int:
        """How many rows the batch was given, as the manifest says."""
        return sum(part.rows for part in self._given)

    @cached_property
    def bytes(self) -> int:
        """How many bytes they were where they landed, as far as the manifest says."""
        return sum(part.bytes for part in self._given)

    @cached_property
    def overtaken(self) -> int:
        """How many of them are of file versions that another one took the place of before anybody looked."""
        return self.count - sum(part.rows for part in self.parts)

    @cached_property
    def _given(self) -> list[ManifestPart]:
        return self.batch.parts_of(self.entity.name)

    @cached_property
    def _newest(self) -> dict[tuple[str, datetime], int]:
        """The last generation of each file that landed in one second."""
        found: dict[tuple[str, datetime], int] = {}
        for part in self._given:
            version = (part.source_file, part.landed_at)
            found[version] = max(part.generation, found.get(version, 0))
        return found

    def _is_overtaken(self, part: ManifestPart) -> bool:
        # Storage tells time in seconds: what is written twice within one differs in nothing that could order the two.
        return self.entity.source == "finance" and part.generation < self._newest[part.source_file, part.landed_at]

    @cached_property
    def columns(self) -> list[str]:
        """The landed columns of all parts."""
        return list(dict.fromkeys(column.name for version, _ in self.groups for column in self.batch.schemas[version]))

    def shape(
        self, stored: Mapping[str, str], currencies: Mapping[str, str] = MappingProxyType({}), *, trusting: bool = False
    ) -> Shape:
        """Decide the entity's columns; `stored` are those of its table with their types, `currencies` what amounts carried.

        The type of a finance column follows from all its values, unless it is configured: what it does not hold widens it.
        `trusting` takes the stored types for those of the values, as `may_trust` allows; events tell where that is not so.
        """
        known = {name.lower(): kind for name, kind in stored.items()}
        found = self._evidence(stored) if self.entity.source == "finance" and not trusting else {}
        inferred = dict(known) if trusting else {}
        told: list[Finding] = []
        for name, seen in found.items():
            before = known.get(name)
            kind = decided(seen, self.entity.notation) if before is None else widened(before, seen, self.entity.notation)
            told += findings(self.entity.name, self.entity.table, seen, kind, before)
            if kind is not None:
                inferred[name] = kind
        decision = shape(self.entity, [self.batch.schemas[version] for version, _ in self.groups], stored, inferred)
        told += unmet(self.entity, decision.types)
        signs = self._symbols()
        read = settled(signs, currencies)
        told += other_currencies(self.entity, signs, read)
        return replace(decision, currencies=read, findings=tuple(told))

    def may_trust(self, stored: Mapping[str, str]) -> bool:
        """Say whether every type that values may decide is stored, and a value of another type is told by its event."""
        known = {name.lower() for name in stored}
        return (
            self.entity.source == "finance"
            and not self.entity.rounded
            and not self.entity.lenient
            and all(name.lower() in known for _, pairs in self._wanted(self._is_open(stored)) for _, name in pairs)
        )

    def _symbols(self) -> dict[str, frozenset[str]]:
        """Return the currency symbols of the columns that may have any, by their silver names in lower case."""
        wanted = amounts(self.entity)
        text = self._values(lambda *names: not wanted.isdisjoint(name.lower() for name in names)) if wanted else None
        return symbols(text) if text is not None else {}

    def _evidence(self, stored: Mapping[str, str]) -> dict[str, Evidence]:
        """Return what the values say of the columns whose type nobody fixed, by their silver names in lower case."""
        known = {name.lower(): kind for name, kind in stored.items()}
        text = self._values(self._is_open(stored))
        if text is None:
            return {}
        return evidence(text, {name: known.get(name) for name in text.columns}, self.entity.notation, rows=self.count)

    def _is_open(self, stored: Mapping[str, str]) -> Callable[[str, str], bool]:
        """Return what says of a column, by its landed and its silver name, whether its values may decide its type."""
        fixed = {name.lower() for name in (*self.entity.types, *self.entity.keys)}
        text = {name.lower() for name, kind in stored.items() if kind == "string"}
        return lambda landed, silver: not {landed.lower(), silver.lower()} & fixed and silver.lower() not in text

    def _wanted(self, is_wanted: Callable[[str, str], bool]) -> Iterator[tuple[list[ManifestPart], list[tuple[str, str]]]]:
        """Yield parts of one schema version with the columns of theirs that are wanted, by their landed and silver names."""
        for version, parts in self.groups:
            names = named(self.entity, [column.name for column in self.batch.schemas[version]])
            if wanted := [pair for pair in names.items() if is_wanted(*pair)]:
                yield parts, wanted

    def _values(self, is_wanted: Callable[[str, str], bool]) -> DataFrame | None:
        """Return the landed texts of columns, by their silver names in lower case."""
        texts = [
            self._text(parts).select(*(F.col(quoted(landed)).alias(name.lower()) for landed, name in wanted))
            for parts, wanted in self._wanted(is_wanted)
        ]
        return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), texts) if texts else None

    def typed(
        self, shape: Shape, *, keep_row: bool = False, only: Repeated | None = None, without: Repeated | None = None
    ) -> DataFrame:
        """Return the rows as typed events (see `landed.events`): all, `only` those of some keys, or all `without` those."""
        found = []
        for version, parts in self.groups:
            text = self._text(parts)
            if only is not None:
                text = only.rows_of(text, self._keys_of(version, shape))
            if without is not None:
                text = without.rows_besides(text, self._keys_of(version, shape))
            columns, kept_out = self.batch.schemas[version], self.batch.kept_out_of(self.entity.name)
            found.append(events(text, self.entity, columns, shape, keep_row=keep_row, kept_out=kept_out))
        return reduce(lambda one, other: one.unionByName(other), found)

    def keys(self, shape: Shape) -> DataFrame:
        """Return the keys of all rows, even of those that are rejected: too many do no harm, nor does one that comes twice."""
        found = [self._text(parts).select(*self._keys_of(version, shape)) for version, parts in self.groups]
        return reduce(lambda one, other: one.union(other), found)

    def placed_keys(self, shape: Shape) -> DataFrame:
        """Return the keys of all rows, even of those that are rejected, each with its `FILE` and its record number."""
        placed = (F.col(FILE), F.col(RECORD_NUMBER))
        found = [self._text(parts, FILE).select(*self._keys_of(version, shape), *placed) for version, parts in self.groups]
        return reduce(lambda one, other: one.union(other), found)

    def repeated_keys(self, shape: Shape) -> Repeated:
        """Find the keys that more than one row has."""
        found = [digests(self._text(parts), self._keys_of(version, shape)) for version, parts in self.groups]
        place = f"{self.batch.folder}/repeated/{self.entity.name}"
        return Repeated.find(self.spark, self.lake, place, reduce(lambda one, other: one.union(other), found))

    def has_versionless(self, first: str) -> bool:
        """Say whether any row has nothing in the first sequence column, given by its silver name."""
        found, first = [], first.lower()
        for version, parts in self.groups:
            landed = [column.name for column in self.batch.schemas[version]]
            column = next((name for name, silver in named(self.entity, landed).items() if silver.lower() == first), None)
            if column is not None:
                found.append(
                    self._text(parts).where(F.col(quoted(column)).isNull() | (F.col(quoted(column)) == "")).select(F.lit(1))
                )
        return bool(found) and bool(reduce(lambda one, other: one.union(other), found).take(1))

    @cached_property
    def groups(self) -> list[tuple[str, list[ManifestPart]]]:
        """The schema versions of the parts in the order in which they landed, so that one batch types as several would."""
        landed: dict[str, datetime] = {}
        for part in self.parts:
            landed[part.schema_version] = min(part.landed_at, landed.get(part.schema_version, part.landed_at))
        versions = sorted(landed, key=lambda version: (landed[version], version))
        return [(version, [part for part in self.parts if part.schema_version == version]) for version in versions]

    def _text(self, parts: list[ManifestPart], file: str | None = None) -> DataFrame:
        landed = [column.name for column in self.batch.schemas[parts[0].schema_version]]
        fields = [StructField(name, StringType()) for name in landed]
        fields += [StructField(name, _LINEAGE_TYPES[kind]) for name, kind in _LANDED_LINEAGE.items()]
        # A schema that is given spares the job that would read it from the files.
        rows = self.spark.read.schema(StructType(fields)).parquet(*(self.lake.path(part.path) for part in parts))
        # From here on no name holds what Spark would replace, so each can stand in the text of SQL.
        placed = [F.col("_metadata.file_path").alias(file)] if file else []
        text = (F.col(backticked(name)).alias(spelled(name)) for name in landed)
        return rows.select(*text, *_LANDED_LINEAGE, container_of().alias(CONTAINER), *placed)

    def _keys_of(self, version: str, shape: Shape) -> list[Column]:
        """Return the key columns over landed text, spelled as in the table."""
        kinds = {**shape.types, **KEPT_LINEAGE}
        columns = {column.name: column for column in self.batch.schemas[version]}
        silver = {name.lower(): landed for landed, name in named(self.entity, list(columns)).items()}
        picked = []
        for key in shape.plan.keys:
            landed = silver.get(key.lower(), key if key in KEPT_LINEAGE else None)
            is_guid = landed in columns and columns[landed].type.lower() == "guid"
            if landed is None:
                picked.append(F.lit(None).cast(kinds[key]).alias(key))
            elif landed in KEPT_LINEAGE:
                picked.append(F.col(landed).alias(key))
            else:
                picked.append(F.expr(key_text(quoted(landed), self.entity.notation, guid=is_guid)).cast(kinds[key]).alias(key))
        return picked


def container_of() -> Column:
    """Return the landing container of a row."""
    return F.substring_index(SOURCE_FILE, "/", 1)
