"""The command line: `python -m customer_insights pull|plan|apply|drift|verify|calibrate`.

Where the instance is, and with which key, is said in the environment under the names of the app settings
(`CUSTOMER_INSIGHTS_ROOT`, `…_INSTANCE_ID`, `…_SUBSCRIPTION_KEY`, `…_TOKEN`). Exit codes: 0 all is as it should be, 1
something differs, 2 what was asked cannot be done.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from customer_insights.configuration import snapshot
from customer_insights.configuration.apply import Apply, pull
from customer_insights.configuration.documents import KINDS, differences, title
from customer_insights.configuration.plan import Change, Plan, make_plan
from customer_insights.errors import InstanceError
from customer_insights.instance import Instance, open_instance
from customer_insights.verification import kit
from customer_insights.verification.tables import of_export, of_preview
from customer_insights.verifying import Verified, calibrated, verified
from shared.errors import PipelineError
from spark_jobs import insights
from spark_jobs.errors import JobError
from spark_jobs.insights.rules.reading import FILE, open_rules

_RULES = Path(insights.__file__).parent / FILE
_WORDS = {
    "create": "+ create", "update": "~ change", "activate": "~ activate", "deactivate": "~ deactivate", "delete": "- delete",
    "by_hand": "! by hand", "left_alone": "  leave alone",
}  # fmt: skip
_STYLES = {"create": "green", "update": "yellow", "delete": "red", "by_hand": "magenta", "left_alone": "dim"}


def main(arguments: Sequence[str], console: Console | None = None, opened: Callable[[], Instance] = open_instance) -> int:
    """Run one command against the instance that is `opened`."""
    options = _parser().parse_args(arguments)
    options.opened = opened
    console = console or Console()
    try:
        done: int = options.command(options, console)
    except (InstanceError, PipelineError, JobError) as error:
        _say(console, str(error), "red")
        return 2
    return done


def _pull(options: argparse.Namespace, console: Console) -> int:
    found = pull(options.opened())
    snapshot.write(options.folder, found)
    told = ", ".join(f"{len(found[kind])} {kind}" for kind in KINDS)
    _say(console, f"{options.folder} holds {told}: keep it under version control")
    return 0


def _plan(options: argparse.Namespace, console: Console) -> int:
    plan = make_plan(open_rules(options.rules), snapshot.read(options.folder), delete=options.delete)
    _show(plan, console)
    return 1 if plan.writes else 0


def _apply(options: argparse.Namespace, console: Console) -> int:
    pulled = snapshot.read(options.folder)
    plan = make_plan(open_rules(options.rules), pulled, delete=options.delete)
    if options.confirm is None:
        _show(plan, console)
        _say(console, f"Nothing was written. To do it: --confirm {plan.name}")
        return 1 if plan.writes else 0

    def told(change: Change) -> None:
        _say(console, f"{_WORDS[change.action]} {change.title}: written and read back")

    Apply(instance=options.opened(), folder=options.folder, pulled=pulled, told=told)(plan, options.confirm)
    return 0


def _drift(options: argparse.Namespace, console: Console) -> int:
    pulled, found = snapshot.read(options.folder), pull(options.opened())
    drifted = 0
    for kind in KINDS:
        for name in sorted({*pulled[kind], *found[kind]}):
            before, now = pulled[kind].get(name), found[kind].get(name)
            word = "is new" if before is None else "is gone" if now is None else "changed"
            changed = list(differences(before, now))
            drifted += bool(changed)
            if changed:
                _say(console, f"{title(kind, name)} {word}", "yellow")
                if before is not None and now is not None:
                    _list([str(one) for one in changed], console)
    if not drifted:
        _say(console, "Customer Insights is set as it was pulled.")
    return 1 if drifted else 0


def _verify(options: argparse.Namespace, console: Console) -> int:
    real = of_export(options.tables) if options.tables else options.opened().tables(most=options.most)
    found = verified(open_rules(options.rules), of_preview(options.preview), real)
    _list_verified(found, console)
    return 0 if found.agrees else 1


def _calibrate(options: argparse.Namespace, console: Console) -> int:
    if options.into:
        kit.write(options.into)
        _say(console, f"The kit is in {options.into}: two tables, and the rules to click ({kit.RULES})")
        return 0
    real = of_export(options.tables) if options.tables else options.opened().tables(most=options.most)
    settled = calibrated(real)
    for finding, default in settled:
        right = finding.value == default
        told = f"{finding.switch} = {finding.value}" if finding.value else f"{finding.switch}: {finding.why}"
        _say(console, told + ("" if right else f" (the preview has {default})"), "green" if right else "red")
    return 0 if all(finding.value == default for finding, default in settled) else 1


def _list_verified(found: Verified, console: Console) -> None:
    profiles = found.profiles
    told = f"{profiles.previewed:,} profiles were previewed, {profiles.real:,} are real; {profiles.same:,} are of the same rows"
    _say(console, told, "green" if profiles.agrees else "red")
    _list([f"{profiles.joined:,} real ones hold several, {profiles.split:,} are in several"], console)
    _list([f"rows only in the preview: {profiles.only_previewed:,}, only in real ones: {profiles.only_real:,}"], console)
    for one in found.measures:
        missing = "" if one.is_there else " (there is no such measure)"
        _say(console, f"measure {one.name}: {one.same:,} alike, {one.differs:,} not{missing}", "green" if one.agrees else "red")
    for segment in found.segments:
        told = f"{segment.both:,} in both, {segment.only_previewed:,} only previewed, {segment.only_real:,} only real"
        _say(console, f"segment {segment.name}: {told}", "green" if segment.agrees else "red")
    for missing in found.missing:
        _say(console, missing, "red")


def _show(plan: Plan, console: Console) -> None:
    for change in plan.changes:
        why = f" ({change.why})" if change.why else ""
        _say(console, f"{_WORDS[change.action]} {change.title}{why}", _STYLES.get(change.action, "yellow"))
        _list([str(one) for one in change.differences], console)
    if any(change.action == "by_hand" for change in plan.changes):
        _say(console, "What is by hand: `python -m spark_jobs.insights steps` lists the clicks; pull after them.")
    _say(console, f"Plan {plan.name}: {len(plan.writes)} to write." if plan.writes else "Nothing to write.")


def _list(lines: Sequence[str], console: Console) -> None:
    for line in lines:
        _say(console, f"    {line}")


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m customer_insights", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace, Console], int], told: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=told, description=told)
        one.set_defaults(command=run)
        one.add_argument("--folder", type=Path, default=Path("insights.pulled"), help="what was pulled")
        return one

    command("pull", _pull, "read measures, segments and relationships into a folder")
    plan = command("plan", _plan, "say what would be written so that they are as the rules say; asks nobody")
    apply = command("apply", _apply, "write a plan that is confirmed by its name, each change guarded and read back")
    command("drift", _drift, "say what changed in Customer Insights since it was pulled")
    verify = command("verify", _verify, "compare the newest preview with the tables that Customer Insights made")
    verify.add_argument("--preview", type=Path, default=Path(".local/insights"), help="where previews are kept")
    calibrate = command("calibrate", _calibrate, "say what Customer Insights made of the calibration kit")
    calibrate.add_argument("--into", type=Path, help="write the kit into a folder, and nothing else")
    for one in (verify, calibrate):
        one.add_argument("--tables", type=Path, help="the real tables as <table>.csv; left out: they are fetched page by page")
        one.add_argument("--most", type=int, default=20_000, help="rows of a table that are fetched so")
    for one in (plan, apply, verify):
        one.add_argument("--rules", type=Path, default=_RULES, help="the rules; left out: those of the wheel")
        one.add_argument("--delete", action="append", default=[], metavar="KIND/NAME", help="delete this, as segments/Old")
    apply.add_argument("--confirm", metavar="PLAN", help="the name of the plan; without it nothing is written")
    return parser
