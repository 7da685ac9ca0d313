"""What people and their tools ask and tell the pipeline over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import azure.functions as func

from function_app.answers import document, problem
from shared.context import context
from shared.errors import PipelineError, ServiceUnavailable
from shared.reprocess import RequestInvalid, read_request

triggers = func.Blueprint()

_PAGE = 50
_LARGEST_PAGE = 500


@triggers.route(route="health", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Say that the app answers; asks nobody else."""
    return document({"status": "healthy"})


@triggers.route(route="ready", methods=[func.HttpMethod.GET])
def ready(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether settings are complete and storage answers."""
    try:
        context.settings  # noqa: B018 - reading them is the check
        context.configuration  # noqa: B018 - likewise
        context.ledger.pipeline()
    except PipelineError as error:
        return problem(503, "Service Unavailable", str(error))
    return document({"status": "ready"})


@triggers.route(route="status", methods=[func.HttpMethod.GET])
def status(req: func.HttpRequest) -> func.HttpResponse:
    """Say what is going on."""
    try:
        return document(context.status())
    except ServiceUnavailable as error:
        return problem(503, "Service Unavailable", str(error))


@triggers.route(route="runs", methods=[func.HttpMethod.GET])
def runs(req: func.HttpRequest) -> func.HttpResponse:
    """List batches and their runs, newest first."""
    limit = req.params.get("limit", str(_PAGE))
    if not (limit.isascii() and limit.isdigit() and 0 < int(limit) <= _LARGEST_PAGE):
        return problem(400, "Bad Request", f"limit: expected a whole number from 1 to {_LARGEST_PAGE}")
    try:
        page, after = context.status.runs(limit=int(limit), after=req.params.get("after", ""))
    except ServiceUnavailable as error:
        return problem(503, "Service Unavailable", str(error))
    return document({"runs": page, "next": after or None})


@triggers.route(route="files", methods=[func.HttpMethod.GET])
def files(req: func.HttpRequest) -> func.HttpResponse:
    """List the landed files and where each stands."""
    try:
        return document({"files": list(context.status.files())})
    except ServiceUnavailable as error:
        return problem(503, "Service Unavailable", str(error))


@triggers.route(route="reprocess", methods=[func.HttpMethod.POST])
def reprocess(req: func.HttpRequest) -> func.HttpResponse:
    """Read landed files of one table or data set again from their start."""
    try:
        body = req.get_json()
        if not isinstance(body, Mapping):
            return problem(400, "Bad Request", "the body is not a JSON object")
        request = read_request(body)
        result = context.reprocess(request)
    except RequestInvalid as error:
        return problem(400, "Bad Request", str(error))
    except ValueError:
        return problem(400, "Bad Request", "the body is not JSON")
    except ServiceUnavailable as error:
        return problem(503, "Service Unavailable", str(error))
    answer = {
        "table": request.table,
        "dry_run": request.dry_run,
        "files": result.files,
        "bytes": result.size,
        "records": result.records,
    }
    return document(answer, status=200 if request.dry_run else 202)
