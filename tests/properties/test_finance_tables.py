"""Any table of typed values, written in any supported way and landed in any split, is silver's table, or is refused.

The kernel reads the files; types are decided as the job decides them, by the twins in Python that a Spark test holds to it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from random import Random

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.inspection.values import evidence_of
from shared.contracts.values.notation import Notation
from shared.formats.finance.data_set.terms import Terms, terms_of
from shared.formats.finance.data_set.verdict import compared
from shared.formats.finance.data_set.versions import extended
from shared.formats.finance.errors import ContractBrokenError, FinanceError
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.source import open_finance, refused_as_a_whole
from shared.formats.landed_paths import FinanceFile
from shared.formats.slices import Lineage, SliceSpec, read_slices
from spark_jobs.silver.landed.evidence import decided, widened
from tests.examples import examples
from tests.properties.read_values import Rejected, read
from tests.properties.test_slicing import chunked
from tests.properties.typed_tables import Spelled, Value, Written, encoded, spelled, tables, written

LINEAGE = Lineage(source_file="finance/t", source_version="0x1", landed_at=datetime(2026, 11, 23, tzinfo=UTC))
TYPES = {"whole": "bigint", "amount": "decimal(24,4)", "day": "date", "moment": "timestamp", "flag": "boolean"}

Landed = list[dict[str, str | None]]


def landed(data: bytes, before: Terms | None, seed: int) -> tuple[Landed, Terms]:
    """Return the rows of bronze in their order, in whatever chunks and slices; raises FinanceError."""
    random, config = Random(seed), FinanceConfig()
    file = FinanceFile(path="t/1.csv", data_set="t", stem="1", form="text")
    source = open_finance(chunked(data, random), file, config, before.expected if before else None)
    spec = SliceSpec(schema=source.schema, lineage=LINEAGE, dialect=source.dialect, screen=source.screen, final=True)
    spec = replace(spec, start=source.header_bytes, max_bytes=random.choice((1, 40, 1 << 20)))
    rows: Landed = []
    records = rejects = 0
    for cut in read_slices(source.chunks, spec):
        assert cut.records == cut.rows + cut.rejects
        records, rejects = records + cut.records, rejects + cut.rejects
        for row in pq.ParquetFile(io.BytesIO(cut.parquet)).read(use_threads=False).to_pylist():
            rows.append({name: row[name] for name in source.schema.names})
    if (error := refused_as_a_whole("t", records=records, rejects=rejects, max_rejected=0.5)) is not None:
        raise error
    terms = terms_of(source, config)
    if before is None:
        return rows, terms
    verdict = compared(before, terms, config, data_set="t")
    if verdict.kind == "broken":
        raise ContractBrokenError("t", verdict.advice)
    return rows, extended(before, terms, config)


def the_type(texts: Sequence[Sequence[str | None]], notation: Notation) -> str:
    """Return the type of a column once each of several files had its batch."""
    kind: str | None = None
    for column in texts:
        found = evidence_of("x", column, notation, kind)
        kind = widened(kind, found, notation) if kind is not None else decided(found, notation)
    return kind or "string"


def same(found: object, value: Value, text: str) -> bool:
    """Tell whether what silver holds is the value that was written, as such or as its text."""
    if isinstance(found, str) or str(found) == text:
        return str(found) == text
    if isinstance(value, str):
        return str(found).lower() == text.strip(" ").lower() or (isinstance(found, Decimal) and found == Decimal(text))
    if isinstance(found, datetime) and not isinstance(value, datetime):
        return isinstance(value, date) and found == datetime(value.year, value.month, value.day, tzinfo=UTC)
    return found == value and isinstance(found, bool) == isinstance(value, bool)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How silver reads a column."""

    name: str
    type: str
    inferred: bool


def alike(row: dict[str, str | None], how: Spelled, reading: Reading, value: Value) -> bool:
    """Tell whether silver has a value of a row as it was written, or rejects the record for it."""
    try:
        found = read(row[reading.name], reading.type, how.notation, inferred=reading.inferred)
    except Rejected:
        return True
    return found is value is None or (found is not None and same(found, value, how.text(value)))


@settings(max_examples=examples(100, at_random=10_000), suppress_health_check=list(HealthCheck))
@given(table=tables, how=spelled, files=st.lists(written, min_size=1, max_size=3), seed=st.integers(0, 2**32))
def test_what_silver_holds_of_any_table_is_what_was_written_or_the_record_or_file_is_refused(
    table: tuple[tuple[str, ...], tuple[str, ...], list[list[Value]]], how: Spelled, files: list[Written], seed: int
) -> None:
    names, kinds, rows = table
    share = -(-len(rows) // len(files))
    terms: Terms | None = None
    taken: list[tuple[list[list[Value]], Landed]] = []
    for place, writing in enumerate(files):
        part = rows[place * share : (place + 1) * share]
        data = encoded(names, [[how.text(value) for value in row] for row in part], kinds, writing)
        if not part or data is None:
            continue
        try:
            found, terms = landed(data, terms, seed)
        except FinanceError:
            continue
        assert all(set(names) == set(row) for row in found), "the columns that were written"
        taken.append((part, found))
    strict = [TYPES.get(kind) if how.typed else None for kind in kinds]
    types = [
        said or the_type([[row[name] for row in found] for _, found in taken], how.notation)
        for name, said in zip(names, strict, strict=True)
    ]
    readings = [
        Reading(name=name, type=type_, inferred=said is None) for name, type_, said in zip(names, types, strict, strict=True)
    ]
    for part, found in taken:
        rest = iter(part)
        for row in found:
            assert any(all(map(partial(alike, row, how), readings, candidate)) for candidate in rest), (types, row)
