"""The report is one page that needs nothing else, shows what was found, and no value that was not asked for."""

from __future__ import annotations

import copy
import re
from typing import Any

from spark_jobs.insights.page import page

TOLD: dict[str, Any] = {
    "run": "p20261125",
    "made_of": "0123456789abcdef",
    "profiles": {"profiles": 3, "rows": 6, "largest": 3, "by_size": {"1": 1, "2": 1, "3": 1}, "conflicts": {"born": 1}},
    "guards": [
        {"guard": "largest_profile", "allowed": 5, "found": 3, "detail": "the largest profile has 3 rows", "holds": True},
        {"guard": "one_per_profile born", "allowed": 0, "found": 1, "detail": "1 profiles have several values", "holds": False},
    ],
    "forecast": [
        {"table": "person", "rule": "Mail", "accidents": None, "target": 6},
        {"table": "person", "rule": "Name <b>& city", "accidents": 1.5, "target": 6},
    ],
    "rules": [
        {"table": "person", "rule": "Mail", "before": 2, "after": 2, "alone": 1},
        {"table": "person", "rule": "Name <b>& city", "before": 3, "after": 3, "alone": 2},
    ],
    "findings": [{"trap": "few_values", "table": "person", "where": "Mail", "detail": "is shared", "severity": "warning"}],
    "switches": {"score_base": "longer"},
    "approximate": ["name"],
    "segments": {"HighValue": 2},
    "tables": {"Customer": 3},
    "risks": [{"customer": "c0ffee", "rows": 3, "weakest": 80, "rule": "Mail", "conflicts": ["born"]}],
    "enrichment": {"profiles": 3, "eligible": 1, "lacking": {"country": 2}},
}


def test_the_page_needs_nothing_else_and_loads_nothing() -> None:
    made = page(TOLD)
    assert not re.search(r"""(src|href)\s*=\s*["']|@import|url\(|fetch\(|XMLHttpRequest""", made)
    assert "uPlot" in made
    assert "MIT" in made or "leeoniya/uPlot" in made


def test_the_page_shows_what_was_found() -> None:
    made = page(TOLD)
    for text in (
        "c0ffee",
        "80 %",
        "not foreseeable",
        "1.50",
        "HighValue",
        "1 of 3 profiles (33 %)",
        "few_values",
        "score_base",
    ):
        assert text in made, text
    assert 'class="broken"' in made
    assert "Name &lt;b&gt;&amp; city" in made
    assert "<b>& city" not in made


def test_values_are_in_the_page_only_where_they_are_given() -> None:
    values: dict[str, list[dict[str, Any]]] = {
        "c0ffee": [{"table": "person", "name": "Ann <Lee>"}, {"table": "person", "name": None}]
    }
    assert "Ann" not in page(TOLD)
    assert "Ann &lt;Lee&gt;" in page(TOLD, values)


def test_a_preview_of_nothing_is_a_page_too() -> None:
    told = copy.deepcopy(TOLD) | {"risks": [], "segments": {}, "findings": [], "guards": [], "rules": [], "approximate": []}
    told["profiles"] = {"profiles": 0, "rows": 0, "largest": 0, "by_size": {}, "conflicts": {}}
    told["enrichment"] = {"profiles": 0, "eligible": 0, "lacking": {}}
    assert "0 of 0 profiles" in page(told)
