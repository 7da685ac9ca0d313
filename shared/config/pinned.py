"""The section of `customer360.toml` that pins a finance data set: what is configured of it, and what was found beside that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.config.tables import Configuration
from shared.config.vocabulary import DataSet
from shared.formats.finance.data_set.terms import Terms
from shared.formats.finance.options import section

_NOTHING_SAID = msgspec.to_builtins(DataSet())


def pinned(configuration: Configuration, data_set: str, terms: Terms | None, types: Mapping[str, str]) -> str:
    """Return the section, to be pasted in place of the one that is there; `types` are those found, by silver name.

    What is configured is said as it is. Keys are text whatever they hold, so that no type of one is said.
    """
    configured = configuration.finance.get(data_set, DataSet())
    keys = {key.lower() for key in configured.keys}
    said = {key: _plain(value) for key, value in _different(configured).items()}
    typed = {name.lower() for name in configured.types}
    found = {name: kind for name, kind in sorted(types.items()) if name.lower() not in keys | typed}
    said["types"] = {**found, **configured.types}
    for key, value in (terms.said() if terms else {}).items():
        said.setdefault(key, value)
    return section(data_set, **said)


def _different(configured: DataSet) -> dict[str, Any]:
    """Return what a section says, by its keys, without what holds where nothing is said."""
    return {key: value for key, value in msgspec.to_builtins(configured).items() if value != _NOTHING_SAID[key]}


def _plain(value: Any) -> Any:
    """Return a value as TOML knows it: without what there is none of."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    return value
