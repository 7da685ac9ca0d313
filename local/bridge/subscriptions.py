"""What the bridge tells of itself: whom it tells of which container, as a list of event subscriptions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed.wsgi import WSGIApplication

PATH = "/eventSubscriptions"


def subscription_list(functions: Mapping[str, str]) -> WSGIApplication:
    """Return an application that lists which function is told of which container."""
    listed = [{"container": container, "function": function} for container, function in functions.items()]

    @Request.application
    def answer(request: Request) -> Response:
        if (request.method, request.path) != ("GET", PATH):
            return Response(status=501)
        return Response(response=json.dumps({"value": listed}), mimetype="application/json")

    return answer
