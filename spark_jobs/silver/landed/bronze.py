"""The bronze rows of one entity that a batch brings: as text, as typed events, and what their keys are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.types import AtomicType, LongType, StringType, StructField, StructType, TimestampType

from shared.contracts.columns import KEPT_LINEAGE
from shared.contracts.entity import Entity
from shared.contracts.manifest import Manifest, ManifestPart
from spark_jobs.names import backticked, quoted, spelled
from spark_jobs.repeated import Repeated, digests
from spark_jobs.silver.landed.events import events
from spark_jobs.silver.landed.inference import inferred_types
from spark_jobs.silver.landed.shape import Shape, named, shape

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from spark_jobs.lake import Lake

_LINEAGE_TYPES: Mapping[str, AtomicType] = {"string": StringType(), "bigint": LongType(), "timestamp": TimestampType()}


@dataclass(frozen=True, kw_only=True)
class BronzeRows:
    """Reads the entity's parts of a batch, each group of one schema version as it is bound."""

    spark: SparkSession
    lake: Lake
    batch: Manifest
    entity: Entity

    @cached_property
    def parts(self) -> list[ManifestPart]:
        """The entity's parts."""
        return self.batch.parts_of(self.entity.name)

    @cached_property
    def count(self) -> int:
        """How many rows the parts hold, as the manifest says."""
        return sum(part.rows for part in self.parts)

    @cached_property
    def columns(self) -> list[str]:
        """The landed columns of all parts."""
        return list(dict.fromkeys(column.name for version, _ in self._groups for column in self.batch.schemas[version]))

    def shape(self, stored: Mapping[str, str]) -> Shape:
        """Decide the entity's columns; `stored` are those of its table with their types."""
        inferred: dict[str, str] = {}
        if self.entity.source == "finance":
            settled = {name.lower() for name in (*stored, *self.entity.types, *self.entity.keys)}
            texts = []
            for version, parts in self._groups:
                names = named(self.entity, [column.name for column in self.batch.schemas[version]])
                unknown = [pair for pair in names.items() if not {name.lower() for name in pair} & settled]
                if unknown:
                    columns = (F.col(quoted(landed)).alias(name.lower()) for landed, name in unknown)
                    texts.append(self._text(parts).select(*columns))
            if texts:
                text = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), texts)
                inferred = inferred_types(text, text.columns)
        return shape(self.entity, [self.batch.schemas[version] for version, _ in self._groups], stored, inferred)

    def typed(
        self, shape: Shape, *, keep_row: bool = False, only: Repeated | None = None, without: Repeated | None = None
    ) -> DataFrame:
        """Return the rows as typed events (see `landed.events`): all, `only` those of some keys, or all `without` those."""
        found = []
        for version, parts in self._groups:
            text = self._text(parts)
            if only is not None:
                text = only.rows_of(text, self._keys_of(version, shape))
            if without is not None:
                text = without.rows_besides(text, self._keys_of(version, shape))
            found.append(events(text, self.entity, self.batch.schemas[version], shape, keep_row=keep_row))
        return reduce(lambda one, other: one.unionByName(other), found)

    def keys(self, shape: Shape) -> DataFrame:
        """Return the keys of all rows, even of those that are rejected: too many do no harm."""
        found = [self._text(parts).select(*self._keys_of(version, shape)) for version, parts in self._groups]
        return reduce(lambda one, other: one.union(other), found).distinct()

    def repeated_keys(self, shape: Shape) -> Repeated:
        """Find the keys that more than one row has."""
        found = [digests(self._text(parts), self._keys_of(version, shape)) for version, parts in self._groups]
        place = f"{self.batch.folder}/repeated/{self.entity.name}"
        return Repeated.find(self.spark, self.lake, place, reduce(lambda one, other: one.union(other), found))

    def has_versionless(self, first: str) -> bool:
        """Say whether any row has nothing in the first sequence column, given by its silver name."""
        found, first = [], first.lower()
        for version, parts in self._groups:
            landed = [column.name for column in self.batch.schemas[version]]
            column = next((name for name, silver in named(self.entity, landed).items() if silver.lower() == first), None)
            if column is not None:
                found.append(
                    self._text(parts).where(F.col(quoted(column)).isNull() | (F.col(quoted(column)) == "")).select(F.lit(1))
                )
        return bool(found) and bool(reduce(lambda one, other: one.union(other), found).take(1))

    @cached_property
    def _groups(self) -> list[tuple[str, list[ManifestPart]]]:
        """The schema versions of the parts in the order in which they landed, so that one batch types as several would."""
        landed: dict[str, datetime] = {}
        for part in self.parts:
            landed[part.schema_version] = min(part.landed_at, landed.get(part.schema_version, part.landed_at))
        versions = sorted(landed, key=lambda version: (landed[version], version))
        return [(version, [part for part in self.parts if part.schema_version == version]) for version in versions]

    def _text(self, parts: list[ManifestPart]) -> DataFrame:
        landed = [column.name for column in self.batch.schemas[parts[0].schema_version]]
        fields = [StructField(name, StringType()) for name in landed]
        fields += [StructField(name, _LINEAGE_TYPES[kind]) for name, kind in KEPT_LINEAGE.items()]
        # A schema that is given spares the job that would read it from the files.
        rows = self.spark.read.schema(StructType(fields)).parquet(*(self.lake.path(part.path) for part in parts))
        # From here on no name holds what Spark would replace, so each can stand in the text of SQL.
        return rows.select(*(F.col(backticked(name)).alias(spelled(name)) for name in landed), *KEPT_LINEAGE)

    def _keys_of(self, version: str, shape: Shape) -> list[Column]:
        """Return the key columns over landed text, spelled as in the table."""
        kinds = {**shape.types, **KEPT_LINEAGE}
        columns = {column.name: column for column in self.batch.schemas[version]}
        silver = {name.lower(): landed for landed, name in named(self.entity, list(columns)).items()}
        picked = []
        for key in shape.plan.keys:
            landed = silver.get(key.lower(), key if key in KEPT_LINEAGE else None)
            raw = F.col(quoted(landed)) if landed else F.lit(None)
            is_guid = landed in columns and columns[landed].type.lower() == "guid"
            picked.append((F.lower(raw) if is_guid else raw).cast(kinds[key]).alias(key))
        return picked
