"""A mistake in the settings or in `customer360.toml`: told once, at start, and again only where it is another one.

Triggers that cannot judge anything because of it tell it and leave everything as it is: the sweep takes it up once it is
mended. They do not raise: the host would try five times within seconds, and then call it the landed file's fault.
"""

from __future__ import annotations

import threading

from shared.context import Context
from shared.errors import Misconfigured
from shared.telemetry.log_events import tell


class Told:
    """Remembers what was told: a timer ticks every second, and one sentence is enough."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # triggers run on threads
        self._told = ""

    def tell(self, error: Misconfigured) -> None:
        """Log a mistake, unless it was the last one told."""
        with self._lock:
            if str(error) == self._told:
                return
            self._told = str(error)
        tell("configuration.invalid", error=str(error))

    def look(self, context: Context) -> None:
        """Tell at once what is wrong, when the app starts; it starts all the same, to say so over HTTP too."""
        try:
            context.check()
        except Misconfigured as error:
            self.tell(error)


told = Told()
"""What this process told."""
