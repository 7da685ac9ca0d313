"""Reads a finance file as the functions would, to its end, and tells what would come of it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from local.inspection.values import evidence_of
from shared.config.names import column_names
from shared.config.pinned import pinned
from shared.config.tables import Configuration
from shared.config.vocabulary import DataSet
from shared.contracts.outcome import TYPE_WIDENED, Finding
from shared.formats.finance.data_set.terms import Terms, terms_of
from shared.formats.finance.data_set.verdict import Verdict, compared, widening
from shared.formats.finance.errors import ContractBrokenError, FinanceError
from shared.formats.finance.source import open_finance, refused_as_a_whole
from shared.formats.landed_paths import FinanceFile, Ignored, Unreadable, classify_finance
from shared.formats.slices import Lineage, Slice, SliceSpec, read_slices
from spark_jobs.silver.landed.evidence import decided, findings, widened

MOST_TYPED = 100_000
"""Records whose values are looked at; the job looks at all."""

_CHUNK = 4 << 20
_LINEAGE = Lineage(source_file="", source_version="", landed_at=datetime(1970, 1, 1, tzinfo=UTC), contract_version=1)


@dataclass(frozen=True, kw_only=True)
class InspectedColumn:
    """One column of the file."""

    landed: str
    silver: str
    type: str | None  # None: no value tells it
    why: str


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """A file that would be taken."""

    terms: Terms
    columns: tuple[InspectedColumn, ...]
    records: int
    rejects: int
    reasons: tuple[str, ...]  # of rejects, each once
    warnings: tuple[Finding, ...]
    verdict: Verdict
    toml: str


def inspect(path: Path, data_set: str, configuration: Configuration, *, after: Path | None = None) -> Inspected:
    """Read a file of a data set, as the first one or after another one; raises FinanceError where it would be refused."""
    config = configuration.finance_reading(data_set)
    first = inspect(after, data_set, configuration) if after else None
    before = first.terms if first else None
    file = _classified(path, data_set)
    with path.open("rb") as content:
        source = open_finance(iter(lambda: content.read(_CHUNK), b""), file, config, before.expected if before else None)
        verdict = compared(before, terms_of(source, config), config, data_set=data_set) if before else Verdict(kind="first")
        if verdict.kind == "broken":
            raise ContractBrokenError(file.path, "; ".join((*verdict.differs, verdict.advice)), verdict.toml)
        spec = SliceSpec(schema=source.schema, lineage=_LINEAGE, dialect=source.dialect, screen=source.screen)
        spec = replace(spec, start=source.header_bytes, final=True)
        values: dict[str, list[str | None]] = {name: [] for name in source.schema.names}
        records = rejects = 0
        reasons: dict[str, None] = {}
        for cut in read_slices(source.chunks, spec):
            records, rejects = records + cut.records, rejects + cut.rejects
            reasons |= dict.fromkeys(_reasons(cut))
            _gather(values, cut)
    refusal = refused_as_a_whole(file.path, records=records, rejects=rejects, max_rejected=config.max_rejected)
    if refusal is not None:
        raise refusal
    terms = terms_of(source, config)
    if before is not None:
        verdict = compared(before, terms, config, data_set=data_set)
    columns, warnings = _columns(values, data_set, configuration, first.columns if first else ())
    verdict = widening(verdict, (f"{one.where}: {one.detail}" for one in warnings if one.trap == TYPE_WIDENED))
    types = {one.silver: one.type for one in columns if one.type is not None}
    return Inspected(
        terms=terms,
        columns=columns,
        records=records,
        rejects=rejects,
        reasons=tuple(reasons),
        warnings=warnings,
        verdict=verdict,
        toml=pinned(configuration, data_set, terms, types),
    )


def _classified(path: Path, data_set: str) -> FinanceFile:
    found = classify_finance(f"{data_set}/{path.name}")
    if isinstance(found, Unreadable | Ignored):
        raise FinanceError(path.name, found.detail)
    return found


def _reasons(cut: Slice) -> Iterator[str]:
    if cut.rejected is not None:
        table = pq.read_table(io.BytesIO(cut.rejected), columns=["_reason", "_detail"])
        yield from (f"{row['_reason']}: {row['_detail']}" for row in table.to_pylist())


def _gather(values: dict[str, list[str | None]], cut: Slice) -> None:
    held = len(next(iter(values.values()), []))
    if held >= MOST_TYPED or not cut.rows:
        return
    table = pq.read_table(io.BytesIO(cut.parquet), columns=list(values)).slice(0, MOST_TYPED - held)
    for name, column in values.items():
        column.extend(table.column(name).to_pylist())


def _columns(
    values: dict[str, list[str | None]], data_set: str, configuration: Configuration, before: Sequence[InspectedColumn]
) -> tuple[tuple[InspectedColumn, ...], tuple[Finding, ...]]:
    own = configuration.finance.get(data_set, DataSet())
    known = {one.landed.lower(): one.silver for one in before}
    names = column_names(known, values, prefixes=(), renames=own.renames)
    types = {one.silver: one.type for one in before}
    said = {name.lower(): kind for name, kind in own.types.items()}
    keys = {key.lower() for key in own.keys}
    columns: list[InspectedColumn] = []
    warnings: list[Finding] = []
    entity = configuration.entity_name("finance", data_set)
    for landed, column in values.items():
        silver = names[landed.lower()]
        alike = {landed.lower(), silver.lower()}
        if alike & keys:
            columns.append(InspectedColumn(landed=landed, silver=silver, type="string", why="a key"))
        elif configured := next((said[one] for one in alike if one in said), None):
            columns.append(InspectedColumn(landed=landed, silver=silver, type=configured, why="configured"))
        else:
            stored, notation = types.get(silver), own.notation()
            found = evidence_of(silver, column, notation, stored)
            kind = widened(stored, found, notation) if stored else decided(found, notation)
            why = f"{found.values} values" if kind is not None else "no value"
            columns.append(InspectedColumn(landed=landed, silver=silver, type=kind, why=why))
            warnings += findings(entity, data_set, found, kind, stored)
    return tuple(columns), tuple(warnings)
