"""What silver holds of an entity when a merge begins: read once, before the merge writes anything.

Decisions of the merge refer to this record only, so that none depends on whether it was made before or after a write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import CONTAINER, KEYS, SOURCE_FILE, START
from shared.contracts.places import rejected_table
from spark_jobs.errors import IdentityConflictError
from spark_jobs.silver.labels import StoredLabels
from spark_jobs.silver.landed.currencies import amounts, remembered
from spark_jobs.tables import Described, Table, Totals

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts.entity import Entity
    from shared.contracts.manifest import Manifest
    from spark_jobs.lake import Lake
    from spark_jobs.silver.history.plan import Plan


#: The type of `__START_AT` of a finance data set before the file's name ordered what landed at the same time.
_BY_LANDING = "struct<landed_at:timestamp,record_number:bigint>"
#: In the type of `__START_AT` of a finance data set.
LANDED_FIRST = "landed_at:timestamp"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The tables of one entity as a merge finds them."""

    table: Table
    rejected: Table
    is_new: bool  # nothing of what the table holds counts: there is none, or it is built again
    version: int  # of the newest commit, -1 where there is none
    keeps_rejects: bool  # there are rejected rows, which count as present in a snapshot; asked of snapshots only
    columns: Mapping[str, str]  # with their SQL types; none where the table is new
    identity: frozenset[str]  # columns that tell its events apart; none: not told by whoever made the table
    totals: Totals | None  # None: not noted, to be counted
    labels: StoredLabels
    currencies: Mapping[str, str]  # by column: the symbol that its amounts carried first

    @classmethod
    def read(cls, spark: SparkSession, lake: Lake, batch: Manifest, entity: Entity) -> Self:
        """Read them."""
        table, rejected = Table(spark, lake, entity.name), Table(spark, lake, rejected_table(entity.name))
        version = table.version()
        exists = version >= 0
        is_new = entity.name in batch.full_rebuild or not exists
        described = Described() if is_new else table.described()
        if entity.source == "dataverse" and LANDED_FIRST in described.columns.get(START, ""):
            # Of a finance data set that gave its name up to a table of Dataverse; its rows are in bronze.
            is_new, described = True, Described()
        properties = table.properties() if amounts(entity) and not is_new else {}
        listed = any(document.entity == entity.name for document in batch.labels)
        return cls(
            table=table,
            rejected=rejected,
            is_new=is_new,
            version=version,
            keeps_rejects=entity.mode == "snapshot" and rejected.exists(),
            columns=described.columns,
            identity=described.identity,
            totals=Totals() if is_new else table.totals(version),
            labels=StoredLabels.read(table if exists else None, described.comments, listed=listed),
            currencies=remembered(properties),
        )

    def kept_rejects(self) -> DataFrame | None:
        """Return the rows that earlier batches rejected, None where there never were any."""
        rows = self.rejected.read() if self.keeps_rejects else None
        if rows is None or KEYS in rows.columns:
            return rows
        return rows.withColumn(KEYS, F.lit(None).cast("array<array<string>>"))

    def is_older(self, plan: Plan) -> bool:
        """Say whether the table was made before its events were told apart by what they are now, though nothing else changed.

        Then its own rows say all that is needed: every event that was accepted is one of them.
        """
        start, identity = self.columns[START].lower(), frozenset(plan.identity)
        if start == plan.sequence_type.lower():
            is_known = self.identity in (frozenset(), identity - {CONTAINER})
            return CONTAINER in identity and CONTAINER not in self.columns and is_known
        if start == _BY_LANDING and not plan.ordered_by:
            return self.identity in (frozenset(), identity, identity - {SOURCE_FILE})
        # A column that orders events widened.
        return _names(start) == _names(plan.sequence_type) and self.identity == identity

    def check_identity(self, entity: Entity, plan: Plan) -> None:
        """Raise `IdentityConflictError` where the table has other keys or sequences than the entity now."""
        same_type = self.columns[START].lower() == plan.sequence_type.lower()
        if not same_type or self.identity not in (frozenset(), frozenset(plan.identity)):
            raise IdentityConflictError(entity.name, entity.table, self.identity, plan.identity)


def _names(sequence: str) -> list[str]:
    """Return the names of the fields of a sequence's type; none of them, and no simple type, has a colon in it."""
    return re.findall(r"(?:<|,)([^:<>,()]+):", sequence.lower())
