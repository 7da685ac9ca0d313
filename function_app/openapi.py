"""The description of the HTTP API (OpenAPI 3.1), served at `GET /api/openapi.json`.

A test compares it with the routes of the app, and another one lets Schemathesis compare it with every answer.
"""

from __future__ import annotations

from typing import Any

from shared.api.pages import LARGEST_PAGE, PAGE
from shared.ledger.states import (
    BATCH_STAGES,
    BATCH_STATES,
    FILE_STATES,
    REFRESH_STATES,
    REPROCESS_STATES,
    REPROCESS_STATUSES,
    SOURCES,
    STAGES,
    CallbackResult,
)

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_YES: Schema = {"type": "boolean"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_SECONDS: Schema = {"type": ["number", "null"]}


def description() -> dict[str, Any]:
    """Return the document."""
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
            "schemas": _schemas(),
        },
    }


def _paths() -> dict[str, dict[str, Any]]:
    time_range = [_query("since", _TIME), _query("until", _TIME)]
    page = [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}),
        _query("cursor", _TEXT),
    ]
    container, table = _query("container", _TEXT), _query("table", _TEXT)
    source = _query("source", {"enum": list(SOURCES)})
    batch, job = _in_path("batch_id"), _in_path("reprocess_id")
    return {
        "/health": {"get": _operation("Whether the app answers", {200: _said("healthy")}) | {"security": []}},
        "/ready": {"get": _operation("Whether settings are complete and storage answers", {200: _said("ready")}, 503)},
        "/openapi.json": {"get": _operation("This document", {200: {"type": "object"}})},
        "/status": {"get": _operation("What is going on", {200: _ref("Status")}, 503)},
        "/runs": {
            "get": _operation("Batches and their runs, newest first", {200: _listed("runs", "Batch")}, 400, 503)
            | {"parameters": [_query("state", {"enum": list(BATCH_STATES)}), *page]}
        },
        "/runs/{batch_id}": {
            "parameters": [batch],
            "get": _operation("All of one batch, with a page of its parts", {200: _ref("BatchDetail")}, 400, 404, 503)
            | {"parameters": page},
        },
        "/runs/{batch_id}/unpark": {
            "parameters": [batch],
            "post": _operation("Give a parked batch its next attempt", {202: _ref("Batch")}, 404, 409, 503),
        },
        "/files": {
            "get": _operation("Landed files, last changed first, or by name", {200: _listed("files", "File")}, 400, 503)
            | {
                "parameters": [
                    *(_query("status", {"enum": list(FILE_STATES)}), source, container, table, _query("prefix", _TEXT)),
                    *(time_range + page),
                ]
            }
        },
        "/rejects": {
            "get": _operation("Where records were rejected, and how many", {200: _listed("rejects", "Rejects")}, 400, 503)
            | {"parameters": [container, table, *time_range, *page]}
        },
        "/reprocess": {
            "post": _operation(
                "Do something again", {200: _ref("Extent"), 202: _ref("ReprocessJob")}, 400, 409, 503
            )
            | {"requestBody": {"required": True, "content": {"application/json": {"schema": _ref("ReprocessRequest")}}}}
        },
        "/reprocess/{reprocess_id}": {
            "parameters": [job],
            "get": _operation("How far a reprocess job is", {200: _ref("ReprocessJob")}, 404, 503),
        },
        "/reprocess/{reprocess_id}/cancel": {
            "parameters": [job],
            "post": _operation("Stop a reprocess job where it is", {202: _ref("ReprocessJob")}, 404, 503),
        },
        "/callback/databricks": {
            "post": _operation(
                "Databricks says that a run ended; only a hint to look",
                {
                    200: _object(result={"enum": [result.value for result in CallbackResult]}),
                    202: _object(result={"const": CallbackResult.NOTED.value}),
                },
                *(400, 401, 503),
            )
            | {
                "security": [{"key": [], "basic": []}, {"code": [], "basic": []}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
            }
        },
    }  # fmt: skip


def _schemas() -> dict[str, Schema]:
    batch = {
        "batch_id": _TEXT, "stage": {"enum": list(BATCH_STAGES)}, "state": {"enum": list(BATCH_STATES)}, "attempt": _WHOLE,
        "run_id": _or_null(_WHOLE), "run_url": _or_null(_TEXT), "entities": _many(_TEXT), "parts": _WHOLE, "rows": _WHOLE,
        "created_at": _TIME, "submitted_at": _or_null(_TIME), "ended_at": _or_null(_TIME), "recorded_at": _or_null(_TIME),
        "retry_at": _or_null(_TIME), "publication": _or_null(_TEXT), "cause": _or_null(_TEXT), "holds_its_entities": _YES,
        "parent": _or_null(_TEXT), "reprocess": _or_null(_TEXT),
    }  # fmt: skip
    part = {"part_id": _TEXT, "source_file": _TEXT, "entity": _TEXT, "rows": _WHOLE, "rejects": _WHOLE}
    file_counts = dict.fromkeys((*FILE_STATES, "records", "rejects", "waiting"), _WHOLE)
    filters = {
        "source": {"enum": ["", *SOURCES]}, "table": _TEXT, "container": _TEXT, "prefix": _TEXT,
        "since": _or_null(_TIME), "until": _or_null(_TIME), "status": {"enum": ["", *REPROCESS_STATUSES]},
    }  # fmt: skip
    return {
        "Problem": _object(type=_TEXT, status=_WHOLE, title=_TEXT, detail=_TEXT),
        "Batch": _object(**batch),
        "BatchDetail": _object(
            **batch,
            steps=_many(_object(at=_TIME, event=_TEXT, detail=_TEXT)),
            counts={"type": "object"},
            gold={"type": "object"},
            timings=_object(open_seconds=_SECONDS, run_seconds=_SECONDS, recorded_after_seconds=_SECONDS),
            links=_object(**dict.fromkeys(("run", "manifest", "outcome", "parent", "reprocess"), _or_null(_TEXT))),
            listed=_many(_object(**part, rejects_path=_or_null(_TEXT))),
            next=_or_null(_TEXT),
        ),
        "File": _object(
            file=_TEXT, state={"enum": list(FILE_STATES)}, reason=_TEXT, detail=_TEXT, source=_or_null(_TEXT),
            table=_or_null(_TEXT), entity=_TEXT, generation=_WHOLE, bytes=_WHOLE, committed=_WHOLE, records=_WHOLE,
            rejects=_WHOLE, held_back=_WHOLE, held_back_since=_or_null(_TIME), landed_at=_or_null(_TIME),
            changed_at=_or_null(_TIME),
        ),
        "Rejects": _object(
            part_id=_TEXT, file=_TEXT, table=_TEXT, entity=_TEXT, generation=_WHOLE, records=_WHOLE, rejects=_WHOLE,
            rejects_path=_or_null(_TEXT), landed_at=_TIME, batch_id=_or_null(_TEXT),
        ),
        "Status": _object(
            idle=_YES, files=_object(**file_counts), parts_pending=_WHOLE, parts_held=_WHOLE, batches_queued=_WHOLE,
            reprocess=_many(_TEXT), active_run=_or_null(_ref("Batch")),
            batches={"type": "object", "additionalProperties": _WHOLE},
            publication=_or_null(_object(id=_TEXT, published_at=_or_null(_TIME), batch_id=_TEXT)),
            refresh=_or_null(_object(
                publication=_TEXT, state={"enum": list(REFRESH_STATES)}, job_id=_or_null(_TEXT), requested_at=_or_null(_TIME),
                ended_at=_or_null(_TIME), detail=_TEXT,
            )),
        ),
        "Extent": _object(dry_run={"const": True}, files=_WHOLE, bytes=_WHOLE, records=_WHOLE),
        "ReprocessRequest": {
            "type": "object",
            "properties": {"stage": {"enum": list(STAGES)}, "dry_run": _YES, "request_id": _TEXT, **filters},
            "additionalProperties": False,
        },
        "ReprocessJob": _object(
            reprocess_id=_TEXT, state={"enum": list(REPROCESS_STATES)}, asked={"type": "object"},
            listed=_YES, files=_WHOLE, bytes=_WHOLE, records=_WHOLE, entities=_many(_TEXT), batches=_many(_TEXT),
            created_at=_TIME, ended_at=_or_null(_TIME), detail=_or_null(_TEXT), progress=_TEXT,
        ),
    }  # fmt: skip


def _operation(summary: str, answers: dict[int, Schema], *problems: int) -> dict[str, Any]:
    found: dict[str, Any] = {str(status): _answer(summary, "application/json", schema) for status, schema in answers.items()}
    for status in problems:
        found[str(status)] = _answer("Problem", "application/problem+json", _ref("Problem"))
    return {"summary": summary, "responses": found}


def _answer(text: str, media: str, schema: Schema) -> dict[str, Any]:
    return {"description": text, "content": {media: {"schema": schema}}}


def _query(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": sorted(properties), "additionalProperties": False}


def _said(status: str) -> Schema:
    return _object(status={"const": status})


def _listed(name: str, kind: str) -> Schema:
    return _object(**{name: _many(_ref(kind)), "next": _or_null(_TEXT)})


def _many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
