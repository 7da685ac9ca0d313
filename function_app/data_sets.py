"""How finance data sets are read, and what tables of silver are made of, over HTTP."""

from __future__ import annotations

import azure.functions as func

from function_app.answers import answering, document, not_found
from shared.context import context

triggers = func.Blueprint()


@triggers.route(route="datasets", methods=[func.HttpMethod.GET])
@answering
def data_sets(req: func.HttpRequest) -> func.HttpResponse:
    """List finance data sets, and the version of the contract that each is read by."""
    return document(context.data_sets.all())


@triggers.route(route="datasets/{name}", methods=[func.HttpMethod.GET])
@answering
def data_set(req: func.HttpRequest) -> func.HttpResponse:
    """Tell all of one data set: its contract with the evidence, versions, warnings, and the TOML that pins it."""
    found = context.data_sets.detail(req.route_params["name"])
    return not_found("data set") if found is None else document(found)


@triggers.route(route="tables/{name}", methods=[func.HttpMethod.GET])
@answering
def silver_table(req: func.HttpRequest) -> func.HttpResponse:
    """Tell the columns of a table of silver with their types, and what the newest run found of its values."""
    found = context.silver_table(req.route_params["name"])
    return not_found("table") if found is None else document(found)
