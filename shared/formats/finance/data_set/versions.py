"""One version of a data set's contract, as bronze keeps it for ever, and the version that follows it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from shared.contracts.codec import Count, decode, encode
from shared.formats.finance.data_set.terms import Terms
from shared.formats.finance.data_set.verdict import VerdictKind
from shared.formats.finance.options import FinanceConfig

_FOUND = ("encoding", "delimiter", "quote", "escape", "header_row", "sheet")
_SAID = ("skip_footer", "nulls")  # which nothing but the configuration tells


@dataclass(frozen=True, kw_only=True)
class Contract:
    """How the files of a data set are read, as of one version."""

    container: str
    data_set: str
    version: Count  # from 1; each is a document of its own, which nothing changes
    verdict: VerdictKind  # of the file that made it: `first` or `compatible`
    made_at: datetime
    made_by: str  # that landed file
    differs: tuple[str, ...] = ()  # from the version before
    terms: Terms


def read_contract(data: bytes, data_set: str) -> Contract:
    """Read a contract; raises `ContractError`."""
    return decode(Contract, data, f"contract of data set {data_set}")


def write_contract(contract: Contract) -> bytes:
    """Spell a contract."""
    return encode(contract)


def extended(contract: Terms | None, found: Terms, config: FinanceConfig) -> Terms:
    """Return what the contract says once a file that is no breach of it was read; the same where the file adds nothing.

    A file adds columns, and what nothing told before; what is configured replaces what was found. What else it does in its own
    way is its own: the next file is still expected to be as the first one was.
    """
    if contract is None:
        return found
    known = {name.casefold() for name in contract.columns}
    columns = contract.columns + tuple(name for name in found.columns if name.casefold() not in known)
    if config.columns:
        columns = found.columns
    told = {word: getattr(found, word) for word in _SAID if getattr(found, word) != getattr(contract, word)}
    for word in _FOUND:
        before, now = getattr(contract, word), getattr(found, word)
        is_news = before is None and word != "header_row"
        if now is not None and now != before and (is_news or getattr(config, word) is not None):
            told[word] = now
    if columns == contract.columns and not told:
        return contract
    news = {word: found.evidence[word] for word in found.evidence if word not in contract.evidence or word in told}
    return replace(contract, columns=columns, evidence={**contract.evidence, **news}, **told)


def digest(version: int, terms: Terms, config: FinanceConfig) -> str:
    """Name the way in which one file is read: by a version of the contract, and in its own dialect.

    What was read of it in another way cannot be gone on with, and a part that was made so is not this one.
    """
    own = (terms.delimiter, terms.quote, terms.escape, terms.header_row, terms.columns, terms.spare, terms.sheet)
    ways = repr((*own, config.encoding, config.skip_footer))
    return f"{version}-{hashlib.sha256(ways.encode()).hexdigest()[:12]}"
