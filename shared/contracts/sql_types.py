"""The SQL types that columns of silver and gold have, and the spelling of a decimal: `decimal(<precision>,<scale>)`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

PLAIN: Final = ("string", "bigint", "int", "double", "boolean", "date", "timestamp")
MOST_DIGITS: Final = 38  # of a decimal in Spark
#: How a decimal is spelled, as a regular expression of a whole text.
DECIMAL: Final = r"decimal\([0-9]{1,2}, *[0-9]{1,2}\)"


@dataclass(frozen=True, kw_only=True)
class DecimalType:
    """A decimal; `str` spells it."""

    precision: int  # digits in all
    scale: int  # of them, behind the point

    def __str__(self) -> str:
        return f"decimal({self.precision},{self.scale})"


def decimal_type(text: str) -> DecimalType | None:
    """Read the spelling of a decimal; None where the text is no decimal that Spark has."""
    if not re.fullmatch(DECIMAL, text):
        return None
    precision, scale = (int(digits) for digits in re.findall("[0-9]+", text))
    return DecimalType(precision=precision, scale=scale) if scale <= precision and 0 < precision <= MOST_DIGITS else None


def is_sql_type(text: str) -> bool:
    """Say whether a text is one of the types that a column can be given."""
    return text in PLAIN or decimal_type(text) is not None
