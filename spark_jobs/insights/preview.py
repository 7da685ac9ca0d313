"""The preview: what Customer Insights would make of the profile tables, under its names and with its columns.

`Deduplication_<source>_<table>`, `ConflationMatchPairs`, `Customer`, `Customer_Measure` and a table for each segment, and
beside them what it does not show: edges, the row that each field was taken from, ids with their log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame

from spark_jobs.errors import RulesError
from spark_jobs.insights.audience.measures import Related, customer_measure, measure_tables
from spark_jobs.insights.audience.segments import segment_table
from spark_jobs.insights.intermediate import Intermediate, digest
from spark_jobs.insights.rules.reading import FILE
from spark_jobs.insights.rules.switches import Switches
from spark_jobs.insights.unify.custom import CustomPairs
from spark_jobs.insights.unify.customers import Customers
from spark_jobs.insights.unify.groups import GroupBuild, Grouped
from spark_jobs.insights.unify.identity import Identified, identify
from spark_jobs.insights.unify.matches import MatchedRows, MatchingTables
from spark_jobs.insights.unify.normalising import APPROXIMATE, Normalising
from spark_jobs.insights.unify.prepared import Prepared, Profiles, prepare
from spark_jobs.insights.unify.unified import unified_fields
from spark_jobs.names import literal

if TYPE_CHECKING:
    from pyspark.sql import Column, SparkSession

    from spark_jobs.insights.rules.lint import Spread
    from spark_jobs.insights.rules.vocabulary import InsightsRules, UnificationRule


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a preview is made of."""

    tables: Mapping[str, DataFrame]  # of gold, by name
    version: str  # what is in them: another one where any row changed
    before: DataFrame | None = None  # the ids of the last preview, as `identity.STATE`


@dataclass(frozen=True, kw_only=True)
class Unification:
    """Rows grouped, matched and told apart: what every table of a preview comes from."""

    grouped: Sequence[Grouped]
    matched: MatchedRows
    tables: Sequence[Profiles]

    @property
    def spreads(self) -> dict[tuple[str, str], Spread]:
        """How many values the columns have that rules compare, by table and column."""
        return {key: spread for one in self.grouped for key, spread in one.prepared.spreads.items()}


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The tables of a preview, and what they were made of."""

    unification: Unification
    identified: Identified
    tables: Mapping[str, DataFrame]
    switches: Mapping[str, str] = field(default_factory=dict)
    approximate: tuple[str, ...] = ()  # normalisations in use whose lists are not public
    segments: tuple[str, ...] = ()  # names of their tables
    measures: tuple[str, ...] = ()  # columns of `Customer_Measure`


@dataclass(frozen=True, kw_only=True)
class PreviewBuild:
    """Makes previews of one set of rules."""

    spark: SparkSession
    stages: Intermediate
    rules: InsightsRules
    switches: Switches = field(default_factory=Switches)

    def unify(self, given: Given) -> Unification:
        """Group and match the rows; raises `RulesError` where a table or column is not there, and `CandidatesError`."""
        custom = self._custom(given)
        grouping = GroupBuild(spark=self.spark, stages=self.stages, rules=self.rules, switches=self.switches, custom=custom)
        prepared = self._prepared(given)
        grouped = [grouping.group(one) for one in prepared]
        matched = MatchingTables(grouping=grouping, stages=self.stages, rules=self.rules).match(grouped)
        return Unification(grouped=grouped, matched=matched, tables=[one.profiles for one in prepared])

    def spreads(self, given: Given) -> dict[tuple[str, str], Spread]:
        """Return how many values the columns have that rules compare, by table and column; raises `RulesError`."""
        return {key: spread for one in self._prepared(given) for key, spread in one.spreads.items()}

    def _prepared(self, given: Given) -> list[Prepared]:
        for name in sorted(self.rules.needed() - given.tables.keys()):
            raise RulesError(FILE, f"there is no table {name}; there are {', '.join(sorted(given.tables))}")
        normalising = Normalising(alias=self.rules.alias, bypass=self.rules.bypass, switches=self.switches)
        tables = [
            Profiles(table=one, place=place, rows=given.tables[one.name], version=given.version)
            for place, one in enumerate(self.rules.tables)
        ]
        return [prepare(one, self.rules, normalising, self.stages) for one in tables]

    def preview(self, given: Given, *, run: str, unification: Unification | None = None) -> Preview:
        """Return all tables of a preview; `run` names it, in ids that are new and in the log, and sorts by time.

        `unification` is what `unify` made of the same, where somebody wanted it before.
        """
        unification = unification or self.unify(given)
        members = unification.matched.members
        made_of = digest(unification.matched.made_of, run)
        identified = identify(members, given.before, run, lambda name, rows: self.stages.keep(name, made_of, lambda: rows))
        types = {one.table.name: dict(one.rows.dtypes) for one in unification.tables}
        customers = Customers(
            rules=self.rules,
            switches=self.switches,
            tables=unification.tables,
            fields=unified_fields(self.rules, types),
            members=members,
            ids=identified.ids,
        )
        customer = self.stages.keep("customer", digest(made_of, self.rules, given.version), customers.customer)
        related = Related(rules=self.rules, customer=customer, state=identified.state, tables=given.tables)
        measures = self.stages.keep("measures", digest(made_of, self.rules, given.version), lambda: customer_measure(related))
        tables = {self._named(one): self._deduplication(one) for one in unification.grouped}
        if self.rules.match:
            tables["ConflationMatchPairs"] = self._match_pairs(unification)
        tables |= {"Customer": customer, "Customer_Measure": measures, **measure_tables(related)}
        tables |= {one.name: segment_table(related, measures, one) for one in self.rules.segments if one.state == "active"}
        if self.rules.household is not None:
            tables["HouseholdCluster"] = self._households(customer)
        tables |= {"Edges": self._edges(unification), "Customer_Sources": customers.lineage()}
        tables |= {"Identity": identified.state, "Identity_Log": identified.log}
        used = {one for rule in self._all_rules() for condition in rule.conditions for one in condition.normalise}
        return Preview(
            unification=unification,
            identified=identified,
            tables=tables,
            switches=self.switches.told(),
            approximate=tuple(sorted(used & APPROXIMATE)),
            segments=tuple(one.name for one in self.rules.segments if one.state == "active"),
            measures=tuple(one.name for one in self.rules.measures if one.kind == "customer_attribute"),
        )

    def _all_rules(self) -> list[UnificationRule]:
        own = [rule for table in self.rules.tables for rule in table.deduplication.rules]
        return [*own, *(rule for matching in self.rules.match for rule in matching.rules)]

    def _custom(self, given: Given) -> CustomPairs:
        found = {}
        for kind in ("always", "never"):
            name = getattr(self.rules.custom, kind)
            if name is not None and name not in given.tables:
                raise RulesError(FILE, f"there is no table {name}", where=f"custom, {kind}")
            found[kind] = given.tables[name] if name is not None else None
        return CustomPairs(**found, version=given.version if any(one is not None for one in found.values()) else "")

    @staticmethod
    def _named(grouped: Grouped) -> str:
        table = grouped.prepared.profiles.table
        return f"Deduplication_{table.source}_{table.name}"

    @staticmethod
    def _deduplication(grouped: Grouped) -> DataFrame:
        """Return a row for each group of several rows: the winner's, with the keys of all, and what joined them."""
        table, rules = grouped.prepared.profiles.table, grouped.prepared.profiles.table.deduplication.rules
        rows = grouped.groups.join(grouped.prepared.rows.select("id", "key"), "id")
        keys = rows.groupBy("root").agg(*_sql("array_join(sort_array(collect_list(key)), ';') as keys", "max(winner) as id"))
        names = f"array({', '.join(literal(rule.name) for rule in rules) or literal('')})"
        hits = grouped.joined.edges.join(grouped.groups.selectExpr("id as a", "root"), "a").groupBy("root")
        named = f"if(rule < 0, 'Always match', try_element_at({names}, rule + 1))"
        told = hits.agg(*_sql(f"array_join(sort_array(collect_set({named})), ';') as Rule", "min(score) as Score"))
        winners = grouped.prepared.rows.selectExpr("id", "key as won")
        found = keys.join(told, "root").join(winners, "id")
        return found.selectExpr(
            f"won as `{table.key}`",
            f"keys as `{table.key}_Alternate`",
            "hex(root) as Deduplication_GroupId",
            "won as Deduplication_WinnerId",
            "Rule",
            "Score / 100 as Score",
        )

    def _match_pairs(self, unification: Unification) -> DataFrame:
        """Return the pairs of groups of different tables that are one profile, a column for each table's key."""
        members = unification.matched.members
        told = []
        for table in self.rules.tables:
            name = literal(table.name)
            told.append(f"max(key) filter (where name = {name} and id = winner) as `{table.name}_{table.key}`")
            keys = f"collect_list(key) filter (where name = {name})"
            told.append(f"nullif(array_join(sort_array({keys}), ';'), '') as `{table.name}_{table.key}_Alternate`")
        several = members.groupBy("profile").agg(*_sql("count(distinct name) as tables", *told)).where("tables > 1")
        return several.selectExpr("concat(hex(profile), '__00') as TrueObjectId", "* except (profile, tables)")

    def _edges(self, unification: Unification) -> DataFrame:
        """Return every pair that a rule joined: tables, keys, rule, score."""
        parts = []
        for one in unification.grouped:
            table = one.prepared.profiles.table
            parts.append(self._told(one.joined.edges, table.name, table.name, table.deduplication.rules))
        for matching, joined in unification.matched.joined:
            parts.append(self._told(joined.edges, matching.to, matching.table, matching.rules))
        keys = unification.matched.members.select("id", "key")
        found = reduce(DataFrame.unionByName, parts)
        found = found.join(keys.selectExpr("id as a", "key as Key1"), "a").join(keys.selectExpr("id as b", "key as Key2"), "b")
        return found.select("Table1", "Key1", "Table2", "Key2", "Rule", "Score")

    @staticmethod
    def _told(edges: DataFrame, one: str, other: str, rules: Sequence[UnificationRule]) -> DataFrame:
        names = f"array({', '.join(literal(rule.name) for rule in rules) or literal('')})"
        rule = f"if(rule < 0, 'Always match', try_element_at({names}, rule + 1)) as Rule"
        return edges.selectExpr("a", "b", f"{literal(one)} as Table1", f"{literal(other)} as Table2", rule, "score as Score")

    def _households(self, customer: DataFrame) -> DataFrame:
        household = self.rules.household
        assert household is not None  # noqa: S101 - the caller has looked
        same = [f"lower(trim(cast(`{name}` as string)))" for name in (household.last_name, household.address)]
        whole = customer.where(" and ".join(f"nullif({one}, '') is not null" for one in same))
        return whole.selectExpr("CustomerId", f"md5(concat_ws('|', {', '.join(same)})) as HouseholdId")


def _sql(*expressions: str) -> list[Column]:
    from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

    return [F.expr(one) for one in expressions]
