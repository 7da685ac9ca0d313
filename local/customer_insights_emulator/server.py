"""The emulator as a whole, on a thread of this process: what `__main__` and the tests start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from local.customer_insights_emulator.configuration import Configuration
from local.customer_insights_emulator.faults import CustomerInsightsFault, CustomerInsightsFaults
from local.customer_insights_emulator.gold import RefreshFailed, check_gold
from local.customer_insights_emulator.handlers import CustomerInsights, Instance
from local.customer_insights_emulator.routes import customer_insights_service
from local.customer_insights_emulator.state import Refreshes
from local.emulation.application import Application
from local.emulation.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any


class CustomerInsightsEmulator:
    """One instance, whose tables have the rows of `tables`.

    `read` and `below` give files of gold (`check_gold`); a refresh takes `seconds` by the clock `now`.
    """

    def __init__(
        self,
        *,
        instance: Instance,
        read: Callable[[str], bytes | None],
        below: Callable[[str], Iterable[str]],
        now: Callable[[], datetime],
        seconds: float,
        tables: Callable[[str], Sequence[Mapping[str, Any]] | None] = lambda _: None,
        port: int = 0,
    ) -> None:
        self.faults = CustomerInsightsFaults(CustomerInsightsFault)
        self._server = Server(port)
        self.url = self._server.url

        def take() -> None:
            if fault := self.faults.take("refresh"):
                raise RefreshFailed(fault.code, "")
            check_gold(read, below)

        self.configuration = Configuration(instance_id=instance.instance_id, now=now)
        calls = CustomerInsights(
            instance=instance,
            refreshes=Refreshes(take=take, now=now, seconds=seconds),
            configuration=self.configuration,
            tables=tables,
        )
        self._application = Application(customer_insights_service(instance=instance, calls=calls), self.faults)

    def __enter__(self) -> Self:
        """Start answering."""
        self._server.start(self._application)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.stop()
