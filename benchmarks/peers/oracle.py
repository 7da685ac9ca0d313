"""Which rows are current when all batches were taken, made without any engine; and whether a contestant's are the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.customers import TEXTS, finance, number, place, texts, versions
from benchmarks.peers.workload import Workload

_COMPARED: Final = ("name", "email", "streetaddress", "postcode")
SILVER: Final = ("cid", *_COMPARED, "versionnumber")  # all as text
GOLD: Final = ("cid", *_COMPARED, "income", "spend", "segment")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How many rows a contestant shows, and how many of them are not what they have to be, or lack."""

    rows: int
    wrong: int
    missing: int

    def __str__(self) -> str:
        """Say it in a cell of a table."""
        return "right" if self.wrong == self.missing == 0 else f"{self.wrong:,} wrong, {self.missing:,} missing"


def write_expected(workload: Workload) -> None:
    """Write what is current of a workload of which all batches were taken; from seeds, as the landed files are."""
    current = versions(workload.customers)
    for version, customers in workload.changes():
        for customer in customers:
            current[customer] = version
    there = [customer for customer, version in enumerate(current) if version]
    bodies = {version: texts(version) for version in {*current} - {0}}
    own = [bodies[current[customer]][place(customer, current[customer])] for customer in there]
    columns: dict[str, Iterable[str]] = {"cid": map(str, there)}
    for name in _COMPARED:
        at = TEXTS.index(name)
        columns[name] = [body[at] for body in own]
    columns["versionnumber"] = [str(number(current[customer])) for customer in there]
    figures = dict(finance(workload.customers))
    for at, name in enumerate(("income", "spend", "segment")):
        columns[name] = [figures[customer][at] for customer in there]
    rows = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    pq.write_table(rows, workload.expected)


def judged(workload: Workload, silver: Path, gold: Path) -> dict[str, Verdict]:
    """Compare what a contestant shows, in files or folders of parquet; what it does not show is left out."""
    places = {"silver": (silver, SILVER), "gold": (gold, GOLD)}
    return {name: _verdict(workload, place, names) for name, (place, names) in places.items() if place.exists()}


def _verdict(workload: Workload, place: Path, names: tuple[str, ...]) -> Verdict:
    files = f"{place}/*.parquet" if place.is_dir() else str(place)
    wanted, shown = (f"(select {', '.join(names)} from read_parquet('{one}'))" for one in (workload.expected, files))  # noqa: S608  names of our own
    with duckdb.connect() as connection:
        (rows,), (wrong,), (missing,) = (
            connection.execute(f"select count(*) from ({query})").fetchall()[0]  # noqa: S608  names of our own
            for query in (f"from {shown}", f"from {shown} except all from {wanted}", f"from {wanted} except all from {shown}")
        )
    return Verdict(rows=rows, wrong=wrong, missing=missing)
