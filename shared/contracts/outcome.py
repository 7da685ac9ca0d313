"""The outcome document: what a run says of itself, written last, and checked against what the run was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.contracts.codec import Count, decode, encode
from shared.contracts.counts import EntityCounts
from shared.contracts.errors import ContractError
from shared.contracts.manifest import ManifestPart
from shared.contracts.places import PIPELINE, batch_folder, whole


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

    silver: float
    gold: float


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
    seconds: Seconds


def read_outcome(data: bytes | str, batch_id: str) -> Outcome:
    """Read the outcome of a batch's run; raises `ContractError` where it is another one's, or not as agreed."""
    document = f"outcome of batch {batch_id}"
    outcome = decode(Outcome, data, document)
    if outcome.batch_id != batch_id:
        raise ContractError(document, "batch_id", expected=batch_id, got=outcome.batch_id)
    staged, folder = outcome.staged_manifest, whole(PIPELINE, batch_folder(batch_id))
    if (staged is None) is not (outcome.publication is None):
        expected = "null, as `publication` is" if outcome.publication is None else "the place of the manifest to publish"
        raise ContractError(document, "staged_manifest", expected=expected, got="null" if staged is None else "text")
    if staged is not None and (not staged.startswith(f"{folder}/") or ".." in staged.split("/")):
        raise ContractError(document, "staged_manifest", expected=f"a place in {folder}", got=staged)
    return outcome


def write_outcome(outcome: Outcome) -> bytes:
    """Spell an outcome."""
    return encode(outcome)


def imbalance(outcome: Outcome, parts: Iterable[ManifestPart]) -> str:
    """Say what does not add up, or nothing: for each entity, rows given = rows read = the sum of what became of them."""
    given: dict[str, int] = {}
    for part in parts:
        given[part.entity] = given.get(part.entity, 0) + part.rows
    for entity, rows in sorted(given.items()):
        counts = outcome.entities.get(entity)
        if counts is None:
            return f"{entity}: {rows} rows given, none accounted for"
        if not counts.balances(rows):
            return f"{entity}: {rows} rows given, {counts.read} read, {counts.became} accounted for"
    return ""
