"""What the local command finds of a column's values, in Python, is what the job finds of them, in SQL."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from local.inspection.values import evidence_of
from shared.contracts.sql_types import decimal_type
from shared.contracts.values.notation import Notation
from spark_jobs.silver.landed.evidence import Evidence
from spark_jobs.silver.landed.finance_casts import read as read_in_sql
from spark_jobs.silver.landed.inference import BESIDES, evidence
from tests.properties.read_values import Rejected, read

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

#: Columns of values as finance files write them.
_LANDED: dict[str, list[str | None]] = {
    "whole": ["1", "-20", "300"],
    "money": ["1.50", "-2.25", "10.00"],
    "comma": ["1,50", "2,25"],
    "thousands": ["1.234", "5.678"],
    "mixed": ["1.234,56", "7,00"],
    "zeros": ["0815", "4711"],
    "plus": ["+49", "+50"],
    "exponent": ["5E1", "7"],
    "long": ["1234567890123456789", "1"],
    "day": ["2026-01-02", "2026-12-31"],
    "no_day": ["2026-02-30", "2026-01-01"],
    "far_day": ["0001-01-01", "2026-01-01"],
    "moment": ["2026-01-02T03:04:05", "2026-01-02 03:04"],
    "offset": ["2026-01-02T23:30:00+02:00", "2026-01-02T03:04:05Z"],
    "slashes": ["01/02/2026", "03/04/2026"],
    "dots": ["02.01.2026", "31.12.2026"],
    "flag": ["true", "FALSE"],
    "letters": ["true", "t", "1", "yes"],
    "word": ["NULL", "n/a", "1"],
    "words": ["NULL", "-"],
    "blank": ["", "  ", None],
    "padded": [" 7 ", "\u00a08", "9\t"],
    "text": ["Zoë", "1"],
}
#: The type that some columns have already, which holds all of their values or does not.
_STORED = {
    "whole": "bigint",
    "money": "decimal(16,2)",
    "comma": "decimal(3,1)",
    "mixed": "decimal(16,2)",
    "thousands": "bigint",
    "zeros": "bigint",
    "day": "date",
    "moment": "timestamp",
    "dots": "date",
    "slashes": "timestamp",
    "flag": "boolean",
    "letters": "boolean",
    "padded": "decimal(4,3)",
}


@pytest.mark.parametrize(
    "notation",
    [
        Notation(),
        Notation(decimal=",", thousands="."),
        Notation(date_formats=("dd.MM.yyyy", "d/M/yyyy"), nulls=("-",)),
    ],
    ids=["nothing said", "decimal comma", "dates and nulls"],
)
def test_what_inspection_finds_of_values_the_job_finds_too(
    spark: SparkSession, notation: Notation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spark_jobs.silver.landed.inference._FIRST_LOOK", 1)  # so that what follows differs from it
    depth = max(map(len, _LANDED.values()))
    rows = [tuple(values[row] if row < len(values) else None for values in _LANDED.values()) for row in range(depth)]
    frame = spark.createDataFrame(rows, ", ".join(f"{name} string" for name in _LANDED))
    found = evidence(frame, {name: _STORED.get(name) for name in _LANDED}, notation, rows=depth)
    assert found == {name: _expected(name, values, notation) for name, values in _LANDED.items()}


def _expected(name: str, values: list[str | None], notation: Notation) -> Evidence:
    """Return what all values say; of a column whose first one makes it text, that is not asked."""
    first = evidence_of(name, values[:1], notation, _STORED.get(name))
    is_text = name not in _STORED and first.values and not any(getattr(first, form) for form in BESIDES)
    return first if is_text else evidence_of(name, values, notation, _STORED.get(name))


_TYPES = ("bigint", "decimal(16,2)", "decimal(6,3)", "date", "timestamp", "boolean")


@pytest.mark.parametrize(
    "notation",
    [
        Notation(),
        Notation(decimal=",", thousands=".", accounting=True, nulls=("-",), date_formats=("dd.MM.yyyy", "dd/MM/yyyy HH:mm")),
    ],
    ids=["nothing said", "said"],
)
def test_what_the_properties_read_of_a_text_silver_reads_too(spark: SparkSession, notation: Notation) -> None:
    texts = list(dict.fromkeys(value for values in [*_LANDED.values(), _ODD] for value in values if value and value.strip()))
    frame = spark.createDataFrame([(text,) for text in texts], "text string")
    asked = [(kind, inferred) for kind in _TYPES for inferred in (True, False)]
    columns = [f"{read_in_sql('text', kind, notation, inferred=inferred)} as c{n}" for n, (kind, inferred) in enumerate(asked)]
    shown = [
        f"date_format(c{n}, 'yyyy-MM-dd HH:mm:ss')" if kind == "timestamp" else f"cast(c{n} as string)"
        for n, (kind, _) in enumerate(asked)
    ]
    rows = frame.selectExpr("text", *columns).selectExpr("text", *shown).collect()
    for row in rows:
        for place, (kind, inferred) in enumerate(asked, 1):
            assert row[place] == _shown(row[0], kind, notation, inferred=inferred), (row[0], kind, inferred)


#: Values that a person's configuration reads, and some that nothing reads.
_ODD: list[str | None] = [
    "5-",
    "(5,10)",
    "$5",
    "5 €",
    "€ -1.234,50",
    "(€7)",
    "-5-",
    "1.234,567",
    "12,3",
    "+7",
    ".5",
    "1.5",
    "1.2345",
    "99999.999",
    "9223372036854775808",
    "31/12/2026 23:59",
    "2026-11-01T00:00:00",
    "t",
    "no",
    "0",
]


def _shown(text: str, kind: str, notation: Notation, *, inferred: bool) -> str | None:
    """Return what the mirror reads, as SQL spells it."""
    try:
        value = read(text, kind, notation, inferred=inferred)
    except Rejected:
        return None
    scale = decimal_type(kind)
    match value:
        case Decimal():
            return f"{value:.{scale.scale if scale else 0}f}"
        case bool():
            return str(value).lower()
        case datetime():
            return value.replace(tzinfo=None).isoformat(sep=" ")
    return None if value is None else str(value)
