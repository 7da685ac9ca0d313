"""One look at everything that goes on: what the timer does, and what every hint comes down to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.conclude import Conclude
from shared.dispatch import Dispatch
from shared.errors import Retry
from shared.refresh import FollowRefresh


@dataclass(frozen=True, kw_only=True)
class Reconcile:
    """Concludes the run, follows the refresh, dispatches what waits; each step even where another one failed."""

    conclude: Conclude
    follow_refresh: FollowRefresh
    dispatch: Dispatch

    def __call__(self) -> None:
        """Do all three; raises the last `Retry` error after the others had their turn."""
        steps: tuple[Callable[[], None], ...] = (self.conclude, self.follow_refresh, self.dispatch)
        failed: Retry | None = None
        for step in steps:
            try:
                step()
            except Retry as error:
                failed = error
        if failed is not None:
            raise failed
