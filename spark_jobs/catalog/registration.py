"""What the catalog does not have yet, registered: silver's histories with their current views, the rejects, gold's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pyspark.errors import PySparkException

from shared.contracts.outcome import Finding
from shared.contracts.places import GOLD, GOLD_DELTA, REJECTED, SILVER, whole
from spark_jobs.catalog import statements
from spark_jobs.catalog.schemas import CURRENT, Catalog
from spark_jobs.findings import not_registered
from spark_jobs.names import quoted
from spark_jobs.tables import Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts.manifest import Manifest
    from shared.contracts.publication import GoldTable
    from spark_jobs.lake import Lake

T = TypeVar("T")

_SILVER_COMMENT = "Full history of each entity, and its current rows"
_GOLD_COMMENT = "What Customer Insights reads"
_GOLD_ROOT = whole(GOLD, GOLD_DELTA)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """Registers the tables of one lake in one catalog. Safe to repeat; costs two listings where nothing is new."""

    spark: SparkSession
    lake: Lake
    catalog: Catalog

    def run(self, batch: Manifest, gold: Mapping[str, GoldTable]) -> Sequence[Finding]:
        """Register what is missing, and renew the views of the batch's entities; returns what could not be.

        `gold` are the tables of the publication that the batch made: they have a folder of their own in the layout `delta`
        only, since in the others a publication's files lie in the folders of several.
        """
        found: list[Finding] = []
        silver = self._trying(found, "silver", lambda: self._known(self.catalog.silver, _SILVER_COMMENT))
        if silver is not None:
            for name in self.lake.folders(SILVER):
                self._trying(found, name, lambda name=name: self._silver(name, silver, batch))  # type: ignore[misc] # the loop's value now
        if batch.gold.layout == "delta":
            known = self._trying(found, "gold", lambda: self._known(self.catalog.gold, _GOLD_COMMENT))
            for name, table in gold.items() if known is not None else ():
                if name not in (known or ()):
                    self._trying(found, name, lambda table=table: self._gold(table))  # type: ignore[misc] # likewise
        return found

    def _known(self, schema: str, comment: str) -> set[str]:
        self.spark.sql(statements.schema(schema, comment))
        return {str(row["tableName"]) for row in self.spark.sql(f"SHOW TABLES IN {schema}").collect()}

    def _silver(self, name: str, known: set[str], batch: Manifest) -> None:
        table = Table(self.spark, self.lake, name)
        is_new = name.lower() not in known
        if (not is_new and name not in batch.entities) or not table.exists():
            return
        registered, columns = f"{self.catalog.silver}.{quoted(name)}", list(table.columns())
        if is_new:
            self._all(self._describing(registered, table.path, _described(name, batch), columns))
        if name.endswith(REJECTED):
            return
        view, shown = f"{self.catalog.silver}.{quoted(name + CURRENT)}", statements.columns_of_view(columns)
        if is_new or f"{name}{CURRENT}".lower() not in known or self.spark.table(view).columns != shown:
            self.spark.sql(
                statements.current_view(view, registered, shown, f"The rows of {name} that count now, one for each key")
            )
            if not is_new and self.catalog.is_governed:
                self._all(statements.tags(registered, columns))

    def _gold(self, table: GoldTable) -> None:
        registered = f"{self.catalog.gold}.{quoted(table.name)}"
        path = self.lake.path(f"{_GOLD_ROOT}/{table.name}")
        self._all(self._describing(registered, path, table.description, list(table.columns)))
        if self.catalog.is_governed:
            self._all(statements.primary_key(registered, table.name, table.primary_key))

    def _describing(self, name: str, path: str, comment: str, columns: Sequence[str]) -> Iterator[str]:
        yield statements.external_table(name, path)
        if self.catalog.is_governed:  # in Unity Catalog itself; elsewhere it would be a commit of the Delta table
            yield statements.comment_on_table(name, comment)
            yield from statements.tags(name, columns)

    def _all(self, found: Iterator[str]) -> None:
        for statement in found:
            self.spark.sql(statement)

    def _trying(self, found: list[Finding], table: str, act: Callable[[], T]) -> T | None:
        try:
            return act()
        except PySparkException as error:
            found.append(not_registered(table, self.catalog.name, error.getCondition() or type(error).__name__))
            return None


def _described(name: str, batch: Manifest) -> str:
    if name.endswith(REJECTED):
        return f"Rows of {name.removesuffix(REJECTED)} that silver could not use, with their reasons"
    entity = batch.entities.get(name)
    origin = f" Landed as {entity.table} of {entity.source}, key: {', '.join(entity.keys)}." if entity else ""
    return f"History: a row counts from __START_AT until before __END_AT (null: it counts now); equal, it never did.{origin}"
