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
#: Form -> what else may be true of values that all have it. What is not in its list is true of no such value.
BESIDES = {
    "whole": frozenset({"comma", "date_digits"}),
    "number": frozenset({"proof", "before", "behind", "point", "comma", "date_digits"}),
    "date": frozenset[str](),
    "local": frozenset[str](),
    "utc": frozenset({"offset"}),
    "formatted": frozenset(DOUBTS) | {"proof", "before", "behind"},  # patterns may read anything
    "boolean": frozenset[str](),
}
_ALWAYS = frozenset({"values", "words"})


def evidence(text: DataFrame, columns: Mapping[str, str | None], notation: Notation, *, rows: int) -> dict[str, Evidence]:
    """Return what the values of columns say; `columns` are those of `text`, each with the type that it has already, if any.

    `rows` is how many `text` has.
    """
    if not columns:
        return {}
    if rows <= _FIRST_LOOK:
        return _seen(text, columns, notation)
    found = _seen(text.limit(_FIRST_LOOK), columns, notation)
    # Most columns go on as they begin: of all values it is asked only whether they have a form that the first ones have. Where
    # they have none after all, everything is asked.
    begun = {name: _forms(found[name]) for name, kind in columns.items() if kind is None and found[name].values}
    if likely := {name: None for name, forms in begun.items() if forms}:
        found |= _seen(text, likely, notation, {name: _questions(begun[name]) for name in likely})
    rest = {name: kind for name, kind in columns.items() if name not in begun or (name in likely and not _forms(found[name]))}
    if rest:
        found |= _seen(text, rest, notation)
    return found


def _forms(seen: Evidence) -> list[str]:
    return [form for form in BESIDES if getattr(seen, form)]


def _questions(forms: Iterable[str]) -> frozenset[str]:
    return frozenset(forms).union(_ALWAYS, *(BESIDES[form] for form in forms))


def _seen(
    text: DataFrame, columns: Mapping[str, str | None], notation: Notation, only: Mapping[str, frozenset[str]] | None = None
) -> dict[str, Evidence]:
    """Ask everything of the values of each column, or `only` some of it: what is not asked is taken to be false."""
    # Values go by a short name, so that what is asked of each stays small.
    values = {name: f"v{place}" for place, name in enumerate(columns)}
    picked = (f"{trimmed(present(quoted(name), notation))} as {value}" for name, value in values.items())
    asked = [
        f"{condition} as {question}_{values[name]}"
        for name, kind in columns.items()
        for question, condition in _asked(values[name], kind, notation).items()
        if only is None or question in only[name]
    ]
    row = text.selectExpr(*picked).selectExpr(*asked).collect()[0].asDict()
    return {name: _evidence(name, values[name], row) for name in columns}


def _asked(value: str, kind: str | None, notation: Notation) -> dict[str, str]:
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
    found = {
        "values": f"count_if({counts})",
        "words": f"count_if({word})",
        "before": f"coalesce(max(case when {number} then length(replace({point.format(1)}, '-', '')) end), 0)",
        "behind": f"coalesce(max(case when {number} then length({point.format(2)}) end), 0)",
    }
    found |= {name: f"coalesce(bool_and({condition}) filter (where {counts}), false)" for name, condition in every.items()}
    return found | {name: f"coalesce(bool_or({condition}) filter (where {counts}), false)" for name, condition in some.items()}


def _moments(value: str, form: str, notation: Notation) -> str:
    return f"{fits(value, form)} and {read(value, 'timestamp', notation, inferred=True)} is not null"


def _evidence(column: str, value: str, row: Mapping[str, int | bool]) -> Evidence:
    def told(question: str) -> int:
        return int(row.get(f"{question}_{value}", 0))

    return Evidence(
        column=column,
        values=told("values"),
        null_words=told("words"),
        proof=bool(told("proof")),
        before=told("before"),
        behind=told("behind"),
        fits=bool(row.get(f"fits_{value}", True)) or not told("values"),
        doubts=tuple(doubt for doubt in DOUBTS if told(doubt)),
        **{form: bool(told(form)) for form in BESIDES},
    )
