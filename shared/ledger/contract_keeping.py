"""The contracts of finance data sets: kept in bronze, a document for each version, the same for ever.

A version is made by one conditional write of a name that only it can have. So two hosts that see a data set first, or a new
column, agree: whoever comes second reads what the first one wrote, and looks at its file again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.concurrency import in_parallel
from shared.contracts.places import BRONZE, contract_document, contract_documents
from shared.formats.finance.data_set.versions import Contract, read_contract, write_contract
from shared.ports import Lake


@dataclass(frozen=True, kw_only=True)
class ContractKeeping:
    """The contracts of all data sets."""

    lake: Lake
    seen: dict[tuple[str, str], Contract] = field(default_factory=dict)  # the newest that was read, by container and data set

    def current(self, container: str, data_set: str) -> Contract | None:
        """Return the newest version of a data set's contract; None: no file of it was taken since there are contracts."""
        newest = max((blob.path for blob in self.lake.list(BRONZE, contract_documents(container, data_set))), default=None)
        known = self.seen.get((container, data_set))
        if newest is None or (known and newest == contract_document(container, data_set, known.version)):
            return None if newest is None else known
        return self._read(newest, data_set)

    def versions(self, container: str, data_set: str) -> list[Contract]:
        """Return all versions of a data set's contract, the newest first."""
        paths = [blob.path for blob in self.lake.list(BRONZE, contract_documents(container, data_set))]
        return in_parallel(lambda path: self._read(path, data_set), sorted(paths, reverse=True))

    def all(self, container: str) -> Iterator[Contract]:
        """Return the newest version of each contract of a landing container."""
        newest: dict[str, str] = {}
        for blob in self.lake.list(BRONZE, contract_documents(container)):
            folder, _, _ = blob.path.rpartition("/")
            newest[folder] = max(blob.path, newest.get(folder, ""))
        yield from in_parallel(lambda path: self._read(path, path), list(newest.values()))

    def keep(self, contract: Contract) -> bool:
        """Keep a version; False, and no change, where somebody made that version first."""
        path = contract_document(contract.container, contract.data_set, contract.version)
        done = self.lake.create(BRONZE, path, write_contract(contract))
        if done:
            self.seen[contract.container, contract.data_set] = contract
        return done

    def _read(self, path: str, data_set: str) -> Contract:
        contract = read_contract(b"".join(self.lake.read(BRONZE, path)), data_set)
        known = self.seen.get((contract.container, contract.data_set))
        if known is None or known.version < contract.version:
            self.seen[contract.container, contract.data_set] = contract
        return contract
