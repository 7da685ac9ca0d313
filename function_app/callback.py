"""Databricks says that a run ended."""

from __future__ import annotations

import azure.functions as func

from function_app.answers import answering, document, json_object, problem
from shared.api.documents import CallbackDocument
from shared.context import context
from shared.ledger.states import CallbackResult
from shared.orchestration.callback import is_authorized
from shared.telemetry.log_events import tell

triggers = func.Blueprint()


@triggers.route(route="callback/databricks", methods=[func.HttpMethod.POST])
@answering
def databricks_callback(req: func.HttpRequest) -> func.HttpResponse:
    """Take a webhook: basic authentication on top of the function key, which goes into the destination's URL."""
    settings = context.settings
    if not is_authorized(req.headers.get("Authorization"), settings.callback_username, settings.callback_password):
        challenge = {"WWW-Authenticate": 'Basic realm="callback", charset="UTF-8"'}
        return problem(401, "Unauthorized", "user or password is absent or wrong", headers=challenge)
    result = context.callback(json_object(req))
    tell("callback.received", result=result)
    return document(CallbackDocument(result=result), status=202 if result is CallbackResult.NOTED else 200)
