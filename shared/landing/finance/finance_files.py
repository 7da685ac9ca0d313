"""Finds out what the plan of a finance file depends on: its content, how it is written, and the contract of its data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from shared.config.tables import Configuration
from shared.formats.finance.errors import FinanceError
from shared.formats.finance.source import open_finance
from shared.formats.fingerprint import Tail
from shared.formats.landed_paths import FinanceFile
from shared.landing import plan
from shared.landing.finance.agreement import Agreement
from shared.landing.finance.repeats import Repeats
from shared.landing.plan import Plan, Read
from shared.landing.reading import Remaining
from shared.ledger.contract_keeping import ContractKeeping
from shared.ledger.records import LandedFile
from shared.ports import Clock, Opened


@dataclass(frozen=True, kw_only=True)
class FinanceFiles:
    """Looks at finance files."""

    repeats: Repeats
    contract_keeping: ContractKeeping
    configuration: Configuration
    clock: Clock
    quiet: timedelta  # for how long nothing was written to a file that is taken
    slice_bytes: int

    def look(self, record: LandedFile, opened: Opened, file: FinanceFile) -> tuple[Plan, Remaining]:
        """Compare the content with what it was, read the header, and compare that with the contract."""
        blob = opened.blob
        tail = Tail(opened.chunks, start=0, hashed=True)
        if (wait := plan.by_age(record, blob, now=self.clock(), quiet=self.quiet)) is not None:
            return wait, Remaining(tail=tail, chunks=())
        if self.repeats.is_one(record, blob, file):
            return plan.same_content(), Remaining(tail=tail, chunks=())
        try:
            agreement = self._agreement(opened, tail, file)
            decided = plan.finance(
                blob,
                file,
                agreement.source,
                agreement.verdict(),
                config=agreement.config,
                contract_version=agreement.version,
                read_as=agreement.read_as,
                slice_bytes=self.slice_bytes,
                limits=self.configuration.limits.of_records(),
            )
        except FinanceError as error:
            return plan.unreadable(error), Remaining(tail=tail, chunks=())
        resumed = plan.resumed(decided, record, blob)
        chunks: Iterable[bytes] = agreement.source.chunks
        if isinstance(resumed, Read):  # what was counted is passed by, and not read again
            chunks = _behind(chunks, resumed.spec.start - decided.spec.start)
        return resumed, Remaining(tail=tail, chunks=chunks, agreement=agreement)

    def _agreement(self, opened: Opened, tail: Tail, file: FinanceFile) -> Agreement:
        """Open the file by the contract of its data set."""
        blob, config = opened.blob, self.configuration.finance_reading(file.data_set)
        contract = self.contract_keeping.current(blob.container, file.data_set)
        source = open_finance(tail, file, config, contract.terms.expected if contract else None)
        return Agreement(
            file=file,
            blob=blob,
            source=source,
            config=config,
            contract=contract,
            keep=self.contract_keeping.keep,
        )


def _behind(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Pass by so many bytes."""
    for chunk in chunks:
        if size < len(chunk):
            yield chunk[size:]
        size = max(0, size - len(chunk))
