"""What a publication is built on: the one that readers see, and the silver tables. Read once, before a run writes anything.

Decisions of a run refer to these records only, so that none depends on whether it was made before or after a write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from shared.contracts.places import GOLD, GOLD_MANIFEST, whole
from shared.contracts.publication import GoldTable, Layout, Publication
from spark_jobs.documents import read_record
from spark_jobs.errors import GoldManifestError
from spark_jobs.tables import Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts.outcome import Outcome
    from spark_jobs.gold.models.definition import Model
    from spark_jobs.lake import Lake


@dataclass(frozen=True, kw_only=True)
class Base:
    """The publication that readers see."""

    name: str | None  # None: there is none
    record: Publication | None  # None where it has none any more

    @classmethod
    def read(cls, lake: Lake) -> Self:
        """Read which one it is off the manifest; raises `GoldManifestError` where that shows none of ours."""
        place = whole(GOLD, GOLD_MANIFEST)
        text = lake.read_text(place)
        if text is None:
            return cls(name=None, record=None)
        try:
            name = json.loads(text)["explanation"]
        except (ValueError, KeyError, TypeError, RecursionError):
            name = None
        if not isinstance(name, str) or not name:
            raise GoldManifestError(place)
        return cls(name=name, record=read_record(lake, name))

    def silver(self, entity: str) -> int:
        """Return the version of an entity's table that it was made of, -1 where there was none."""
        return self.record.silver.get(entity, -1) if self.record else -1

    def kept(self, names: Iterable[str], layout: Layout) -> list[GoldTable]:
        """Return the tables of these names as they stay, though their models failed; the next run builds them anew, whole."""
        if self.record is None or self.record.layout != layout:
            return []
        return [replace(self.record.tables[name], digest="") for name in sorted(names) if name in self.record.tables]

    def after(self, now: datetime) -> datetime:
        """Return the time of the next publication, in milliseconds: later than its own, though a clock may go behind."""
        told = now.replace(microsecond=now.microsecond // 1000 * 1000)
        before = self.record.published_at if self.record else None
        return told if before is None else max(told, before + timedelta(milliseconds=1))

    @property
    def tables(self) -> set[str]:
        """The gold tables that it has."""
        return set(self.record.tables) if self.record else set()


@dataclass(frozen=True, kw_only=True)
class Basis:
    """That publication, and what silver holds of the entities that models read."""

    base: Base
    tables: Mapping[str, Table]  # those that exist
    versions: Mapping[str, int]  # of them

    @classmethod
    def read(cls, spark: SparkSession, lake: Lake, models: Sequence[Model], base: Base) -> Self:
        """Read which silver tables exist, and their versions."""
        names = sorted({one.entity for model in models for one in model.inputs})
        tables = {name: table for name in names if (table := Table(spark, lake, name)).exists()}
        return cls(base=base, tables=tables, versions={name: table.version() for name, table in tables.items()})

    def suffices(self, model: Model) -> bool:
        """Say whether the silver tables that a model needs are there."""
        return all(one.optional or one.entity in self.tables for one in model.inputs)

    def has_changed(self, entity: str) -> bool:
        """Say whether an entity's table has another version than the one that readers see was made of."""
        return self.versions.get(entity, -1) != self.base.silver(entity)


def stands(lake: Lake, outcome: Outcome, base: Base) -> bool:
    """Say whether an earlier attempt's outcome is still the right one: nothing to publish, published, or publishable."""
    name = outcome.publication
    if name is None or base.name == name:
        return True
    if base.name == outcome.base_publication:
        return read_record(lake, name) is not None  # else it waited so long that its files were collected
    ancestor = base.record
    while ancestor is not None and ancestor.name != name:
        before = read_record(lake, ancestor.base)
        if ancestor.base and before is None:
            return True  # the line of publications goes back further than records are kept: long since published
        ancestor = before
    return ancestor is not None
