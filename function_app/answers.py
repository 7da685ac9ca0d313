"""HTTP answers: JSON documents, and errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import azure.functions as func
import msgspec
from msgspec import Struct

from function_app.misconfigured import told
from shared.api.documents import ProblemDocument
from shared.errors import Conflict, InvalidInput, Misconfigured, PipelineError, Retry, without_words
from shared.telemetry.log_events import tell


def document(body: Struct | dict[str, Any], *, status: int = 200) -> func.HttpResponse:
    """Answer with a JSON document."""
    return func.HttpResponse(msgspec.json.encode(body), status_code=status, mimetype="application/json")


def problem(status: int, title: str, detail: str, *, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """Answer with what went wrong; names and reasons only."""
    spelled = detail.encode(errors="replace").decode()  # a name that a client made up may hold half of a surrogate pair
    return func.HttpResponse(
        msgspec.json.encode(ProblemDocument(status=status, title=title, detail=spelled)),
        status_code=status,
        mimetype="application/problem+json",
        headers=headers,
    )


def not_found(thing: str) -> func.HttpResponse:
    """Answer that there is no such thing."""
    return problem(404, "Not Found", f"there is no such {thing}")


def unless_known(answer: func.HttpResponse, tag: str, req: func.HttpRequest) -> func.HttpResponse:
    """Answer 304 to a client that says that it has what the tag stands for (RFC 9110)."""
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = {name.strip().removeprefix("W/") for name in req.headers.get("If-None-Match", "").split(",")}
    if tag in known or "*" in known:
        return func.HttpResponse(status_code=304, headers=headers)
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


def answering(handler: Callable[[func.HttpRequest], func.HttpResponse]) -> Callable[[func.HttpRequest], func.HttpResponse]:
    """Turn the errors that a use case raises into answers: what to do is told by their type.

    `functools.wraps`, because the worker reads the parameters' names (reference: Azure Functions, section 13).
    """

    @functools.wraps(handler)
    def answer(req: func.HttpRequest) -> func.HttpResponse:
        try:
            with without_words():
                return handler(req)
        except Conflict as error:
            return problem(409, "Conflict", str(error))
        except InvalidInput as error:
            return problem(400, "Bad Request", str(error))
        except Retry as error:
            return problem(503, "Service Unavailable", str(error), headers={"Retry-After": "5"})
        except Misconfigured as error:
            told.tell(error)
            return problem(503, "Service Unavailable", str(error))
        except PipelineError as error:
            tell("http.failed", function=handler.__name__, error=str(error))
            return problem(503, "Service Unavailable", str(error))

    return answer


def json_object(req: func.HttpRequest) -> Mapping[str, Any]:
    """Read the body; raises `BodyInvalid` where it is not a JSON object."""
    try:
        body = req.get_json()
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is one; and what is nested too deep
        raise BodyInvalid("the body is not JSON that can be read") from error
    if not isinstance(body, Mapping):
        raise BodyInvalid("the body is not a JSON object")
    return body


class BodyInvalid(InvalidInput):
    """The body of a request cannot be read."""
