"""DuckDB with tables of its own: typed history of both tables, and both tables of gold as parquet."""

from pathlib import Path
from typing import Final

import duckdb

from benchmarks.customers import CUSTOMER, FINANCE
from benchmarks.peers.contestant import Clock
from benchmarks.peers.oracle import GOLD, SILVER
from benchmarks.peers.workload import Workload

_TEXTS: Final = ", ".join(f"{name} as {name.removeprefix('crc33_')}" for name in CUSTOMER.names if name.startswith("crc33_"))
_EVENTS: Final = f"""
    select lower(Id) as Id, cast(versionnumber as bigint) as versionnumber, {_TEXTS},
        try_cast(statecode as bigint) as statecode, coalesce(
            try_strptime(SinkModifiedOn, '%m/%d/%Y %I:%M:%S %p'), try_cast(SinkModifiedOn as timestamp)) as sink,
        try_cast(createdon as timestamptz) as createdon, try_cast(modifiedon as timestamptz) as modifiedon,
        coalesce(lower(IsDelete) = 'true', false) as deleted, _source_file, _record_number
    from read_parquet($parts)"""  # noqa: S608  names of our own
_HISTORY: Final = f"""
    select * exclude (deleted) from (
        select *, versionnumber as start_at, lead(versionnumber) over (partition by Id order by versionnumber, sink) as end_at
        from ({_EVENTS}))
    where not deleted and start_at is distinct from end_at"""  # noqa: S608  names of our own
_FINANCE: Final = """
    select cid, try_cast(income as decimal(16,2)) as income, try_cast(spend as decimal(16,2)) as spend, segment,
        try_cast(as_of as date) as as_of, _record_number as start_at,
        lead(_record_number) over (partition by cid order by _record_number) as end_at
    from read_parquet($parts)"""
_CLOSE: Final = """
    update silver_customer t set end_at = s.versionnumber from events s
    where t.Id = s.Id and t.end_at is null and s.versionnumber > t.start_at"""
_APPEND: Final = """
    insert into silver_customer select s.* exclude (deleted), s.versionnumber, null from events s
    anti join silver_customer t on t.Id = s.Id and t.start_at >= s.versionnumber where not s.deleted"""
_CUSTOMER: Final = """
    select c.* exclude (start_at, end_at, sink), f.income, f.spend, f.segment, f.as_of
    from (select * from silver_customer where end_at is null{only}) c
    left join (select * from silver_finance where end_at is null) f on f.cid = c.cid"""


class Duck:
    """Gold rebuilt with each batch; `upserts only` is what the batch changed of `customer`, beside it."""

    def __init__(self, workload: Workload, folder: Path, clock: Clock) -> None:
        """See `Contestant`."""
        self._workload = workload
        self._folder = folder
        self._clock = clock
        self._connection = duckdb.connect(str(folder / "silver.duckdb"), config={"threads": 2})

    def run(self, number: int) -> None:
        """See `Contestant`."""
        with self._clock.step("silver"):
            parts = {"parts": [str(part) for part in self._workload.bronze(number)]}
            if number == 0:
                self._connection.execute(f"create table silver_customer as {_HISTORY}", parts)
                parts = {"parts": [str(part) for part in self._workload.bronze(number, FINANCE.table)]}
                self._connection.execute(f"create table silver_finance as {_FINANCE}", parts)
            else:
                self._connection.execute(f"create or replace temp table events as {_EVENTS}", parts)
                self._connection.begin()
                self._connection.execute(_CLOSE)
                self._connection.execute(_APPEND)
                self._connection.commit()
        with self._clock.step("customer"):
            self._copy(_CUSTOMER.format(only=""), "customer")
        with self._clock.step("customer_finance"):
            self._copy("from silver_finance", "customer_finance")
        if number:
            with self._clock.step("upserts only"):
                self._copy(_CUSTOMER.format(only=" and Id in (select Id from events)"), f"upserts-{number}")

    def _copy(self, statement: str, name: str) -> None:
        self._connection.execute(f"copy ({statement}) to '{self._folder}/{name}.parquet' (format parquet)")

    def show(self, silver: Path, gold: Path) -> None:
        """See `Contestant`."""
        gold_rows = f"read_parquet('{self._folder}/customer.parquet')"
        for names, rows, place in ((SILVER, "silver_customer where end_at is null", silver), (GOLD, gold_rows, gold)):
            columns = ", ".join(f"{name}::varchar as {name}" for name in names)
            self._connection.execute(f"copy (select {columns} from {rows}) to '{place}' (format parquet)")  # noqa: S608  names of our own

    def close(self) -> None:
        """See `Contestant`."""
        self._connection.close()
