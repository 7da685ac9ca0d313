"""Columns: as they landed, those that say where a row came from, and those of history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Lineage: what each row of bronze, and each reject, says of where it came from (docs/contracts.md, "Bronze part").
SOURCE_FILE: Final = "_source_file"
SOURCE_VERSION: Final = "_source_version"
RECORD_NUMBER: Final = "_record_number"
LANDED_AT: Final = "_landed_at"
SCHEMA_VERSION: Final = "_schema_version"
LINEAGE: Final = (SOURCE_FILE, SOURCE_VERSION, RECORD_NUMBER, LANDED_AT, SCHEMA_VERSION)
#: Finance besides: by which version of its data set's contract a record was read.
CONTRACT_VERSION: Final = "_contract_version"
#: The landing container of a row, which its file's name begins with: the environment that a row of Dataverse is of.
CONTAINER: Final = "_container"
#: What silver keeps of it, so that each row tells where it came from, with the SQL types.
KEPT_LINEAGE: Final = {
    SOURCE_FILE: "string",
    SOURCE_VERSION: "string",
    RECORD_NUMBER: "bigint",
    LANDED_AT: "timestamp",
    CONTAINER: "string",
}

#: What a reject of bronze holds besides its lineage.
BYTE_OFFSET, REASON, DETAIL, RAW, FIELDS = "_byte_offset", "_reason", "_detail", "_raw", "_fields"

#: History (slowly changing dimension, type 2): the half-open interval in which a row counted, in sequence values; is the event
#: a delete; which commit of the table wrote the row last.
START, END, DELETED, VERSION = "__START_AT", "__END_AT", "__deleted", "__version"

#: A row that silver cannot use (docs/contracts.md, "Rejected rows").
BATCH_ID, KEY, ERRORS, ROW = "_batch_id", "_key", "_errors", "_row"
#: Of a record that bronze rejected: the keys that it may have.
KEYS: Final = "_keys"

#: What tells apart which keys have several rows, while the job works.
DIGEST: Final = "__digest"
#: Names, in lower case, that no landed column may have in any case: Spark does not tell case apart.
RESERVED: Final = frozenset(
    name.lower()
    for name in (*LINEAGE, CONTRACT_VERSION, CONTAINER, START, END, DELETED, VERSION, BATCH_ID, KEY, KEYS, ERRORS, ROW, DIGEST)
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """A landed column as its model describes it."""

    name: str
    type: str  # a CDM data type: guid, string, int64, decimal, double, boolean, dateTime, dateTimeOffset
    precision: int | None = None  # of a decimal
    scale: int | None = None
