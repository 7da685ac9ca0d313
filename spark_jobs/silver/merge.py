"""The merge of one entity of one batch.

In this order, so that a crash between any two steps and a second attempt come to the same table and the same counts:

1. type and check the bronze rows, reconcile them with the stored events of the same keys (`history`), and stage the rows
   of the table that change: in a folder of the batch, or in the driver where they are few;
2. check that rows given = rows accounted for, and note the counts;
3. merge the staged rows in one Delta commit, which is safe to repeat; keep the rejected rows; note that it is done.

A table that is new (or is built again) is written in one pass, without staging.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Self

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import BATCH_ID, DELETED, END, ERRORS, KEPT_LINEAGE, KEY, KEYS, ROW, START, VERSION
from shared.contracts.counts import Counts, MergeCounts
from shared.contracts.entity import Entity
from shared.contracts.manifest import Manifest
from shared.contracts.outcome import Finding
from spark_jobs.driver import fits
from spark_jobs.errors import ConservationError
from spark_jobs.repeated import MOST, WORTH_A_PASS
from spark_jobs.silver.effect.observed import Observed
from spark_jobs.silver.effect.replacement import Replacement
from spark_jobs.silver.labels import Labelling
from spark_jobs.silver.landed.bronze import BronzeRows
from spark_jobs.silver.landed.currencies import PROPERTY
from spark_jobs.silver.landed.erased import ERASED
from spark_jobs.silver.landed.rejects import OF_BRONZE, bronze_rejects
from spark_jobs.silver.landed.shape import Shape
from spark_jobs.silver.restating import Restating
from spark_jobs.silver.sides import Sides
from spark_jobs.silver.stored import Stored
from spark_jobs.silver.unique import Collisions, unique_rules

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake


@dataclass(frozen=True, kw_only=True)
class Merge:
    """What is merged into what."""

    spark: SparkSession
    lake: Lake
    batch: Manifest
    entity: Entity
    stored: Stored
    bronze: BronzeRows
    labels: Labelling
    shape: Shape
    trusts: bool  # the types of values are taken to be those stored, until an event says that one is not

    @classmethod
    def read(cls, spark: SparkSession, lake: Lake, batch: Manifest, entity: Entity, *, trusting: bool = True) -> Self:
        """Read what is stored, and decide the columns; nothing is written yet.

        Unless it is `trusting`, it looks at all values of a finance file first. One that had no reject yet is trusted: most
        files are like those before, and a pass over their values tells nothing that reading them does not.
        """
        stored = Stored.read(spark, lake, batch, entity)
        bronze = BronzeRows(spark=spark, lake=lake, batch=batch, entity=entity)
        labels = Labelling.read(lake, batch, entity, bronze.columns, stored.table, stored.columns, stored.labels)
        trusts = trusting and bronze.may_trust(labels.data) and not stored.rejected.exists()
        shape = bronze.shape(labels.data, stored.currencies, trusting=trusts)
        return cls(
            spark=spark,
            lake=lake,
            batch=batch,
            entity=entity,
            stored=stored,
            bronze=bronze,
            labels=labels,
            shape=shape,
            trusts=trusts,
        )

    def run(self, note: Callable[[MergeCounts], None], warn: Callable[[Sequence[Finding]], None]) -> None:
        """Carry it out; `note` writes down the counts, before and after the merge, and what `warn` was told until then.

        Raises `ConservationError` where rows do not add up, `IdentityConflictError` where the table tells events apart by other
        columns; either way the table is as it was.
        """
        restating = Restating(stored=self.stored, bronze=self.bronze, shape=self.shape, columns=self.labels.data)
        if not self.stored.is_new and not self.stored.is_older(self.shape.plan):
            self.stored.check_identity(self.entity, self.shape.plan)
        self.labels.release(self._version)
        merge = self._restated(restating) if restating.is_needed else self
        warn(self.shape.findings)
        merge._run(note, warn)

    def _run(self, note: Callable[[MergeCounts], None], warn: Callable[[Sequence[Finding]], None]) -> None:
        stored, table = self.stored, self.stored.table
        observed = Observed(self.entity, self.shape.types, overtaken=self.bronze.overtaken)
        sides = self._sides()
        staged = None if stored.is_new else self._staged(sides, observed)
        if self.trusts and staged is not None and not observed.is_all_read():
            Merge.read(self.spark, self.lake, self.batch, self.entity, trusting=False).run(note, warn)
            return
        counts = self._build(sides, observed) if staged is None else self._checked(observed)
        warn(self._told(sides, observed))
        note(_noted(counts))
        self.labels.add_columns(self.shape.types)
        if staged is not None and observed.is_change():
            self._merge(staged)
        if staged is not None:
            staged.delete(self.lake)
        for column, symbol in self.shape.currencies.items():
            if symbol and column not in stored.currencies:
                table.set_property(f"{PROPERTY}{column}", symbol)
        self.labels.bring_up_to_date(self.shape.types, self._version)
        if counts.rejected or self._has_bronze_rejects:
            counts = replace(counts, rules=self._keep_rejected(sides, counts.rejected) | dict(counts.rules))
        if sides.collisions:
            self.lake.delete(f"{self.batch.folder}/shared")
        totals = table.count_totals() if stored.totals is None else observed.totals(stored.totals)
        version = table.version()
        if table.totals(version) != totals:
            table.note_totals(totals, version)
        note(replace(_noted(counts), merged=True, current=totals.current, history=totals.shown))

    @property
    def _version(self) -> int:
        """What the rows that this merge writes carry: later than all that gold was built of."""
        return self.stored.version + 1

    def _sides(self) -> Sides:
        """Return what meets, with what breaks a rule `unique`, which takes a pass of its own where there is such a rule."""
        sides = Sides(entity=self.entity, bronze=self.bronze, shape=self.shape, stored=self.stored)
        rules = unique_rules(self.entity.rules, self.shape.types)
        if not rules:
            return sides
        path = self.lake.path(f"{self.batch.folder}/shared/{self.entity.name}")
        found = Collisions(spark=self.spark, plan=self.shape.plan, rules=rules, path=path)
        found.find(sides.landed(), None if self.stored.is_new else sides.held(), snapshot=self.entity.mode == "snapshot")
        return replace(sides, collisions=found)

    def _stamped(self, rows: DataFrame) -> DataFrame:
        version = F.lit(self._version).cast("bigint").alias(VERSION)
        return rows.select(*self.shape.stored, START, END, DELETED, version, *self.labels.columns(self.shape.types))

    def _build(self, sides: Sides, observed: Observed) -> Counts:
        table, before = self.stored.table, self.stored.version
        table.write(observed.written(self._built(sides, observed)), self.shape.plan.identity, replaces=before >= 0)
        counts = observed.counts()
        self.lake.delete(f"{self.batch.folder}/repeated/{self.entity.name}")
        try:
            self._check(counts)
        except ConservationError:  # nothing that does not add up stays
            if before < 0:
                self.lake.delete(table.place)
            else:
                table.restore(before)
            raise
        return counts

    def _built(self, sides: Sides, observed: Observed) -> DataFrame:
        """Return the rows of a new table. Most keys of a first load have one event, which takes no order and no shuffle."""
        rows = self.bronze.count
        repeated = self.bronze.repeated_keys(self.shape) if rows > WORTH_A_PASS else None
        if repeated is None or repeated.count > min(rows // 4, MOST):
            return self._stamped(sides.reconciled(sides.new(observed.landed(sides.landed())), observed))
        single = sides.new(observed.landed(sides.landed(without=repeated), alone=True))
        built = self._stamped(observed.ended(sides.alone(single), self.shape.plan, sides.watched))
        if not repeated.count:
            return built
        several = sides.new(observed.landed(sides.landed(only=repeated)))
        return built.unionByName(self._stamped(sides.reconciled(several, observed)))

    def _staged(self, sides: Sides, observed: Observed) -> Replacement:
        """Return the rows that change."""
        landed = observed.landed(sides.landed())
        both, are_few = sides.in_driver(landed) if self._fits_the_driver(sides) else (sides.together(landed), False)
        changed, identity = self._stamped(observed.changed(sides.reconciled(both, observed))), self.shape.plan.identity
        if are_few:
            return Replacement.in_driver(changed, identity, self.stored.columns)
        return Replacement.in_lake(self.lake, changed, identity, f"{self.batch.folder}/staged/{self.entity.name}")

    def _fits_the_driver(self, sides: Sides) -> bool:
        """Say whether few rows change: few events change few, unless files end what they leave out."""
        return fits(self.bronze.count, self.bronze.bytes) and sides.left_out is None

    def _checked(self, observed: Observed) -> Counts:
        counts = observed.counts()
        self._check(counts)
        return counts

    def _merge(self, staged: Replacement) -> None:
        there = self.labels.data
        self.stored.table.add_columns({name: kind for name, kind in self.shape.types.items() if name not in there})
        staged.put_into(self.stored.table)

    def _restated(self, restating: Restating) -> Merge:
        """Bring the table to what its events are told apart by now, and to types that widened; return the merge into that."""
        table, shape = self.stored.table, self.shape
        table.write(self._stamped(restating.rows()), shape.plan.identity, replaces=True)
        described, version = table.described(), table.version()
        stored = replace(self.stored, version=version, columns=described.columns, identity=described.identity, totals=None)
        return replace(self, stored=stored, labels=replace(self.labels, columns_there=described.columns))

    @property
    def _has_bronze_rejects(self) -> bool:
        """Whether a snapshot lacks records because bronze rejected them."""
        return self.entity.mode == "snapshot" and any(part.rejects for part in self.bronze.parts)

    def _told(self, sides: Sides, observed: Observed) -> list[Finding]:
        """Return what a person should know of what the files of the batch closed."""
        if sides.left_out is None:
            return []
        found = sides.left_out.findings(self.entity.name)
        for snapshot, ended, keys in observed.most_ended(sides.watched):
            where = snapshot.folder or snapshot.start[-1]
            detail = (
                f"it left out {ended} of {keys} keys, which are closed; where it is a part of a whole, say "
                '`snapshot_of = "folder"`, and land the rest'
            )
            trap = "snapshot_closes_most"
            found.append(Finding(trap=trap, table=self.entity.name, where=where, detail=detail, severity="warning"))
        return found

    def _check(self, counts: Counts) -> None:
        if not counts.balances(self.bronze.count):
            raise ConservationError(self.entity.name, self.bronze.count, counts)

    def _keep_rejected(self, sides: Sides, many: int) -> dict[str, int]:
        """Keep the rejected rows, but those that are to be erased, which are counted only."""
        rejected = sides.landed(keep_row=True).where((F.size(ERRORS) > 0) & ~F.array_contains(ERRORS, ERASED))
        batch, unknown = F.lit(self.batch.batch_id).alias(BATCH_ID), F.lit(None)
        kept = rejected.select(
            batch, *KEPT_LINEAGE, self.shape.plan.key(), unknown.cast("array<array<string>>").alias(KEYS), ERRORS, ROW
        )
        if self._has_bronze_rejects and (lacking := bronze_rejects(self.bronze)) is not None:
            nothing = {KEY: unknown.cast("array<string>"), ROW: unknown.cast("string")}
            kept = kept.unionByName(lacking.withColumn(BATCH_ID, batch).withColumns(nothing).select(*kept.columns))
        table = self.stored.rejected
        if fits(many + sum(part.rejects for part in self.bronze.parts), self.bronze.bytes):
            held = kept.toArrow()  # a table that was read back would take more jobs than all the rest
            table.replace_batch(self.spark.createDataFrame(held, kept.schema), self.batch.batch_id)
            reasons = [errors for errors in held.column(ERRORS).to_pylist() if not errors[0].startswith(OF_BRONZE)]
            found, rows = dict(sorted(Counter(chain.from_iterable(reasons)).items())), len(reasons)
        else:
            table.replace_batch(kept, self.batch.batch_id)
            found, rows = self._reasons_kept()
        if self.batch.kept_out_of(self.entity.name):
            found[ERASED] = many - rows
        return found

    def _reasons_kept(self) -> tuple[dict[str, int], int]:
        """Count by reason, and in all, the rejected rows that the batch was given; those of bronze are none."""
        rows = self.stored.rejected.read().where(F.col(BATCH_ID) == self.batch.batch_id)
        rows = rows.where(~F.startswith(F.col(ERRORS)[0], F.lit(OF_BRONZE)))
        reasons = rows.select(F.explode(ERRORS).alias("reason")).groupBy("reason").count().orderBy("reason")
        return {row[0]: row[1] for row in reasons.collect()}, rows.count()


def _noted(counts: Counts) -> MergeCounts:
    return MergeCounts(
        read=counts.read,
        applied=counts.applied,
        superseded=counts.superseded,
        duplicates=counts.duplicates,
        rejected=counts.rejected,
        rules=dict(sorted(counts.rules.items())),
        merged=False,
    )
