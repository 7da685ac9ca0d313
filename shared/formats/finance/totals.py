"""Records that are none: totals, notes and titles of sections that stand among the records of a finance file."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.formats.at_once.arrays import Numbers
from shared.formats.finance.shapes import kind

_WORDS: Final = (
    *("total", "totals", "total general", "total général", "grand total", "subtotal", "sub total", "sub-total", "sum"),
    *("summe", "gesamt", "gesamtsumme", "zwischensumme", "endsumme", "insgesamt", "somme", "totale", "totaal"),
    *("eindtotaal", "suma", "suma total", "razem", "celkem", "összesen", "yhteensä", "totalt", "i alt", "итого"),
    *("всего", "合計", "总计", "合计", "closing balance", "opening balance", "ending balance", "beginning balance"),
    *("balance forward", "balance brought forward", "balance carried forward", "endsaldo", "schlusssaldo"),
    *("anfangssaldo", "saldo", "kontostand", "solde", "saldo final", "saldo inicial", "saldo finale", "saldo iniziale"),
    *("summe gesamt", "gesamtbetrag", "net total"),
)
"""What stands in front of a sum of the records above, or of a balance, in the languages that finance files came in so far."""
_TOTALS: Final = frozenset(_WORDS)
_BEGINS: Final = "|".join(re.escape(word) for word in sorted(_WORDS, key=len, reverse=True))
_LIKE_TOTAL: Final = rf"(?i)^\s*(?:(?:{_BEGINS})(?:[\s:(.,-].*)?|.*\s(?:{_BEGINS})\s*:?)$"
"""That word, alone, with something behind it or with a name before it."""
_MOST_TOTALS: Final = 5  # at the end of a file: a sum for each of a few currencies, and one of all
_LEAST_COLUMNS: Final = 3  # of a table in which a record of one value is odd

Reason = Literal["total_row", "note_row"]


def is_total(value: str) -> bool:
    """Tell whether a value is the word for a total."""
    return unicodedata.normalize("NFC", value).strip().rstrip(":").rstrip().casefold() in _TOTALS


def last_totals(table: pa.Table) -> int:
    """Count the last rows that begin with the word for a total; one that only holds sums needs no word."""
    found = 0
    while found < min(table.num_rows, _MOST_TOTALS):
        row = table.num_rows - 1 - found
        if not is_total(next((value for column in table.columns if (value := column[row].as_py())), "")):
            break
        found += 1
    return found or int(_is_sum(table))


def _is_sum(table: pa.Table) -> bool:
    """Tell whether the last row holds numbers alone and leaves empty what no other does, the first column too."""
    rows = table.num_rows
    if rows < _LEAST_COLUMNS or table.column(0).null_count != 1 or table.column(0)[rows - 1].is_valid:
        return False
    lacking = [column for column in table.columns if column.null_count == 1 and not column[rows - 1].is_valid]
    held = [value for column in table.columns if (value := column[rows - 1].as_py())]
    return len(lacking) > 1 and len(held) > 1 and all(kind(value) == "number" for value in held)


def no_records(table: pa.Table) -> dict[Reason, Numbers]:
    """Return the rows that are a total, or hold one value alone, and leave empty what every other row of the block holds."""
    rows = table.num_rows
    rare = [column for column in table.columns if 0 < column.null_count <= rows // 2]
    if not rare or table.num_columns < _LEAST_COLUMNS:
        return {}
    lacking = pc.is_null(rare[0])
    for column in rare[1:]:
        lacking = pc.or_(lacking, pc.is_null(column))
    places = pc.indices_nonzero(lacking.combine_chunks()).to_numpy()
    if not 0 < len(places) <= rows // 2:
        return {}
    few = table.take(places)
    is_total = pc.fill_null(pc.match_substring_regex(pc.coalesce(*few.columns), _LIKE_TOTAL), fill_value=False).to_numpy()
    held = np.zeros(len(places), np.int64)
    for column in few.columns:
        held += column.is_valid().to_numpy()
    is_note = ~is_total & (held == 1)
    if not (is_total | is_note).all() or 3 * is_note.sum() > rows:  # records may lack values here
        is_note[:] = False
    return {"total_row": places[is_total], "note_row": places[is_note]}
