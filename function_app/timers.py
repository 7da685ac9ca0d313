"""What happens without an event: the sweep, the reconciliation, and hints that came due.

The host runs a timer once at a time over all instances; the use cases are safe beside each other anyway.
"""

from __future__ import annotations

import azure.functions as func

from function_app.misconfigured import told
from shared.context import context
from shared.errors import Misconfigured, PipelineError, without_words
from shared.telemetry.log_events import tell

triggers = func.Blueprint()


@triggers.timer_trigger(arg_name="timer", schedule="%SWEEP_SCHEDULE%", use_monitor=True)
def sweep(timer: func.TimerRequest) -> None:
    """List landing and take the files that no event told of: what this costs grows with landing, so it is the rare one."""
    _sweep()


@triggers.timer_trigger(arg_name="timer", schedule="%RECONCILE_SCHEDULE%", use_monitor=True)
def reconcile(timer: func.TimerRequest) -> None:
    """Look at everything that goes on or waits: what this costs does not grow with history, so it is the frequent one."""
    _reconcile()


@triggers.queue_trigger(arg_name="message", queue_name="%HINT_QUEUE%", connection="AzureWebJobsStorage")
def on_hint(message: func.QueueMessage) -> None:
    """Look now rather than at the next tick."""
    _reconcile()


def _sweep() -> None:
    try:
        with without_words():
            looked = context.sweep()
    except Misconfigured as error:
        told.tell(error)
    except PipelineError as error:
        tell("sweep.incomplete", error=str(error))
    else:
        if looked:
            tell("sweep.done", files=looked)


def _reconcile() -> None:
    try:
        with without_words():
            context.reconcile()
    except Misconfigured as error:
        told.tell(error)
    except PipelineError as error:
        tell("reconcile.incomplete", error=str(error))
