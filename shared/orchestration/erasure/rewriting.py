"""What is left of a bronze part, under another name: the one exception to append-only that the law makes (docs/adr/0015).

The new name tells the content, so that whoever does it again comes to the same blob. The old one is deleted later, when nothing
refers to it any more (`steps`).
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.contracts.columns import RECORD_NUMBER
from shared.contracts.erasure.found import FoundPart
from shared.contracts.places import BRONZE, PartName, divided, whole
from shared.ledger.records import Part
from shared.ports import Lake


def rewritten(lake: Lake, part: Part, found: FoundPart) -> Part:
    """Write a part without the records found in it, and return it as it is then; unchanged, where it lacks them by now.

    Raises `LandedFileChanged` where a blob of the part is not there.
    """
    name = PartName(
        container=part.container,
        table=part.table,
        source_path=part.source_path,
        generation=part.generation,
        start=part.start,
    )
    rows, gone = _without(lake, part.path, found.rows)
    kept_rejects, gone_rejects = _without(lake, part.rejects_path, found.rejects) if part.rejects_path else (None, 0)
    after = replace(part, rows=part.rows - gone, rejects=part.rejects - gone_rejects, erased=part.erased + gone + gone_rejects)
    if gone_rejects:
        path = ""
        if after.rejects and kept_rejects is not None:
            content = _spelled(kept_rejects)
            path = name.rejects(content)
            lake.create(BRONZE, path, content)
        after = replace(after, rejects_path=whole(BRONZE, path) if path else "")
    if gone or gone_rejects:  # the part's own metadata names its counts and its rejects, so it is written anew in either case
        content = _spelled(rows)
        path = name.without(content + after.rejects_path.encode())
        lake.create(BRONZE, path, content, metadata=_told(lake, part, after))
        after = replace(after, path=whole(BRONZE, path))
    return after


def _without(lake: Lake, place: str, records: Collection[int]) -> tuple[pa.Table, int]:
    """Return the rows of a parquet blob but those of some records, and how many are gone."""
    data = b"".join(lake.read(*divided(place)))
    table = pq.read_table(pa.BufferReader(data))
    kept = table.filter(pc.invert(pc.is_in(table[RECORD_NUMBER], value_set=pa.array(sorted(records), pa.int64()))))
    return kept, table.num_rows - kept.num_rows


def _spelled(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _told(lake: Lake, before: Part, after: Part) -> Mapping[str, str]:
    blob = lake.head(*divided(before.path))
    counted = {"rows": str(after.rows), "rejects": str(after.rejects), "erased": str(after.erased)}
    return {**(blob.metadata if blob else {}), **counted, "rejects_path": after.rejects_path.removeprefix(f"{BRONZE}/")}
