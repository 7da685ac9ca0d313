"""The last lines of a test run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.left_out import left_out

ROOT = Path(__file__).parents[3]

MODULE = """
import pytest

@pytest.fixture
def stack():
    pytest.skip("there is no stack")

@pytest.mark.parametrize("number", [1, 2])
def test_needs_a_stack(stack, number): ...

@pytest.mark.skip(reason="not today")
def test_today(): ...

def test_runs(): ...

@pytest.mark.xfail(reason="known")
def test_known(): assert False
"""


def test_reasons_are_counted_and_the_commonest_comes_first() -> None:
    assert left_out(["b", "a", "c", "a"]) == ["left out: 4 tests", "  2: a", "  1: b", "  1: c"]
    assert left_out(["a"]) == ["left out: 1 test", "  1: a"]
    assert left_out([]) == ["left out: no tests"]


def test_a_run_ends_by_saying_how_many_tests_were_left_out_and_why(tmp_path: Path) -> None:
    """They stand behind pytest's own summary, with its last line alone below them."""
    (tmp_path / "test_some.py").write_text(MODULE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.left_out", "-p", "no:cacheprovider", "-ra"]
    ended = subprocess.run(
        [*command, f"--rootdir={tmp_path}", "-c", "/dev/null", tmp_path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *_, total, stack, today, last = ended.stdout.splitlines()
    assert [total, stack, today] == ["left out: 3 tests", "  2: there is no stack", "  1: not today"]
    assert "1 passed, 3 skipped, 1 xfailed" in last
