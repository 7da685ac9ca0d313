"""What lands: a first load, small batches that each change some customers, and batches that change nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.customers import CUSTOMER, FINANCE, TABLE, YEARS, write_changes, write_customers, write_finance
from benchmarks.lakehouse import Lakehouse

CHANGED: Final = 1_000  # customers in a small batch, drawn evenly from all
_FIRST_CHANGE: Final = 200  # its version, above those of the first load


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What lands in one folder, and where its bronze lies."""

    folder: Path
    customers: int
    batches: int  # that change something
    repeats: int = 3  # of the last one, as landed: nothing changes

    @property
    def numbers(self) -> range:
        """The numbers of all batches, 0 being the first load."""
        return range(self.batches + self.repeats + 1)

    def changes(self) -> Iterator[tuple[int, Sequence[int]]]:
        """Yield version and customers of each batch that changes something."""
        for batch in range(1, self.batches + 1):
            chosen = Random(batch).sample(range(self.customers), min(CHANGED, self.customers))
            yield _FIRST_CHANGE + batch, chosen

    def is_repeat(self, number: int) -> bool:
        """Say whether a batch changes nothing."""
        return number > self.batches

    def landed(self, number: int) -> list[Path]:
        """Return the customers' files that have landed up to a batch."""
        landing = self.folder / "landing"
        first = [landing / TABLE / f"{year}.csv" for year in YEARS]
        return first + [landing / "changes" / f"{batch:04}.csv" for batch in range(1, min(number, self.batches) + 1)]

    @property
    def finance(self) -> Path:
        """The finance file, which lands with the first load."""
        return self.folder / "landing" / "customer_finance.csv"

    def bronze(self, number: int, table: str = TABLE) -> list[Path]:
        """Return the bronze parts that a batch brings of a table."""
        source = "dataverse" if table == TABLE else "finance"
        return sorted((self.folder / "bronze" / source / table).glob(f"{number:04}-*.parquet"))

    @property
    def expected(self) -> Path:
        """What is current in the end (`oracle`)."""
        return self.folder / "expected.parquet"

    def land(self) -> None:
        """Make the landed files."""
        write_customers(self.folder / "landing" / TABLE, self.customers)
        write_finance(self.finance, self.customers)
        for (version, customers), file in zip(self.changes(), self.landed(self.batches)[len(YEARS) :], strict=True):
            write_changes(file, customers, version=version)

    def ingest(self) -> None:
        """Make bronze parts of them with the kernel that the functions run, and the batches' manifests."""
        house = Lakehouse(self.folder)
        for number in self.numbers:
            for file in self.landed(0) if number == 0 else self.landed(number)[-1:]:
                house.ingest(file, CUSTOMER, "dataverse")
            if number == 0:
                house.ingest(self.finance, FINANCE, "finance")
            house.batch()
