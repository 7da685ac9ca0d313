"""The preview compared with the real tables, whole; and the kit with what an instance made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customer_insights.errors import TableMissing
from customer_insights.verification.calibration import Finding, calibrate
from customer_insights.verification.comparison import (
    MeasureComparison,
    ProfileComparison,
    SegmentComparison,
    compare_measure,
    compare_profiles,
    compare_segment,
)
from customer_insights.verification.kit import questions
from customer_insights.verification.membership import membership
from customer_insights.verification.tables import Tables
from spark_jobs.insights.rules.switches import Switches
from spark_jobs.insights.rules.vocabulary import InsightsRules

_CUSTOMER, _MEASURES, _ID = "Customer", "Customer_Measure", "CustomerId"


@dataclass(frozen=True, kw_only=True)
class Verified:
    """How both sides compare."""

    profiles: ProfileComparison
    measures: tuple[MeasureComparison, ...]
    segments: tuple[SegmentComparison, ...]
    missing: tuple[str, ...] = ()  # real tables that are not there

    @property
    def agrees(self) -> bool:
        """Whether they are the same."""
        measures, segments = (one.agrees for one in self.measures), (one.agrees for one in self.segments)
        return not self.missing and self.profiles.agrees and all(measures) and all(segments)


def verified(rules: InsightsRules, previewed: Tables, real: Tables) -> Verified:
    """Compare everything that the rules speak of; raises `TableMissing` where a side has no profiles, or was not previewed."""
    keys = {table.name: table.key for table in rules.tables}
    profiles = compare_profiles(*(membership(side(_CUSTOMER), keys) for side in (previewed, real)))
    missing: list[str] = []

    def there(table: str) -> list[Mapping[str, Any]]:
        try:
            return real(table)
        except TableMissing as error:
            missing.append(str(error))
            return []

    measures = []
    names = [one.name for one in rules.measures if one.kind == "customer_attribute"]
    if names:
        sides = previewed(_MEASURES), there(_MEASURES)
        for name in names:
            ours, theirs = (_values(rows, name) for rows in sides)
            measures.append(compare_measure(name, ours or {}, theirs, profiles.ids))
    segments = [
        compare_segment(one.name, _ids(previewed(one.name)), _ids(there(one.name)), profiles.ids)
        for one in rules.segments
        if one.state == "active"
    ]
    return Verified(profiles=profiles, measures=tuple(measures), segments=tuple(segments), missing=tuple(missing))


def calibrated(real: Tables) -> list[tuple[Finding, str]]:
    """Return what each switch has to be, beside what the preview has."""
    told = Switches().told()
    return [(finding, told[finding.switch]) for finding in calibrate(questions(), real(_CUSTOMER))]


def _values(rows: list[Mapping[str, Any]], name: str) -> dict[str, Any] | None:
    """Return the values of a measure by profile; None where no row has it."""
    found = next((known for known in (rows[0] if rows else ()) if known.lower() == name.lower()), None)
    return None if found is None else {str(row[_ID]): row[found] for row in rows}


def _ids(rows: list[Mapping[str, Any]]) -> set[str]:
    return {str(row[_ID]) for row in rows}
