"""Fault switches: what a test breaks, how often, and where.

A fault is consumed by `times` uses (for ever if None). Over HTTP: `POST /_faults` with the fields as JSON, `GET` lists
what is left, `DELETE` clears. Every emulator can break its answers; what else it can break, its own `Fault` adds.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Generic, Self, TypeVar


@dataclass(frozen=True, kw_only=True)
class AnswerFault:
    """One thing that goes wrong.

    `answer`: the call `route` (`*` for all) is answered with `status` and `error_code`, and `Retry-After` if given;
    status 0 drops the connection instead (with `*`: the service is down). With `after`, the call takes effect first and
    only its answer is lost.
    """

    kinds: ClassVar[tuple[str, ...]] = ("answer",)

    kind: str
    times: int | None = 1
    route: str = "*"
    status: int = 503
    error_code: str = "TEMPORARILY_UNAVAILABLE"
    retry_after: int | None = None
    after: bool = False

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Self:
        """Read one from JSON; ValueError names what is wrong with it."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(document) - known):
            raise ValueError(f"A fault has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        if document.get("kind") not in cls.kinds:
            raise ValueError(f"A fault's kind is one of {', '.join(cls.kinds)}.")
        return cls(**document)


F = TypeVar("F", bound=AnswerFault)
Kind = TypeVar("Kind", bound=str)


class Faults(Generic[F, Kind]):
    """The faults of type `made` that are armed now; safe to use from several threads."""

    def __init__(self, made: type[F]) -> None:
        self._made = made
        self._lock = threading.Lock()
        self._armed: list[F] = []

    def add(self, fault: F) -> None:
        """Arm one more."""
        with self._lock:
            self._armed.append(fault)

    def parse(self, document: dict[str, Any]) -> F:
        """Read one from JSON; ValueError names what is wrong with it."""
        return self._made.parse(document)

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def armed(self) -> tuple[F, ...]:
        """Return what is armed, oldest first."""
        with self._lock:
            return tuple(self._armed)

    def take(self, kind: Kind, route: str = "*", *, after: bool = False) -> F | None:
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
