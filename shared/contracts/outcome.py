"""The outcome document: what a run says of itself, written last, and checked against what the run was given.

And the conclusion, which the functions write when they have drawn it from that: from then on the attempt may not run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from shared.contracts.codec import Count, Duration, decode, encode
from shared.contracts.counts import EntityCounts, impossible
from shared.contracts.errors import ContractError, shown
from shared.contracts.places import PIPELINE, publication_name, staged_manifest, whole

TYPE_WIDENED: Final = "type_widened"
"""The code of a finding: a column of silver has another type from now on, since values landed that it did not hold."""


@dataclass(frozen=True, kw_only=True)
class GoldCounts:
    """What became of one gold table."""

    rows: Count
    files: Count
    rewritten: Count  # files that the run wrote


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One trap of Customer Insights, and where it stands."""

    trap: str  # a code
    table: str
    where: str  # column, file or folder
    detail: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.severity} {self.trap}: {self.table} {self.where}: {self.detail}"


@dataclass(frozen=True, kw_only=True)
class Seconds:
    """How long the tasks took."""

    silver: Duration
    gold: Duration


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run says of itself."""

    batch_id: str
    publication: str | None  # null: gold did not change
    base_publication: str | None  # the one that it was built on; null: the first
    staged_manifest: str | None  # `<container>/<path>`, in the batch's folder; null with the publication
    entities: Mapping[str, EntityCounts]
    gold: Mapping[str, GoldCounts]
    warnings: tuple[Finding, ...]
    failed: Mapping[str, str] = field(default_factory=dict)  # gold model -> why; its table is the one published before
    seconds: Seconds


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """Says that an attempt of a batch is over, and so are all before it, whoever has its run repaired or started again."""

    batch_id: str
    attempt: Count


def read_outcome(data: bytes | str, batch_id: str) -> Outcome:
    """Read the outcome of a batch's run; raises `ContractError` where it is another one's, or says what cannot be.

    A batch makes one publication and stages it at one place, both named by it, so nothing else can be made visible.
    """
    document = f"outcome of batch {batch_id}"
    outcome = decode(Outcome, data, document)
    if outcome.batch_id != batch_id:
        raise ContractError(document, "batch_id", expected=batch_id, got=outcome.batch_id)
    made = outcome.publication is not None
    follows = {
        "publication": (outcome.publication, publication_name(batch_id)),
        "staged_manifest": (outcome.staged_manifest, whole(PIPELINE, staged_manifest(batch_id))),
    }
    for key, (got, name) in follows.items():
        expected = name if made else None
        if got != expected:
            raise ContractError(document, key, expected=expected or "null, as `publication` is", got=got or "null")
    if made and outcome.base_publication == outcome.publication:
        raise ContractError(document, "base_publication", expected="another publication", got="its own")
    return outcome


def write_outcome(outcome: Outcome) -> bytes:
    """Spell an outcome."""
    return encode(outcome)


def read_conclusion(data: bytes | str, batch_id: str) -> Conclusion:
    """Read which attempts of a batch are concluded; raises `ContractError` where it is another one's."""
    document = f"conclusion of batch {batch_id}"
    conclusion = decode(Conclusion, data, document)
    if conclusion.batch_id != batch_id:
        raise ContractError(document, "batch_id", expected=batch_id, got=conclusion.batch_id)
    return conclusion


def write_conclusion(conclusion: Conclusion) -> bytes:
    """Spell a conclusion."""
    return encode(conclusion)


def imbalance(outcome: Outcome, given: Mapping[str, int]) -> str:
    """Say what does not add up, or nothing: for each entity, rows given = rows read = the sum of what became of them.

    Rows of an entity that the batch was given none of are as wrong as none of one that it was given.
    """
    for entity, rows in sorted(given.items()):
        counts = outcome.entities.get(entity)
        if counts is None:
            return f"{entity}: {rows} rows given, none accounted for"
        if not counts.balances(rows):
            return f"{entity}: {rows} rows given, {counts.read} read, {counts.became} accounted for"
    for entity, counts in outcome.entities.items():
        if entity not in given:
            return f"{shown(entity)}: no rows given, {counts.read} read"
        if wrong := impossible(counts):
            return f"{entity}: {shown(wrong)}"
    return ""
