"""Doing things again, over HTTP: ask, look, cancel."""

from __future__ import annotations

import azure.functions as func

from function_app.answers import answering, document, json_object, not_found
from shared.api.reprocess import extent_document, job_document, read_request
from shared.context import context

triggers = func.Blueprint()


@triggers.route(route="reprocess", methods=[func.HttpMethod.POST])
@answering
def reprocess(req: func.HttpRequest) -> func.HttpResponse:
    """Read landed files again, merge bronze again, or publish again."""
    request = read_request(json_object(req), context.settings.landing_containers)
    if request.dry_run:
        return document(extent_document(context.reprocess.extent(request)))
    job = context.reprocess(request)
    return document(job_document(job, context.reprocess.batches(job.reprocess_id)), status=202)


@triggers.route(route="reprocess/{reprocess_id}", methods=[func.HttpMethod.GET])
@answering
def reprocess_progress(req: func.HttpRequest) -> func.HttpResponse:
    """Tell how far a reprocess job is."""
    job = context.reprocess.job(req.route_params["reprocess_id"])
    if job is None:
        return not_found("reprocess job")
    return document(job_document(job, context.reprocess.batches(job.reprocess_id)))


@triggers.route(route="reprocess/{reprocess_id}/cancel", methods=[func.HttpMethod.POST])
@answering
def reprocess_cancel(req: func.HttpRequest) -> func.HttpResponse:
    """Stop a reprocess job where it is."""
    job = context.reprocess.cancel(req.route_params["reprocess_id"])
    if job is None:
        return not_found("reprocess job")
    return document(job_document(job, context.reprocess.batches(job.reprocess_id)), status=202)
