"""How the demo looks: steps while they happen, and the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.markup import escape
from rich.table import Table

from local.demo.check import found_twins, rows_of
from local.demo.steps import RUN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from local.demo.check import Observed
    from local.demo.steps import Step
    from local.lake.view import Preview
    from local.sample.waves import Expected, Reject

_MARKS = {"waits": "[dim]·[/dim]", "active": "[yellow]…[/yellow]", "done": "[green]✓[/green]", "failed": "[red]✗[/red]"}
# What the job's outcome document tells of an entity: the first four of the rows it was given, the last two of its table.
_SILVER = {
    "applied": "applied by the run",
    "superseded": "superseded by newer ones",
    "duplicates": "exact duplicates",
    "rejected": "rejected",
    "current": "current rows",
    "history": "rows of history",
}


def progress_table(found: Iterable[Step], seconds: Mapping[str, float], elapsed: float) -> Table:
    """Return the steps as they stand; `seconds` is when each was done, `elapsed` since the wave began to land."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    for step in found:
        done = seconds.get(step.name)
        at = f"{elapsed:.1f} s" if step.state == "active" else "" if done is None else f"{done:.1f} s"
        table.add_row(_MARKS[step.state], step.name, escape(step.detail), at)
    return table


def line(step: Step, seconds: float | None) -> str:
    """Tell one step that is over, for a log."""
    at = "" if seconds is None else f"{seconds:6.1f} s"
    return f"{at:>8}  {step.name}: {escape(step.detail)}" + (" FAILED" if step.state == "failed" else "")


def landed_table(expected: Expected, observed: Observed, sizes: Mapping[str, int]) -> Table:
    """Show every landed file with what bronze has of it."""
    table = _table("What landed", "file", "bytes", "records", "rows in bronze", "rejects", "parts")
    for file in sorted(sizes):
        parts = sum(1 for part in observed.parts if part.file == file)
        refused = sum(1 for reject in observed.rejects if reject.file == file)
        numbers = (expected.records.get(file), len(rows_of(observed.parts, file)), refused, parts)
        counts = [f"{number:,}" for number in numbers if number is not None] if file in expected.records else ["-"] * 4
        table.add_row(file, f"{sizes[file]:,}", *counts)
    return table


def layers_table(waves: Sequence[tuple[Expected, Observed, Mapping[str, Any]]]) -> Table:
    """Return the rows of each layer after each wave; silver as the job's outcome tells it, all else counted."""
    table = _table("Rows per layer", "", *(f"after wave {number}" for number, _ in enumerate(waves, 1)))
    silver = [done.get("entities", {}) for _, _, done in waves]
    counted = {
        "landed: records": [sum(expected.records.values()) for expected, _, _ in waves],
        "bronze: rows": [sum(len(part.records) for part in observed.parts) for _, observed, _ in waves],
        "bronze: rejects": [len(observed.rejects) for _, observed, _ in waves],
        **{
            f"silver: {entity}, {label}": [int(entities.get(entity, {}).get(count, 0)) for entities in silver]
            for entity in sorted({name for entities in silver for name in entities})
            for count, label in _SILVER.items()
        },
        "gold: customer": [len(observed.gold) for _, observed, _ in waves],
        "live customers expected": [len(expected.customers) for expected, _, _ in waves],
    }
    for name, counts in counted.items():
        table.add_row(name, *(f"{count:,}" for count in counts))
    return table


def preview_table(preview: Preview, expected: Expected) -> Table:
    """Show what Customer Insights will make of gold, as the job foresees it."""
    told = preview.told
    counts, foreseen = told["profiles"], {one["rule"]: one["accidents"] for one in told["forecast"]}
    table = _table("Customer Insights, previewed", "", "rows", "accidents foreseen")
    table.add_row("customers in gold", f"{counts['rows']:,}", "")
    for rule in told["rules"]:
        accidents = foreseen.get(rule["rule"])
        table.add_row(f"pairs: {rule['rule']}", f"{rule['after']:,}", "-" if accidents is None else f"{accidents:.2f}")
    table.add_row("profiles", f"{counts['profiles']:,}", "")
    twins = f"{found_twins(expected, preview.profiles):,} of {len(expected.twins):,}"
    table.add_row("planted duplicates found", twins, "")
    for name, members in told["segments"].items():
        table.add_row(f"segment {name}", f"{members:,}", "")
    table.add_row("guards that hold", f"{sum(one['holds'] for one in told['guards'])} of {len(told['guards'])}", "")
    return table


def rejects_table(rejects: Iterable[Reject]) -> Table:
    """Show each record that cannot be used, with its place and the reason."""
    table = _table("Rejects", "file", "record", "reason", left=("file", "reason"))
    for reject in rejects:
        table.add_row(reject.file, f"{reject.record:,}", reject.reason)
    return table


def steps_table(waves: Sequence[Mapping[str, float]], runs: Sequence[Mapping[str, float]] = ()) -> Table:
    """Show how long each step took after the one before it was done, in seconds, and what those of the runs went into."""
    table = _table("Seconds per step", "step", *(f"wave {number}" for number, _ in enumerate(waves, 1)))
    names = list(dict.fromkeys(name for seconds in waves for name in seconds))
    taken = [_taken([(name, seconds[name]) for name in names if name in seconds]) for seconds in waves]
    for name in names:
        table.add_row(name, *(f"{wave[name]:.1f}" if name in wave else "-" for wave in taken))
        for part in runs[0] if runs and name == RUN else ():
            table.add_row(f"  of it {part}", *(f"{run[part]:.1f}" for run in runs))
    table.add_row("all", *(f"{max(seconds.values(), default=0):.1f}" for seconds in waves))
    return table


def _taken(done: Sequence[tuple[str, float]]) -> dict[str, float]:
    before = [0.0, *(at for _, at in done)]
    return {name: max(0.0, at - begun) for (name, at), begun in zip(done, before, strict=False)}


def _table(title: str, *columns: str, left: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 or column in left else "right", overflow="fold")
    return table
