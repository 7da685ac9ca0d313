"""What a step adds to the tally, by name: pure, so that the ledger can count as it goes and again from what it holds.

Names without a prefix are how things stand (`ingested`, `records`: what landed files hold now), and change by what a step adds
and takes away. Those with one are what was done: `taken_`, of a slice; `run_`, of a run; `rows_`, of a batch; `reason_`, of
rejected records by their reason; `run_for_<n>` and `way_<n>`, how long, as a histogram.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from shared.ledger.records import Batch, LandedFile, Part, Refresh

Counts = Counter[str]

TAKEN = ("taken_parts", "taken_bytes", "taken_records", "taken_rejects")
ROWS = ("applied", "superseded", "duplicates", "rejected")
RUN_WELL, RUN_BADLY = "run_well", "run_badly"
REASON, RUN_FOR, WAY = "reason_", "run_for_", "way_"

_STEPS = 4  # of a histogram, each time a length doubles: a length is known to within a tenth
_LONGEST = 25 * _STEPS  # a year


def of_file(before: LandedFile, after: LandedFile, parts: Iterable[Part] = (), dropped: Iterable[Part] = ()) -> Counts:
    """Count a file's step: the states, what it holds, and the parts that were made, or that nobody ever could take."""
    counts: Counts = Counter()
    if before.state:
        counts[before.state] -= 1
    counts[after.state] += 1
    counts["records"] += after.records - before.records
    counts["rejects"] += after.rejects - before.rejects
    for part in parts:
        counts.update(of_part(part))
    for part in dropped:
        counts.subtract(of_part(part))
    return counts


def times_of_file(after: LandedFile, parts: Iterable[Part]) -> dict[str, datetime]:
    """Return how new what landed is, and what of it is in bronze."""
    times = {"landed": after.modified_at} if after.modified_at else {}
    taken = [part.landed_at for part in parts]
    return times | ({"taken": max(taken)} if taken else {})


def of_part(part: Part) -> Counts:
    """Count a bronze part."""
    values = (1, part.end - part.start, part.records, part.rejects)
    counts: Counts = Counter(dict(zip(TAKEN, values, strict=True)))
    counts.update({f"{REASON}{reason}": rejects for reason, rejects in reasons(part).items()})
    return counts


def reasons(part: Part) -> Mapping[str, int]:
    """Return how many records of a part were rejected, by reason; nothing for one that was made before that was kept."""
    return {name: int(number) for name, _, number in (text.partition("=") for text in part.reasons)}


def of_batch(before: Batch | None, after: Batch) -> Counts:
    """Count a batch's step."""
    counts: Counts = Counter()
    if before is not None and before.state == after.state:
        return counts
    if before is not None:
        counts[before.state] -= 1
    counts[after.state] += 1
    if after.state == "succeeded":
        counts.update(of_success(after))
    elif after.state in {"failed", "parked", "dissolved"} and before is not None and before.run_id:
        counts[RUN_BADLY] += 1
    return counts


def of_success(batch: Batch) -> Counts:
    """Count what came of a batch that succeeded."""
    counts: Counts = Counter({f"rows_{name}": getattr(batch, name) for name in ROWS})
    counts[RUN_WELL] += 1
    if (seconds := _seconds(batch.submitted_at, batch.ended_at)) is not None:
        counts[f"{RUN_FOR}{step_of(seconds)}"] += 1
    if batch.publication:
        counts["publications"] += 1
        if (seconds := _seconds(batch.landed_from, batch.recorded_at)) is not None:
            counts[f"{WAY}{step_of(seconds)}"] += 1
    return counts


def of_refresh(ended: Refresh) -> Counts:
    """Count how a refresh ended."""
    if ended.state not in {"successful", "failed"}:
        return Counter()
    return Counter({"refresh_well" if ended.state == "successful" else "refresh_badly": 1})


def step_of(seconds: float) -> int:
    """Return which step of a histogram a length belongs to."""
    return min(_LONGEST, max(0, math.ceil(math.log2(max(seconds, 1)) * _STEPS)))


def percentile(counts: Mapping[str, int], prefix: str, share: float) -> float | None:
    """Return the length in seconds that a share of those counted does not exceed, to within a tenth; None where none is."""
    steps = sorted((int(name.removeprefix(prefix)), number) for name, number in counts.items() if name.startswith(prefix))
    wanted = share * sum(number for _, number in steps)
    passed = 0
    for step, number in steps:
        passed += number
        if number > 0 and passed >= wanted:
            return 2 ** ((step - 0.5) / _STEPS) if step else 1.0
    return None


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    return max(0.0, (end - begin).total_seconds()) if begin and end else None
