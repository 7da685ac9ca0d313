"""What the command line does with data: previews of a folder of tables, compared and explained."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spark_jobs.errors import RulesError
from spark_jobs.insights.intermediate import Intermediate
from spark_jobs.insights.judge.chains import Chain, chain, links
from spark_jobs.insights.judge.changes import Changes, changes
from spark_jobs.insights.judge.forecast import forecast
from spark_jobs.insights.judge.guards import guarded, sizes
from spark_jobs.insights.preview import Given, Preview, PreviewBuild
from spark_jobs.insights.results import Results
from spark_jobs.insights.rules.switches import Switches
from spark_jobs.insights.sources import SourceTables, in_folder
from spark_jobs.insights.task import run
from spark_jobs.lake import Lake
from spark_jobs.names import literal
from spark_jobs.session import spark_session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyspark.sql import SparkSession

    from spark_jobs.insights.rules.lint import Spread
    from spark_jobs.insights.rules.vocabulary import InsightsRules


def previewed(rules: InsightsRules, *, tables: Path, into: Path) -> tuple[dict[str, Any], Results]:
    """Preview a folder of tables, and keep the preview in another; returns its document."""
    spark = spark_session()
    lake, results = _kept(spark, into)
    name = f"p{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    return run(spark, lake, rules, in_folder(spark, tables), name=name, results=results), results


def compare(
    base: InsightsRules, head: InsightsRules, *, tables: Path, into: Path, sample: float = 1.0
) -> tuple[Changes, list[dict[str, Any]]]:
    """Compare two sets of rules over the same rows; returns the changes, and the guards of the second set."""
    spark = spark_session()
    lake, results = _kept(spark, into)
    source = in_folder(spark, tables)
    if sample < 1:
        source = _sampled(source, base, sample)
    given = Given(tables=source.tables, version=source.version)
    stages = Intermediate(spark, lake, f"{results.stages}-diff", small=source.small)
    switches = Switches()

    def preview(rules: InsightsRules, run: str) -> Preview:
        return PreviewBuild(spark=spark, stages=stages, rules=rules, switches=switches).preview(given, run=run)

    before, after = preview(base, "base"), preview(head, "head")
    unification = after.unification
    forecasts = forecast(head, unification.grouped, unification.matched.members, switches)
    told = guarded(head, unification, sizes(head, unification, given), forecasts)
    found = changes(before, after)
    stages.sweep()
    return found, [asdict(one) for one in told]


def spreads(rules: InsightsRules, *, tables: Path, into: Path) -> dict[tuple[str, str], Spread]:
    """Return how many values the columns have that rules compare, by table and column."""
    spark = spark_session()
    lake, results = _kept(spark, into)
    source = in_folder(spark, tables)
    stages = Intermediate(spark, lake, f"{results.stages}-lint", small=source.small)
    build = PreviewBuild(spark=spark, stages=stages, rules=rules)
    return build.spreads(Given(tables=source.tables, version=source.version))


def explained(results: Results, run: str, one: str, other: str) -> Chain | None:
    """Say how two rows of a preview came together; raises `RulesError` where a key is of no row."""
    state = results.table("Identity", run=run)
    rows = state.where(state["Key"].isin(one.rpartition("|")[2], other.rpartition("|")[2])).collect()
    found = []
    for key in (one, other):
        table, _, own = key.rpartition("|")
        known = [row for row in rows if row["Key"] == own and table in {"", row["Table"]}]
        if not known:
            raise RulesError("preview", f"no row has the key {key}")
        found.append(known[0])
    if found[0]["CustomerId"] != found[1]["CustomerId"]:
        return None
    tables = {name: results.table(name, run=run) for name in ("Edges", "Identity")}
    return chain(links(tables, found[0]["CustomerId"]), *((row["Table"], row["Key"]) for row in found))


def shown_values(
    results: Results, rules: InsightsRules, told: Mapping[str, Any], folder: Path
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the riskiest profiles by id: values of people, for who asked to see them."""
    source = in_folder(spark_session(), folder)
    wanted = [one["customer"] for one in told["risks"]]
    state = results.table("Identity", run=told["run"])
    found: dict[str, list[dict[str, Any]]] = {customer: [] for customer in wanted}
    for table in rules.tables:
        own = (
            state.where(state["CustomerId"].isin(wanted)).where(f"`Table` = {literal(table.name)}").select("Key", "CustomerId")
        )
        rows = source.tables[table.name].withColumnRenamed(table.key, "Key").join(own, "Key")
        for row in rows.collect():
            values = row.asDict()
            found[values.pop("CustomerId")].append({"table": table.name, **values})
    return found


def _kept(spark: SparkSession, into: Path) -> tuple[Lake, Results]:
    folder = into.resolve()
    lake = Lake(spark, f"{folder.parent}/{{container}}")
    return lake, Results(spark, lake, folder.name)


def _sampled(source: SourceTables, rules: InsightsRules, share: float) -> SourceTables:
    """Take a share of the rows of profile tables: those whose keys' hashes are low, the same in each run."""
    thousandths = max(1, round(share * 1000))
    tables = dict(source.tables)
    for table in rules.tables:
        if table.name in tables:
            tables[table.name] = tables[table.name].where(
                f"pmod(xxhash64(cast(`{table.key}` as string)), 1000) < {thousandths}"
            )
    return replace(source, tables=tables, version=f"{source.version}-{thousandths}")
