"""What people and their tools ask the pipeline over HTTP; `shared/api/openapi.py` describes every answer."""

from __future__ import annotations

import azure.functions as func

from function_app.answers import answering, document, not_found, unless_known
from shared.api.details.rejected_records import RejectedQuery
from shared.api.details.story import StoryQuery
from shared.api.documents import HealthDocument, ReadyDocument
from shared.api.openapi import description
from shared.api.overview.overview import tag_of
from shared.api.queries import FilesQuery, PageQuery, RejectsQuery, RunsQuery, read_query
from shared.api.runs import batch_document
from shared.context import context

triggers = func.Blueprint()


@triggers.route(route="health", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Say that the app answers; asks nobody else."""
    return document(HealthDocument())


@triggers.route(route="ready", methods=[func.HttpMethod.GET])
@answering
def ready(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether settings and `customer360.toml` can be used, and storage answers."""
    context.check()
    context.ledger.pipeline()
    return document(ReadyDocument())


@triggers.route(route="openapi.json", methods=[func.HttpMethod.GET])
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """Describe this API."""
    return document(description())


@triggers.route(route="status", methods=[func.HttpMethod.GET])
@answering
def status(req: func.HttpRequest) -> func.HttpResponse:
    """Say what is going on."""
    return document(context.status())


@triggers.route(route="overview", methods=[func.HttpMethod.GET])
@answering
def overview(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether data flows, how fresh gold is, and what is stuck; nothing but 304 where that did not change."""
    found = context.overview()
    return unless_known(document(found), tag_of(found), req)


@triggers.route(route="runs", methods=[func.HttpMethod.GET])
@answering
def runs(req: func.HttpRequest) -> func.HttpResponse:
    """List batches and their runs, newest first."""
    return document(context.runs.page(read_query(req.params, RunsQuery)))


@triggers.route(route="runs/{batch_id}", methods=[func.HttpMethod.GET])
@answering
def run(req: func.HttpRequest) -> func.HttpResponse:
    """Tell all of one batch: its steps, counts, timings, and a page of its parts."""
    found = context.runs.detail(req.route_params["batch_id"], read_query(req.params, PageQuery))
    return not_found("batch") if found is None else document(found)


@triggers.route(route="runs/{batch_id}/unpark", methods=[func.HttpMethod.POST])
@answering
def unpark(req: func.HttpRequest) -> func.HttpResponse:
    """Give a parked batch its next attempt."""
    batch = context.runs.unpark(req.route_params["batch_id"])
    return not_found("batch") if batch is None else document(batch_document(batch), status=202)


@triggers.route(route="runs/{batch_id}/discard", methods=[func.HttpMethod.POST])
@answering
def discard(req: func.HttpRequest) -> func.HttpResponse:
    """Set the parts of a parked batch aside, until it is un-parked."""
    batch = context.runs.discard(req.route_params["batch_id"])
    return not_found("batch") if batch is None else document(batch_document(batch), status=202)


@triggers.route(route="files", methods=[func.HttpMethod.GET])
@answering
def files(req: func.HttpRequest) -> func.HttpResponse:
    """List landed files and where each stands, last changed first."""
    return document(context.files.page(read_query(req.params, FilesQuery)))


@triggers.route(route="rejects", methods=[func.HttpMethod.GET])
@answering
def rejects(req: func.HttpRequest) -> func.HttpResponse:
    """List where records were rejected, and how many."""
    return document(context.files.rejects(read_query(req.params, RejectsQuery)))


@triggers.route(route="rejects/records", methods=[func.HttpMethod.GET])
@answering
def rejected_records(req: func.HttpRequest) -> func.HttpResponse:
    """List the rejected records of a part: where each is, and what is wrong with it."""
    found = context.rejected(read_query(req.params, RejectedQuery))
    return not_found("part") if found is None else document(found)


@triggers.route(route="story", methods=[func.HttpMethod.GET])
@answering
def story(req: func.HttpRequest) -> func.HttpResponse:
    """Tell one landed file's way to Customer Insights."""
    found = context.story(read_query(req.params, StoryQuery))
    return not_found("landed file") if found is None else document(found)
