"""Who exports, by the environment, so that everything goes out once; and the handler that hands events over.

What the Functions worker does with logs and exporters differs by its generation (reference: Azure Functions, section 10):

| Python | setting | the worker |
| --- | --- | --- |
| any | none of these | hands logs to the host, which exports them |
| 3.13 and later | `PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY` | configures Azure Monitor, and exports logs |
| | `PYTHON_ENABLE_OPENTELEMETRY` | exports nothing, and hands no logs over either: exporters are ours |
| 3.12 and before | `PYTHON_ENABLE_OPENTELEMETRY`, whatever it holds | configures Azure Monitor, and exports logs |
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from shared.errors import wordless
from shared.telemetry.log_events import EVENTS, FIELDS, LOGGER, Field, line_of, tell, thing_of

AZURE_MONITOR: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"
OTLP: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"

_BY_THE_WORKER: Final = "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"
_OPEN_TELEMETRY: Final = "PYTHON_ENABLE_OPENTELEMETRY"
_ON: Final = frozenset({"1", "true", "t", "yes", "y"})
_NEW_WORKER: Final = (3, 13)


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where metrics and traces go, and whether logs have to go there too, because nobody else takes them."""

    to: Literal["worker", "azure_monitor", "otlp"]
    with_logs: bool = False


class Sink(Protocol):
    """Exports what events measure and trace."""

    def __call__(self, event: str, fields: Mapping[str, Field]) -> None:
        """Take one event."""


def route(environment: Mapping[str, str], version: tuple[int, int]) -> Route | None:
    """Say where metrics and traces go, in a worker of a version of Python; None: nowhere."""
    is_new = version >= _NEW_WORKER
    is_open = environment.get(_OPEN_TELEMETRY, "")
    by_worker = environment.get(_BY_THE_WORKER, "").lower() in _ON if is_new else bool(is_open)
    if by_worker:
        return Route(to="worker")
    if environment.get(AZURE_MONITOR):
        return Route(to="azure_monitor", with_logs=is_new and is_open.lower() in _ON)
    return Route(to="otlp") if environment.get(OTLP) else None


class Exporting(logging.Handler):
    """Hands events to a sink, which is opened for the first one: its libraries take longer to import than the whole app."""

    def __init__(self, opens: Callable[[], Sink]) -> None:
        super().__init__()
        self._opens = opens
        self._sink: Sink | None = None
        self._was_told = False

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record's event over; where that fails, it is told once, and the pipeline goes on without.

        What the error says stays out of the log: exporters name the endpoint and the key that they were given.
        """
        line = line_of(record)
        if line is None or thing_of(line.event) == "telemetry":
            return
        try:
            if self._sink is None:
                self._sink = self._opens()
            self._sink(line.event, line.fields)
        except Exception as error:  # no file waits for what exporting comes to
            self._sink = self._sink or _nowhere  # what cannot be opened is not tried again: it costs a second each time
            if not self._was_told:
                self._was_told = True
                tell("telemetry.unavailable", error=type(error).__name__, exc_info=wordless(error))

    def attach(self) -> None:
        """Get every event from now on; what is only measured comes here and goes nowhere else."""
        logging.getLogger(LOGGER).addHandler(self)
        for logger in _measured_only():
            logger.setLevel(logging.DEBUG)
            logger.addHandler(self)
            logger.propagate = False

    def detach(self) -> None:
        """Undo `attach`."""
        logging.getLogger(LOGGER).removeHandler(self)
        for logger in _measured_only():
            logger.setLevel(logging.NOTSET)
            logger.removeHandler(self)
            logger.propagate = True


def _measured_only() -> list[logging.Logger]:
    """Return the loggers of things of which all events are `debug`."""
    graver = {thing_of(event) for event, level in EVENTS.items() if level > logging.DEBUG}
    return [logging.getLogger(f"{LOGGER}.{thing}") for thing in FIELDS if thing not in graver]


def _nowhere(event: str, fields: Mapping[str, Field]) -> None:
    """Take an event, and do nothing with it."""
