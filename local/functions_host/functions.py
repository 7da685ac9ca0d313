"""The functions of the app, as the runtime library indexed them, and the settings their bindings name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.errors import LocalStackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TRIGGERS = ("httpTrigger", "blobTrigger", "queueTrigger", "timerTrigger")


class AppRefusedError(LocalStackError):
    """The app cannot be hosted here; says which function or setting, and why."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """One function and its trigger."""

    name: str
    function_id: str
    trigger: Mapping[str, Any]  # the raw binding, with settings resolved

    @property
    def kind(self) -> str:
        """Which trigger."""
        return str(self.trigger["type"])

    @property
    def parameter(self) -> str:
        """The name of the parameter that gets the trigger's data."""
        return str(self.trigger["name"])


def read_functions(results: Iterable[Any], settings: Mapping[str, str]) -> tuple[Function, ...]:
    """Read the functions of a FunctionMetadataResponse; AppRefusedError for a binding that is not reproduced here."""
    return tuple(_function(result, settings) for result in results)


def _function(result: Any, settings: Mapping[str, str]) -> Function:
    bindings = [json.loads(raw) for raw in result.raw_bindings]
    triggers = [binding for binding in bindings if binding["type"].endswith("Trigger")]
    others = {binding["type"] for binding in bindings} - {triggers[0]["type"], "http"}
    if triggers[0]["type"] not in TRIGGERS or others:
        unknown = ", ".join(sorted(others or {triggers[0]["type"]}))
        raise AppRefusedError(f"Function {result.name} uses {unknown}, which only Azure Functions Core Tools can host.")
    trigger = {
        key: resolve(value, settings, f"function {result.name}") if isinstance(value, str) else value
        for key, value in triggers[0].items()
    }
    return Function(name=result.name, function_id=result.function_id, trigger=trigger)


def resolve(text: str, settings: Mapping[str, str], used_by: str) -> str:
    """Replace each `%SETTING%`; AppRefusedError for one that is not set."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in settings:
            raise AppRefusedError(f"Setting {found[1]}, which {used_by} uses, is missing.")
        return settings[found[1]]

    return re.sub(r"%([^%]+)%", value, text)


def connection(name: str, settings: Mapping[str, str]) -> str:
    """Find a connection string by the name of its setting; AppRefusedError if there is none."""
    found = settings.get(name) or settings.get(f"AzureWebJobs{name}")
    if not found:
        raise AppRefusedError(f"Setting {name} is missing: the local host needs a connection string in it.")
    return found
