"""Checks against what others made: schemas and types that are not part of this project.

They lie in the folder that the variable OFFICIAL_SCHEMAS names, or else beside the clone, as in CI;
`python -m tests.official.fetch <folder>` gets them on a machine with internet access. Without them these tests are left out.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.bicep.types import OfficialTypes

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def official() -> Path:
    """Return the folder of the official files."""
    named = os.environ.get("OFFICIAL_SCHEMAS")
    places = [Path(named)] if named else [beside / "shared/fixtures/official" for beside in (ROOT.parent, ROOT.parents[1])]
    for place in places:
        if place.is_dir():
            return place
    pytest.skip("no official schemas: python -m tests.official.fetch <folder>, then OFFICIAL_SCHEMAS=<folder>")


@pytest.fixture(scope="session")
def azure(official: Path) -> OfficialTypes:
    """Return Microsoft's types of Azure's resources."""
    return OfficialTypes(official / "bicep-types")
