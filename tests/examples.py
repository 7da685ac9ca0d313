"""How many examples a property is tried on, and from which seed; `tests/conftest.py` has the profiles."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import settings

#: What the tests that make their own examples start from: always the same, but for `make test-random`.
SEED: Final = int(os.environ.get("TEST_SEED", "20261123"))

_USUAL: Final = 100  # of the profile `same`


def examples(count: int, *, at_random: int | None = None) -> int:
    """Return how many examples to try: `count`, and ten times as many in `make test-random`, or as many as are said."""
    is_random = settings().max_examples > _USUAL
    return at_random if is_random and at_random is not None else count * settings().max_examples // _USUAL
