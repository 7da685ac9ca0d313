"""What pulled documents show of the form that an instance expects: how it names tables, and what conditions look like.

The subtypes of its expressions are not public (reference: Insights, section 4), so nothing is written in a form that was not
seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customer_insights.configuration.documents import Document
from customer_insights.configuration.snapshot import Configuration
from customer_insights.errors import NotUnderstood


def leaves(criteria: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """Yield the conditions in a criteria, the outer ones first."""
    if not criteria:
        return
    if criteria.get("attribute"):
        yield criteria
    for child in criteria.get("childCriterias") or ():
        yield from leaves(child)


@dataclass(frozen=True, kw_only=True)
class Examples:
    """The documents of an instance, asked for their form."""

    pulled: Configuration
    tables: Sequence[str]  # of the rules, with `Customer` and `Customer_Measure`

    def table(self, entity: str) -> str:
        """Return which table of the rules an instance's name means: `gold_customer` is `customer`; else the name itself."""
        if entity in self.tables:  # `Customer`, which is not the table `customer`
            return entity
        meant = [name for name in self.tables if entity.lower() == name.lower() or entity.lower().endswith(f"_{name.lower()}")]
        return max(meant, key=len, default=entity)

    def entity(self, table: str) -> str:
        """Return what the instance calls a table: as it was seen, else with the prefix that all others have."""
        seen = {self.table(entity): entity for entity in self._entities()}
        if table in seen:
            return seen[table]
        prefixes = {
            entity[: -len(name)] for name, entity in seen.items() if entity != name and entity.lower().endswith(name.lower())
        }
        if len(prefixes) != 1:
            raise NotUnderstood(f"nothing that was pulled names the table {table}")
        return prefixes.pop() + table

    def group(self) -> Mapping[str, Any]:
        """Return a criteria that holds several conditions."""
        for criteria in self._criterias():
            if criteria.get("childCriterias") and all(one.get("attribute") for one in criteria["childCriterias"]):
                return criteria
        raise NotUnderstood("nothing that was pulled has several conditions in one rule")

    def rowset(self, tables: frozenset[str]) -> Mapping[str, Any]:
        """Return a rule of a segment whose conditions are on these tables."""
        for segment in self.pulled["segments"].values():
            for rowset in rowsets(segment):
                if self.tables_of(rowset.get("criteria")) == tables:
                    return rowset
        raise NotUnderstood(f"no segment that was pulled has a rule on {' and '.join(sorted(tables))}")

    def tables_of(self, criteria: Mapping[str, Any] | None) -> frozenset[str]:
        """Return the tables that conditions are on; an attribute without a table is one of `Customer`."""
        return frozenset(self.table(one["attribute"].rpartition(".")[0] or "Customer") for one in leaves(criteria))

    def attribute(self, like: str, table: str, column: str) -> str:
        """Return an attribute as the instance spells it; `like` says whether it names the table."""
        owner = like.rpartition(".")[0]
        if not owner:
            return column
        return f"{owner if self.table(owner) == table else self.entity(table)}.{column}"

    def _criterias(self) -> Iterator[Mapping[str, Any]]:
        for segment in self.pulled["segments"].values():
            yield from (one["criteria"] for one in rowsets(segment) if one.get("criteria"))
        for measure in self.pulled["measures"].values():
            criteria = (measure.get("definition") or {}).get("filteringCriteria")
            if criteria:
                yield criteria

    def _entities(self) -> Iterator[str]:
        for relationship in self.pulled["relationships"].values():
            yield from (str(relationship[key]) for key in ("fromEntityName", "toEntityName") if relationship.get(key))
        for measure in self.pulled["measures"].values():
            linked = (measure.get("definition") or {}).get("linkedEntities") or ()
            yield from (str(one["entity"]) for one in linked if one.get("entity"))
        for criteria in self._criterias():
            yield from (owner for one in leaves(criteria) if (owner := one["attribute"].rpartition(".")[0]))


def rowsets(segment: Document) -> Sequence[Mapping[str, Any]]:
    """Return the rules of a segment."""
    return (segment.get("segmentQueryExpression") or {}).get("rowsets") or ()
