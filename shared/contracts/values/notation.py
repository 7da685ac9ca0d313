"""How one finance data set writes its values: what its configuration says of numbers, dates, and nothing."""

from __future__ import annotations

from dataclasses import dataclass

#: What may stand between groups of three digits, and what each stands for in files.
THOUSANDS = {".": ".", ",": ",", " ": " \u00a0\u202f", "'": "'\u2019", "_": "_"}
DECIMALS = (".", ",")


@dataclass(frozen=True, kw_only=True)
class Notation:
    """How values are written; what is left out is found where only one reading is possible."""

    decimal: str | None = None  # the sign before the fraction; None: a point, where nothing speaks against it
    thousands: str | None = None  # the sign between groups of three digits; None: there is none
    accounting: bool = False  # `5-`, `(5)` and one currency symbol are read
    date_formats: tuple[str, ...] = ()  # Spark's patterns, in the order tried; none: ISO 8601
    nulls: tuple[str, ...] = ()  # texts that stand for no value
