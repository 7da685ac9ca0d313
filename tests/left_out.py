"""The last lines of a test run: how many tests were left out, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable


def left_out(reasons: Iterable[str]) -> list[str]:
    """Tell how many tests were left out, and why, from one reason for each test: the commonest reason first."""
    counted = sorted(Counter(reasons).items(), key=lambda reason: (-reason[1], reason[0]))
    total = sum(count for _, count in counted)
    return [
        f"left out: {total or 'no'} test{'' if total == 1 else 's'}",
        *(f"  {count}: {reason}" for reason, count in counted),
    ]


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return why a test was skipped, without the place where that was decided."""
    # A skip is told as (path, line, text); whatever else a plugin makes of it is its own text.
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Say it behind all that pytest itself has to say but its last line."""
    yield
    for line in left_out(reason_of(report) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(line)
