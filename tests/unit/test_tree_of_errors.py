"""Every error has its place in one tree, so that whoever calls can branch on its type."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import function_app
import shared
from shared import errors
from shared.contracts.errors import ContractError
from shared.errors import PipelineError

CONTRACTS = "shared.contracts."  # belongs to the job as well, which imports nothing else: it has a root of its own


def errors_defined() -> Iterator[type[BaseException]]:
    for package in (shared, function_app):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for _, kind in inspect.getmembers(module, inspect.isclass):
                if issubclass(kind, BaseException) and kind.__module__ == module.__name__ and not kind.__name__.startswith("_"):
                    yield kind


def errors_of_the_app() -> list[type[BaseException]]:
    return [kind for kind in errors_defined() if not kind.__module__.startswith(CONTRACTS)]


def test_every_error_of_the_app_descends_from_the_root() -> None:
    assert [kind for kind in errors_of_the_app() if not issubclass(kind, PipelineError)] == []


def test_every_error_of_a_contract_descends_from_the_one_that_both_deployables_know() -> None:
    found = [kind for kind in errors_defined() if kind.__module__.startswith(CONTRACTS)]
    assert found
    assert [kind for kind in found if not issubclass(kind, ContractError)] == []


def test_the_tree_that_is_drawn_has_every_error_below_what_it_is() -> None:
    """A line's depth is where its name begins."""
    drawn: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").split("```")[1].strip().splitlines():
        depth = len(line) - len(line.lstrip("│├└─ "))
        above = {place: name for place, name in above.items() if place < depth}
        name = line[depth:].split("  ")[0]
        drawn[name] = above[max(above)] if above else ""
        above[depth] = name
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in errors_of_the_app()} | {"PipelineError": ""}
