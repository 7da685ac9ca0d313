"""`docs/scale.md` says what the looks cost that come all the time: what the app does at the size of the page, by simulation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.scale import LANDED, simulate

PAGE = (Path(__file__).parents[3] / "docs" / "scale.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("look", "told"),
    [("reconciliation, idle", "reconciliation with nothing to do"), ("status", "`GET /api/status`")],
)
def test_what_comes_all_the_time_costs_the_calls_of_the_page_when_a_million_files_have_landed(look: str, told: str) -> None:
    row = re.search(rf"^\| {re.escape(told)} \| [^|]+ \| ([\d,]+) \| ([\d,]+) \|", PAGE, re.MULTILINE)
    assert row is not None
    cost = simulate(LANDED, only={look})[look]
    calls, rows = (int(figure.replace(",", "")) for figure in row.groups())
    assert (cost["listing calls"] + cost["table calls"], cost["rows"]) == (calls, rows)
