"""What the silver task leaves for the gold task, and for its own next attempt: the counts of each entity so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.contracts.codec import Count, Duration, decode, encode
from shared.contracts.counts import EntityCounts, MergeCounts, impossible
from shared.contracts.errors import ContractError
from shared.contracts.outcome import Finding


@dataclass(frozen=True, kw_only=True)
class SilverReport:
    """What is merged, and what became of the rows."""

    batch_id: str
    listed: str = ""  # digest of the parts that it is about (`Manifest.listed`)
    entities: Mapping[str, MergeCounts] = field(default_factory=dict)
    warnings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)  # by entity
    seconds: Duration = 0.0

    def outcome(self) -> dict[str, EntityCounts]:
        """Return the counts of the entities that are merged, as the outcome document tells them."""
        return {
            name: EntityCounts(
                read=one.read,
                applied=one.applied,
                superseded=one.superseded,
                duplicates=one.duplicates,
                rejected=one.rejected,
                rules=one.rules,
                current=one.current or 0,
                history=one.history or 0,
            )
            for name, one in sorted(self.entities.items())
            if one.merged
        }

    def findings(self) -> tuple[Finding, ...]:
        """Return what a person should know of the entities, as the outcome document tells it."""
        return tuple(one for _, found in sorted(self.warnings.items()) for one in found)


@dataclass(frozen=True, kw_only=True)
class TableTotals:
    """How many rows of a silver table are current, and how many show in all, as of one version of the table."""

    version: int
    current: Count
    shown: Count


def read_report(data: bytes | str, batch_id: str) -> SilverReport:
    """Read the report of a batch; raises `ContractError` where it is another one's, or its counts cannot be."""
    document = f"silver report of batch {batch_id}"
    report = decode(SilverReport, data, document)
    if report.batch_id != batch_id:
        raise ContractError(document, "batch_id", expected=batch_id, got=report.batch_id)
    for name, one in report.entities.items():
        if wrong := impossible(one):
            raise ContractError(document, f"entities.{name}", expected="counts that add up", got=wrong)
        if one.merged and (one.current is None or one.history is None):
            raise ContractError(document, f"entities.{name}", expected="what the table holds after its merge", got="nothing")
    return report


def write_report(report: SilverReport) -> bytes:
    """Spell a report."""
    return encode(report)


def read_totals(data: bytes | str, entity: str) -> TableTotals:
    """Read the totals of an entity's table; raises `ContractError`."""
    return decode(TableTotals, data, f"totals of {entity}")


def write_totals(totals: TableTotals) -> bytes:
    """Spell totals."""
    return encode(totals)
