"""The Functions host gave up on a landed file.

It leaves its message in the account of the file, not in its own (reference: Azure Functions, section 3).
"""

from __future__ import annotations

import azure.functions as func

from function_app.misconfigured import told
from shared.context import context
from shared.errors import Misconfigured, without_words
from shared.landing.poison import PoisonUnreadable, read_poison
from shared.telemetry.log_events import tell

triggers = func.Blueprint()


@triggers.queue_trigger(arg_name="message", queue_name="webjobs-blobtrigger-poison", connection="LakeStorage")
def on_poison(message: func.QueueMessage) -> None:
    """Record the file, so that it is seen and can be taken again."""
    try:
        poison = read_poison(message.get_body())
    except PoisonUnreadable as error:
        tell("poison.unreadable", error=str(error))  # raising would only make it poison once more
        return
    try:
        with without_words():
            context.check()
            result = context.poison(poison)
    except Misconfigured as error:  # nobody could judge the file, so it may be no poison: the sweep takes it, once that can be
        told.tell(error)
        return
    tell(f"poison.{result.replace(' ', '_')}", file=f"{poison.container}/{poison.path}", function=poison.function)
