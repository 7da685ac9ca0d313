"""HTTP: paths to calls, the bearer token, the fault switches, and 501 for everything else."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from local.jobs_emulator.errors import (
    ApiError,
    FaultError,
    InvalidParameterValueError,
    NotEmulatedError,
    UnauthenticatedError,
)
from local.jobs_emulator.faults import Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from local.jobs_emulator.handlers import Jobs

API = "/api/2.2/jobs/"


class Application:
    """The WSGI application."""

    def __init__(self, *, jobs: Jobs, faults: Faults, workspace_id: str, root: str) -> None:
        self._faults, self._workspace_id, self._root = faults, workspace_id, root
        self._calls: Mapping[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any]]] = {
            ("GET", "get"): jobs.get_job,
            ("GET", "list"): jobs.list_jobs,
            ("POST", "run-now"): jobs.run_now,
            ("GET", "runs/get"): jobs.get_run,
            ("GET", "runs/list"): jobs.list_runs,
            ("GET", "runs/get-output"): jobs.get_run_output,
            ("POST", "runs/cancel"): jobs.cancel_run,
            ("POST", "runs/delete"): jobs.delete_run,
            ("POST", "runs/repair"): jobs.repair_run,
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            response = self._answer(request)
        except FaultError as fault:
            if fault.status == 0:
                return _hang_up(environ)
            response = _json(fault.document(), fault.status)
            if fault.retry_after is not None:
                response.headers["Retry-After"] = str(fault.retry_after)
        except ApiError as error:
            response = _json(error.document(), error.status)
        except HTTPException as error:
            response = _json(InvalidParameterValueError(error.description or "").document(), error.code or 400)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == "/_faults":
            return self._switch(request)
        route = request.path.removeprefix(API)
        self._fail_on_purpose(route, after=False)
        if request.path == "/.well-known/databricks-config":
            oidc = f"{self._root}/oidc"
            return _json({"oidc_endpoint": oidc, "workspace_id": self._workspace_id, "cloud": "AZURE"})
        call = self._calls.get((request.method, route)) if request.path.startswith(API) else None
        if call is None:
            raise NotEmulatedError(f"{request.method} {request.path} is not emulated.")
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            raise UnauthenticatedError("A bearer token is required.")
        document = call(_fields(request))
        self._fail_on_purpose(route, after=True)
        return _json(document)

    def _fail_on_purpose(self, route: str, *, after: bool) -> None:
        if fault := self._faults.take("answer", route, after=after):
            raise FaultError(status=fault.status, error_code=fault.error_code, retry_after=fault.retry_after)

    def _switch(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._faults.add(Fault.parse(_fields(request)))
            except ValueError as error:
                raise InvalidParameterValueError(str(error)) from error
        elif request.method == "DELETE":
            self._faults.clear()
        return _json({"faults": [asdict(fault) for fault in self._faults.armed()]})


def _fields(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return dict(request.args)
    document = request.get_json(silent=True)
    if not isinstance(document, dict):
        raise InvalidParameterValueError("The body has to be a JSON object.")
    return document


def _json(document: object, code: int = 200) -> Response:
    return Response(json.dumps(document), status=code, content_type="application/json")


def _hang_up(environ: dict[str, Any]) -> Iterable[bytes]:
    """Close the connection without an answer, as a network that fails does."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError
