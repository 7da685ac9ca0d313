"""Routes: what a method and a path mean, by werkzeug's own matching."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.routing import Map, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.routing import BaseConverter
    from werkzeug.wrappers import Request


def rule(path: str, name: str, methods: Iterable[str] = ()) -> Rule:
    """Make a route called `name` that takes exactly these methods; all, if there are none.

    Werkzeug lets HEAD in wherever GET is; the services that are emulated here do not.
    """
    wanted = {method.upper() for method in methods}
    made = Rule(path, endpoint=name, methods=wanted or None)
    if made.methods is not None:
        made.methods &= wanted
    return made


def route_map(
    rules: Iterable[Rule], *, strict_slashes: bool = True, converters: Mapping[str, type[BaseConverter]] | None = None
) -> Map:
    """Make a map that never redirects; `strict_slashes`: a slash at the end makes another path."""
    return Map(
        list(rules),
        converters=converters,
        strict_slashes=strict_slashes,
        merge_slashes=False,
        redirect_defaults=False,
    )


def find(routes: Map, request: Request) -> tuple[str, Mapping[str, str]]:
    """Find the name of a request's route, and the values in its path; werkzeug's NotFound or MethodNotAllowed if none."""
    name, values = routes.bind("127.0.0.1").match(request.path, method=request.method)
    return str(name), values
