"""Dataclasses from JSON and to JSON: the one decoder and the one encoder of every document.

The fields of a dataclass are the keys of its object, and its annotations are what the values have to be: `str`, `int`, `float`,
`bool`, an aware `datetime` (ISO 8601), `Literal`, `X | None`, `tuple[X, ...]` (a list), `Mapping[str, X]` (an object with free
keys), another dataclass; `Count` is a number that is not negative. What does not fit is refused, with its place.

- A key that no field has is refused by name: it is a mistake, or of a version that this one does not understand.
- A field without a default has to be there. One whose default is empty (null, false, nothing in it) is left out where it is so.
- `Annotated[X, Spelled(key)]` is a field whose key has another name. `Annotated[str, MappingKey()]` is the key under which its
  object lies in a mapping. A field that is no argument (`init=False`) follows from the rest: written for people, and checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from shared.contracts.errors import ContractError

T = TypeVar("T")
_Read = Callable[..., Any]


@dataclass(frozen=True)
class _Amount:
    """Marks a number that is not negative, and that every store can hold."""


@dataclass(frozen=True)
class Spelled:
    """The key of a field whose name is another one."""

    key: str


@dataclass(frozen=True)
class MappingKey:
    """Marks the field that is the key under which its object lies in a mapping, and no key of the object itself."""


Count = Annotated[int, _Amount()]
"""How many of something there are."""

Duration = Annotated[float, _Amount()]
"""How long something took, in seconds."""

_MOST: Final = (1 << 63) - 1

_NAMES: Final[Mapping[type, str]] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    NoneType: "null",
    datetime: "a time with its zone, as 2026-11-23T10:11:12Z",
}


def encode(record: Any) -> bytes:
    """Spell a document; the same record gives the same bytes."""
    return json.dumps(encoded(record), ensure_ascii=False, indent=1).encode()


def encoded(value: Any) -> Any:
    """Return what JSON can hold of a record, or of a value in one."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            key: encoded(found)
            for one, key, _ in fields_of(type(value))
            if key is not None and ((found := getattr(value, one.name)) or not _is_empty_by_default(one, found))
        }
    if isinstance(value, Mapping):
        return {key: encoded(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [encoded(one) for one in value]
    if isinstance(value, datetime):
        return time_text(value)
    return value


def decode(kind: type[T], data: bytes | str, document: str) -> T:
    """Read a document that is called `document` in errors; raises `ContractError` at the first thing that is not as agreed."""
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ContractError(document, "", expected="JSON", got=f"something else ({type(error).__name__})") from error
    return decoded(kind, value, document)


def decoded(kind: type[T], value: Any, document: str) -> T:
    """Read what JSON gave of a document; raises `ContractError`."""
    reader: Any = _reader  # to a cache, a class is hashable only as an object
    try:
        found: T = reader(kind)(value)
    except _MisfitError as misfit:
        place = "".join(misfit.place).removeprefix(".")
        raise ContractError(document, place, expected=misfit.expected, got=misfit.got) from None
    return found


def time_text(at: datetime) -> str:
    """Spell an aware time, in UTC."""
    if at.tzinfo is None:
        raise ValueError("a time in a document has to say its zone")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@cache
def fields_of(kind: Any) -> tuple[tuple[Field[Any], str | None, Any], ...]:
    """Return the fields of a dataclass, each with its key (None: the key of a mapping) and its annotation."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple((one, _key(one.name, get_args(hints[one.name])), hints[one.name]) for one in fields(kind))


def _key(name: str, marks: tuple[Any, ...]) -> str | None:
    if any(isinstance(mark, MappingKey) for mark in marks):
        return None
    return next((mark.key for mark in marks if isinstance(mark, Spelled)), name)


class _MisfitError(Exception):
    """A value is not what its annotation says; each container that it is raised through adds where that was."""

    def __init__(self, expected: str, got: str, place: str = "") -> None:
        self.expected, self.got = expected, got
        self.place = [place] if place else []
        super().__init__(expected, got)

    def inside(self, step: str) -> _MisfitError:
        self.place.insert(0, step)
        return self


@cache
def _reader(kind: Any) -> _Read:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        inner = _reader(arguments[0])
        return _bounded(inner) if any(isinstance(mark, _Amount) for mark in arguments[1:]) else inner
    if origin is Literal:
        return _one_of(arguments)
    if origin in {Union, UnionType}:
        return _any_of(arguments)
    if origin is tuple:
        return _list_of(_reader(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_of(arguments[1])
    if kind is datetime:
        return _time
    return _object(kind) if is_dataclass(kind) else _plain(kind)


def _plain(kind: type) -> _Read:
    allowed = {int, float} if kind is float else {kind}

    def read(value: Any) -> Any:
        if type(value) not in allowed:  # exactly: to Python, true is a number
            raise _misfit(kind, value)
        return value

    return read


def _bounded(inner: _Read) -> _Read:
    def read(value: Any) -> Any:
        if inner(value) < 0:
            raise _MisfitError("a number that is not less than 0", "less")
        if not value <= _MOST:
            raise _MisfitError(f"a number that is not more than {_MOST}", "more")
        return value

    return read


def _one_of(options: tuple[Any, ...]) -> _Read:
    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in options:
            raise _MisfitError(" or ".join(options), repr(value[:40]) if isinstance(value, str) else _name(type(value)))
        return value

    return read


def _any_of(options: tuple[Any, ...]) -> _Read:
    readers = [_reader(one) for one in options if one is not NoneType]

    def read(value: Any) -> Any:
        if value is None and NoneType in options:
            return None
        if len(readers) == 1:
            return readers[0](value)
        if type(value) not in options:
            raise _MisfitError(" or ".join(_name(one) for one in options), _name(type(value)))
        return value

    return read


def _list_of(inner: _Read) -> _Read:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise _misfit(list, value)
        found = []
        for number, one in enumerate(value):
            try:
                found.append(inner(one))
            except _MisfitError as misfit:
                raise misfit.inside(f"[{number}]") from None
        return tuple(found)

    return read


def _mapping_of(kind: Any) -> _Read:
    inner = _reader(kind)
    named = _mapping_key(kind)

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _misfit(dict, value)
        found = {}
        for key, one in value.items():
            try:
                found[key] = inner(one, {named: key}) if named else inner(one)
            except _MisfitError as misfit:
                raise misfit.inside(f".{key}") from None
        return found

    return read


def _mapping_key(kind: Any) -> str | None:
    told: Any = kind  # to the cache of `fields_of`, what `is_dataclass` makes of it would not be hashable
    return next((one.name for one, key, _ in fields_of(told) if key is None), None) if is_dataclass(kind) else None


def _object(kind: Any) -> _Read:
    told = [(one, key, _reader(hint)) for one, key, hint in fields_of(kind) if key is not None]
    known = {key for _, key, _ in told}

    def read(value: Any, named: Mapping[str, str] | None = None) -> Any:
        given: dict[str, Any] = dict(named or {})
        if not isinstance(value, dict):
            raise _misfit(dict, value)
        for key in value:
            if key not in known:
                raise _MisfitError(f"one of {', '.join(sorted(known))}", "a key that is not known", f".{key}")
        follows: dict[str, Any] = {}
        for one, key, inner in told:
            if key not in value:
                if one.init and one.default is MISSING and one.default_factory is MISSING:
                    raise _MisfitError("a value", "nothing", f".{key}")
                continue
            try:
                (given if one.init else follows)[one.name] = inner(value[key])
            except _MisfitError as misfit:
                raise misfit.inside(f".{key}") from None
        record = kind(**given)
        for name, found in follows.items():
            if found != getattr(record, name):
                raise _MisfitError(f"{getattr(record, name)}, which follows from the rest", str(found), f".{name}")
        return record

    return read


def _time(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise _MisfitError(_NAMES[datetime], "one without its zone")
        at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):  # the last: a zone that takes it out of the calendar
        raise _misfit(datetime, value) from None
    return at


def _misfit(kind: type, value: Any) -> _MisfitError:
    return _MisfitError(_name(kind), _name(type(value)) if type(value) is not kind else "something else")


def _name(kind: Any) -> str:
    return _NAMES.get(kind, getattr(kind, "__name__", str(kind)))


def _is_empty_by_default(one: Field[Any], value: Any) -> bool:
    default = one.default_factory() if one.default_factory is not MISSING else one.default
    return default is not MISSING and value == default


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
