"""HTTP answers: JSON documents, and errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any

import azure.functions as func


def document(body: Any, *, status: int = 200) -> func.HttpResponse:
    """Answer with a JSON document."""
    return func.HttpResponse(json.dumps(body, ensure_ascii=False), status_code=status, mimetype="application/json")


def problem(status: int, title: str, detail: str, *, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """Answer with what went wrong; names and reasons only."""
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail}
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status_code=status,
        mimetype="application/problem+json",
        headers=headers,
    )
