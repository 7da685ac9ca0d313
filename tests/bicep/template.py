"""One Bicep file as values: literals as they stand, and expressions, which only a deployment could tell.

`pycep` drops the quotes of strings, so that a bare name and a string of the same letters look alike: a text that a symbol of
the file is called by is taken for the symbol.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pycep import BicepParser

_SECTIONS = ("parameters", "variables", "resources", "modules", "outputs")


@dataclass(frozen=True)
class Expression:
    """What only a deployment can tell; `choices` are the values that it may have as far as they stand in the file."""

    source: Any = field(compare=False)
    choices: tuple[Any, ...] = ()
    merged: bool = False  # the choices are objects, which it is made of together


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One declaration of a resource, looped or not."""

    symbol: str
    kind: str  # `Microsoft.Storage/storageAccounts@2025-06-01`
    existing: bool
    body: dict[str, Any]

    @property
    def where(self) -> str:
        """Say which it is, for a person."""
        return f"{self.symbol} ({self.kind})"


@dataclass(frozen=True, kw_only=True)
class Module:
    """One call of a module."""

    symbol: str
    path: str
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Template:
    """One file."""

    path: Path
    text: str
    parameters: dict[str, dict[str, Any]]
    variables: dict[str, Any]
    resources: dict[str, Resource]
    modules: dict[str, Module]
    outputs: dict[str, Any]

    @property
    def symbols(self) -> set[str]:
        """Everything that the file declares."""
        return {*self.parameters, *self.variables, *self.resources, *self.modules}


@functools.cache
def read_template(path: Path, text: str | None = None) -> Template:
    """Read a file, or a text in its stead, once; raises what `pycep` raises where it is no Bicep."""
    text = path.read_text(encoding="utf-8") if text is None else text
    tree: dict[str, Any] = dict(_parser().parse(text=text))
    sections: dict[str, dict[str, Any]] = {name: tree.get(name, {}) for name in _SECTIONS}
    names = frozenset(name for section in sections.values() for name in section)
    reading = _Reading(names)
    return Template(
        path=path,
        text=text,
        parameters=sections["parameters"],
        variables={name: reading.value(one["value"]) for name, one in sections["variables"].items()},
        resources={
            name: Resource(
                symbol=name,
                kind=f"{one['type']}@{one['api_version']}",
                existing=one["existing"],
                body=reading.body(one["config"]),
            )
            for name, one in sections["resources"].items()
        },
        modules={
            name: Module(symbol=name, path=one["detail"]["path"], body=reading.body(one["config"]))
            for name, one in sections["modules"].items()
        },
        outputs=sections["outputs"],
    )


@functools.cache
def _parser() -> BicepParser:
    return BicepParser()  # which builds its grammar: a tenth of a second


class _Reading:
    """Values of a scope: the names that are declared there, loop items among them."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def body(self, config: dict[str, Any]) -> dict[str, Any]:
        """Read the body of a resource or module, through its loop and its condition."""
        inner, reading = config, self
        while isinstance(inner.get("config"), dict) and ("loop_type" in inner or "condition" in inner):
            inner, reading = inner["config"], reading.inside(inner)
        return {_key(name): reading.value(value) for name, value in inner.items()}

    def inside(self, loop: dict[str, Any]) -> _Reading:
        detail = loop.get("loop_type", {}).get("detail", {})
        return _Reading(self._names | {str(name) for key, name in detail.items() if key in ("item_name", "index_name")})

    def value(self, source: Any) -> Any:
        if isinstance(source, list):
            return [self.value(one) for one in source]
        if isinstance(source, dict):
            return self._of_dict(source)
        if isinstance(source, str) and ("${" in source or source in self._names):
            return Expression(source)
        return source

    def _of_dict(self, source: dict[str, Any]) -> Any:
        if "loop_type" in source:
            return Expression(source, ([self.inside(source).value(source["config"])],))
        if set(source) in ({"function"}, {"operator"}) and isinstance(next(iter(source.values())), dict):
            return self._of_expression(source)
        if set(source) == {"bool_value"}:
            return self.value(source["bool_value"])
        return {_key(name): self.value(one) for name, one in source.items()}

    def _of_expression(self, source: dict[str, Any]) -> Expression:
        kind, called = next(iter(source.items()))
        if kind == "operator" and called["type"] == "conditional":
            branches = (called["operands"]["true_value"], called["operands"]["false_value"])
            return Expression(source, tuple(self.value(one) for one in branches))
        if kind == "function" and called["type"] == "union":
            return Expression(source, tuple(self.value(one) for one in called["parameters"].values()), merged=True)
        return Expression(source)


def _key(name: str) -> str:
    return name.strip("'")
