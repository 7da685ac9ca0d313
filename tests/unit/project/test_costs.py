"""`docs/costs.md` counts calls as they are: each figure of its table is measured here, on memory twins that count."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from tests.pipeline import Pipeline, contact

PAGE = (Path(__file__).parents[3] / "docs" / "costs.md").read_text(encoding="utf-8")


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
    """A pipeline whose storage is counted, blobs and tables apart."""

    def __init__(self) -> None:
        self.pipeline = Pipeline()
        self.lake, self.tables = Counting(self.pipeline.lake), Counting(self.pipeline.tables)
        self.pipeline.context = self.pipeline.fresh_context().replace(lake=self.lake, tables=self.tables)
        self.pipeline.land_contacts(contact(0), path="contact/2999.csv")
        self.pipeline.settle()

    def taken(self) -> tuple[int, int]:
        """Return the calls since this was asked last: to blobs, to tables."""
        counts = self.lake.calls.total(), self.tables.calls.total()
        self.lake.calls.clear()
        self.tables.calls.clear()
        return counts

    def land(self, first: int, files: int) -> None:
        for number in range(first, first + files):
            self.pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")

    def run(self) -> None:
        """Dispatch what waits, let the run and the refresh end, and look after each."""
        self._look()
        self.pipeline.end_runs()
        self._look()
        self.pipeline.end_refreshes()
        self._look()

    def _look(self) -> None:
        self.pipeline.clock.advance(61)
        self.pipeline.context.reconcile()


def figures() -> dict[str, tuple[int, int]]:
    """Return what the page's table says: calls to blobs and to tables, by what causes them."""
    rows = re.findall(r"^\| ([a-z][^|]+?) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    return {name: (int(blobs), int(tables)) for name, blobs, tables in rows}


def measured() -> dict[str, tuple[int, int]]:
    counted = Counted()
    counted.taken()
    counted.pipeline.context.reconcile()
    found = {"a look of the reconciliation that finds nothing": counted.taken()}
    counted.pipeline.context.sweep()
    counted.taken()
    counted.pipeline.context.sweep()
    found["a sweep that finds nothing, two landing containers"] = counted.taken()
    runs = {}
    for first, files in ((0, 1), (100, 11)):
        counted.land(first, files)
        landed = counted.taken()
        counted.run()
        runs[files] = landed, counted.taken()
    of_files = [(runs[11][0][port] - runs[1][0][port]) // 10 for port in (0, 1)]
    of_parts = [(runs[11][1][port] - runs[1][1][port]) // 10 for port in (0, 1)]
    found["a small landed file"] = (of_files[0], of_files[1])
    found["a batch, from dispatch to refresh, without its parts"] = (runs[1][1][0] - of_parts[0], runs[1][1][1] - of_parts[1])
    found["each part in it"] = (of_parts[0], of_parts[1])
    return found


def test_the_figures_are_those_that_are_measured() -> None:
    assert figures() == measured()
