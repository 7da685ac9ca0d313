"""How alike pairs of records are in each column: those of one person in febrl1 and febrl2, and those of people made up.

Such people are as many as one likes, so that accidents can be counted which these two sets are too small for. Each column of
theirs is drawn by itself from the originals of the two sets, as FEBRL's own generator draws it from tables of frequencies;
birth dates are any day of the century that the sets' lie in.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np

from benchmarks.febrl.sets import COLUMNS, MADE, read, with_made

#: The sets that rules are chosen on. The other two, by which they are judged, are never read here.
CHOSEN_ON = ("febrl1", "febrl2")
#: The least per cents of each column's levels, of level 1 on; 100 is exact. Two digits of a date that changed places leave 75.
LEVELS = {
    "given_name": (50, 60, 70, 80, 100),
    "surname": (50, 60, 70, 80, 100),
    "names": (50, 60, 70, 80, 90, 100),
    "street_number": (50, 100),
    "address_1": (50, 65, 80, 100),
    "address_2": (50, 65, 80, 100),
    "addresses": (50, 60, 70, 80, 90, 100),
    "suburb": (50, 65, 80, 100),
    "postcode": (50, 75, 100),
    "date_of_birth": (50, 75, 85, 100),
    "record": (45, 50, 55, 60, 65, 70, 75, 80),
}
_SEED = 7
Levels = dict[str, Any]
"""By column, an array of the level of each pair."""


def found() -> Levels:
    """Return the pairs of an original and a duplicate of it: duplicates of one original come together through it."""
    parts = []
    for name in CHOSEN_ON:
        connection = duckdb.connect()
        connection.execute(f"create table people as {with_made(read(name))}")
        parts.append(_levels(connection, "a.person = b.person and a.rec_id like '%-org' and b.rec_id not like '%-org'"))
    return _together(parts)


def accidents(people: int) -> Levels:
    """Return the pairs of so many people made up that share a value and are level 1 of `record` or more."""
    connection = duckdb.connect()
    connection.register("drawn", _drawn(people))
    connection.execute(f"create table people as {with_made('select * from drawn')}")  # noqa: S608 - names of our own
    longer = "greatest(length(a.record), length(b.record))"
    near = f"100 * ({longer} - levenshtein(a.record, b.record)) >= {LEVELS['record'][0]} * {longer}"
    parts: list[Levels] = []
    shared: list[str] = []
    for column in (*COLUMNS, *MADE):
        seen = [f"coalesce(a.{one} <> b.{one}, true)" for one in shared]
        parts.append(_levels(connection, " and ".join([f"a.{column} = b.{column} and a.rec_id < b.rec_id", *seen, near])))
        shared.append(column)
    return _together(parts)


def _drawn(people: int) -> Any:
    import pyarrow as pa

    originals = " union all ".join(f"({read(name)} where rec_id like '%-org' order by rec_id)" for name in CHOSEN_ON)
    values = duckdb.connect().execute(originals).fetchnumpy()
    chance = np.random.default_rng(_SEED)
    drawn = {column: values[column].tolist() for column in COLUMNS}
    there = [one is not None for one in drawn["date_of_birth"]]
    picked: dict[str, list[str | None]] = {
        column: [texts[place] for place in chance.integers(0, len(texts), people)] for column, texts in drawn.items()
    }
    days = [date(1900, 1, 1) + timedelta(days=int(day)) for day in chance.integers(0, 36_524, people)]
    told = [there[place] for place in chance.integers(0, len(there), people)]
    picked["date_of_birth"] = [f"{day:%Y%m%d}" if one else None for day, one in zip(days, told, strict=True)]
    return pa.table({"rec_id": range(people), **{name: pa.array(texts, pa.string()) for name, texts in picked.items()}})


def _levels(connection: Any, where: str) -> Levels:
    far = (f"levenshtein(a.{one}, b.{one}) as d_{one}, greatest(length(a.{one}), length(b.{one})) as n_{one}" for one in LEVELS)
    query = f"""
        with pairs as (select {", ".join(far)} from people a join people b on {where})
        select {", ".join(_level(column) for column in LEVELS)} from pairs
    """  # noqa: S608 - names of our own
    told: Levels = connection.execute(query).fetchnumpy()
    return told


def _level(column: str) -> str:
    reached = (f"(100 * (n_{column} - d_{column}) >= {least} * n_{column})::utinyint" for least in LEVELS[column])
    return f"coalesce({' + '.join(reached)}, 0)::utinyint as {column}"


def _together(parts: Iterable[Levels]) -> Levels:
    listed = list(parts)
    return {column: np.concatenate([part[column] for part in listed]) for column in LEVELS}


def names_of(rule: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Yield what a rule compares, as `surname 80`."""
    for column, level in rule:
        least = LEVELS[column][level - 1]
        yield column.replace("_", " ") + ("" if least == 100 else f" {least}")
