"""What the catalog does not have yet, registered: silver's histories with their current views, the rejects, gold's tables.

Gold is external tables in the layout `delta`, and in the others views that name the files of the newest publication: an
external table is a folder, and a publication has files in the folders of several (docs/adr/0019).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pyspark.errors import PySparkException

from shared.contracts.outcome import Finding
from shared.contracts.places import GOLD, GOLD_DELTA, REJECTED, SILVER, whole
from spark_jobs.catalog import statements
from spark_jobs.catalog.published import selected
from spark_jobs.catalog.schemas import CURRENT, Catalog
from spark_jobs.findings import not_registered
from spark_jobs.names import quoted
from spark_jobs.tables import Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts.manifest import Manifest
    from shared.contracts.publication import GoldTable
    from spark_jobs.catalog.statements import Kind
    from spark_jobs.lake import Lake

T = TypeVar("T")

_SILVER_COMMENT = "Full history of each entity, and its current rows"
_GOLD_COMMENT = "What Customer Insights reads"
_GOLD_ROOT = whole(GOLD, GOLD_DELTA)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """Registers the tables of one lake in one catalog. Safe to repeat: where nothing is new, gold's views are renewed."""

    spark: SparkSession
    lake: Lake
    catalog: Catalog

    def run(self, batch: Manifest, gold: Mapping[str, GoldTable], gone: Collection[str] = ()) -> Sequence[Finding]:
        """Register what is missing, and renew the views of the batch's entities and of gold; returns what could not be.

        `gold` are the tables of the publication that the batch made, `gone` those that it no longer has.
        """
        found: list[Finding] = []
        silver = self._trying(found, "silver", partial(self._known, self.catalog.silver, _SILVER_COMMENT))
        if silver is not None:
            for name in self.lake.folders(SILVER):
                self._trying(found, name, partial(self._silver, name, silver, batch))
        known = self._trying(found, "gold", partial(self._known, self.catalog.gold, _GOLD_COMMENT))
        if known is not None:
            show = self._gold_table if batch.gold.layout == "delta" else self._gold_view
            for name, table in gold.items():
                self._trying(found, name, partial(show, table, known.get(name.lower())))
            for name in gone:
                if known.get(name.lower()) == "VIEW":  # its files will be collected; a Delta table stays until it is deleted
                    self._trying(found, name, partial(self._forget, "VIEW", self._gold_name(name)))
        return found

    def _known(self, schema: str, comment: str) -> dict[str, Kind]:
        self.spark.sql(statements.schema(schema, comment))
        views = self._listed(f"SHOW VIEWS IN {schema}", "viewName")
        return {name: "VIEW" if name in views else "TABLE" for name in self._listed(f"SHOW TABLES IN {schema}", "tableName")}

    def _listed(self, statement: str, column: str) -> set[str]:
        # A listing of any schema has the session's temporary views too, those of models (reference: Deploy, section 4).
        return {str(row[column]).lower() for row in self.spark.sql(statement).collect() if not row["isTemporary"]}

    def _silver(self, name: str, known: Collection[str], batch: Manifest) -> None:
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
            if self.catalog.is_governed:
                self._all(statements.tag_of_view(view, shown))
                if not is_new:
                    self._all(statements.tags(registered, columns))

    def _gold_table(self, table: GoldTable, known: Kind | None) -> None:
        if known == "TABLE":
            return
        registered = self._gold_name(table.name)
        if known:
            self._forget(known, registered)
        path = self.lake.path(f"{_GOLD_ROOT}/{table.name}")
        self._all(self._describing(registered, path, table.description, list(table.columns)))
        if self.catalog.is_governed:
            self._all(statements.primary_key(registered, table.name, table.primary_key))

    def _gold_view(self, table: GoldTable, known: Kind | None) -> None:
        """Renewed by every run: a publication that the functions refuse is seen until the next one is made."""
        registered = self._gold_name(table.name)
        if known == "TABLE":
            self._forget(known, registered)
        comment = f"{table.description.rstrip('.')}. Key: {table.primary_key}."
        self.spark.sql(statements.view(registered, selected(table, self.lake.path(GOLD)), comment))
        if self.catalog.is_governed:
            self._all(statements.tag_of_view(registered, table.columns))

    def _gold_name(self, table: str) -> str:
        return f"{self.catalog.gold}.{quoted(table)}"

    def _forget(self, kind: Kind, name: str) -> None:
        self.spark.sql(statements.dropped(kind, name))

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
