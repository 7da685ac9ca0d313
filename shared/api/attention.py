"""What waits for a person: each with what it is, why, and so which way out there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from shared.api.documents import AttentionDocument
from shared.errors import shown
from shared.ledger.ledger import Ledger
from shared.ledger.records import Batch, Erasure, LandedFile, Pipeline, Refresh
from shared.ledger.states import AttentionKind, FileState
from shared.ledger.waiting import Backlog

_MOST_OF_A_KIND = 20
_TRIED_OFTEN = 3
_FILES: dict[FileState, AttentionKind] = {"poison": "poison", "rejected": "rejected", "held_back": "held_back"}


@dataclass(frozen=True, kw_only=True)
class Attention:
    """Finds what waits for a person, at most twenty of a kind; reads no history."""

    ledger: Ledger
    containers: tuple[str, ...]

    def __call__(
        self,
        *,
        backlog: Backlog,
        parked: Sequence[Batch],
        active: Batch | None,
        refresh: Refresh | None,
        files: Mapping[str, int],
        misconfigured: str,
        pipeline: Pipeline,
        erasures: Sequence[Erasure] = (),
    ) -> tuple[AttentionDocument, ...]:
        """Return it, the gravest first; `files` says how many files are in each state."""
        found: list[AttentionDocument] = []
        if misconfigured:
            found.append(told("misconfigured", "configuration", misconfigured))
        if active is not None and active.state == "open" and active.cause:
            found.append(told("refused", active.batch_id, f"the workspace does not take its run: {active.cause}"))
        for batch in parked[:_MOST_OF_A_KIND]:
            found.append(told("parked", batch.batch_id, batch.cause or "no cause is told"))
        found += _held(backlog, parked)
        for state, kind in _FILES.items():
            if files.get(state):
                found += (told(kind, file.shown, _reason(file)) for file in self._in(state))
        for tried in [one for one in backlog.tried if one.tries >= _TRIED_OFTEN][:_MOST_OF_A_KIND]:
            why = f"tried {tried.tries} times without an end; the last time at {tried.at:%Y-%m-%dT%H:%M:%SZ}"
            found.append(told("tried", shown(f"{tried.container}/{tried.path}"), why))
        if refresh is not None and refresh.state == "failed":
            found.append(told("refresh_failed", refresh.publication, refresh.detail or "no cause is told"))
        why = "its table in gold is older than the rest; the newest run that succeeded tells its cause (GET /api/runs)"
        found += (told("model_failed", model, why) for model in pipeline.models_failed[:_MOST_OF_A_KIND])
        for erasure in [one for one in erasures if one.files][:_MOST_OF_A_KIND]:
            why = f"{erasure.files} files in landing would bring back what is erased; take them away, or land them without it"
            found.append(told("erasure", erasure.erasure_id, f"{why} (GET /api/erasure/{erasure.erasure_id} names them)"))
        return tuple(found)

    def _in(self, state: FileState) -> Iterator[LandedFile]:
        listed = self.ledger.changed_files(self.containers, (state,), at_once=_MOST_OF_A_KIND)
        return (file for _, file in islice(listed, _MOST_OF_A_KIND))


def _held(backlog: Backlog, parked: Sequence[Batch]) -> Iterator[AttentionDocument]:
    behind = {entity: batch.batch_id for batch in parked if batch.holds for entity in batch.entities}
    waits: Counter[str] = Counter()
    for pending in backlog.parts:
        if pending.entity in behind:
            waits[pending.entity] += pending.parts
    for entity, parts in waits.most_common(_MOST_OF_A_KIND):
        yield told("held", shown(entity), f"{parts} parts wait behind the parked batch {behind[entity]}")


def _reason(file: LandedFile) -> str:
    return f"{file.reason}: {file.detail}" if file.detail else str(file.reason)


def told(kind: AttentionKind, what: str, why: str) -> AttentionDocument:
    """Say what needs a person, and why."""
    return AttentionDocument(kind=kind, what=what, why=shown(why))
