"""What is seen of a deployed environment, as plain facts, and the port that sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Answer = tuple[int, Any]
"""HTTP status, and the document (None: there was none)."""

Action = Literal["read", "write"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One app setting as the app has it."""

    value: str = field(repr=False)
    fault: str = ""  # why it has no value although it is set: a reference to a vault that does not resolve


@dataclass(frozen=True, kw_only=True, order=True)
class Right:
    """What an identity may do where: in a container of the lake, or with its `queues` or `tables`."""

    place: str
    action: Action


@dataclass(frozen=True, kw_only=True)
class SubscriptionSeen:
    """One event subscription."""

    container: str
    function: str
    calls: frozenset[str]  # of storage, that it tells of; empty: of all
    is_active: bool
    keeps_dead_letters: bool  # events that it gives up lie in a container


@dataclass(frozen=True, kw_only=True)
class JobSeen:
    """The Databricks job."""

    name: str
    parameters: frozenset[str]
    notified: frozenset[str]  # on_success, on_failure: those with a destination
    may_be_run: bool  # by the app's identity


class Deployed(Protocol):
    """A deployed environment as the check sees it; what cannot be seen raises `DeploymentError` with the reason."""

    def settings(self) -> Mapping[str, Setting]:
        """Return the app settings, connections too."""

    def rights(self) -> frozenset[Right]:
        """Return what the app's identity may do in the lake; who may write may read."""

    def subscriptions(self) -> tuple[SubscriptionSeen, ...]:
        """Return who is told of what lands."""

    def dead_letters(self) -> int:
        """Count the events that Event Grid gave up on."""

    def job(self, job_id: str) -> JobSeen | None:
        """Return the job; None where the workspace has none of this id."""

    def ask(self, method: Literal["GET", "POST"], path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Call the app; a POST has an empty object as its body."""

    def land(self, container: str, path: str, data: bytes) -> None:
        """Write a file into landing."""

    def read(self, container: str, path: str) -> bytes | None:
        """Read a file of the lake; None where there is none."""

    def remove(self, container: str, path: str) -> None:
        """Take a file out of landing."""
