"""What was measured, as tables in Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from statistics import median
from typing import Any, Final

from benchmarks.peers.contestant import Spent
from benchmarks.peers.workload import CHANGED

_BESIDE: Final = "upserts only"  # a step that is no part of a batch
HEAD: Final = (
    "| s (processor s) | full | batch: silver | gold | total | nothing changed | rows |",
    "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one contestant spent on each batch, and what is to be said of its rows."""

    label: str
    batches: Sequence[Mapping[str, Spent]]  # by number, 0 being everything
    changed: int  # how many of them changed something
    rows: str

    @classmethod
    def read(cls, found: Mapping[str, Any], label: str) -> "Measured":
        """Read it as a contestant's process tells it."""
        batches = [{name: Spent(**spent) for name, spent in batch.items()} for batch in found["batches"]]
        return cls(label=label, batches=batches, changed=found["changed"], rows=found["rows"])

    @property
    def full(self) -> Spent:
        """The first load."""
        return _total(self.batches[0])

    def small(self, first: int = 1, last: int | None = None) -> Spent:
        """Return the median of small batches, from and up to a number."""
        return _median(_total(batch) for batch in self.batches[first : (last or self.changed) + 1])

    @property
    def silver(self) -> Spent:
        """Silver's part of a small batch."""
        return _median(batch["silver"] for batch in self.batches[1 : self.changed + 1])

    @property
    def gold(self) -> Spent | None:
        """Gold's part of it, None where there is none."""
        found = [
            [spent for name, spent in batch.items() if name not in {"silver", _BESIDE}]
            for batch in self.batches[1 : self.changed + 1]
        ]
        return _median(reduce(add, spent) for spent in found) if all(found) else None

    @property
    def empty(self) -> Spent | None:
        """A batch that changes nothing, None where it was not tried."""
        found = self.batches[self.changed + 1 :]
        return _median(_total(batch) for batch in found) if found else None

    def row(self) -> str:
        """Return its row of the table."""
        cells = [self.full, self.silver, self.gold, self.small(), self.empty]
        return f"| {self.label} | {' | '.join(map(cell, cells))} | {self.rows} |"

    def beside(self) -> Iterator[str]:
        """Yield what it can do instead of rebuilding."""
        found = [batch["silver"] + batch[_BESIDE] for batch in self.batches[1 : self.changed + 1] if _BESIDE in batch]
        if found:
            yield f"| {self.label}, {_BESIDE} | – | {cell(self.silver)} | – | {cell(_median(found))} | – | – |"


def comparison(ours: Measured, others: Iterable[Measured]) -> Iterator[str]:
    """Yield how many times faster ours was than each."""
    yield f"| {ours.label} is faster than | full | batch of {CHANGED:,}: silver | total |"
    yield "| --- | ---: | ---: | ---: |"
    for other in others:
        pairs = ((other.full, ours.full), (other.silver, ours.silver), (other.small(), ours.small()))
        yield f"| {other.label} | {' | '.join(f'{theirs.wall / own.wall:.2f} x' for theirs, own in pairs)} |"


def _total(batch: Mapping[str, Spent]) -> Spent:
    return reduce(add, (spent for name, spent in batch.items() if name != _BESIDE))


def _median(found: Iterable[Spent]) -> Spent:
    spent = list(found)
    return Spent(wall=median(one.wall for one in spent), cpu=median(one.cpu for one in spent))


def cell(spent: Spent | None) -> str:
    """Return what was spent as a cell: on the wall, and of processor time."""
    return "–" if spent is None else f"{spent.wall:.1f} ({spent.cpu:.1f})"
