"""What is wrong in a document, and where: the first mistake against a typed model, in words for whoever wrote it.

The model's own library says what it expected, but not under which key of a table it stands, nor what is known there.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

Place = tuple[str, ...]
"""The keys on the way to a value, the root's first; empty is the document as a whole."""

_WORDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a table",
}
_UNIONS = (Union, UnionType)


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One thing that does not fit the model."""

    place: Place
    problem: str  # what is wrong with it, and what is known or expected there


def mistakes(value: Any, kind: Any, place: Place = ()) -> Iterator[Mistake]:
    """Yield what of a document of plain values does not fit a type, unknown keys of a table before wrong values in it.

    `extra` of an annotation may name what is `expected` in words, and say by `fits` what no pattern can.
    """
    bare, extra = _bare(kind)
    if get_origin(bare) is not dict and not _is_table(bare):
        if not _converts(value, kind) or (value is not None and not extra.get("fits", _anything)(value)):
            yield Mistake(place=place, problem=_unlike(value, bare, extra.get("expected", "")))
    elif not isinstance(value, dict):
        yield Mistake(place=place, problem=f"expected a table, got {_word(value)}")
    elif _is_table(bare):
        yield from _mistakes_of_table(value, bare, place)
    else:
        for name, item in value.items():
            yield from mistakes(item, get_args(bare)[1], (*place, name))


def _mistakes_of_table(value: Mapping[str, Any], kind: Any, place: Place) -> Iterator[Mistake]:
    known = _fields(kind)
    for name in value:
        if name not in known:
            yield Mistake(place=(*place, name), problem=unknown(name, known))
    for name, field in known.items():
        if name in value:
            yield from mistakes(value[name], field, (*place, name))


@cache
def _fields(kind: Any) -> Mapping[str, Any]:
    """Return the fields of a model with their types, which Python evaluates anew whenever it is asked."""
    return get_type_hints(kind, include_extras=True)


def _anything(_: object) -> bool:
    return True


def _converts(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def unknown(name: str, known: Iterable[str]) -> str:
    """Say that a name is not known, what is, and which of that was meant, where one is close."""
    listed = sorted(known)
    meant = difflib.get_close_matches(name, listed, n=1)
    return f"is not known{f' (did you mean {meant[0]}?)' if meant else ''}; known here: {', '.join(listed)}"


def _unlike(value: Any, kind: Any, expected: str) -> str:
    origin, got = get_origin(kind), _word(value)
    if origin is tuple and isinstance(value, list):
        got = f"{_word(next(item for item in value if not isinstance(item, str)))} in it"
    expected = expected or _expected(kind)
    has_the_type = expected.startswith(got) or (isinstance(value, str) and (kind is str or origin is Literal))
    return f"expected {expected}" if has_the_type else f"expected {expected}, got {got}"


def _expected(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(option for option in get_args(kind) if option)}"
    if get_origin(kind) is tuple:
        return "a list of text"
    if get_origin(kind) in _UNIONS:
        return "a number or text"
    return _WORDS[kind]


def _bare(kind: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return a type without its annotations and its None, and what they say of it besides."""
    extra: Mapping[str, Any] = {}
    while True:
        options = [option for option in get_args(kind) if option is not type(None)]
        if get_origin(kind) is Annotated:
            kind, *metas = get_args(kind)
            extra = next((meta.extra for meta in metas if meta.extra), extra)
        elif get_origin(kind) in _UNIONS and len(options) == 1:
            (kind,) = options
        else:
            return kind, extra


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and (issubclass(kind, msgspec.Struct) or is_dataclass(kind))


def _word(value: Any) -> str:
    return _WORDS.get(type(value), "a date or time")
