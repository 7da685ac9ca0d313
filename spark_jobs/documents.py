"""The documents of the contract as files of the lake: what the job is given, and what it leaves (`docs/contracts.md`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts import manifest, outcome, publication, report
from shared.contracts.columns import LINEAGE
from shared.contracts.erasure import found
from shared.contracts.errors import ContractError
from shared.contracts.places import (
    GOLD,
    PIPELINE,
    conclusion_document,
    findings_document,
    found_document,
    outcome_document,
    publication_record,
    silver_report,
    whole,
)
from spark_jobs.errors import AttemptConcludedError, ManifestError

if TYPE_CHECKING:
    from shared.contracts.arguments import Arguments
    from shared.contracts.erasure.found import Found
    from shared.contracts.manifest import Manifest
    from shared.contracts.outcome import Finding, Outcome
    from shared.contracts.publication import GoldTable, Publication
    from shared.contracts.report import SilverReport
    from spark_jobs.lake import Lake


def begin(lake: Lake, told: Arguments) -> Manifest:
    """Read what an attempt has to do; raises `AttemptConcludedError` where it is over, and as `read_batch` does."""
    text = lake.read_text(whole(PIPELINE, conclusion_document(told.batch_id)))
    if text is not None:
        concluded = outcome.read_conclusion(text, told.batch_id).attempt
        if told.attempt <= concluded:
            raise AttemptConcludedError(told.batch_id, told.attempt, concluded)
    return read_batch(lake, told.manifest, told.batch_id)


def read_batch(lake: Lake, place: str, batch_id: str) -> Manifest:
    """Read what the job has to do; raises `ManifestError` where that is absent, not as agreed, or more than Spark can do."""
    text = lake.read_text(place)
    if text is None:
        raise ManifestError(batch_id, f"there is no batch manifest at {place}, the place that the job was given")
    try:
        batch = manifest.whole_manifest(manifest.read_manifest(text, batch_id), lambda page: _page(lake, page, batch_id))
    except ContractError as error:
        raise ManifestError(batch_id, str(error)) from error
    for part in batch.parts:
        names = [column.name.lower() for column in batch.schemas[part.schema_version]]
        known, lineage = batch.entities[part.entity].names, {name.lower() for name in LINEAGE}
        nameless = sorted(name for name in names if name not in known and name not in lineage)
        if nameless:
            raise ManifestError(batch_id, f"`names` of {part.entity} lacks columns of its parts: {', '.join(nameless)}")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            problem = f"columns of {part.entity} differ in case only, which Spark cannot tell apart: {', '.join(twice)}"
            raise ManifestError(batch_id, f"{problem}; leave one of them out of the export")
    return batch


def _page(lake: Lake, place: str, batch_id: str) -> str:
    text = lake.read_text(place)
    if text is None:
        raise ManifestError(batch_id, f"there is no list of parts at {place}, which the batch manifest names")
    return text


def read_found(lake: Lake, batch_id: str, erasure_id: str) -> Found | None:
    """Return what an earlier attempt at a search found, None where there is none; raises `ContractError`."""
    text = lake.read_text(whole(PIPELINE, found_document(batch_id)))
    return None if text is None else found.read_found(text, batch_id, erasure_id)


def write_found(lake: Lake, told: Found) -> None:
    """Write what a search found."""
    lake.write_text(whole(PIPELINE, found_document(told.batch_id)), found.write_found(told).decode())


def read_report(lake: Lake, batch_id: str) -> SilverReport:
    """Return the report of the silver task as far as it is written; raises `ContractError`."""
    text = lake.read_text(whole(PIPELINE, silver_report(batch_id)))
    return report.SilverReport(batch_id=batch_id) if text is None else report.read_report(text, batch_id)


def write_report(lake: Lake, told: SilverReport) -> None:
    """Replace the report of the silver task."""
    lake.write_text(whole(PIPELINE, silver_report(told.batch_id)), report.write_report(told).decode())


def read_outcome(lake: Lake, batch_id: str) -> Outcome | None:
    """Return the outcome that an earlier attempt left, None where there is none; raises `ContractError`."""
    text = lake.read_text(whole(PIPELINE, outcome_document(batch_id)))
    return None if text is None else outcome.read_outcome(text, batch_id)


def write_outcome(lake: Lake, told: Outcome) -> None:
    """Write what the run says of itself."""
    lake.write_text(whole(PIPELINE, outcome_document(told.batch_id)), outcome.write_outcome(told).decode())


def read_record(lake: Lake, name: str | None) -> Publication | None:
    """Return the record of a publication, None where none is kept; raises `ContractError`."""
    text = lake.read_text(whole(PIPELINE, publication_record(name))) if name else None
    return publication.read_publication(text, name) if name and text is not None else None


def write_record(lake: Lake, made: Publication) -> None:
    """Keep the record of a publication."""
    lake.write_text(whole(PIPELINE, publication_record(made.name)), publication.write_publication(made).decode())


def may_have_findings(lake: Lake, table: GoldTable, *, besides: str) -> bool:
    """Say whether the build of a gold table found anything besides a trap, or nobody can tell any more."""
    text = lake.read_text(whole(GOLD, findings_document(table.document)))
    try:
        return text is None or any(one.trap != besides for one in publication.read_findings(text, table.name).findings)
    except ContractError:
        return True


def write_findings(lake: Lake, table: GoldTable, found: tuple[Finding, ...]) -> None:
    """Write what the build of a gold table found, also where that is nothing: an attempt before may have found more."""
    told = publication.TableFindings(table=table.name, findings=found)
    lake.write_text(whole(GOLD, findings_document(table.document)), publication.write_findings(told).decode())
