"""Erasing over HTTP: ask, look."""

from __future__ import annotations

import azure.functions as func

from function_app.answers import answering, document, json_object, not_found
from shared.api.erasure import erasure_document, read_erasure
from shared.context import context

triggers = func.Blueprint()


@triggers.route(route="erasure", methods=[func.HttpMethod.POST])
@answering
def erase(req: func.HttpRequest) -> func.HttpResponse:
    """Erase everything of one key, or only find it."""
    erasure = context.erase(read_erasure(json_object(req)))
    return document(erasure_document(erasure), status=202)


@triggers.route(route="erasure/{erasure_id}", methods=[func.HttpMethod.GET])
@answering
def erasure_progress(req: func.HttpRequest) -> func.HttpResponse:
    """Tell how far an erasure is, and which files in landing would bring back what is erased."""
    found = context.erase.erasure(req.route_params["erasure_id"])
    return not_found("erasure") if found is None else document(erasure_document(*found))
