"""What a later file is against the contract of its data set: the same, compatible with it, or broken.

Columns bind by name, so other columns at any place, another order and another way of writing that the file itself proves are
compatible. Where columns are gone and others came, nobody can tell whether they were renamed: the file is refused with what
would say it. A file that only lacks columns says nothing of them: that is told, unless it lacks most, and so is another table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from shared.formats.finance.data_set.terms import Terms
from shared.formats.finance.options import FinanceConfig, section

VerdictKind = Literal["first", "same", "compatible", "widened", "broken"]
"""`first`: there was no contract. `widened`, which is compatible, follows from all values: whoever reads them gives it
(`widening`), so a run, which tells it of its columns, and no landed file."""

_DIALECT: Final = ("encoding", "delimiter", "quote", "escape", "header_row", "sheet")
_SILVER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_MOST_NAMES: Final = 20  # that a sentence lists


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a file is against the contract."""

    kind: VerdictKind
    differs: tuple[str, ...] = ()  # each a sentence: what the contract says, and what the file has
    advice: str = ""  # what to do about a broken one
    toml: str = ""  # the section of customer360.toml that would let it in; empty: nobody can tell


def compared(contract: Terms, later: Terms, config: FinanceConfig, *, data_set: str) -> Verdict:
    """Judge a later file, by what it would make a contract of; names are compared without case, as Spark does.

    What the configuration says wins: names that it lists in `columns` are the data set's columns, and a new name that it
    lists in `renames` is what it says there. Keys were looked for when the file was opened.
    """
    called = {name.casefold(): silver.casefold() for name, silver in config.renames.items()}
    before, now = _by_meaning(contract.columns, called), _by_meaning(later.columns, called)
    missing = [name for meaning, name in before.items() if meaning not in now]
    extra = [name for meaning, name in now.items() if meaning not in before]
    unexplained = [name for name in extra if name.casefold() not in called]
    differs = tuple(_differences(contract, later, missing, extra, in_order=list(before) == list(now)))
    if missing and not config.columns:
        kept = len(before) - len(missing)
        if unexplained or kept < len(missing):
            return _broken(
                contract, missing, extra, unexplained, data_set=data_set, is_strange=kept < max(len(missing), len(extra))
            )
    return Verdict(kind="compatible" if differs else "same", differs=differs)


def widening(verdict: Verdict, columns: Iterable[str]) -> Verdict:
    """Return what a file is that is taken, given what became of the types of the columns that its values widen."""
    told = tuple(columns)
    return Verdict(kind="widened", differs=verdict.differs + told) if told else verdict


def _by_meaning(columns: Iterable[str], called: Mapping[str, str]) -> dict[str, str]:
    """Return the columns by what they mean: a name that was given a new one means what has that name."""
    return {called.get(name.casefold(), name.casefold()): name for name in columns}


def _differences(contract: Terms, later: Terms, missing: list[str], extra: list[str], *, in_order: bool) -> Iterable[str]:
    for word in _DIALECT:
        said, found = getattr(contract, word), getattr(later, word)
        if found != said and not (said is None or found is None):
            yield f"{word} {found!r} instead of {said!r}"
    if missing:
        yield f"without the columns {listed(missing)}, which its records leave empty"
    if extra:
        yield f"with the new columns {listed(extra)}"
    if not missing and not extra and not in_order:
        yield "its columns stand in another order"


def _broken(
    contract: Terms,
    missing: list[str],
    extra: list[str],
    unexplained: list[str],
    *,
    data_set: str,
    is_strange: bool,
) -> Verdict:
    if is_strange or not unexplained:
        # What stands in place of names may be values: it is counted, not told.
        differs: tuple[str, ...] = (
            f"{len(missing)} of the {len(contract.columns)} columns of the data set are not in the header",
        )
        if extra:
            differs += (f"{len(extra)} of its names are new",)
        advice = "land it with its header, or, if it is another table, in a folder of its own"
        return Verdict(kind="broken", differs=differs, advice=advice)
    differs = (f"without the columns {listed(missing)}", f"with the new columns {listed(unexplained)}")
    renames = _renames(missing, unexplained)
    advice = "land it with the columns that the data set has, or in a folder of its own"
    if renames:
        advice += "; if the names are new, say what each is called in silver"
    toml = section(data_set, renames=renames) if renames else ""
    return Verdict(kind="broken", differs=differs, advice=advice, toml=toml)


def _renames(missing: list[str], unexplained: list[str]) -> dict[str, str]:
    """Return new name = the one that stands in its place, where they are as many; else each is a column of its own."""
    meant = missing if len(missing) == len(unexplained) else unexplained
    return dict(zip(unexplained, meant, strict=True)) if all(_SILVER_NAME.fullmatch(name) for name in meant) else {}


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence lists them: the first ones, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
