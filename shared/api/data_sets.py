"""Finance data sets: `GET /api/datasets`, `GET /api/datasets/{name}`: how each is read, why, and what a person should know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from msgspec import structs

from shared.api.details.silver_table import Run, WarningDocument, runs_of
from shared.api.documents import Count, Document, Time, time_text
from shared.config.pinned import pinned
from shared.config.tables import Configuration
from shared.config.vocabulary import DataSet
from shared.contracts.outcome import TYPE_WIDENED
from shared.errors import shown
from shared.formats.finance.data_set.terms import Terms
from shared.formats.finance.data_set.versions import Contract
from shared.ledger.contract_keeping import ContractKeeping
from shared.ledger.identities import Identities
from shared.ledger.ledger import Ledger
from shared.ledger.records import LandedFile
from shared.ledger.silver_types import SilverTypes
from shared.ports import Lake

_FILES = 500  # landed files, last changed first, that are looked at for what is to be told of a data set
_MOST_TOLD = 50


class DataSetDocument(Document, frozen=True, kw_only=True):
    """One data set, in a line."""

    name: str
    container: str
    entity: str
    contract_version: Count | None  # null: no file of it was taken yet
    columns: Count
    made_at: Time | None  # when that version was made
    made_by: str | None  # by which landed file
    files_refused: Count  # of the last that landed
    files_told: Count  # likewise; taken, though not as the contract says


class DataSetsDocument(Document, frozen=True, kw_only=True):
    """All data sets that are configured, were read, or were refused of late."""

    datasets: tuple[DataSetDocument, ...]


class DataSetTermsDocument(Document, frozen=True, kw_only=True):
    """How its files are read; null: nothing that landed so far tells."""

    encoding: str | None
    delimiter: str | None
    quote: str | None
    escape: str | None
    header_row: Count | None  # null: the files have none
    skip_footer: Count | None
    sheet: str | None
    nulls: tuple[str, ...]


class DataSetColumnDocument(Document, frozen=True, kw_only=True):
    """One column: as it landed, and what it is in silver."""

    landed: str
    silver: str | None  # null: no batch brought it to silver yet
    type: str | None  # null: likewise, or no value told it
    is_configured: bool  # the type was said, and so is strict
    is_key: bool


class DataSetVersionDocument(Document, frozen=True, kw_only=True):
    """One version of the contract."""

    version: Count
    verdict: str
    made_at: Time
    made_by: str
    differs: tuple[str, ...]


class DataSetWideningDocument(Document, frozen=True, kw_only=True):
    """One column whose type grew, since values landed that it did not hold: the verdict `widened`, which a run gives."""

    column: str  # in silver
    why: str  # from which type to which
    batch_id: str
    at: Time | None  # when that batch ended


class DataSetDetailDocument(DataSetDocument, frozen=True, kw_only=True):
    """All that is known of a data set."""

    contract: DataSetTermsDocument | None
    evidence: dict[str, str]  # by what it is evidence for
    listed: tuple[DataSetColumnDocument, ...]
    versions: tuple[DataSetVersionDocument, ...]  # the newest first
    widened: tuple[DataSetWideningDocument, ...]  # likewise, of the last batches
    warnings: tuple[WarningDocument, ...]
    toml: str  # the section of customer360.toml that pins it, to be pasted in place of the one that is there


@dataclass(frozen=True, kw_only=True)
class DataSets:
    """Tells of data sets; changes nothing."""

    lake: Lake
    ledger: Ledger
    keeping: ContractKeeping
    identities: Identities
    silver_types: SilverTypes
    configuration: Configuration
    container: str

    def all(self) -> DataSetsDocument:
        """Return every data set, by name."""
        contracts = {contract.data_set: contract for contract in self.keeping.all(self.container)}
        refused, told = self._counted()
        names = sorted({*contracts, *self.configuration.finance, *refused})
        return DataSetsDocument(datasets=tuple(self._line(name, contracts.get(name), refused, told) for name in names))

    def detail(self, name: str) -> DataSetDetailDocument | None:
        """Return all that is known of one; None where there is no such data set."""
        versions = self.keeping.versions(self.container, name)
        files = list(self._of(name))
        if not (versions or files or name in self.configuration.finance):
            return None
        contract = versions[0] if versions else None
        terms = contract.terms if contract else None
        columns = tuple(self._columns(name, terms))
        refused, told = _counts(files)
        types = {one.silver: one.type for one in columns if one.silver and one.type}
        runs = list(runs_of(self.lake, self.ledger, self.identities.known_as("finance", name)))
        return DataSetDetailDocument(
            **structs.asdict(self._line(name, contract, refused, told)),
            contract=_terms(terms) if terms else None,
            evidence=dict(terms.evidence) if terms else {},
            listed=columns,
            versions=tuple(map(_version, versions)),
            widened=tuple(islice(_widenings(runs), _MOST_TOLD)),
            warnings=tuple(islice(self._warnings(name, columns, files, runs), _MOST_TOLD)),
            toml=pinned(self.configuration, name, terms, types),
        )

    def _line(self, name: str, contract: Contract | None, refused: Counter[str], told: Counter[str]) -> DataSetDocument:
        return DataSetDocument(
            name=name,
            container=self.container,
            entity=self.identities.known_as("finance", name),
            contract_version=contract.version if contract else None,
            columns=len(contract.terms.columns) if contract else 0,
            made_at=time_text(contract.made_at if contract else None),
            made_by=contract.made_by if contract else None,
            files_refused=refused[name],
            files_told=told[name],
        )

    def _columns(self, name: str, terms: Terms | None) -> Iterator[DataSetColumnDocument]:
        """Yield the columns of the contract, with the names and types that silver has for them."""
        own = self.configuration.finance.get(name, DataSet())
        entity = self.identities.known_as("finance", name)
        names, types = self.identities.names_of("finance", name), self.silver_types.of(entity)
        said = {column.lower(): kind for column, kind in own.types.items()}
        keys = {key.lower() for key in own.keys}
        for landed in terms.columns if terms else ():
            silver = names.get(landed.lower())
            alike = {landed.lower(), silver.lower() if silver else ""}
            configured = next((said[one] for one in alike if one in said), None)
            yield DataSetColumnDocument(
                landed=landed,
                silver=silver,
                type=types.get(silver) if silver and silver in types else configured,
                is_configured=configured is not None,
                is_key=bool(alike & keys),
            )

    def _counted(self) -> tuple[Counter[str], Counter[str]]:
        changed = self.ledger.changed_files((self.container,), ("rejected", "ingested"))
        return _counts(file for _, file in islice(changed, _FILES))

    def _of(self, name: str) -> Iterator[LandedFile]:
        changed = self.ledger.changed_files((self.container,), ("rejected", "ingested"))
        return (file for _, file in islice(changed, _FILES) if file.table == name)

    def _warnings(
        self, name: str, columns: tuple[DataSetColumnDocument, ...], files: list[LandedFile], runs: list[Run]
    ) -> Iterator[WarningDocument]:
        for file in files:
            if file.state == "rejected":
                yield WarningDocument(kind="refused", what=file.shown, why=f"{file.reason}: {file.detail}")
        yield from self._unknown(name, columns)
        for run in runs[:1]:
            yield from run.warnings()
        for file in files:
            if _is_told(file):
                yield WarningDocument(kind="not_as_the_contract_says", what=file.shown, why=shown(file.detail))

    def _unknown(self, name: str, columns: tuple[DataSetColumnDocument, ...]) -> Iterator[WarningDocument]:
        """Yield what is configured of columns that the data set has not, once it has any."""
        own = self.configuration.finance.get(name)
        known = {one.lower() for column in columns for one in (column.landed, column.silver) if one}
        if own is None or not known:
            return
        said: dict[str, Iterable[str]] = {key: getattr(own, key) for key in ("types", "rules", "lenient", "untracked")}
        for key, names in said.items():
            for column in names:
                if column.lower() not in known:
                    why = f"no file that landed so far has a column {column}, nor silver"
                    yield WarningDocument(kind="no_such_column", what=f"{key}.{column}", why=shown(why))


def _widenings(runs: Iterable[Run]) -> Iterator[DataSetWideningDocument]:
    for run in runs:
        for one in run.found:
            if one.trap == TYPE_WIDENED:
                at = time_text(run.batch.ended_at or run.batch.recorded_at)
                yield DataSetWideningDocument(column=one.where, why=one.detail, batch_id=run.batch.batch_id, at=at)


def _is_told(file: LandedFile) -> bool:
    return file.state == "ingested" and bool(file.detail) and not file.reason


def _counts(files: Iterable[LandedFile]) -> tuple[Counter[str], Counter[str]]:
    """Count the files that were refused, and those that were taken though not as the contract says, by data set."""
    refused: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for file in files:
        refused[file.table] += file.state == "rejected" and bool(file.table)
        told[file.table] += _is_told(file)
    return +refused, +told


def _terms(terms: Terms) -> DataSetTermsDocument:
    return DataSetTermsDocument(**{key: getattr(terms, key) for key in DataSetTermsDocument.__struct_fields__})


def _version(contract: Contract) -> DataSetVersionDocument:
    return DataSetVersionDocument(
        version=contract.version,
        verdict=contract.verdict,
        made_at=time_text(contract.made_at),
        made_by=contract.made_by,
        differs=contract.differs,
    )
