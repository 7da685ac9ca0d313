"""The whole way from landing to bronze: whatever lands, in whatever steps, with crashes and repeats in between, is there once.

The kernel alone is in `test_slicing.py`, and a crash at every single call in `test_crashes.py`; here they come together over
random tables.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, model
from tests.properties.test_crashes import PORTS, Countdown, Died
from tests.properties.test_slicing import value, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.context import Context

Row = list[str | None]
FOLDER = "2026-11-23T10.00.00Z"


@dataclass(frozen=True, kw_only=True)
class Table:
    """What an exporter has to tell, and how it does."""

    container: str
    path: str
    columns: tuple[str, ...]
    rows: list[Row]  # some of them narrower, where the order of the columns allows it


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A growing file in either order of columns, a file of a closed folder, or a finance file."""
    kind = draw(st.sampled_from(["engagement", "finance and operations", "folder", "finance"]))
    free = [f"c{number}" for number in range(draw(st.integers(1, 3)))]
    if kind == "finance":
        columns, narrowest = ("cid", *free), 1 + len(free)
    elif kind == "engagement":
        columns, narrowest = ("Id", "IsDelete", *free), 2 + len(free)
    else:
        columns, narrowest = (*free, "versionnumber", "IsDelete", "added", "later"), 2 + len(free)
    widths = sorted(draw(st.lists(st.integers(narrowest, len(columns)), min_size=1, max_size=25)))
    distinct = [draw(st.lists(value, min_size=width, max_size=width)) for width in widths]
    rows = [row for row in distinct for _ in range(draw(st.sampled_from([1, 1, 4])))]  # duplicates: Synapse Link, section 9
    container, path = DATAVERSE, "contact/2024.csv"
    if kind == "finance":
        container, path = FINANCE, "customer_finance/2026-11.csv"
    elif kind == "folder":
        path = f"{FOLDER}/contact/2024.csv"
    return Table(container=container, path=path, columns=columns, rows=rows)


class World:
    """A pipeline with small slices, whose process dies now and then."""

    def __init__(self, random: Random, slice_bytes: tuple[int, ...]) -> None:
        self.pipeline = Pipeline()
        self.random = random
        self.slice_bytes = slice_bytes

    def do(self, action: Callable[[Context], Any], *, may_die: bool = True) -> None:
        """Do something in a new process, which may die at any of its calls to the outside."""
        context = self.pipeline.fresh_context()
        context.replace(settings=replace(context.settings, slice_bytes=self.random.choice(self.slice_bytes)))
        if may_die and self.random.random() < 0.6:
            countdown = Countdown(self.random.choice((*range(1, 14), 30, 60)), after=self.random.random() < 0.5)
            context.replace(**{name: countdown.around(getattr(self.pipeline, name)) for name in PORTS})
        with suppress(Died):
            action(context)

    def land(self, container: str, path: str, data: bytes) -> None:
        """Land a file, whose event is lost, comes once or comes several times."""
        self.pipeline.lake.put(container, path, data)
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            self.do(lambda context: context.landing(container, path))
        if self.random.random() < 0.3:
            self.pipeline.clock.advance(70)
            self.do(lambda context: context.sweep())


@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.too_slow])
@given(table=tables(), seed=st.integers(0, 2**32))
def test_a_table_is_in_bronze_exactly_in_order_with_its_nulls_however_it_landed(table: Table, seed: int) -> None:
    random = Random(seed)
    sizes = (1, 30, 200, 10_000)
    grows = table.container == DATAVERSE and not table.path.startswith(FOLDER)
    # A whole file whose slices change their size while it is read is read anew: `test_ingest.py`.
    world = World(random, sizes if grows else (random.choice(sizes),))
    if table.container == DATAVERSE:
        place = "model.json" if grows else f"{FOLDER}/model.json"
        world.land(DATAVERSE, place, model(*table.columns))
        world.land(DATAVERSE, "Changelog/changelog.info", b"2026-11-23T10.15.00Z")
        data = write(table.rows, random)
    else:
        data = ",".join(table.columns).encode() + b"\n" + write(table.rows, random, ends=("\n", "\r\n", "\r"))
    at = 0
    while at < len(data):
        at = min(len(data), at + random.choice((1, 7, 60, 400))) if grows else len(data)
        world.land(table.container, table.path, data[:at])
    pipeline = world.pipeline
    pipeline.clock.advance(70)
    world.do(lambda context: context.sweep(), may_die=False)

    name = "contact" if table.container == DATAVERSE else "customer_finance"
    record = pipeline.context.ledger.file(table.container, table.path).record
    generation = f"/g{record.generation:06d}-"
    parts = [part.record for part in pipeline.context.ledger.parts_of(table.container, table.path)]
    assert all(generation in part.part_id for part in parts)
    in_bronze = pipeline.bronze(name, table.container)
    found = [[row[column] for column in table.columns] for row in in_bronze]
    width = len(table.columns)
    rows = table.rows
    if table.container == FINANCE:
        if record.state == "rejected":  # where several readings are possible nothing is guessed
            assert found == []
            return
        rows = [row for row in rows if any(row) or (width == 1 and row != [None])]  # a blank record is none
    expected = [row + [None] * (width - len(row)) for row in rows]
    if table.container == FINANCE and record.rejects:  # what may be a note or a total is told instead, and nothing else changes
        left = iter(expected)
        assert all(row in left for row in found)
        assert len(found) + record.rejects == len(expected)
    else:
        assert found == expected
    assert [row["_record_number"] for row in in_bronze] == list(range(1, len(rows) + 1))
    assert (record.state, record.records, record.rejects) == ("ingested", len(rows), 0)
    assert sum(part.rows for part in parts) == len(rows)
    assert pipeline.context.status().files.waiting == 0
