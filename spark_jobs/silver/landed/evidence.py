"""What all values of a finance column say of its type: pure, so that it can be tried without Spark.

A type is taken only where every value survives it unchanged; where two readings are possible the column stays text, and a
finding says what would settle it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.entity import Entity
from shared.contracts.outcome import TYPE_WIDENED, Finding
from shared.contracts.sql_types import MOST_DIGITS, DecimalType, decimal_type
from shared.contracts.values.dates import has_time
from shared.contracts.values.notation import Notation
from shared.contracts.values.numbers import WHOLE_DIGITS

#: Money: digits that a decimal has at least, so that the next amount need not widen it, and the scale that it has at least.
_DIGITS, _SCALE = 16, 2
#: Doubt -> what it is, and the keys of the configuration that settle it. `{data_set}` and `{column}` are filled in.
DOUBTS = {
    "leading_zero": ("begins with zeros, which a number would lose", "types"),
    "exponent": ("is written with an exponent or a plus sign, which a number would lose", "types"),
    "many_digits": ("has more digits than a number keeps", "types"),
    "point": ("has a point before three digits: a fraction, or thousands", "decimal"),
    "comma": ("has a comma: before a fraction, or between thousands", "decimal"),
    "date_order": ("is a date of which day and month can be told apart by nobody", "date_formats"),
    "date_digits": ("is a number, and a date by `date_formats`", "types"),
    "offset": ("is a time with an offset, whose date in UTC may be another", "types"),
}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is true of all values of a column: those that are neither nothing, nor a word for it."""

    column: str  # silver name
    values: int = 0
    null_words: int = 0
    whole: bool = False
    number: bool = False
    proof: bool = False  # of some value, that a point stands before a fraction
    before: int = 0  # most digits before the point, and behind it
    behind: int = 0
    date: bool = False
    local: bool = False  # a date, or a time of day without an offset
    utc: bool = False
    formatted: bool = False  # by the configured formats
    boolean: bool = False
    fits: bool = True  # the type that the column has already
    doubts: tuple[str, ...] = ()  # keys of DOUBTS that are true of some value


def decided(found: Evidence, notation: Notation) -> str | None:
    """Return the type that all values survive unchanged, `string` where there is none, None where there is no value."""
    if not found.values:
        return "string" if found.null_words else None
    if found.formatted and not found.number:
        return "timestamp" if any(has_time(pattern) for pattern in notation.date_formats) else "date"
    if found.whole and not found.formatted:
        return "bigint"
    if found.number and not found.formatted and (found.proof or notation.decimal is not None or not found.behind):
        return _decimal(found.before, found.behind)
    if found.date:
        return "date"
    if found.local or found.utc:
        return "timestamp"
    return "boolean" if found.boolean else "string"


def widened(stored: str, found: Evidence, notation: Notation) -> str:
    """Return the type that holds the values stored and those found; it never narrows.

    Where nothing else does, that is text: bronze has what landed (docs/adr/0014).
    """
    if found.fits or stored == "string":
        return stored
    new = decided(found, notation)
    if {stored, new} == {"date", "timestamp"}:
        return "timestamp"
    old, more = _digits(stored), _digits(new or "string")
    if old is None or more is None:
        return "string"
    scale = max(old[1], more[1])
    digits = max(old[0], more[0]) + scale
    return str(DecimalType(precision=digits, scale=scale)) if digits <= MOST_DIGITS else "string"


def gives_text_back(stored: str, notation: Notation) -> bool:
    """Say whether values of a type, as inferred, are spelled by SQL as they landed."""
    return (stored == "bigint" and not notation.thousands) or (stored == "date" and not notation.date_formats)


def findings(entity: str, data_set: str, found: Evidence, kind: str | None, stored: str | None) -> list[Finding]:
    """Return what a person should know of a column's type."""

    def told(trap: str, detail: str) -> Finding:
        return Finding(trap=trap, table=entity, where=found.column, detail=detail, severity="warning")

    listed = []
    if stored is not None and kind != stored:
        detail = f"{stored} became {kind}, since values landed that {stored} does not hold unchanged"
        listed.append(told(TYPE_WIDENED, detail))
    if kind == "string" and stored != "string":
        for doubt in found.doubts:
            what, key = DOUBTS[doubt]
            example = {"decimal": '`decimal = ","` or `"."`', "date_formats": '`date_formats = ["dd.MM.yyyy"]`'}.get(
                key, f'`types = {{ "{found.column}" = "…" }}`'
            )
            detail = f"some value {what}; the column stays text. Say {example} in [finance.{data_set}] to have it read"
            listed.append(told(f"text_{doubt}", detail))
    if found.null_words and kind not in {"string", None}:
        detail = (
            f"{found.null_words} values are words such as NULL or N/A, whose records are rejected; list the words as `nulls` "
            f"in [finance.{data_set}] if they stand for no value"
        )
        listed.append(told("null_word", detail))
    return listed


def unmet(entity: Entity, types: Mapping[str, str]) -> list[Finding]:
    """Return a warning for each configured type that its column does not take, because of the values that it holds already."""
    held = {name.lower(): kind for name, kind in types.items()}
    listed = []
    for name, wanted in sorted(entity.types.items()):
        kind = held.get(name.lower())
        if kind is None or kind == wanted.replace(" ", "") or name.lower() in {key.lower() for key in entity.keys}:
            continue
        detail = (
            f"{wanted} is configured, and the column is {kind}, which it was before; build the table again from bronze to have "
            f'it so: POST /api/reprocess {{"stage": "silver", "table": "{entity.table}"}}'
        )
        listed.append(Finding(trap="type_not_taken", table=entity.name, where=name, detail=detail, severity="warning"))
    return listed


def _decimal(before: int, behind: int) -> str:
    scale = max(behind, _SCALE)
    digits = max(_DIGITS - _SCALE + scale, before + scale)
    return str(DecimalType(precision=digits, scale=scale)) if digits <= MOST_DIGITS else "string"


def _digits(kind: str) -> tuple[int, int] | None:
    if kind == "bigint":
        return WHOLE_DIGITS, 0
    found = decimal_type(kind)
    return (found.precision - found.scale, found.scale) if found else None
