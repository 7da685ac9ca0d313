"""A table of silver: its columns with the types that are kept, and what the newest run found of its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from shared.api.documents import Document
from shared.config.tables import Configuration, resolve
from shared.contracts.errors import ContractError
from shared.contracts.outcome import Finding, read_outcome
from shared.contracts.places import PIPELINE, outcome_document
from shared.errors import LandedFileChanged
from shared.ledger.identities import Identities
from shared.ledger.ledger import Ledger
from shared.ledger.records import Batch
from shared.ledger.silver_types import SilverTypes
from shared.ledger.states import Source
from shared.ports import Lake

_BATCHES = 50  # that are looked through for those with rows of a table


class WarningDocument(Document, frozen=True, kw_only=True):
    """Something that a person should know."""

    kind: str  # refused, not_as_the_contract_says, no_such_column, or a code of the run that told it
    what: str  # a landed file, a column, a key of the configuration
    why: str


class SilverColumnDocument(Document, frozen=True, kw_only=True):
    """One column, as it is in silver."""

    name: str
    landed: str | None  # in lower case; null: the pipeline's own column
    type: str
    is_key: bool


class SilverTableDocument(Document, frozen=True, kw_only=True):
    """What a table of silver is made of."""

    name: str
    source: Source
    table: str  # as landed
    columns: tuple[SilverColumnDocument, ...]  # none where no run made the table yet
    warnings: tuple[WarningDocument, ...]  # of the newest run that had rows of it


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run found of the values of one entity."""

    batch: Batch
    found: tuple[Finding, ...]

    def warnings(self) -> Iterator[WarningDocument]:
        """Yield it as the API tells it."""
        return (WarningDocument(kind=one.trap, what=one.where, why=one.detail) for one in self.found)


@dataclass(frozen=True, kw_only=True)
class SilverTables:
    """Tells of silver's tables; changes nothing."""

    lake: Lake
    ledger: Ledger
    identities: Identities
    silver_types: SilverTypes
    configuration: Configuration

    def __call__(self, name: str) -> SilverTableDocument | None:
        """Return what is known of a table, given as silver calls it or as it landed; None where none so called landed."""
        known = self.identities.of(name)
        if known is None:
            return None
        landed = {silver: column for column, silver in known.names.items()}
        keys = resolve(self.configuration, known.source, known.table, (), names=known.names).keys
        runs = runs_of(self.lake, self.ledger, known.entity)
        return SilverTableDocument(
            name=known.entity,
            source=known.source,
            table=known.table,
            columns=tuple(
                SilverColumnDocument(name=column, landed=landed.get(column), type=kind, is_key=column in keys)
                for column, kind in self.silver_types.of(known.entity).items()
            ),
            warnings=tuple(warning for run in islice(runs, 1) for warning in run.warnings()),
        )


def runs_of(lake: Lake, ledger: Ledger, entity: str) -> Iterator[Run]:
    """Yield what the last runs with rows of an entity found of its values, the newest first."""
    for batch in islice(ledger.batches(state="succeeded"), _BATCHES):
        if entity not in batch.entities:
            continue
        try:
            data = b"".join(lake.read(PIPELINE, outcome_document(batch.batch_id)))
            warnings = read_outcome(data, batch.batch_id).warnings
        except (LandedFileChanged, ContractError):
            return
        yield Run(batch=batch, found=tuple(one for one in warnings if one.table == entity))
