"""Each field case of finance files is a test that names it."""

from __future__ import annotations

import re

import pytest

from local.toolchain import ROOT

CASES = ROOT.parent / "shared" / "fixtures" / "field_cases"


@pytest.mark.skipif(not CASES.is_dir(), reason="the field cases are not part of this project, and are not here")
def test_each_field_case_is_named_by_a_test() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"\bdef test_case_([0-9]{2})_|\b([0-9]{2})-[a-z0-9-]+\b", text))
    numbers = {number for found in named for number in found if number}
    assert {case.name[:2] for case in CASES.iterdir() if case.is_dir()} <= numbers
