"""Fault switches: what a test breaks, how often, and where.

A fault is consumed by `times` uses (for ever if None). Over HTTP: `POST /_faults` with the fields as JSON, `GET` lists
what is left, `DELETE` clears.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

Kind = Literal["answer", "run", "webhook"]
WEBHOOK_ACTIONS = ("drop", "delay", "duplicate")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    `answer`: the call `route` (`run-now`, `runs/get`, `*` for all) is answered with `status` and `error_code`, and
    `Retry-After` if given; status 0 drops the connection instead (with `*`: the workspace is down). With `after`, the
    call takes effect first and only its answer is lost.
    `run`: the next run ends with `termination_type` and `code` without running a task, or after `seconds` of running.
    `webhook`: `action` is drop, delay (by `seconds`) or duplicate.
    """

    kind: Kind
    times: int | None = 1
    route: str = "*"
    status: int = 503
    error_code: str = "TEMPORARILY_UNAVAILABLE"
    retry_after: int | None = None
    after: bool = False
    termination_type: str = "INTERNAL_ERROR"
    code: str = "INTERNAL_ERROR"
    action: str = "drop"
    seconds: float = 0

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Fault:
        """Read one from JSON; ValueError names what is wrong with it."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(document) - known):
            raise ValueError(f"A fault has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        if document.get("kind") not in get_args(Kind):
            raise ValueError(f"A fault's kind is one of {', '.join(get_args(Kind))}.")
        if document.get("action", "drop") not in WEBHOOK_ACTIONS:
            raise ValueError(f"A webhook fault's action is one of {', '.join(WEBHOOK_ACTIONS)}.")
        return cls(**document)


class Faults:
    """The faults that are armed now; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Arm one more."""
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def armed(self) -> tuple[Fault, ...]:
        """Return what is armed, oldest first."""
        with self._lock:
            return tuple(self._armed)

    def take(self, kind: Kind, route: str = "*", *, after: bool = False) -> Fault | None:
        """Take the oldest fault that applies here, used up by one; None if nothing goes wrong."""
        with self._lock:
            for position, fault in enumerate(self._armed):
                if fault.kind != kind or fault.route not in {"*", route} or fault.after != after:
                    continue
                if fault.times is not None:
                    left = fault.times - 1
                    self._armed[position : position + 1] = [replace(fault, times=left)] if left else []
                return fault
        return None
