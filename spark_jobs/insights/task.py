"""The insights task: a preview of what Customer Insights will make of gold, after it is staged and before it is published.

It is no part of the job unless somebody adds it (`docs/customer-insights.md`). Where a guard is broken it fails, and with it
the run, so that the functions publish nothing; the preview is kept to be looked at.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from shared.contracts.arguments import read_arguments
from shared.contracts.outcome import Finding
from spark_jobs.documents import read_outcome, write_outcome
from spark_jobs.errors import GuardsError, JobError
from spark_jobs.findings import errors
from spark_jobs.insights.intermediate import Intermediate, digest
from spark_jobs.insights.judge.changes import rule_pairs, useless
from spark_jobs.insights.judge.forecast import forecast
from spark_jobs.insights.judge.guards import conflicting, guarded, sizes
from spark_jobs.insights.judge.risks import enrichment, risks
from spark_jobs.insights.page import page
from spark_jobs.insights.preview import Given, PreviewBuild
from spark_jobs.insights.results import Results, document
from spark_jobs.insights.rules.lint import lint
from spark_jobs.insights.rules.reading import FILE, read_rules
from spark_jobs.insights.rules.switches import Switches
from spark_jobs.insights.sources import SourceTables, published
from spark_jobs.lake import Lake
from spark_jobs.session import spark_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from shared.contracts.outcome import Outcome
    from spark_jobs.insights.rules.vocabulary import InsightsRules

#: The finding that says why a run fails though gold is whole.
GUARD_BROKEN, INSIGHTS_TASK = "guard_broken", "insights"


def main() -> None:
    """Run the task with the parameters of the command line; the wheel's entry point `insights`."""
    arguments = read_arguments(sys.argv[1:])
    spark = spark_session()
    lake = Lake(spark, arguments.lake)
    outcome = read_outcome(lake, arguments.batch_id)
    if outcome is None or (publication := outcome.publication or outcome.base_publication) is None:
        return
    rules, source = shipped_rules(), published(spark, lake, publication)
    if lacking := sorted(rules.needed() - source.tables.keys()):
        # Nobody has to land everything at once: what is there is published, and previewed when the rest has come.
        print(f"Nothing is previewed: gold has no {', no '.join(lacking)} yet.")  # noqa: T201 - the output of the task
        return
    try:
        refuse_broken(run(spark, lake, rules, source, name=publication))
    except JobError as error:
        # Of a task that fails, the workspace tells the functions no more than that: why stands in the run's outcome.
        write_outcome(lake, with_refusals(outcome, error.broken if isinstance(error, GuardsError) else (str(error),)))
        raise
    if with_refusals(outcome, ()) != outcome:  # what an attempt before had to say
        write_outcome(lake, with_refusals(outcome, ()))


def shipped_rules() -> InsightsRules:
    """Return the rules that lie beside this module, and so in the wheel."""
    return read_rules((files("spark_jobs.insights") / FILE).read_text(encoding="utf-8"))


def with_refusals(outcome: Outcome, broken: Sequence[str]) -> Outcome:
    """Return the outcome of a run with why it may not be published; what was said before of the same kind is left out."""
    told = (one.partition(": ") for one in broken)
    refusals = (
        Finding(trap=GUARD_BROKEN, table=INSIGHTS_TASK, where=where, detail=detail or where) for where, _, detail in told
    )
    return replace(outcome, warnings=(*(one for one in outcome.warnings if one.trap != GUARD_BROKEN), *refusals))


def refuse_broken(told: dict[str, Any]) -> None:
    """Raise `GuardsError` where a preview breaks a guard, or its rules are such as Customer Insights refuses."""
    broken = [f"{one['guard']}: {one['detail']} (allowed: {one['allowed']:,g})" for one in told["guards"] if not one["holds"]]
    broken += [f"{one['trap']}: {one['where']} {one['detail']}" for one in told["findings"] if one["severity"] == "error"]
    if broken:
        raise GuardsError(broken)


def run(
    spark: SparkSession, lake: Lake, rules: InsightsRules, source: SourceTables, *, name: str, results: Results | None = None
) -> dict[str, Any]:
    """Preview tables and keep what was found; returns the document of the preview. `name` sorts by time.

    The same rules over the same rows are not previewed twice. Raises `RulesError` and `CandidatesError`.
    """
    results = results or Results(spark, lake)
    switches = Switches()
    made_of = digest(rules, source.version, switches.told())
    newest = results.newest()
    for kept in (newest, results.refused()):  # a task that is repeated after a broken guard says at once what it said
        if kept is not None and kept["made_of"] == made_of:
            return kept
    if refused := errors(lint(rules)):
        raise GuardsError([str(one) for one in refused])
    stages = Intermediate(spark, lake, results.stages, small=source.small)
    given = Given(tables=source.tables, version=source.version, before=results.ids())
    build = PreviewBuild(spark=spark, stages=stages, rules=rules, switches=switches)
    unification = build.unify(given)
    members = unification.matched.members
    with ThreadPoolExecutor(max_workers=4) as pool:  # most of each is planning, which the cluster does not share
        foreseen = pool.submit(forecast, rules, unification.grouped, members, switches)
        sized = pool.submit(sizes, rules, unification, given)
        paired = pool.submit(rule_pairs, unification, unification)
        preview = build.preview(given, run=name, unification=unification)
        written = results.write(preview, name, small=source.small)
        rows = {table: one.rows for table, one in written.items()}
        at_risk = pool.submit(risks, rows, members, conflicting(rules, members, given))
        enriched = enrichment(rows["Customer"])
        forecasts, counts, pairs = foreseen.result(), sized.result(), paired.result()
    told = document(
        run=name,
        made_of=made_of,
        counts=counts,
        guards=guarded(rules, unification, counts, forecasts),
        forecasts=forecasts,
        rules=pairs,
        findings=[*lint(rules, unification.spreads), *useless(pairs)],
        preview=preview,
        rows={table: one.count for table, one in written.items()},
        risks=at_risk.result(),
        enrichment=enriched,
    )
    holds = all(one["holds"] for one in told["guards"])
    results.conclude(told, page(told), holds=holds)
    stages.sweep()
    return told
