"""How the preview and the real tables differ, in counts: profiles by the rows that they hold, the rest by those profiles.

Ids are not the same on both sides: a profile of the preview is the real one that shares most rows with it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from customer_insights.verification.membership import Member


@dataclass(frozen=True, kw_only=True)
class ProfileComparison:
    """Profiles of both sides."""

    previewed: int
    real: int
    same: int  # of exactly the same rows
    joined: int  # real ones that hold rows of several previewed ones
    split: int  # previewed ones whose rows are in several real ones
    only_previewed: int  # rows
    only_real: int
    ids: Mapping[str, str]  # real id of a previewed one

    @property
    def agrees(self) -> bool:
        """Whether both sides have the same profiles."""
        return self.same == self.previewed == self.real


@dataclass(frozen=True, kw_only=True)
class MeasureComparison:
    """One measure of the profiles that both sides have."""

    name: str
    same: int
    differs: int
    is_there: bool = True  # among the real ones

    @property
    def agrees(self) -> bool:
        """Whether it is the same for each profile."""
        return self.is_there and not self.differs


@dataclass(frozen=True, kw_only=True)
class SegmentComparison:
    """The members of one segment."""

    name: str
    both: int
    only_previewed: int
    only_real: int

    @property
    def agrees(self) -> bool:
        """Whether its members are the same."""
        return not self.only_previewed and not self.only_real


def compare_profiles(previewed: Mapping[Member, str], real: Mapping[Member, str]) -> ProfileComparison:
    """Compare which rows are one profile."""
    sizes = [Counter(side.values()) for side in (previewed, real)]
    shared = Counter((previewed[member], real[member]) for member in previewed.keys() & real.keys())
    in_real, in_preview = Counter(one for _, one in shared), Counter(one for one, _ in shared)
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for (ours, theirs), _ in sorted(shared.items(), key=lambda one: (-one[1], one[0])):
        if ours not in ids and theirs not in taken:
            ids[ours] = theirs
            taken.add(theirs)
    return ProfileComparison(
        previewed=len(sizes[0]),
        real=len(sizes[1]),
        same=sum(1 for (ours, theirs), rows in shared.items() if rows == sizes[0][ours] == sizes[1][theirs]),
        joined=sum(1 for several in in_real.values() if several > 1),
        split=sum(1 for several in in_preview.values() if several > 1),
        only_previewed=len(previewed.keys() - real.keys()),
        only_real=len(real.keys() - previewed.keys()),
        ids=ids,
    )


def compare_measure(
    name: str, previewed: Mapping[str, Any], real: Mapping[str, Any] | None, ids: Mapping[str, str]
) -> MeasureComparison:
    """Compare the values of a measure by profile; `real` is None where there is no such measure."""
    if real is None:
        return MeasureComparison(name=name, same=0, differs=len(previewed), is_there=False)
    pairs = [(value, real.get(ids[ours])) for ours, value in previewed.items() if ours in ids]
    same = sum(1 for one, other in pairs if _alike(one, other))
    return MeasureComparison(name=name, same=same, differs=len(pairs) - same)


def compare_segment(name: str, previewed: Collection[str], real: Collection[str], ids: Mapping[str, str]) -> SegmentComparison:
    """Compare the members of a segment; one that has no profile on the other side counts as only here."""
    known = {ids.get(one, "") for one in previewed} - {""}
    both = known & set(real)
    return SegmentComparison(
        name=name, both=len(both), only_previewed=len(previewed) - len(both), only_real=len(set(real) - both)
    )


def _alike(one: Any, other: Any) -> bool:
    """Say whether two values are the same, whichever of them was written as text; no value and an empty text are."""
    if one in {None, ""} or other in {None, ""}:
        return one in {None, ""} and other in {None, ""}
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-9)
    except (TypeError, ValueError):
        return str(one).lower() == str(other).lower()
