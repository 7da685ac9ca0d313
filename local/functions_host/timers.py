"""Timer triggers: NCRONTAB with seconds or an interval; never two at a time."""

from __future__ import annotations

import logging
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from croniter import croniter

from local.functions_host.runtime import InvocationFailedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

log = logging.getLogger(__name__)


def next_tick(schedule: str, after: datetime) -> datetime:
    """Tell when a schedule is due next: six fields that begin with seconds, five fields, or `hh:mm:ss`."""
    interval = re.fullmatch(r"(\d+):(\d\d):(\d\d)", schedule)
    if interval:
        hours, minutes, seconds = (int(part) for part in interval.groups())
        return after + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    due: datetime = croniter(schedule, after, second_at_beginning=True).get_next(datetime)
    return due


class Timer:
    """A thread that calls a function when it is due; a tick that comes while the last one still runs is left out."""

    def __init__(self, *, name: str, schedule: str, tick: Callable[[], Future[object]], on_startup: bool) -> None:
        self._name, self._schedule, self._tick, self._on_startup = name, schedule, tick, on_startup
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"timer {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the ticks."""
        self._stopped.set()

    def _run(self) -> None:
        if self._on_startup:
            self._call()
        while True:
            now = datetime.now(UTC)
            if self._stopped.wait((next_tick(self._schedule, now) - now).total_seconds()):
                return
            self._call()

    def _call(self) -> None:
        try:
            self._tick().result()
        except InvocationFailedError as error:
            log.warning("%s\n%s", error, error.trace)
