"""The command line: `python -m spark_jobs.insights lint|preview|report|diff|why|guards|steps`.

Exit codes: 0 all is well, 1 a guard is broken or Customer Insights would refuse the rules, 2 what was asked cannot be done.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from spark_jobs.errors import JobError
from spark_jobs.findings import errors
from spark_jobs.insights.page import page
from spark_jobs.insights.rules.lint import lint
from spark_jobs.insights.rules.reading import FILE, open_rules
from spark_jobs.insights.steps import click_steps, removed_steps

if TYPE_CHECKING:
    from spark_jobs.insights.judge.changes import Changes
    from spark_jobs.insights.results import Results

_SHIPPED = Path(__file__).parent / FILE
_CONFIRMED = "insights.confirmed.toml"


def main(arguments: Sequence[str], console: Console | None = None) -> int:
    """Run one command."""
    options = _parser().parse_args(arguments)
    console = console or Console()
    try:
        done: int = options.command(options, console)
    except JobError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 2
    return done


def _lint(options: argparse.Namespace, console: Console) -> int:
    rules, spreads = open_rules(options.rules), None
    if options.tables is not None:
        from spark_jobs.insights import comparing

        spreads = comparing.spreads(rules, tables=options.tables, into=options.into)
    found = lint(rules, spreads)
    for one in found:
        console.print(
            str(one), style="red" if one.severity == "error" else "yellow", markup=False, highlight=False, soft_wrap=True
        )
    if not found:
        console.print("Nothing to say against these rules.")
    return 1 if errors(found) else 0


def _steps(options: argparse.Namespace, console: Console) -> int:
    rules = open_rules(options.rules)
    beside = options.rules.with_name(_CONFIRMED)
    confirmed = open_rules(beside) if beside.exists() else None
    page = ""
    for number, step in enumerate(click_steps(rules, confirmed), 1):
        if step.page != page:
            page = step.page
            console.print(f"\n{page}", style="bold", markup=False, highlight=False)
        mark = "  *" if step.changed and confirmed is not None else "   "
        console.print(f"{mark}{number:3}. {step.text}", markup=False, highlight=False, soft_wrap=True)
    for step in removed_steps(rules, confirmed) if confirmed is not None else ():
        console.print(f"  * take back: {step.page}: {step.text}", markup=False, highlight=False, soft_wrap=True)
    if options.confirm:
        beside.write_text(options.rules.read_text(encoding="utf-8"), encoding="utf-8")
        console.print(f"\nConfirmed: {beside.name} holds what is clicked now.")
    return 0


def _preview(options: argparse.Namespace, console: Console) -> int:
    told, _ = _previewed(options)
    if options.json:
        console.print_json(json.dumps(told))
    else:
        counts = told["profiles"]
        console.print(
            f"{counts['rows']:,} rows are {counts['profiles']:,} profiles; the largest has {counts['largest']:,} rows"
        )
        tables = {"Table": list(told["tables"]), "Rows": [f"{rows:,}" for rows in told["tables"].values()]}
        console.print(_table("Tables", tables))
        listed = told["rules"]
        console.print(
            _table(
                "Rules",
                {
                    "Table": [one["table"] for one in listed],
                    "Rule": [one["rule"] for one in listed],
                    "Pairs": [f"{one['after']:,}" for one in listed],
                    "Of no other rule": [f"{one['alone']:,}" for one in listed],
                    "Accidents expected": [_accidents(told, one["rule"]) for one in listed],
                },
            )
        )
        _show_guards(told, console)
        for one in told["findings"]:
            console.print(
                f"{one['severity']} {one['trap']}: {one['table']}, {one['where']}: {one['detail']}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        depends = ", ".join(f"{name} = {value}" for name, value in told["switches"].items())
        console.print(f"Undocumented, and so decided here: {depends}", markup=False, highlight=False)
        if told["approximate"]:
            console.print(f"By lists that are not Microsoft's: {', '.join(told['approximate'])}")
        console.print(f"The tables are in {options.into}/previews/{told['run']}", markup=False, soft_wrap=True)
    return 0 if all(one["holds"] for one in told["guards"]) else 1


def _report(options: argparse.Namespace, console: Console) -> int:
    from spark_jobs.insights.comparing import shown_values

    told, results = _previewed(options)
    rules = open_rules(options.rules)
    values = shown_values(results, rules, told, options.tables) if options.show_values else None
    options.html.write_text(page(told, values), encoding="utf-8")
    console.print(f"The report is in {options.html}", markup=False, highlight=False, soft_wrap=True)
    return 0 if all(one["holds"] for one in told["guards"]) else 1


def _guards(options: argparse.Namespace, console: Console) -> int:
    told, _ = _previewed(options)
    _show_guards(told, console)
    return 0 if all(one["holds"] for one in told["guards"]) else 1


def _diff(options: argparse.Namespace, console: Console) -> int:
    from spark_jobs.insights.comparing import compare

    base, head = open_rules(options.base), open_rules(options.head)
    found, told = compare(base, head, tables=options.tables, into=options.into, sample=options.sample)
    if options.json:
        console.print_json(json.dumps({"changes": asdict(found), "guards": told}))
    else:
        console.print(markdown(found, told), markup=False, highlight=False, soft_wrap=True)
    return 0 if all(one["holds"] for one in told) else 1


def _why(options: argparse.Namespace, console: Console) -> int:
    from spark_jobs.insights.comparing import explained

    told, results = _previewed(options)
    chain = explained(results, told["run"], options.one, options.other)
    if chain is None:
        console.print("They are not one profile.")
        return 0
    for link in chain.links:
        pair = " and ".join("|".join(node) for node in (link.one, link.other))
        console.print(f"{pair}: {', '.join(link.rules)} ({link.score} %)", markup=False, highlight=False, soft_wrap=True)
    weakest = chain.weakest
    if weakest is not None and len(chain.links) > 1:
        pair = " and ".join("|".join(node) for node in (weakest.one, weakest.other))
        console.print(f"Weakest link: {pair} ({weakest.score} %)", markup=False, highlight=False, soft_wrap=True)
    return 0


def markdown(changes: Changes, guards: Sequence[Mapping[str, Any]]) -> str:
    """Spell changes for a pull request."""
    one = changes.profiles
    lines = [
        f"**{one.before:,} profiles become {one.after:,}**: "
        f"{one.merged:,} merged, {one.split:,} split, {one.moved:,} rows moved",
        "",
        "| rule | pairs before | pairs now | of no other rule |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {rule.table}: {rule.rule} | {rule.before:,} | {rule.after:,} | {rule.alone:,} |" for rule in changes.rules),
    ]
    if changes.segments:
        lines += ["", "| segment | members before | now | entering | leaving |", "| --- | ---: | ---: | ---: | ---: |"]
        lines += [
            f"| {it.segment} | {it.before:,} | {it.after:,} | {it.entering:,} | {it.leaving:,} |" for it in changes.segments
        ]
    if changes.measures:
        lines += ["", "| measure, summed | before | now |", "| --- | ---: | ---: |"]
        lines += [f"| {name} | {_number(was)} | {_number(now)} |" for name, (was, now) in changes.measures.items()]
    broken = [guard for guard in guards if not guard["holds"]]
    lines += ["", *(f"- **broken** {guard['guard']}: {guard['detail']} (allowed: {guard['allowed']:,g})" for guard in broken)]
    return "\n".join(lines if broken else [*lines, "Every guard holds."])


def _previewed(options: argparse.Namespace) -> tuple[dict[str, Any], Results]:
    from spark_jobs.insights.comparing import previewed

    return previewed(open_rules(options.rules), tables=options.tables, into=options.into)


def _show_guards(told: Mapping[str, Any], console: Console) -> None:
    for one in told["guards"]:
        style, word = ("green", "holds ") if one["holds"] else ("red", "broken")
        text = f"{word} {one['guard']}: {one['detail']} (allowed: {one['allowed']:,g})"
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _accidents(told: Mapping[str, Any], rule: str) -> str:
    found = next((one for one in told["forecast"] if one["rule"] == rule), None)
    if found is None:
        return ""
    return "not foreseeable" if found["accidents"] is None else f"{found['accidents']:,.2f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.2f}"


def _table(title: str, columns: Mapping[str, Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, justify="left" if name in {"Table", "Rule"} else "right")
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m spark_jobs.insights", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Any, told: str, *, data: bool | None) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=told, description=told)
        one.set_defaults(command=run)
        if data is not None:
            one.add_argument("--tables", type=Path, required=data, help="a copy of gold, or a folder of tables")
            one.add_argument("--into", type=Path, default=Path(".local/insights"), help="where previews are kept")
        if name != "diff":
            one.add_argument("--rules", type=Path, default=_SHIPPED, help="the rules; left out: those of the wheel")
        return one

    command("lint", _lint, "say what is wrong with the rules; with tables, by their counts of values, too", data=False)
    steps = command("steps", _steps, "list what to click in Customer Insights, and what of it is new", data=None)
    steps.add_argument("--confirm", action="store_true", help="remember that all of it is clicked")
    preview = command("preview", _preview, "make the tables that Customer Insights would make", data=True)
    report = command("report", _report, "write the preview as one HTML page", data=True)
    report.add_argument("--html", type=Path, default=Path("insights.html"), help="the page")
    report.add_argument("--show-values", action="store_true", help="show the rows of the riskiest profiles: personal data")
    command("guards", _guards, "say which guards hold", data=True)
    diff = command("diff", _diff, "say what other rules would change", data=True)
    diff.add_argument("base", type=Path)
    diff.add_argument("head", type=Path)
    diff.add_argument("--sample", type=float, default=1.0, help="share of the rows that is looked at, for a first impression")
    why = command("why", _why, "say why two rows are one profile", data=True)
    why.add_argument("one", help="a key, or table|key")
    why.add_argument("other")
    for one in (preview, diff):
        one.add_argument("--json", action="store_true", help="for tools")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
