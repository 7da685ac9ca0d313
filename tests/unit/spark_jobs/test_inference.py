"""What need not be asked of a column's values, since no value of their form has it."""

from __future__ import annotations

from itertools import product

import pytest

from local.inspection.values import evidence_of
from shared.contracts.values.notation import Notation
from spark_jobs.silver.landed.inference import BESIDES

_NUMBERS = [
    f"{sign}{whole}{fraction}"
    for sign, whole, fraction in product(
        ("", "-", "+"),
        ("0", "7", "07", "123", "1.234", "1,234", "12,34", "20261231", "9" * 18, "9" * 19),
        ("", ".5", ",5", ".234", ",234", "E3"),
    )
]
_DAYS = ["2026-12-31", "2026-02-30", "0001-01-01", "1.2.2026", "01/02/26", "31-12-2026"]
_TIMES = ["", " 03:04", "T03:04:05.5", "T03:04Z", " 23:30+02:00", "T00:00+00:00"]
_MOMENTS = [f"{day}{time}" for day in _DAYS for time in _TIMES]
_OTHERS = ["true", "FALSE", "t", "NULL", "text"]


@pytest.mark.parametrize(
    "notation",
    [Notation(), Notation(decimal=",", thousands="."), Notation(thousands=","), Notation(date_formats=("yyyyMMdd",))],
    ids=["nothing said", "decimal comma", "grouped by commas", "dates that are numbers"],
)
def test_nothing_is_true_of_values_of_one_form_but_what_is_asked_of_them(notation: Notation) -> None:
    for text in (*_NUMBERS, *_MOMENTS, *_OTHERS):
        # What is true of some value is true of it alone; what all have, each has.
        found = evidence_of("x", [text], notation)
        asked = [BESIDES[form] for form in BESIDES if getattr(found, form)]
        if asked:
            assert frozenset[str]().union(*asked).issuperset(found.doubts), text
            assert any("proof" in one for one in asked) or (found.proof, found.before, found.behind) == (False, 0, 0), text
