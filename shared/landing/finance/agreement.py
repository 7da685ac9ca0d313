"""What a finance file and the contract of its data set agree on, while the file is read.

Which version a file is read by is known at its head, since each part names it. Whether the file counts is known at its end:
only then is a version kept that it makes, so that no file that is refused, or cut off, ever says how others are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from shared.formats.finance.data_set.terms import Terms, terms_of
from shared.formats.finance.data_set.verdict import Verdict, compared
from shared.formats.finance.data_set.versions import Contract, digest, extended
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.source import FinanceSource
from shared.formats.landed_paths import FinanceFile
from shared.ports import BlobVersion


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """One file, its data set's contract as it was when the file was opened, and what came of the two."""

    file: FinanceFile
    blob: BlobVersion
    source: FinanceSource
    config: FinanceConfig
    contract: Contract | None  # None: there is none yet, so this file makes it
    keep: Callable[[Contract], bool]  # keeps a version, unless somebody made it first

    @cached_property
    def version(self) -> int:
        """The version that the file is read by: the kept one, or the next, where it or the configuration adds to that."""
        kept = self.contract.version if self.contract else 0
        return kept + 1 if self._makes_one() else kept

    @cached_property
    def read_as(self) -> str:
        """Name the way in which the file is read."""
        return digest(self.version, self._found, self.config)

    def verdict(self) -> Verdict:
        """Judge the file; of its encoding that is final once its text is read."""
        if self.contract is None:
            return Verdict(kind="first")
        return compared(self.contract.terms, self._found, self.config, data_set=self.file.data_set)

    def kept(self, at: datetime) -> bool:
        """Keep the version that the file makes, once all of it was read; False where somebody made that version first."""
        if not self._makes_one():
            return True
        return self.keep(
            Contract(
                container=self.blob.container,
                data_set=self.file.data_set,
                version=self.version,
                verdict="first" if self.contract is None else "compatible",
                made_at=at,
                made_by=f"{self.blob.container}/{self.blob.path}",
                differs=self.verdict().differs,
                terms=self._terms(),
            )
        )

    def _makes_one(self) -> bool:
        return self.contract is None or self._terms() != self.contract.terms

    def _terms(self) -> Terms:
        return extended(self.contract.terms if self.contract else None, self._found, self.config)

    @property
    def _found(self) -> Terms:
        return terms_of(self.source, self.config)
