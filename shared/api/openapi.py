"""The description of the HTTP API (OpenAPI 3.1), served at `GET /api/openapi.json`; `python -m shared.api.openapi` prints it.

A test compares it with the routes of the app, and another one lets Schemathesis compare it with every answer.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from msgspec import Struct

from shared.api.data_sets import DataSetDetailDocument, DataSetsDocument
from shared.api.details.rejected_records import RejectedPage, RejectedQuery
from shared.api.details.silver_table import SilverTableDocument
from shared.api.details.story import StoryDocument, StoryQuery
from shared.api.documents import (
    BatchDetailDocument,
    BatchDocument,
    CallbackDocument,
    ExtentDocument,
    FilesPage,
    HealthDocument,
    ProblemDocument,
    ReadyDocument,
    RejectsPage,
    ReprocessJobDocument,
    RunsPage,
    StatusDocument,
)
from shared.api.erasure import ErasureBody, ErasureDocument
from shared.api.overview.documents import OverviewDocument
from shared.api.queries import FilesQuery, PageQuery, RejectsQuery, RunsQuery, parameters_of
from shared.api.reprocess import ReprocessBody

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_ASSETS = ("text/javascript", "text/css", "image/svg+xml", "text/html")
_REF = "#/components/schemas/{name}"
_DESCRIBED = (
    BatchDetailDocument, BatchDocument, CallbackDocument, DataSetDetailDocument, DataSetsDocument, ErasureBody,
    ErasureDocument, ExtentDocument, FilesPage, HealthDocument, OverviewDocument, ProblemDocument, ReadyDocument,
    RejectedPage, RejectsPage, ReprocessBody, ReprocessJobDocument, RunsPage, SilverTableDocument,
    StatusDocument, StoryDocument,
)  # fmt: skip


class NOTHING(Struct):
    """An answer without a body."""


def description() -> dict[str, Any]:
    """Return the document."""
    _, schemas = msgspec.json.schema_components(_DESCRIBED, ref_template=_REF)
    for name, schema in schemas.items():
        if "properties" in schema and name not in {ReprocessBody.__name__, ErasureBody.__name__}:
            schema["required"] = sorted(schema["properties"])  # an answer has them all, those with a default too
    return {
        "openapi": "3.1.0",
        "info": {"title": "Customer 360", "version": "1", "description": "What landed, what ran, what to do again."},
        "servers": [{"url": "/api"}],
        "security": [{"key": []}, {"code": []}],
        "paths": {path: dict(operations) for path, operations in _paths().items()},
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
                "code": {"type": "apiKey", "in": "query", "name": "code"},
                "basic": {"type": "http", "scheme": "basic"},
            },
            "schemas": schemas,
        },
    }


def _paths() -> dict[str, dict[str, Any]]:
    batch, job, erasure = _in_path("batch_id"), _in_path("reprocess_id"), _in_path("erasure_id")
    return {
        "/health": {"get": _operation("Whether the app answers", {200: HealthDocument}) | {"security": []}},
        "/ready": {"get": _operation("Whether settings are complete and storage answers", {200: ReadyDocument}, 503)},
        "/openapi.json": {"get": _operation("This document", {200: None})},
        "/overview": {
            "get": _operation(
                "Is data flowing, how fresh is gold, what is stuck and why", {200: OverviewDocument, 304: NOTHING}, 503
            )
            | {"parameters": [{"name": "If-None-Match", "in": "header", "required": False, "schema": _TEXT}]}
        },
        "/status": {"get": _operation("What is going on", {200: StatusDocument}, 503)},
        "/runs": {
            "get": _operation("Batches and their runs, newest first", {200: RunsPage}, 400, 503)
            | {"parameters": _asked(RunsQuery)}
        },
        "/runs/{batch_id}": {
            "parameters": [batch],
            "get": _operation("All of one batch, with a page of its parts", {200: BatchDetailDocument}, 400, 404, 503)
            | {"parameters": _asked(PageQuery)},
        },
        "/runs/{batch_id}/unpark": {
            "parameters": [batch],
            "post": _operation("Give a parked batch its next attempt", {202: BatchDocument}, 404, 409, 503),
        },
        "/runs/{batch_id}/discard": {
            "parameters": [batch],
            "post": _operation("Set the parts of a parked batch aside until un-parked", {202: BatchDocument}, 404, 409, 503),
        },
        "/files": {
            "get": _operation("Landed files, last changed first, or by name", {200: FilesPage}, 400, 503)
            | {"parameters": _asked(FilesQuery)}
        },
        "/story": {
            "get": _operation("One landed file's way to Customer Insights", {200: StoryDocument}, 400, 404, 503)
            | {"parameters": _asked(StoryQuery)}
        },
        "/rejects/records": {
            "get": _operation("Where the rejected records of a part are, and why", {200: RejectedPage}, 400, 404, 503)
            | {"parameters": _asked(RejectedQuery)}
        },
        "/rejects": {
            "get": _operation("Where records were rejected, and how many", {200: RejectsPage}, 400, 503)
            | {"parameters": _asked(RejectsQuery)}
        },
        "/tables/{name}": {
            "parameters": [_in_path("name")],
            "get": _operation("Columns of a table of silver, and what was found of them", {200: SilverTableDocument}, 404, 503),
        },
        "/datasets": {"get": _operation("Finance data sets, and by which contract each is read", {200: DataSetsDocument}, 503)},
        "/datasets/{name}": {
            "parameters": [_in_path("name")],
            "get": _operation("How a data set is read, with the evidence", {200: DataSetDetailDocument}, 404, 503),
        },
        "/reprocess": {
            "post": _operation(
                "Do something again", {200: ExtentDocument, 202: ReprocessJobDocument}, 400, 409, 503
            )
            | {"requestBody": {"required": True, "content": {"application/json": {"schema": _ref(ReprocessBody)}}}}
        },
        "/reprocess/{reprocess_id}": {
            "parameters": [job],
            "get": _operation("How far a reprocess job is", {200: ReprocessJobDocument}, 404, 503),
        },
        "/reprocess/{reprocess_id}/cancel": {
            "parameters": [job],
            "post": _operation("Stop a reprocess job where it is", {202: ReprocessJobDocument}, 404, 503),
        },
        "/erasure": {
            "post": _operation("Erase what there is of a key", {202: ErasureDocument}, 400, 409, 503)
            | {"requestBody": {"required": True, "content": {"application/json": {"schema": _ref(ErasureBody)}}}}
        },
        "/erasure/{erasure_id}": {
            "parameters": [erasure],
            "get": _operation("How far an erasure is: its receipt, when it has ended", {200: ErasureDocument}, 404, 503),
        },
        "/dashboard": {"get": _page("The dashboard", "text/html")},
        "/dashboard/{name}": {"parameters": [_in_path("name")], "get": _page("A file of it", *_ASSETS, may_lack=True)},
        "/dashboard/vendor/{name}": {"parameters": [_in_path("name")], "get": _page("A library", *_ASSETS, may_lack=True)},
        "/callback/databricks": {
            "post": _operation(
                "Databricks says that a run ended; only a hint to look",
                {200: CallbackDocument, 202: CallbackDocument},
                *(400, 401, 503),
            )
            | {
                "security": [{"key": [], "basic": []}, {"code": [], "basic": []}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
            }
        },
    }  # fmt: skip


def _operation(summary: str, answers: dict[int, type[Struct] | None], *problems: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        str(status): {"description": "Nothing changed"}
        if kind is NOTHING
        else _answer(summary, "application/json", _ref(kind) if kind else {"type": "object"})
        for status, kind in answers.items()
    }
    for status in problems:
        found[str(status)] = _answer("Problem", "application/problem+json", _ref(ProblemDocument))
    return {"summary": summary, "responses": found}


def _page(summary: str, *media: str, may_lack: bool = False) -> dict[str, Any]:
    """Describe what a browser asks for without a key."""
    content = {kind: {"schema": _TEXT} for kind in media}
    found = _operation(summary, {304: NOTHING}, *([404] if may_lack else []))
    found["responses"]["200"] = {"description": summary, "content": content}
    return found | {"security": []}


def _answer(text: str, media: str, schema: Schema) -> dict[str, Any]:
    return {"description": text, "content": {media: {"schema": schema}}}


def _asked(kind: type[PageQuery]) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in parameters_of(kind)]


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _ref(kind: type[Struct]) -> Schema:
    return {"$ref": _REF.format(name=kind.__name__)}


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(description())))
