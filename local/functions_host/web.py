"""HTTP of the host: the app's routes, the blobs webhook for Event Grid, and the admin endpoint."""

from __future__ import annotations

import json
import logging
import urllib.parse
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.wrappers import Request, Response

from local.emulation.routes import find, rule
from local.functions_host.messages import Message, TypedData
from local.functions_host.queues import blob_message, encode
from local.functions_host.routes import function_rules, host_map, parameters
from local.functions_host.runtime import InvocationFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from azure.storage.queue import QueueClient
    from werkzeug.routing import Rule

    from local.functions_host.functions import Function
    from local.functions_host.triggers import Triggers

log = logging.getLogger(__name__)

WEBHOOK = "/runtime/webhooks/blobs"
ADMIN = "/admin/functions/<function>"
STATUS = "/admin/host/status"


def rules(functions: Iterable[Function], prefix: str) -> Iterator[Rule]:
    """Make the rules of the host and of an app; a function without a route is found by its name."""
    yield rule(WEBHOOK, WEBHOOK)
    yield rule(ADMIN, ADMIN, ["POST"])
    yield rule(STATUS, STATUS)
    for function in functions:
        if function.kind == "httpTrigger":
            route = function.trigger.get("route") or function.name
            yield from function_rules(function.name, route, prefix=prefix, methods=function.trigger.get("methods", ()))


def blob_of(event: dict[str, Any]) -> tuple[str, str, str]:
    """Read container, path and ETag of an Event Grid event; ValueError without a blob in it.

    Only `data` is read, and the host of its `url` ignored (reference: Azure Functions, section 2).
    """
    data = event.get("data") or {}
    if not data.get("url") or not data.get("blobType"):
        raise ValueError("an event without data.url or data.blobType")
    path = urllib.parse.unquote(urllib.parse.urlsplit(data["url"]).path).lstrip("/")
    container, _, blob = path.partition("/")
    return container, blob, str(data.get("eTag", "")).strip('"')


class HostApplication:
    """The WSGI application."""

    def __init__(self, *, triggers: Triggers, prefix: str, queue: QueueClient, wake: Callable[[], None]) -> None:
        self._triggers, self._queue, self._wake = triggers, queue, wake
        self._routes = host_map(rules(triggers.functions.values(), prefix))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            response = self._answer(request)
        except InvocationFailedError as error:
            log.warning("%s\n%s", error, error.trace)
            response = Response(status=500)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            name, values = find(self._routes, request)
        except (NotFound, MethodNotAllowed):  # the real host does not tell the two apart
            return Response(status=404)
        if name == WEBHOOK:
            return self._landed(request)
        if name == ADMIN:
            return self._admin(request, values["function"])
        if name == STATUS:
            return Response(json.dumps({"state": "Running"}), content_type="application/json")
        return self._call(self._triggers.functions[name], request, parameters(values))

    def _call(self, function: Function, request: Request, params: dict[str, str]) -> Response:
        message = Message(
            method=request.method,
            url=request.url,
            headers={key.lower(): value for key, value in request.headers.items()},
            params=params,
            query=dict(request.args),
            body=TypedData(bytes=request.get_data()),
        )
        answer = self._triggers.http(function, message).result()
        if answer is None:
            return Response(status=204)
        if answer.WhichOneof("data") == "http":
            http = answer.value
            body = http.body.value if http.body else b""
            return Response(body, status=int(http.status_code), headers=dict(http.headers))
        return Response(answer.value)

    def _landed(self, request: Request) -> Response:
        kind = request.headers.get("aeg-event-type", "").lower()
        payload = request.get_json(silent=True)
        if kind == "subscriptionvalidation" and payload:
            code = payload[0]["data"]["validationCode"]
            return Response(json.dumps({"validationResponse": code}), content_type="application/json")
        if kind != "notification" or payload is None:
            return Response(status=400)
        function = request.args.get("functionName", "").rpartition(".")[2]
        if function not in self._triggers.functions:
            return Response(status=404)
        try:
            blobs = [blob_of(event) for event in (payload if isinstance(payload, list) else [payload])]
        except ValueError as error:
            return Response(str(error), status=500)  # the real host fails too, and the event is sent again
        for container, blob, etag in blobs:
            self._queue.send_message(encode(blob_message(function, container, blob, etag)))
        self._wake()
        return Response(status=202)

    def _admin(self, request: Request, name: str) -> Response:
        function = self._triggers.functions.get(name)
        if function is None:
            return Response(status=404)
        given = str((request.get_json(silent=True) or {}).get("input", ""))
        if function.kind == "timerTrigger":
            self._triggers.timer(function)
        elif function.kind == "blobTrigger":
            container, _, blob = given.partition("/")
            self._queue.send_message(encode(blob_message(name, container, blob, "")))
            self._wake()
        else:
            return Response(f"{function.kind} cannot be started by hand here", status=501)
        return Response(status=202)
