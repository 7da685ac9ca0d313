"""A gold model and the silver entities that it reads, as records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.contracts.columns import CONTAINER, END, LANDED_AT, RECORD_NUMBER, SOURCE_FILE, START
from shared.contracts.sql_types import decimal_type
from spark_jobs.findings import MOST_DIGITS
from spark_jobs.gold.models.declared import declared, may_misfit, misfit
from spark_jobs.names import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

#: The lineage columns that every view has.
_LINEAGE = (LANDED_AT, RECORD_NUMBER, SOURCE_FILE)


@dataclass(frozen=True, kw_only=True)
class Input:
    """A silver entity that a model reads."""

    view: str  # what the query calls it
    entity: str
    columns: Mapping[str, str]  # name -> SQL type
    history: bool = False  # all rows that show, else the current ones
    optional: bool = False
    further_columns: bool = False  # those that no input declares come along
    phones: Mapping[str, str] = field(default_factory=dict)  # column that is added -> that whose text is a telephone number
    by: str | None = None  # SQL expression over the view: which value of `rebuilt_by` a row touches
    newest_by: str | None = None  # SQL expressions: of the rows with the same `by`, the view has the greatest in them only
    line: int = 1  # of the file, where its table begins


@dataclass(frozen=True, kw_only=True)
class Model:
    """One gold table."""

    name: str
    description: str
    primary_key: str
    rebuilt_by: str
    inputs: tuple[Input, ...]
    semantic_types: Mapping[str, str]  # column of the query -> Customer Insights' word
    sql: str
    sql_line: int  # of the file, where the query begins
    digest: str  # of the whole file: a changed model is built anew

    @property
    def needed(self) -> list[str]:
        """The columns that the query has to have, because the header names them."""
        phones = (name for one in self.inputs for pair in one.phones.items() for name in pair)
        return list(dict.fromkeys([self.primary_key, self.rebuilt_by, *phones, *self.semantic_types]))

    def columns_of(self, read: Input, stored: Mapping[str, str], left_out: Collection[str] = ()) -> dict[str, str]:
        """Return view column -> SQL expression over the silver table, whose columns are `stored` with their types.

        `left_out` are those, in lower case, that do not come along though no input declares them.
        """
        by_lower = {name.lower(): name for name in stored}
        columns = {}
        for name, kind in read.columns.items():
            found = by_lower.get(name.lower())
            if name == CONTAINER:
                columns[name] = f"substring_index({SOURCE_FILE}, '/', 1)" if stored else f"cast(null as {kind})"
            else:
                columns[name] = declared(quoted(found), stored[found], kind) if found else f"cast(null as {kind})"
        if read.further_columns:
            further = self.further(stored, left_out)
            # Customer Insights takes decimals of 16 digits at most (reference: Customer Insights, section 2).
            columns |= {name: f"cast({quoted(name)} as double)" if _is_long(stored[name]) else quoted(name) for name in further}
        columns |= dict.fromkeys(read.phones, "cast(null as string)")  # until they are read (`phones`)
        return columns | {name: name for name in (*_LINEAGE, *((START, END) if read.history else ()))}

    def misfits(self, read: Input, stored: Mapping[str, str]) -> dict[str, str]:
        """Return declared column -> SQL condition that a stored value of it is none of the declared type, where that may be."""
        by_lower = {name.lower(): name for name in stored}
        held = {name: by_lower[name.lower()] for name in read.columns if name.lower() in by_lower and name != CONTAINER}
        return {
            name: misfit(quoted(held[name]), stored[held[name]], kind)
            for name, kind in read.columns.items()
            if name in held and may_misfit(stored[held[name]], kind)
        }

    def further(self, stored: Iterable[str], left_out: Collection[str] = ()) -> list[str]:
        """Return which columns of a silver table come along though no input declares them."""
        declared = {name.lower() for one in self.inputs for name in (*one.columns, *one.phones)}.union(left_out)
        return [name for name in stored if name.lower() not in declared and not name.startswith("_")]


def _is_long(kind: str) -> bool:
    found = decimal_type(kind)
    return found is not None and found.precision > MOST_DIGITS
