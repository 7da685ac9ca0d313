"""`docs/costs.md` counts calls as they are: the figures of its table are measured, on twins that count, and reckoned with."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from croniter import croniter

from tests.pipeline import Pipeline, contact
from tests.unit.project.test_infrastructure import app_settings

PAGE = (Path(__file__).parents[3] / "docs" / "costs.md").read_text(encoding="utf-8")
DAYS = 30
CALLS_A_MESSAGE = 3  # put, get, delete
MEMORY_GB = 2


class Counting:
    """A port that counts its calls."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._port, name)

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls[name] += 1
            return target(*arguments, **options)

        return call


class Counted:
    """A pipeline whose storage is counted: blobs, tables and queue messages apart."""

    def __init__(self) -> None:
        self.pipeline = Pipeline()
        self.ports = [Counting(port) for port in (self.pipeline.lake, self.pipeline.tables, self.pipeline.hints)]
        lake, tables, hints = self.ports
        self.pipeline.context = self.pipeline.fresh_context().replace(lake=lake, tables=tables, hints=hints)
        self.pipeline.land_contacts(contact(0), path="contact/2999.csv")
        self.pipeline.settle()
        self.taken()

    def taken(self) -> Calls:
        """Return the calls since this was asked last."""
        blobs, tables, messages = (port.calls.total() for port in self.ports)
        for port in self.ports:
            port.calls.clear()
        return blobs, tables, messages * CALLS_A_MESSAGE

    def land(self, first: int, files: int) -> None:
        for number in range(first, first + files):
            self.pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")

    def start_run(self) -> None:
        self._look()

    def call_back(self) -> None:
        """Let the workspace tell that the run ended, as it does after each."""
        run_id = max(self.pipeline.jobs.runs)
        told = self.pipeline.context.callback({"event_type": "jobs.on_success", "run": {"run_id": run_id}})
        assert told.value == "noted"

    def finish(self) -> None:
        """Let the run and the refresh end, and look after each."""
        self.pipeline.end_runs()
        self._look()
        self.pipeline.end_refreshes()
        self._look()

    def _look(self) -> None:
        self.pipeline.clock.advance(61)
        self.pipeline.context.reconcile()


Calls = tuple[int, int, int]  # to blobs, tables, queues


def figures() -> dict[str, Calls]:
    """Return what the page's table says: calls by what causes them."""
    rows = re.findall(r"^\| ([a-z`][^|]+?) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    return {name: (int(blobs), int(tables), int(queues)) for name, blobs, tables, queues in rows}


def measured() -> dict[str, Calls]:
    counted, found = Counted(), {}
    counted.pipeline.context.reconcile()
    found[LOOK] = counted.taken()
    counted.pipeline.context.sweep()
    counted.taken()
    counted.pipeline.context.sweep()
    found[SWEEP] = counted.taken()
    landed, ran = {}, {}
    for first, files in ((0, 1), (100, 11)):
        counted.land(first, files)
        landed[files] = counted.taken()
        counted.start_run()
        started = counted.taken()
        counted.call_back()
        found[CALLBACK] = counted.taken()
        counted.finish()
        ran[files] = _each(started, counted.taken(), lambda one, other: one + other)
    found[FILE] = _each(landed[11], landed[1], lambda many, one: (many - one) // 10)
    found[PART] = _each(ran[11], ran[1], lambda many, one: (many - one) // 10)
    of_burst = _each(landed[1], found[FILE], lambda burst, file: burst - file)  # the look that it asks for
    found[BATCH] = _each(_each(ran[1], found[PART], lambda one, part: one - part), of_burst, lambda one, other: one + other)
    counted.pipeline.context.overview()
    counted.taken()
    counted.pipeline.context.overview()
    found[POLL] = counted.taken()
    return found


LOOK, SWEEP = "a look of the reconciliation that finds nothing", "a sweep that finds nothing, two landing containers"
FILE, PART = "a small landed file", "each part in it"
BATCH, CALLBACK = "a batch, from dispatch to refresh, without its parts", "the workspace's call that its run ended"
POLL = "`GET /api/overview`, every three seconds that somebody looks at the dashboard"


def _each(one: Calls, other: Calls, reckon: Any) -> Calls:
    blobs, tables, queues = (reckon(first, second) for first, second in zip(one, other, strict=True))
    return blobs, tables, queues


def ticks(setting: str) -> int:
    """Return how often a timer of the deployment fires in a month."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    seconds, rest = str(app_settings()[setting]).split(" ", 1)
    times = croniter(f"{rest} {seconds}", start - timedelta(seconds=1))  # croniter wants the seconds last
    count = 0
    while times.get_next(datetime) < start + timedelta(days=DAYS):
        count += 1
    return count


def says(sentence: str) -> bool:
    """Tell whether the page has a sentence, wherever its lines end."""
    return sentence in " ".join(PAGE.split())


def test_the_figures_are_those_that_are_measured() -> None:
    assert figures() == measured()


def idle_month() -> tuple[int, int]:
    """Return the calls to storage and of functions that the timers of the deployment cause in a month."""
    told, looks, sweeps = figures(), ticks("RECONCILE_SCHEDULE"), ticks("SWEEP_SCHEDULE")
    return looks * sum(told[LOOK]) + sweeps * sum(told[SWEEP]), looks + sweeps


def test_an_idle_month_is_what_the_timers_of_the_deployment_cause() -> None:
    told, looks, sweeps = figures(), ticks("RECONCILE_SCHEDULE"), ticks("SWEEP_SCHEDULE")
    calls, invocations = idle_month()
    each = f"{looks:,} reconciliations × {sum(told[LOOK])} + {sweeps:,} sweeps × {sum(told[SWEEP])}"
    assert says(f"{each} = {calls:,} calls to storage")
    assert says(f"- {invocations:,} calls of functions")
    assert says(f"about {invocations:,} s × {MEMORY_GB} GB = {round(invocations * MEMORY_GB, -3):,} GB-s")


def test_the_formula_takes_the_figures_and_the_example_reckons_by_it() -> None:
    told, (idle, invocations) = figures(), idle_month()
    of_file, of_batch, of_part = sum(told[FILE]), sum(told[BATCH]) + sum(told[CALLBACK]), sum(told[PART])
    assert says(f"storage calls = files × {of_file} + batches × {of_batch} + parts × {of_part} + {idle:,}")
    assert says(f"function GB-s = {MEMORY_GB} × ({invocations:,} + bytes landed / (20 MB/s) + files × 0.1 + batches × 3)")

    files, gigabytes, a_day, seconds = 2_000, 20, 96, 60
    batches = a_day * DAYS
    assert says(f"{files:,} files and {gigabytes} GB a month, {a_day} batches a day ({batches:,}), each {seconds} s")
    calls = files * of_file + batches * of_batch + files * of_part + idle
    assert says(f"{files:,} × {of_file} + {batches:,} × {of_batch} + {files:,} + {idle:,} = {calls:,} calls")
    parts = [invocations, gigabytes * 1_000 // 20, files // 10, batches * 3]
    assert says(f"{MEMORY_GB} × ({' + '.join(f'{part:,}' for part in parts)}) = {MEMORY_GB * sum(parts):,} GB-s")
    assert says(f"{batches:,} × {seconds} / 3600 = {batches * seconds // 3600} hours")
