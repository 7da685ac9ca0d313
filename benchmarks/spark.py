"""Bronze to gold: the job against what a data engineer would use instead, on the same customers, in the same run.

    python -m benchmarks.spark [--rows 1000000] [--only ours-publications,documented] [--batches 3] [--times 4] [--long 50]
    python -m benchmarks.spark --warm [--rows 1000000] [--only ours-publications,floor]

Each contestant is a process of its own with two cores; the start of its session is not counted. Bronze is made by the kernel
that the functions run. What each shows as current in the end is compared, row by row, with rows that no engine made. Seconds
on the wall, in brackets of processor time. `--times` builds a base so many times larger as well, `--long` takes so many
batches; ours only. `--warm` does nothing but the first load, and again in the session that has done it.
"""

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast, get_args

from benchmarks.peers.contestant import Clock, Contestant
from benchmarks.peers.oracle import judged, write_expected
from benchmarks.peers.tables import HEAD, Measured, cell, comparison
from benchmarks.peers.workload import CHANGED, Workload
from shared.contracts.publication import Layout

#: Option -> where it is, and what it is called.
CONTESTANTS: Final = {
    **{f"ours-{layout}": ("ours.Ours", f"ours, layout `{layout}`") for layout in get_args(Layout)},
    "close-and-append": ("merges.CloseAndAppend", "MERGE to close rows, then append; gold rebuilt"),
    "documented": ("merges.Documented", "MERGE pattern of the documentation; gold rebuilt"),
    "floor": ("floor.Floor", "plain Spark SQL, nothing checked or told, not safe to repeat: the floor"),
    "floor-anew": ("floor.FloorAnew", "the floor, with gold's customers written anew"),
    "auto-cdc": ("auto_cdc.AutoCdc", "AUTO CDC of Spark's own pipelines, SCD 1; no gold"),
    "sample": ("sample.Sample", "the sample's way: all bytes again"),
    "duckdb": ("ducks.Duck", "DuckDB, own tables; gold rebuilt"),
}
_OURS: Final = tuple(name for name in CONTESTANTS if name.startswith("ours-"))
_LEFT_OUT: Final = {"ours-full_data", "ours-delta"}  # unless asked for
_BEGINS_AGAIN: Final = ("sample",)  # from all bytes, whether or not they changed


def measure(name: str, workload: Workload) -> dict[str, Any]:
    """Run one contestant, in this process."""
    clock, folder = Clock(), workload.folder / name
    contestant = _contestant(name, workload, folder, clock)
    batches = []
    for number in workload.numbers:
        if workload.is_repeat(number) and name in _BEGINS_AGAIN:
            break
        contestant.run(number)
        steps = clock.read()
        print(name, number, {step: f"{spent.wall:.1f} ({spent.cpu:.1f})" for step, spent in steps.items()}, file=sys.stderr)
        batches.append({step: dataclasses.asdict(spent) for step, spent in steps.items()})
    silver, gold = folder / "shown-silver.parquet", folder / "shown-gold.parquet"
    contestant.show(silver, gold)
    contestant.close()
    rows = ", ".join(f"{layer} {verdict}" for layer, verdict in judged(workload, silver, gold).items())
    return {"batches": batches, "changed": workload.batches, "rows": rows}


def measure_loads(name: str, workload: Workload) -> list[dict[str, Any]]:
    """Run the first load of one contestant twice, in this process: cold, and then in another folder of the same session."""
    found, clock = [], Clock()
    for time_of in ("cold", "warm"):
        _contestant(name, workload, workload.folder / f"{name}-{time_of}", clock).run(0)
        found.append({step: dataclasses.asdict(spent) for step, spent in clock.read().items()})
    return found


def _contestant(name: str, workload: Workload, folder: Path, clock: Clock) -> Contestant:
    module, _, cls = CONTESTANTS[name][0].partition(".")
    folder.mkdir()
    given = {"layout": name.removeprefix("ours-")} if name in _OURS else {}
    made: Contestant = getattr(import_module(f"benchmarks.peers.{module}"), cls)(workload, folder, clock, **given)
    return made


def measured(workload: Workload, names: Sequence[str]) -> Iterator[Measured]:
    """Land a workload, and run contestants on it, each in a process of its own; one that fails is left out, and says why."""
    for name, told in _each(workload, names, "--measure"):
        yield Measured.read(told, CONTESTANTS[name][1])


def _each(workload: Workload, names: Sequence[str], what: str) -> Iterator[tuple[str, Any]]:
    workload.land()
    began = time.perf_counter()
    workload.ingest()
    print(f"bronze parts by the kernel: {time.perf_counter() - began:.1f} s", file=sys.stderr)
    write_expected(workload)
    told = json.dumps(dataclasses.asdict(workload), default=str)
    for name in names:
        command = [sys.executable, "-m", "benchmarks.spark", what, name, told]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            print(f"{name} failed: see above", file=sys.stderr)
        else:
            yield name, json.loads(done.stdout.splitlines()[-1])


def compared(rows: int, batches: int, names: Sequence[str], found: dict[str, Measured]) -> Iterator[str]:
    """Yield the table of contestants, and how ours compares; what was found is added to `found`."""
    yield from (f"{rows:,} customers and as many finance rows, batches of {CHANGED:,}", "", *HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for one in measured(Workload(folder=Path(folder), customers=rows, batches=batches), names):
            found[one.label] = one
            yield from (one.row(), *one.beside())
    ours = [CONTESTANTS[name][1] for name in _OURS]
    others = [one for label, one in found.items() if label not in ours]
    for label in ours:
        if label in found and others:
            yield from ("", *comparison(found[label], others))


def larger(rows: int, batches: int, names: Sequence[str], found: dict[str, Measured]) -> Iterator[str]:
    """Yield what they take on a larger base, beside what was found."""
    yield from ("", f"{rows:,} customers", "", *HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for one in measured(Workload(folder=Path(folder), customers=rows, batches=batches), names):
            yield one.row()
            if base := found.get(one.label):
                full, small = (a.wall / b.wall for a, b in ((one.full, base.full), (one.small(), base.small())))
                yield f"| the same, to the base | {full:.2f} x | – | – | {small:.2f} x | – | – |"


def long(rows: int, batches: int, names: Sequence[str]) -> Iterator[str]:
    """Yield what they take after many batches: the last three beside the fourth to the sixth."""
    yield from ("", f"{batches} batches on {rows:,} customers", "", *HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for one in measured(Workload(folder=Path(folder), customers=rows, batches=batches, repeats=0), names):
            yield one.row()
            ratio = one.small(batches - 2).wall / one.small(4, 6).wall
            yield f"| the last three, to the fourth to the sixth | – | – | – | {ratio:.2f} x | – | – |"


def warm(rows: int, names: Sequence[str]) -> Iterator[str]:
    """Yield what a first load takes, and again in a session that is warm."""
    yield from (f"first load of {rows:,} customers", "", "| s (processor s) | cold | warm |", "| --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name, told in _each(Workload(folder=Path(folder), customers=rows, batches=0, repeats=0), names, "--measure-loads"):
            label = CONTESTANTS[name][1]
            loads = [Measured.read({"batches": [load], "changed": 0, "rows": ""}, label).full for load in told]
            yield f"| {label} | {' | '.join(map(cell, loads))} |"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="bronze to gold, against the alternatives")
    usual = [name for name in CONTESTANTS if name not in _LEFT_OUT]
    parser.add_argument("--rows", type=int, default=1_000_000, help="customers, and as many finance rows")
    parser.add_argument("--only", type=lambda text: text.split(","), default=usual, help=", ".join(CONTESTANTS))
    parser.add_argument("--batches", type=int, default=3, help="that change something")
    parser.add_argument("--times", type=int, default=0, help="ours on a base so many times larger as well")
    parser.add_argument("--long", type=int, default=0, help="ours with so many batches as well, six or more")
    parser.add_argument("--warm", action="store_true", help="nothing but the first load, and that again in the same session")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--measure-loads", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for measures, given in ((measure, options.measure), (measure_loads, options.measure_loads)):
        if given:
            fields = cast("dict[str, Any]", json.loads(given[1]))
            print(json.dumps(measures(given[0], Workload(**fields | {"folder": Path(fields["folder"])}))))
            return
    if unknown := {*options.only} - {*CONTESTANTS}:
        parser.error(f"unknown contestants: {', '.join(sorted(unknown))}; there are {', '.join(CONTESTANTS)}")
    found: dict[str, Measured] = {}
    for line in lines(options, found):
        print(line, flush=True)


def lines(options: argparse.Namespace, found: dict[str, Measured]) -> Iterator[str]:
    """Yield what was asked for."""
    ours = [name for name in options.only if name in _OURS]
    if options.warm:
        yield from warm(options.rows, options.only)
        return
    yield from compared(options.rows, options.batches, options.only, found)
    if options.times:
        yield from larger(options.rows * options.times, options.batches, ours, found)
    if options.long:
        yield from long(options.rows, options.long, ours)


if __name__ == "__main__":
    main()
