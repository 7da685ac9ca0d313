"""Delta tables with history by a MERGE, the two ways that teams write it, and gold rebuilt whenever something has come.

Both get what costs them nothing: one event for a key in a small batch, in order; no check of what does not cast; tables whose
rows are marked and not whole files copied; and gold without the columns that the job derives.
"""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from benchmarks.customers import CUSTOMER, FINANCE, TABLE
from benchmarks.peers.contestant import Clock
from benchmarks.peers.oracle import GOLD, SILVER
from benchmarks.peers.session import session, write_shown
from benchmarks.peers.workload import Workload

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

#: Rows as landed become typed events.
EVENTS: Final = (
    *("lower(Id) as Id", "cast(versionnumber as bigint) as versionnumber"),
    *(f"`{name}` as `{name.removeprefix('crc33_')}`" for name in CUSTOMER.names if name.startswith("crc33_")),
    "try_cast(statecode as bigint) as statecode",
    "coalesce(try_to_timestamp(SinkModifiedOn, 'M/d/yyyy h:mm:ss a'), try_cast(SinkModifiedOn as timestamp)) as sink",
    *("try_cast(createdon as timestamp) as createdon", "try_cast(modifiedon as timestamp) as modifiedon"),
    *("coalesce(lower(IsDelete) = 'true', false) as deleted", "_source_file", "_record_number"),
)
FINANCE_EVENTS: Final = (
    *("cid", "try_cast(income as decimal(16,2)) as income", "try_cast(spend as decimal(16,2)) as spend", "segment"),
    *("try_cast(as_of as date) as as_of", "_record_number"),
)
#: History in one window, and so one shuffle: what repeats exactly ends where it begins.
_HISTORY: Final = f"""
    select * except (deleted) from (
        select *, versionnumber as start_at, lead(versionnumber) over (partition by Id order by versionnumber, sink) as end_at
        from (select {", ".join(EVENTS)} from landed))
    where not deleted and not (start_at <=> end_at)"""  # noqa: S608  names of our own
_FINANCE_HISTORY: Final = f"""
    select *, _record_number as start_at, lead(_record_number) over (partition by cid order by _record_number) as end_at
    from (select {", ".join(FINANCE_EVENTS)} from landed)"""  # noqa: S608  names of our own
#: Of an event the row that is current from then on.
ROW: Final = "s.* except (deleted), s.versionnumber as start_at, cast(null as bigint) as end_at"
#: The one row of each customer that gold has.
CUSTOMER_OF_GOLD: Final = """
    select c.* except (start_at, end_at, sink), f.income, f.spend, f.segment, f.as_of
    from (select * from silver_customer where end_at is null) c
    left join (select * from silver_finance where end_at is null) f on f.cid = c.cid"""


class Merges:
    """What both ways have in common."""

    statements: ClassVar[tuple[str, ...]] = ()

    def __init__(self, workload: Workload, folder: Path, clock: Clock) -> None:
        """See `Contestant`."""
        self._workload = workload
        self._folder = folder
        self._clock = clock
        self._spark = session()
        self._publications = 0

    def run(self, number: int) -> None:
        """See `Contestant`."""
        with self._clock.step("silver"):
            self._landed(number, TABLE)
            if number == 0:
                self._write(_HISTORY, "customer")
                self._landed(number, FINANCE.table)
                self._write(_FINANCE_HISTORY, "finance")
            else:
                self._spark.table("landed").selectExpr(*EVENTS).createOrReplaceTempView("events")
                for statement in self.statements:
                    self._spark.sql(statement.format(silver=f"delta.`{self._folder}/silver/customer`"))
        for table in ("customer", "finance"):
            self._silver(table).createOrReplaceTempView(f"silver_{table}")
        self._publications += 1
        with self._clock.step("customer"):
            self._spark.sql(CUSTOMER_OF_GOLD).write.parquet(self._gold("customer"))
        with self._clock.step("customer_finance"):
            self._silver("finance").write.parquet(self._gold("customer_finance"))

    def _landed(self, number: int, table: str) -> None:
        parts = [str(part) for part in self._workload.bronze(number, table)]
        self._spark.read.parquet(*parts).createOrReplaceTempView("landed")

    def _write(self, statement: str, table: str) -> None:
        writer = self._spark.sql(statement).write.format("delta").option("delta.enableDeletionVectors", "true")
        writer.save(f"{self._folder}/silver/{table}")

    def _silver(self, table: str) -> "DataFrame":
        return self._spark.read.format("delta").load(f"{self._folder}/silver/{table}")

    def _gold(self, table: str) -> str:
        return f"{self._folder}/gold/{table}/{self._publications:04}"

    def show(self, silver: Path, gold: Path) -> None:
        """See `Contestant`."""
        write_shown(self._silver("customer").where("end_at is null"), SILVER, silver)
        write_shown(self._spark.read.parquet(self._gold("customer")), GOLD, gold)

    def close(self) -> None:
        """See `Contestant`."""
        self._spark.stop()


class CloseAndAppend(Merges):
    """What careful teams write: a MERGE closes the rows that events replace, then what is not there yet is appended."""

    statements = (
        """
        merge into {silver} t using events s on t.Id = s.Id and t.end_at is null
        when matched and s.versionnumber > t.start_at then update set end_at = s.versionnumber""",
        f"""
        insert into {{silver}} by name select {ROW} from events s
        left anti join {{silver}} t on t.Id = s.Id and t.start_at >= s.versionnumber where not s.deleted""",  # noqa: S608  names of our own
    )


class Documented(Merges):
    """The pattern of Delta Lake's documentation: what replaces a row comes twice, once without a key to be inserted.

    There it is asked only after the keys have matched whether a row is current, so that who comes back after a delete is
    lost. Here it is asked with the keys.
    """

    statements = (
        f"""
        merge into {{silver}} t using (
            select s.Id as merge_key, {ROW}, s.deleted from events s
            union all
            select null as merge_key, {ROW}, s.deleted from events s join {{silver}} t on t.Id = s.Id
            where t.end_at is null and s.versionnumber > t.start_at and not s.deleted
        ) s on t.Id = s.merge_key and t.end_at is null
        when matched and s.versionnumber > t.start_at then update set end_at = s.versionnumber
        when not matched and not s.deleted then insert *""",  # noqa: S608  names of our own
    )
