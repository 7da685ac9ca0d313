"""Tests on published bytes that this project did not make: an extra where they lie beside the clone, as in CI.

Nothing is proven only here: each test takes the fixture `published`, without which it is left out, and its docstring
names its twin, which proves the same on bytes of `tests/makers`. `tests/unit/project/test_published_twins.py` holds both.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def published() -> Path:
    """Return the folder of the published files."""
    for beside in (ROOT.parent, ROOT.parents[1]):
        if (folder := beside / "shared/fixtures").exists():
            return folder
    pytest.skip("../shared/fixtures, published files, is not beside this clone; the test's twin proves the same")
