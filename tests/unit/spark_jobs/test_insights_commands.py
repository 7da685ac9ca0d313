"""The command line without data: what it says, and what it ends with."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from spark_jobs.insights.commands import main, markdown
from spark_jobs.insights.judge.changes import Changes, MemberChanges, ProfileChanges, RulePairs
from tests.unit.spark_jobs.test_insights_rules import RULES


def said(*arguments: str) -> tuple[int, str]:
    told = StringIO()
    code = main(arguments, Console(file=told, width=200, color_system=None))
    return code, told.getvalue()


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "insights.toml"
    file.write_text(RULES, encoding="utf-8")
    return file


def test_lint_ends_with_what_customer_insights_would_refuse(rules: Path) -> None:
    assert said("lint", "--rules", str(rules)) == (0, "Nothing to say against these rules.\n")
    rules.write_text(RULES.replace('  { column = "city" },\n', ""), encoding="utf-8")
    code, told = said("lint", "--rules", str(rules))
    assert code == 1
    assert "no_exact_condition" in told
    rules.write_text("[[tables]]\nnme = 'x'\n", encoding="utf-8")
    code, told = said("lint", "--rules", str(rules))
    assert code == 2
    assert "line 2" in told
    assert said("lint", "--rules", "nowhere.toml") == (2, f"nowhere.toml: there is no such file in {Path.cwd()}\n")


def test_steps_mark_what_is_new_once_the_list_was_confirmed(rules: Path) -> None:
    code, told = said("steps", "--rules", str(rules), "--confirm")
    assert code == 0
    assert "Same e-mail" in told
    assert "*" not in told.replace("**", "")
    rules.write_text(RULES.replace('precision = "high"', "precision = 85"), encoding="utf-8")
    _, told = said("steps", "--rules", str(rules))
    marked = [line for line in told.splitlines() if line.startswith("  *")]
    assert len(marked) == 2, "one to click, one to take back"
    assert "take back" in marked[1]


def test_a_diff_is_told_for_a_pull_request() -> None:
    changes = Changes(
        profiles=ProfileChanges(before=1_000, after=990, merged=10, split=0, moved=10),
        rules=(RulePairs(table="person", rule="Mail", before=5, after=15, alone=9),),
        segments=(MemberChanges(segment="High", before=7, after=8, entering=2, leaving=1),),
        measures={"Spend": (10.0, None)},
    )
    holds = {"guard": "largest_profile", "allowed": 5, "found": 9, "detail": "the largest profile has 9 rows", "holds": True}
    told = markdown(changes, [holds])
    assert "**1,000 profiles become 990**" in told
    assert "| person: Mail | 5 | 15 | 9 |" in told
    assert "| High | 7 | 8 | 2 | 1 |" in told
    assert "| Spend | 10.00 | – |" in told
    assert told.endswith("Every guard holds.")
    assert "**broken** largest_profile" in markdown(changes, [holds | {"holds": False}])
