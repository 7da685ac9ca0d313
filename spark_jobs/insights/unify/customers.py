"""`Customer`: one row for each profile, its fields by their merge policies, and which row each field was taken from.

Reference: Customer Insights, section 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.insights.unify.unified import Order, Unified, alternates
from spark_jobs.names import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_jobs.insights.rules.switches import Switches
    from spark_jobs.insights.rules.vocabulary import InsightsRules
    from spark_jobs.insights.unify.prepared import Profiles


@dataclass(frozen=True, kw_only=True)
class Customers:
    """Makes `Customer` of the members of each profile."""

    rules: InsightsRules
    switches: Switches
    tables: Sequence[Profiles]
    fields: Sequence[Unified]
    members: DataFrame  # id, place, name, key, root, winner, profile
    ids: DataFrame  # profile, CustomerId, PreviousCustomerId

    def customer(self) -> DataFrame:
        """Return `Customer`: ids, the keys of each table, unified fields."""
        ordered = self._ordered()
        keys = [name for _, *names in alternates(self.rules) for name in names]
        told = [F.expr(self._taken(field)).alias(field.name) for field in self.fields]
        winners = self._numbered(ordered).groupBy("profile").agg(*told)
        found = self.ids.join(winners, "profile").join(self._keys(), "profile")
        return found.select("CustomerId", "PreviousCustomerId", *keys, *(quoted(field.name) for field in self.fields))

    def lineage(self) -> DataFrame:
        """Return, for each field of each profile of several rows, the row that it was taken from and those it was not."""
        several = self.members.where("id = winner").groupBy("profile").count().where("count > 1").select("profile")
        rows = self._numbered(self._ordered().join(several, "profile"))
        parts = [
            f"named_struct('Field', {literal(field.name)}, 'o', {self._number(field.order)}, 'there', {self._there(field)})"
            for field in self.fields
        ]
        told = rows.selectExpr("profile", "name", "key", f"explode(array({', '.join(parts)})) as one").where("one.there")
        told = told.selectExpr(
            "profile", "one.Field as Field", "named_struct('Table', name, 'Key', key) as source", "one.o as o"
        )
        sources = told.groupBy("profile", "Field").agg(
            F.expr("min_by(source, o)").alias("winner"), F.expr("array_sort(collect_list(struct(o, source)))").alias("all")
        )
        losers = "concat_ws(';', transform(slice(all, 2, size(all)), one -> concat(one.source.Table, '|', one.source.Key)))"
        return sources.join(self.ids, "profile").selectExpr(
            "CustomerId", "Field", "winner.Table as WinnerTable", "winner.Key as WinnerKey", f"{losers} as Losers"
        )

    def _keys(self) -> DataFrame:
        """Return the key of the winner and all keys of each table, by profile."""
        told = []
        for table, key, alternate in alternates(self.rules):
            own = f"filter (where name = {literal(table)})"
            told.append(F.expr(f"max(key) filter (where name = {literal(table)} and id = winner)").alias(key))
            told.append(F.expr(f"nullif(array_join(sort_array(collect_list(key) {own}), ';'), '')").alias(alternate))
        return self.members.groupBy("profile").agg(*told)

    def _ordered(self) -> DataFrame:
        """Return the winners of all tables with the values of each field: `profile`, `name`, `key`, `f0`…, and orders."""
        winners = self.members.where("id = winner").select("profile", "name", F.col("key").alias("winner_key"))
        parts = []
        for profiles in self.tables:
            table = profiles.table
            made = [f"cast({quoted(table.key)} as string) as key"]
            made += [self._value(number, field, table.name) for number, field in enumerate(self.fields)]
            made += [self._order(order, table.name, profiles.rows.columns) for order in self._orders()]
            own = winners.where(f"name = {literal(table.name)}")
            rows = profiles.rows.selectExpr(*made)
            parts.append(own.join(rows, F.expr("winner_key = key")).drop("winner_key"))
        return reduce(DataFrame.unionByName, parts)

    def _value(self, number: int, field: Unified, table: str) -> str:
        column = field.columns.get(table)
        if column is None:
            return f"cast(null as {field.kind}) as f{number}"
        value = f"cast({quoted(column)} as {field.kind})"
        return f"nullif({value}, '') as f{number}" if field.kind == "string" else f"{value} as f{number}"

    def _orders(self) -> list[Order]:
        found: list[Order] = []
        for field in self.fields:
            if field.order not in found:
                found.append(field.order)
        return found

    def _order(self, order: Order, table: str, columns: Sequence[str]) -> str:
        """Return the SQL of what rows are sorted by, ascending, under an order's number."""
        rank = order.ranks.get(table, len(order.ranks))
        value = "cast(null as string)" if order.by not in columns else f"cast({quoted(str(order.by))} as string)"
        if order.policy == "most_recent":
            value = f"translate({value}, '0123456789', '9876543210')"
        first = "0" if order.policy == "importance" else f"int({value} is null)"
        return (
            f"named_struct('first', {first}, 'value', coalesce({value}, ''), 'rank', {rank}) as s{self._orders().index(order)}"
        )

    def _numbered(self, rows: DataFrame) -> DataFrame:
        """Return rows with their place in each order (`o0`…), and whether they have a group's fields."""
        # The greatest key first where all else ties, as among duplicates.
        places = [
            f"row_number() over (partition by profile order by s{number}, key desc) as o{number}"
            for number in range(len(self._orders()))
        ]
        needs = " or " if self.switches.group_needs == "any" else " and "
        has = []
        for number, name in enumerate(self._groups()):
            of = [f"f{place} is not null" for place, field in enumerate(self.fields) if field.group == name]
            has.append(f"({needs.join(of)}) as g{number}")
        return rows.selectExpr("*", *places, *has)

    def _groups(self) -> list[str]:
        return list(dict.fromkeys(field.group for field in self.fields if field.group is not None))

    def _there(self, field: Unified) -> str:
        """Return the SQL that says whether a row can be what a field is taken from."""
        return f"f{self.fields.index(field)} is not null" if field.group is None else f"g{self._groups().index(field.group)}"

    def _number(self, order: Order) -> str:
        return f"o{self._orders().index(order)}"

    def _taken(self, field: Unified) -> str:
        value = f"f{self.fields.index(field)}"
        return f"min_by({value}, {self._number(field.order)}) filter (where {self._there(field)})"
