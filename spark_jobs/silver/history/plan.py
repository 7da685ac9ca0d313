"""What tells the events of an entity apart, and what orders them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.columns import CONTAINER, KEY, LANDED_AT, RECORD_NUMBER, SOURCE_FILE
from spark_jobs.names import quoted

if TYPE_CHECKING:
    from pyspark.sql import Column


#: What orders finance records where nothing is configured: when their file landed, its name, their place in it.
LANDING = (LANDED_AT, SOURCE_FILE, RECORD_NUMBER)
#: What these are called, and of which types, inside __START_AT and __END_AT.
LANDING_FIELDS = {"landed_at": "timestamp", "source_file": "string", "record_number": "bigint"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What reconciling has to know of an entity; names are silver names."""

    keys: Sequence[str]
    sequence: tuple[str, ...]  # compared in this order
    fields: tuple[str, ...]  # what these are called inside __START_AT and __END_AT
    field_types: tuple[str, ...]
    content: Sequence[str]  # data columns
    tracked: Sequence[str]  # those whose change makes a new row of history

    @property
    def sequence_type(self) -> str:
        """The SQL type of `__START_AT` and `__END_AT`."""
        return f"struct<{','.join(f'{name}:{kind}' for name, kind in zip(self.fields, self.field_types, strict=True))}>"

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that tell events apart: those of one identity are versions of the same event."""
        return tuple(dict.fromkeys((*self.keys, *self.sequence)))

    @property
    def point_type(self) -> str:
        """The SQL type of a finance file's place in the order: what its records have in common of their sequence."""
        pairs = list(zip(self.fields, self.field_types, strict=True))[:-1]
        return f"struct<{','.join(f'{name}:{kind}' for name, kind in pairs)}>"

    @property
    def is_of_files(self) -> bool:
        """Whether events are ordered by the files that they came in; those of Dataverse have a sequence of their own."""
        return self.sequence[-len(LANDING) :] == LANDING

    @property
    def ordered_by(self) -> tuple[str, ...]:
        """The columns by which the records of finance files are ordered before their files are, as configured."""
        return self.sequence[: -len(LANDING)] if self.is_of_files else ()

    @property
    def source_keys(self) -> tuple[str, ...]:
        """The keys as the source has them: the container, which only tells environments apart, is none."""
        return tuple(name for name in self.keys if name != CONTAINER)

    def own(self) -> Column:
        """Return the sequence of an event."""
        return F.struct(*(F.col(name).alias(field) for name, field in zip(self.sequence, self.fields, strict=True)))

    def point(self, sequence: Column) -> Column:
        """Return the place in the order of the finance file that an event with a sequence came from."""
        return F.struct(*(sequence[field].alias(field) for field in self.fields[:-1]))

    def before(self, point: Column) -> Column:
        """Return the sequence that stands before all records of a finance file, whose numbers begin at 1."""
        fields = (point[field].alias(field) for field in self.fields[:-1])
        return F.struct(*fields, F.lit(0).cast("bigint").alias(self.fields[-1]))

    def key(self) -> Column:
        """Return the key of a typed event as a rejected record keeps it."""
        return F.array(*(F.col(name).cast("string") for name in self.source_keys)).alias(KEY)


def digest(columns: Sequence[str]) -> Column:
    """Return a 64-bit digest of named values that a column full of nulls does not change, so that one can be added."""
    names = sorted(columns, key=str.lower)
    # As one text: each part of a column by itself is a call to the JVM, of which this would be five for each column.
    parts = (f"if({quoted(name)} is null, null, {zlib.crc32(name.lower().encode())}L), {quoted(name)}" for name in names)
    return F.expr(f"xxhash64({', '.join(parts)})") if names else F.lit(0).cast("bigint")
