"""What happened on each day, from the tallies: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from shared.api.overview.documents import DayDocument
from shared.ledger.states import FILE_STATES
from shared.ledger.tallies.increments import REASON, ROWS, RUN_FOR, WAY, percentile
from shared.ledger.tallies.tally import by_day
from shared.ports import Row

SHOWN_DAYS = 30


def days(of_files: Iterable[Row], of_pipeline: Iterable[Row], today: date) -> tuple[DayDocument, ...]:
    """Return the last days, oldest first, without those on which nothing happened."""
    counts: dict[date, Counter[str]] = {}
    for rows in (of_files, of_pipeline):
        for day, found in by_day(rows).items():
            counts.setdefault(day, Counter()).update(found)
    first = today - timedelta(days=SHOWN_DAYS - 1)
    return tuple(_day(day, counts[day]) for day in sorted(counts) if day >= first and any(counts[day].values()))


def _day(day: date, counts: Mapping[str, int]) -> DayDocument:
    return DayDocument(
        day=day.isoformat(),
        files=sum(counts[state] for state in FILE_STATES),
        parts=counts["taken_parts"],
        bytes=counts["taken_bytes"],
        records=counts["taken_records"],
        rejects=counts["taken_rejects"],
        reasons={
            name.removeprefix(REASON): counts[name] for name in sorted(counts) if name.startswith(REASON) and counts[name]
        },
        runs_well=counts["run_well"],
        runs_badly=counts["run_badly"],
        run_p50_seconds=_rounded(percentile(counts, RUN_FOR, 0.5)),
        run_p95_seconds=_rounded(percentile(counts, RUN_FOR, 0.95)),
        way_p50_seconds=_rounded(percentile(counts, WAY, 0.5)),
        way_p95_seconds=_rounded(percentile(counts, WAY, 0.95)),
        publications=counts["publications"],
        refreshes_well=counts["refresh_well"],
        refreshes_badly=counts["refresh_badly"],
        **{name: counts[f"rows_{name}"] for name in ROWS},
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
