"""The comparison is honest: every contestant's rows are judged by rows that no engine made, and times are added up rightly."""

from pathlib import Path

import duckdb
import pytest

from benchmarks.peers.contestant import Clock, Spent
from benchmarks.peers.ducks import Duck
from benchmarks.peers.oracle import Verdict, judged, write_expected
from benchmarks.peers.tables import Measured, comparison
from benchmarks.peers.workload import Workload


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    """1,200 customers, so that a batch leaves some as the first load left them."""
    made = Workload(folder=tmp_path_factory.mktemp("workload"), customers=1200, batches=1, repeats=1)
    made.land()
    made.ingest()
    write_expected(made)
    return made


@pytest.fixture(scope="module")
def shown(workload: Workload, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an engine makes of it."""
    folder, clock = tmp_path_factory.mktemp("duck"), Clock()
    duck = Duck(workload, folder, clock)
    for number in workload.numbers:
        duck.run(number)
    duck.show(folder / "silver.parquet", folder / "gold.parquet")
    duck.close()
    assert set(clock.read()) == {"silver", "customer", "customer_finance", "upserts only"}
    return folder


def test_an_engine_that_takes_all_batches_shows_the_rows_that_were_expected(workload: Workload, shown: Path) -> None:
    verdicts = judged(workload, shown / "silver.parquet", shown / "gold.parquet")

    assert set(verdicts) == {"silver", "gold"}
    assert {str(verdict) for verdict in verdicts.values()} == {"right"}
    assert verdicts["gold"].rows > 1100


def test_one_value_of_another_version_is_a_wrong_row_and_a_missing_one(workload: Workload, shown: Path, tmp_path: Path) -> None:
    stale = tmp_path / "gold.parquet"
    rows = f"read_parquet('{shown / 'gold.parquet'}')"
    with duckdb.connect() as connection:
        changed = f"select * replace (case cid when '1' then 'old' else email end as email) from {rows}"  # noqa: S608
        connection.execute(f"copy ({changed}) to '{stale}' (format parquet)")

    verdicts = judged(workload, tmp_path / "it has no silver", stale)

    assert {name: (verdict.wrong, verdict.missing) for name, verdict in verdicts.items()} == {"gold": (1, 1)}
    assert str(Verdict(rows=3, wrong=1, missing=2)) == "1 wrong, 2 missing"


def test_a_small_batch_is_the_median_of_those_that_changed_something_and_what_stands_beside_it_is_not_added() -> None:
    one = measured(3, upserts=9)

    assert (one.full.wall, one.silver.wall, one.gold, one.small().wall) == (100, 3, Spent(wall=4, cpu=4), 7)
    assert one.empty == Spent(wall=1, cpu=1)
    assert one.row() == "| it | 100.0 (100.0) | 3.0 (3.0) | 4.0 (4.0) | 7.0 (7.0) | 1.0 (1.0) | gold right |"
    assert list(one.beside()) == ["| it, upserts only | – | 3.0 (3.0) | – | 12.0 (12.0) | – | – |"]


def test_ahead_is_more_than_one() -> None:
    assert list(comparison(measured(1), [measured(3)]))[-1] == "| it | 1.00 x | 3.00 x | 1.40 x |"


def measured(silver: float, *, upserts: float | None = None) -> Measured:
    """What a contestant took for everything, for three small batches, and for one that changed nothing."""
    beside = {} if upserts is None else {"upserts only": second(upserts)}
    changed = [{"silver": second(silver + more), "customer": second(4 + more)} | beside for more in (-1, 0, 1)]
    return Measured(
        label="it", batches=[{"silver": second(100)}, *changed, {"silver": second(1)}], changed=3, rows="gold right"
    )


def second(number: float) -> Spent:
    """So many seconds, of one processor."""
    return Spent(wall=number, cpu=number)
