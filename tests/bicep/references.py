"""Names: those that nothing declares, those that nobody uses, and what modules hand to each other.

A compiler would tell all of it. `pycep` keeps no quotes, so the text itself is read: what stands in strings is left out, but
for what is interpolated into them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.bicep.template import Template, read_template

#: Functions and namespaces of Bicep that the templates call, and its words.
_FUNCTIONS = {
    *("concat", "contains", "empty", "environment", "filter", "guid", "items", "join", "loadTextContent", "map"),
    *("resourceGroup", "split", "subscription", "subscriptionResourceId", "tenant", "toLower", "trim", "union", "uniqueString"),
}
_WORDS = {
    *("for", "in", "if", "existing", "true", "false", "null", "resource", "module", "param", "var", "output", "targetScope"),
    *("string", "int", "bool", "object", "array"),
}
_TOKEN = re.compile(r"(?P<before>[.!?]*)\b(?P<name>[A-Za-z_]\w*)\b(?P<after>\s*:)?")
_STRING_OR_COMMENT = re.compile(r"'(?:[^'\\\n]|\\.)*'|//[^\n]*")
_ACCESS = re.compile(r"\b([A-Za-z_]\w*)(?:\[[^\]]*\])?!?((?:\.[A-Za-z_]\w*)+)")


def code_of(text: str) -> str:
    """Return the text without comments and without the words of strings; what is interpolated into them stays."""
    return _STRING_OR_COMMENT.sub(lambda found: _interpolated(found[0]), text)


def undeclared(template: Template) -> set[str]:
    """Return the names that a file uses and nothing declares."""
    code = re.sub(r"^@.*$", "", code_of(template.text), flags=re.MULTILINE)
    loops = set(re.findall(r"\bfor (\w+) in", code))
    loops |= {name for pair in re.findall(r"\bfor \((\w+), (\w+)\) in", code) for name in pair}
    lambdas = set(re.findall(r"\b(\w+) =>", code))
    known = template.symbols | loops | lambdas | _FUNCTIONS | _WORDS
    return {name for name in _used(code) if name not in known and name not in template.outputs}


def unused(template: Template) -> set[str]:
    """Return the parameters and variables that a file declares and does not use."""
    return {*template.parameters, *template.variables} - set(_used(code_of(template.text)))


def accesses(template: Template) -> Iterator[tuple[str, list[str]]]:
    """Yield each `symbol.a.b` of a file as the symbol and the path behind it."""
    for symbol, path in _ACCESS.findall(code_of(template.text)):
        yield symbol, path.removeprefix(".").split(".")


def mistaken_calls(template: Template) -> Iterator[str]:
    """Yield what a file hands to its modules and they do not take, what they need and do not get, and outputs they lack."""
    called = {}
    for symbol, module in template.modules.items():
        called[symbol] = inner = read_template(_beside(template.path, module.path))
        given = set(module.body.get("params", {}))
        needed = {name for name, one in inner.parameters.items() if one["default"] is None}
        yield from (f"{symbol} takes no {name}" for name in sorted(given - set(inner.parameters)))
        yield from (f"{symbol} lacks {name}" for name in sorted(needed - given))
    for symbol, path in accesses(template):
        if symbol in called and path[0] == "outputs" and path[1] not in called[symbol].outputs:
            yield f"{symbol} has no output {path[1]}"


def _used(code: str) -> Iterator[str]:
    for line in code.splitlines():
        declaration = re.match(r"\s*(?:param|var|output|resource|module) (\w+)", line)
        for found in _TOKEN.finditer(line):
            ahead = line[: found.start("name")].rstrip()
            is_key = found["after"] and (not ahead or ahead[-1] in "{,")
            is_declared = declaration is not None and found["name"] == declaration[1]
            if not is_key and not is_declared and not found["before"].endswith("."):
                yield found["name"]


def _interpolated(text: str) -> str:
    return "" if text.startswith("//") else " ".join(["''", *re.findall(r"\$\{([^}]*)\}", text)])


def _beside(path: Path, name: str) -> Path:
    return (path.parent / name).resolve()
