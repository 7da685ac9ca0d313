"""Routes of HTTP functions: the host's templates, as rules of werkzeug."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from werkzeug.routing import BaseConverter

from local.emulation.routes import route_map, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from werkzeug.routing import Map, Rule

_PARAMETER = re.compile(r"\{(?P<rest>\*?)(?P<name>\w+)(?::[^}?]+)?(?P<optional>\??)\}")


class AnyCase(BaseConverter):
    """A fixed segment: the real host does not tell upper from lower case in it, and werkzeug would."""

    weight = 1  # a fixed segment goes before a parameter

    def __init__(self, routes: Map, text: str) -> None:
        super().__init__(routes)
        self.regex = f"(?i:{re.escape(text)})"


def function_rules(name: str, route: str, *, prefix: str, methods: Iterable[str] = ()) -> Iterator[Rule]:
    """Make the rules of a function: `{x}` and `{x:type}` take one segment, `{x?}` may be left out, `{*x}` takes all.

    A rule's name is the function's. No `methods` are all of them.
    """
    wanted, number = list(methods), count()
    path = ""
    for segment in (*prefix.split("/"), *route.split("/")):
        found = _PARAMETER.fullmatch(segment)
        if found is None:
            path += f"/<any_case({segment!r}):_{next(number)}>" if segment else ""
            continue
        if found["rest"] or found["optional"]:
            yield rule(path, name, wanted)
        path += f"/<path:{found['name']}>" if found["rest"] else f"/<{found['name']}>"
    yield rule(path or "/", name, wanted)


def host_map(rules: Iterable[Rule]) -> Map:
    """Make the map of all rules of a host; a slash at the end changes nothing."""
    return route_map(rules, strict_slashes=False, converters={"any_case": AnyCase})


def parameters(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values of a route's parameters, without its fixed segments."""
    return {name: value for name, value in values.items() if not name.startswith("_")}
