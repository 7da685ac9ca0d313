"""Where the catalog has silver and gold: two schemas, since an entity and a gold table may have one name."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.places import GOLD, SILVER
from spark_jobs.names import quoted

#: The catalog that every Spark session has: it forgets at the session's end, and has neither tags nor constraints.
SESSION_CATALOG = "spark_catalog"
CURRENT = "_current"
SCHEMA = "customer360"  # where none is named


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """One catalog, and what the names of its schemas begin with."""

    name: str
    schema: str

    @property
    def is_governed(self) -> bool:
        """Whether it has tags and constraints, as Unity Catalog has."""
        return self.name != SESSION_CATALOG

    @property
    def silver(self) -> str:
        """The schema of silver, as SQL names it."""
        return self._schema(SILVER)

    @property
    def gold(self) -> str:
        """The schema of gold, as SQL names it."""
        return self._schema(GOLD)

    def _schema(self, layer: str) -> str:
        return f"{quoted(self.name)}.{quoted(f'{self.schema}_{layer}')}"
