"""The types of finance columns, told by all their values, and whether they still hold the type that the column has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.values import dates, numbers
from shared.contracts.values.notation import Notation
from shared.contracts.values.nothing import NULL_WORDS
from spark_jobs.names import literal, quoted, trimmed
from spark_jobs.silver.landed.evidence import DOUBTS, Evidence
from spark_jobs.silver.landed.finance_casts import TRUE_FALSE, fits, point_number, present, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import DataFrame

_FIRST_LOOK = 1_000  # rows; a column that they make text need not be looked at in all
_FORMS = ("whole", "number", "date", "local", "utc", "formatted", "boolean")


def evidence(text: DataFrame, columns: Mapping[str, str | None], notation: Notation, *, rows: int) -> dict[str, Evidence]:
    """Return what the values of columns say; `columns` are those of `text`, each with the type that it has already, if any.

    `rows` is how many `text` has.
    """
    if not columns:
        return {}
    if rows <= _FIRST_LOOK:
        return _seen(text, columns, notation)
    found = _seen(text.limit(_FIRST_LOOK), columns, notation)
    open_ = {name: kind for name, kind in columns.items() if _is_open(found[name], known=kind is not None)}
    if open_:
        found |= _seen(text, open_, notation)
    return found


def _is_open(seen: Evidence, *, known: bool) -> bool:
    return known or not seen.values or any(getattr(seen, form) for form in _FORMS)


def _seen(text: DataFrame, columns: Mapping[str, str | None], notation: Notation) -> dict[str, Evidence]:
    # Values go by a short name, so that what is asked of each stays small.
    values = {name: f"v{place}" for place, name in enumerate(columns)}
    picked = (f"{trimmed(present(quoted(name), notation))} as {value}" for name, value in values.items())
    asked = [one for name, kind in columns.items() for one in _asked(values[name], kind, notation)]
    row = text.selectExpr(*picked).selectExpr(*asked).collect()[0].asDict()
    return {name: _evidence(name, values[name], row) for name in columns}


def _asked(value: str, kind: str | None, notation: Notation) -> Iterable[str]:
    word = f"lower({value}) in ({', '.join(literal(word) for word in NULL_WORDS)})"
    counts = f"{value} <> '' and not ({word})"
    point = f"split_part({point_number(value, notation)}, '.', {{}})"
    number = fits(value, numbers.plain_number(notation))
    formatted = f"{read(value, 'timestamp', notation, inferred=True)} is not null" if notation.date_formats else "false"
    every = {
        "whole": fits(value, numbers.plain_whole(notation)),
        "number": number,
        "date": "false" if notation.date_formats else f"{read(value, 'date', notation, inferred=True)} is not null",
        "local": "false" if notation.date_formats else _moments(value, f"{dates.NEAR_DATE}|{dates.NEAR_LOCAL}", notation),
        "utc": "false" if notation.date_formats else _moments(value, dates.NEAR_UTC, notation),
        "formatted": formatted,
        "boolean": fits(value, TRUE_FALSE),
        "fits": "true" if kind is None else f"{read(value, kind, notation, inferred=True)} is not null",
    }
    some = {
        "proof": f"{number} and {value} like '%.%' and not ({fits(value, numbers.TWO_READINGS)})",
        "leading_zero": fits(value, "[-+]?0[0-9].*"),
        "exponent": fits(value, r"\+[0-9][0-9.,]*|[-+]?[0-9.,]+[eE][-+]?[0-9]+"),
        "many_digits": fits(value, rf"-?[0-9]{{{numbers.WHOLE_DIGITS + 1},}}(?:[.,][0-9]+)?"),
        "comma": "false" if notation.decimal else fits(value, numbers.WITH_COMMA),
        "date_order": "false" if notation.date_formats else fits(value, dates.TWO_READINGS),
        "date_digits": f"({formatted}) and {number}",
        "offset": "false" if notation.date_formats else fits(value, dates.OFFSET),
    }
    if not notation.decimal:
        some["point"] = fits(value, numbers.TWO_READINGS)
    yield f"count_if({counts}) as values_{value}"
    yield f"count_if({word}) as words_{value}"
    yield f"coalesce(max(case when {number} then length(replace({point.format(1)}, '-', '')) end), 0) as before_{value}"
    yield f"coalesce(max(case when {number} then length({point.format(2)}) end), 0) as behind_{value}"
    for name, condition in every.items():
        yield f"coalesce(bool_and({condition}) filter (where {counts}), false) as {name}_{value}"
    for name, condition in some.items():
        yield f"coalesce(bool_or({condition}) filter (where {counts}), false) as {name}_{value}"


def _moments(value: str, form: str, notation: Notation) -> str:
    return f"{fits(value, form)} and {read(value, 'timestamp', notation, inferred=True)} is not null"


def _evidence(column: str, value: str, row: Mapping[str, int | bool]) -> Evidence:
    has_values = bool(row[f"values_{value}"])
    return Evidence(
        column=column,
        values=int(row[f"values_{value}"]),
        null_words=int(row[f"words_{value}"]),
        proof=bool(row[f"proof_{value}"]),
        before=int(row[f"before_{value}"]),
        behind=int(row[f"behind_{value}"]),
        fits=bool(row[f"fits_{value}"]) or not has_values,
        doubts=tuple(doubt for doubt in DOUBTS if row.get(f"{doubt}_{value}")),
        **{form: bool(row[f"{form}_{value}"]) for form in _FORMS},
    )
