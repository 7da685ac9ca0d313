"""The app's HTTP functions as a WSGI application, for tests that speak HTTP to them without a host.

Like the host, it takes `/api/` off the path, matches routes segment by segment, and answers 404 for an unknown route and
405 for a method that a route does not have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import azure.functions as func
from werkzeug.wrappers import Request, Response

import function_app

Handler = Callable[[func.HttpRequest], func.HttpResponse]


class Web:
    """The routes of the app."""

    def __init__(self, app: func.FunctionApp) -> None:
        self.routes: list[tuple[str, frozenset[str], Handler]] = []
        for function in app.get_functions():
            binding = function.get_trigger()
            trigger = binding.get_dict_repr() if binding else {}
            if trigger.get("type") == "httpTrigger":
                methods = frozenset(str(getattr(method, "value", method)).upper() for method in trigger["methods"])
                self.routes.append((f"/{trigger['route']}", methods, function.get_user_function()))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        allowed: set[str] = set()
        for route, methods, handler in self.routes:
            pattern = "/api" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(route))
            found = re.fullmatch(pattern, request.path)
            if found is None:
                continue
            if request.method not in methods:
                allowed |= methods
                continue
            answer = handler(
                func.HttpRequest(
                    method=request.method,
                    url=request.url,
                    headers=dict(request.headers),
                    params=dict(request.args),
                    route_params=found.groupdict(),
                    body=request.get_data(),
                )
            )
            return Response(
                answer.get_body(), status=answer.status_code, mimetype=answer.mimetype, headers=dict(answer.headers)
            )
        if allowed:
            return Response(status=405, headers={"Allow": ", ".join(sorted(allowed))})
        return Response(status=404)


WEB = Web(function_app.app)
"""The app, once: its functions can be listed a single time in a process (reference: Azure Functions, section 14.5)."""
