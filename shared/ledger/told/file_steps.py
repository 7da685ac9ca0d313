"""Steps of landed files and of their parts, told once they are stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from shared.ledger.records import LandedFile, Part
from shared.ledger.states import Event
from shared.ledger.tallies.increments import reasons
from shared.telemetry.log_events import tell


def tell_file(event: Event, before: LandedFile, file: LandedFile, parts: Sequence[Part]) -> None:
    """Tell a file's step, with what the parts made in it hold; what it held before was told then.

    A tail that is held back is told once, however much is added behind it.
    """
    if event == "file.held_back" and before.held_back_told and not parts:
        return
    rejected: Counter[str] = Counter()
    for part in parts:
        rejected.update(reasons(part))
    is_held_back = event == "file.held_back"
    tell(
        event,
        file=file.name,
        source=file.source,
        entity=file.entity,
        generation=file.generation,
        reason=file.reason,
        detail=file.detail,
        parts=len(parts),
        records=sum(part.records for part in parts),
        rejects=sum(part.rejects for part in parts),
        reasons=rejected,
        offset=file.offset if is_held_back else None,
        held_back=file.held_back if is_held_back else None,
    )


def tell_batched(parts: Iterable[Part]) -> None:
    """Tell of parts that a batch took: what leads from a file to its batch."""
    for part in parts:
        tell(
            "part.batched",
            part=part.part_id,
            file=part.source_file,
            entity=part.entity,
            rows=part.rows,
            rejects=part.rejects,
            batch=part.batch_id,
        )
