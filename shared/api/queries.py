"""What lists may be asked, as typed queries: read from the parameters of a URL, and described from the same fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from shared.errors import InvalidInput
from shared.ledger.states import BatchState, FileState, Source

Q = TypeVar("Q", bound="PageQuery")

PAGE = 100
LARGEST_PAGE = 500
_YEARS = (1971, 2200)  # that a key of the ledger can hold, in any zone

Size = Annotated[int, Meta(ge=1, le=LARGEST_PAGE, extra={"expected": f"a whole number from 1 to {LARGEST_PAGE}"})]


class QueryInvalid(InvalidInput):
    """A parameter of a query cannot be understood; says which, and what was expected."""

    def __init__(self, name: str, expected: str) -> None:
        self.name = name
        self.expected = expected
        super().__init__(f"{name}: expected {expected}")


class PageQuery(Struct, frozen=True, kw_only=True):
    """Which page of a list."""

    limit: Size = PAGE
    cursor: str = ""  # what `next` of the page before said


class RunsQuery(PageQuery, frozen=True, kw_only=True):
    """Which batches."""

    state: BatchState | None = None


class RejectsQuery(PageQuery, frozen=True, kw_only=True):
    """Which parts with rejects."""

    container: str = ""
    table: str = ""  # as landed or as in silver
    since: datetime | None = None  # landed at or after
    until: datetime | None = None  # landed before


class FilesQuery(PageQuery, frozen=True, kw_only=True):
    """Which landed files."""

    status: FileState | None = None
    source: Source | None = None
    container: str = ""
    table: str = ""  # as landed or as in silver
    prefix: str = ""  # of the path in its container; lists by name
    since: datetime | None = None  # changed at or after
    until: datetime | None = None  # changed before


def read_query(parameters: Mapping[str, str], kind: type[Q]) -> Q:
    """Read a query; raises `QueryInvalid`. Other parameters are passed over: the function key is one."""
    return kind(**{name: _value(name, parameters[name], of) for name, of in _fields(kind) if name in parameters})


def parameters_of(kind: type[Struct]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and JSON schema of each parameter that a query may have."""
    defaults = {"limit": {"default": PAGE}}
    for name, of in _fields(kind):
        yield name, msgspec.json.schema(of) | defaults.get(name, {})


def _fields(kind: type[Struct]) -> Iterator[tuple[str, Any]]:
    """Yield name and type of what a parameter may hold where it is given."""
    for name, of in get_type_hints(kind, include_extras=True).items():
        given = [option for option in get_args(of) if option is not type(None)]
        yield name, given[0] if type(None) in get_args(of) else of


def _value(name: str, text: str, of: Any) -> Any:
    if of is datetime:
        return _time(name, text)
    try:
        return msgspec.convert(text, of, strict=False)
    except msgspec.ValidationError as error:
        raise QueryInvalid(name, _expected(of)) from error


def _expected(of: Any) -> str:
    if get_origin(of) is Annotated:
        return str(get_args(of)[1].extra["expected"])
    return f"one of {', '.join(get_args(of))}"


def _time(name: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a `+` in a query may arrive as a space
    except ValueError as error:
        raise QueryInvalid(name, "a time as 2026-11-23T10:11:12Z") from error
    if at.tzinfo is None or not _YEARS[0] <= at.year <= _YEARS[1]:
        raise QueryInvalid(name, f"a time from {_YEARS[0]} to {_YEARS[1]} with its zone, as 2026-11-23T10:11:12Z")
    return at.astimezone(UTC)
