"""Doing things again, over HTTP: ask, look, cancel."""

from __future__ import annotations

import logging

import azure.functions as func

from function_app.answers import answering, document, json_object, not_found
from shared.api.reprocess import job_document
from shared.context import context
from shared.orchestration.reprocess import read_request

triggers = func.Blueprint()
_log = logging.getLogger("customer360.reprocess")


@triggers.route(route="reprocess", methods=[func.HttpMethod.POST])
@answering
def reprocess(req: func.HttpRequest) -> func.HttpResponse:
    """Read landed files again, merge bronze again, or publish again."""
    request = read_request(json_object(req), context.settings.landing_containers)
    if request.dry_run:
        extent = context.reprocess.extent(request)
        return document({"dry_run": True, "files": extent.files, "bytes": extent.size, "records": extent.records})
    job = context.reprocess(request)
    _log.info("reprocess.accepted %s stage=%s", job.reprocess_id, job.stage)
    return document(job_document(job), status=202)


@triggers.route(route="reprocess/{reprocess_id}", methods=[func.HttpMethod.GET])
@answering
def reprocess_progress(req: func.HttpRequest) -> func.HttpResponse:
    """Tell how far a reprocess job is."""
    job = context.reprocess.job(req.route_params["reprocess_id"])
    return not_found("reprocess job") if job is None else document(job_document(job))


@triggers.route(route="reprocess/{reprocess_id}/cancel", methods=[func.HttpMethod.POST])
@answering
def reprocess_cancel(req: func.HttpRequest) -> func.HttpResponse:
    """Stop a reprocess job where it is."""
    job = context.reprocess.cancel(req.route_params["reprocess_id"])
    return not_found("reprocess job") if job is None else document(job_document(job), status=202)
