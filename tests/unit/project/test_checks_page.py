"""`docs/checks.md` counts the planted faults as they are, and names every module that tries some."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
ROWS = re.findall(r"`(tests/[\w/]+)\.py::(\w+)` \| (\d+) \|", PAGE)


@pytest.mark.parametrize(("module", "test", "count"), ROWS, ids=[test for _, test, _ in ROWS])
def test_as_many_faults_are_planted_as_the_page_says(module: str, test: str, count: str) -> None:
    marks = getattr(import_module(module.replace("/", ".")), test).pytestmark
    (planted,) = [len(mark.args[1]) for mark in marks if mark.name == "parametrize"]
    assert planted == int(count)


def test_every_planted_fault_against_others_is_on_the_page() -> None:
    told = {test for _, test, _ in ROWS}
    for folder in ("tests/official", "tests/unit/deploy"):
        for file in (ROOT / folder).glob("test_*.py"):
            tests = re.findall(r"^def (test_a_planted_fault\w*)", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert set(tests) <= told, file.name
