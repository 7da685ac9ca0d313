"""The app's HTTP functions as a WSGI application, for tests that speak HTTP to them without a host.

Like the host, it matches the routes below `/api/`, and answers 404 for an unknown route and
405 for a method that a route does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import azure.functions as func
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

import function_app
from local.emulation.routes import find
from local.functions_host.routes import function_rules, host_map, parameters
from shared.context import context

if TYPE_CHECKING:
    from tests.pipeline import Pipeline

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
        self._map = host_map(
            rule
            for number, (route, methods, _) in enumerate(self.routes)
            for rule in function_rules(str(number), route, prefix="api", methods=methods)
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            number, values = find(self._map, request)
        except HTTPException as error:
            return Response(status=error.code, headers=dict(error.get_headers()))
        _, _, handler = self.routes[int(number)]
        answer = handler(
            func.HttpRequest(
                method=request.method,
                url=request.url,
                headers=dict(request.headers),
                params=dict(request.args),
                route_params=parameters(values),
                body=request.get_data(),
            )
        )
        return Response(answer.get_body(), status=answer.status_code, mimetype=answer.mimetype, headers=dict(answer.headers))


WEB = Web(function_app.app)
"""The app, once: its functions can be listed a single time in a process (reference: Azure Functions, section 14.5)."""


@contextmanager
def over(pipeline: Pipeline) -> Iterator[None]:
    """Build the app's own context over a pipeline, for as long as the test takes."""
    before = dict(vars(context))
    vars(context).clear()
    vars(context).update(vars(pipeline.context))
    try:
        yield
    finally:
        vars(context).clear()
        vars(context).update(before)
