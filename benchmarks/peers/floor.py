"""What the engine alone costs: the statements that no way to history and gold can do without, and nothing about them.

No row is rejected, counted or told, none is derived, nothing is safe to repeat, and who reads between two of the commits finds
rows gone. A first load is that of the MERGE patterns; of a small batch the rows stored of its keys are looked up once, marked
as deleted by name, and appended with those that are new; gold is asked for the same keys only, and written beside the rest,
or its customers are all written anew, as a layout of whole tables wants it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from benchmarks.customers import TABLE
from benchmarks.peers.merges import CUSTOMER_OF_GOLD, EVENTS, ROW, Merges
from benchmarks.peers.oracle import SILVER
from benchmarks.peers.session import write_shown

if TYPE_CHECKING:
    import pyarrow as pa

_CHANGES: Final = f"""
    select t.* except (end_at), s.versionnumber as end_at from stored t join events s on t.Id = s.Id
    where s.versionnumber > t.start_at
    union all
    select {ROW} from events s left anti join stored t on t.Id = s.Id and t.start_at >= s.versionnumber where not s.deleted"""  # noqa: S608  names of our own


class Floor(Merges):
    """Look up, mark, append; then the same keys of gold."""

    anew: ClassVar[bool] = False  # whether all customers of gold are written with each batch

    def run(self, number: int) -> None:
        """See `Contestant`."""
        if number == 0:
            super().run(number)
            return
        with self._clock.step("silver"):
            cids = self._changed(number)
        self._publications += 1
        with self._clock.step("gold"):
            if cids:
                self._publish(cids)

    def _publish(self, cids: str) -> None:
        named = "true" if self.anew else f"end_at is null and cid in ({cids})"
        for table in ("customer", "finance"):
            self._silver(table).where(named).createOrReplaceTempView(f"silver_{table}")
        rows = self._spark.sql(CUSTOMER_OF_GOLD)
        (rows if self.anew else rows.coalesce(1)).write.parquet(self._gold("customer"))

    def _changed(self, number: int) -> str:
        """Bring a batch into silver; returns the customers that it changed, as a list in SQL."""
        self._landed(number, TABLE)
        events = self._held(f"select {', '.join(EVENTS)} from landed", "events")  # noqa: S608  names of our own
        self._silver("customer").createOrReplaceTempView("silver")
        named = f"end_at is null and Id in ({_listed(events, 'Id')})"
        self._held(f"select * from silver where {named}", "stored")  # noqa: S608  names of our own
        changes = self._held(_CHANGES, "changes")
        if changes.num_rows:
            place = f"{self._folder}/silver/customer"
            self._spark.sql(f"delete from delta.`{place}` where {named}")  # noqa: S608  names of our own
            self._spark.table("changes").coalesce(1).write.format("delta").mode("append").save(place)
        return _listed(changes, "cid")

    def _held(self, query: str, view: str) -> "pa.Table":
        """Hold the rows of a query in the driver, and give them a name there."""
        rows = self._spark.sql(query)
        found: pa.Table = rows.toArrow()
        self._spark.createDataFrame(found, rows.schema).createOrReplaceTempView(view)
        return found

    def show(self, silver: Path, gold: Path) -> None:  # noqa: ARG002 - whoever reads its gold has to know how
        """See `Contestant`."""
        write_shown(self._silver("customer").where("end_at is null"), SILVER, silver)


class FloorAnew(Floor):
    """Look up, mark, append; then all customers of gold."""

    anew = True


def _listed(rows: "pa.Table", name: str) -> str:
    return ", ".join(f"'{value}'" for value in sorted(set(rows.column(name).to_pylist())))
