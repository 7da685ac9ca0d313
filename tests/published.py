"""Published data files that this project did not make, where they lie beside it; tests skip where they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_FOUND = next((folder for up in (_ROOT.parent, _ROOT.parents[1]) if (folder := up / "shared/fixtures").exists()), None)

FIXTURES = _FOUND or Path("absent")
fixtures = pytest.mark.skipif(_FOUND is None, reason="../shared/fixtures is not here")
