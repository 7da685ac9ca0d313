"""What a test can break here: answers, runs and webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, TypeAlias, get_args

from local.emulation.faults import AnswerFault, Faults

Kind = Literal["answer", "run", "webhook"]
WEBHOOK_ACTIONS = ("drop", "delay", "duplicate")


@dataclass(frozen=True, kw_only=True)
class JobsFault(AnswerFault):
    """One thing that goes wrong; routes are called as in the API: `run-now`, `runs/get`.

    `run`: the next run ends with `termination_type` and `code` without running a task, or after `seconds` of running.
    `webhook`: `action` is drop, delay (by `seconds`) or duplicate.
    """

    kinds: ClassVar[tuple[str, ...]] = get_args(Kind)

    kind: Kind
    termination_type: str = "INTERNAL_ERROR"
    code: str = "INTERNAL_ERROR"
    action: str = "drop"
    seconds: float = 0

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Self:
        """Read one from JSON; ValueError names what is wrong with it."""
        fault = super().parse(document)
        if fault.action not in WEBHOOK_ACTIONS:
            raise ValueError(f"A webhook fault's action is one of {', '.join(WEBHOOK_ACTIONS)}.")
        return fault


JobsFaults: TypeAlias = Faults[JobsFault, Kind]
