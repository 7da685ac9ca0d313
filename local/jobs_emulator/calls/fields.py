"""The fields of a request, read: of the query where it is a GET, of the body otherwise."""

from __future__ import annotations

from typing import Any, TypeAlias

from local.jobs_emulator.errors import InvalidParameterValueError

Fields: TypeAlias = dict[str, Any]


def whole(fields: Fields, name: str) -> int:
    """Return a whole number; raises `InvalidParameterValueError` where it is none or not there."""
    try:
        return int(fields[name])
    except KeyError as error:
        raise InvalidParameterValueError(f"{name} is missing.") from error
    except (TypeError, ValueError) as error:
        raise InvalidParameterValueError(f"{name} is no number.") from error


def is_true(fields: Fields, name: str) -> bool:
    """Return whether a switch is on, in a query or in a body."""
    return fields.get(name) in {True, "true"}


def text(fields: Fields, name: str) -> str:
    """Return a text that has to be there; raises `InvalidParameterValueError`."""
    found = fields.get(name)
    if not isinstance(found, str) or not found:
        raise InvalidParameterValueError(f"{name} is missing.")
    return found
