"""An emulated service as a WSGI application: its routes to its calls, fault switches, and 501 for everything else."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Request, Response

from local.emulation.errors import ApiError, FaultError, NotEmulatedError
from local.emulation.routes import find, route_map, rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.routing import Rule

    from local.emulation.faults import Faults

FAULTS = "/_faults"

Call = Callable[[Request, Mapping[str, str]], object]  # of a request and the values in its path; a document, or a Response


@dataclass(frozen=True, kw_only=True)
class Service:
    """What one emulated service has of its own."""

    rules: tuple[Rule, ...]
    calls: Mapping[str, Call]  # by the name of their rule, which fault switches call it by, too
    admit: Callable[[Request, str | None], None]  # raises an ApiError for who may not ask for this route (None: unknown)
    not_emulated: str  # the error code
    invalid: Callable[[str], ApiError]  # from the sentence that says what is wrong
    document: Callable[[ApiError], object]  # the body of an error


class Application:
    """Answers for a service."""

    def __init__(self, service: Service, faults: Faults[Any, Any]) -> None:
        self._service, self._faults = service, faults
        self._routes = route_map([*service.rules, rule(FAULTS, FAULTS, ("GET", "POST", "DELETE"))])

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        try:
            answer = self._answer(Request(environ))
            response = answer if isinstance(answer, Response) else _json(answer)
        except ApiError as error:
            if error.status == 0:
                return _hang_up(environ)
            response = _json(self._service.document(error), error.status, error.headers)
        except HTTPException as error:
            invalid = self._service.invalid(error.description or "")
            response = _json(self._service.document(invalid), error.code or invalid.status)
        return response(environ, start_response)

    def _answer(self, request: Request) -> object:
        route, values = self._find(request)
        if route == FAULTS:
            return self._switch(request)
        name = route or request.path
        self._fail_on_purpose(name, after=False)
        self._service.admit(request, route)
        if route is None:
            raise NotEmulatedError(f"{request.method} {request.path} is not emulated.", error_code=self._service.not_emulated)
        document = self._service.calls[route](request, values)
        self._fail_on_purpose(name, after=True)
        return document

    def _find(self, request: Request) -> tuple[str | None, Mapping[str, str]]:
        try:
            return find(self._routes, request)
        except (NotFound, MethodNotAllowed):
            return None, {}

    def _fail_on_purpose(self, name: str, *, after: bool) -> None:
        if fault := self._faults.take("answer", name, after=after):
            raise FaultError(status=fault.status, error_code=fault.error_code, retry_after=fault.retry_after)

    def _switch(self, request: Request) -> object:
        if request.method == "POST":
            try:
                self._faults.add(self._faults.parse(json_object(request)))
            except ValueError as error:
                raise BadRequest(str(error)) from error
        elif request.method == "DELETE":
            self._faults.clear()
        return {"faults": [asdict(fault) for fault in self._faults.armed()]}


def json_object(request: Request) -> dict[str, Any]:
    """Read the body; werkzeug's BadRequest where it is no JSON object."""
    document = request.get_json(silent=True)
    if not isinstance(document, dict):
        raise BadRequest("The body has to be a JSON object.")
    return document


def _json(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(document), status=status, content_type="application/json", headers=dict(headers or {}))


def _hang_up(environ: dict[str, Any]) -> Iterable[bytes]:
    """Close the connection without an answer, as a network that fails does."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError
