"""Pages of long lists: what a client asks for, and the opaque cursor that says where the next page begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from shared.errors import InvalidInput

C = TypeVar("C", bound=str)
T = TypeVar("T")
D = TypeVar("D")

PAGE = 100
LARGEST_PAGE = 500
_LOOKED_AT = 5000  # records behind one page at most: a filter that few pass gives short pages instead of long waits
_LONGEST_CURSOR = 4096


class QueryInvalid(InvalidInput):
    """A parameter of a query cannot be understood; says which, and what was expected."""

    def __init__(self, name: str, expected: str) -> None:
        self.name = name
        self.expected = expected
        super().__init__(f"{name}: expected {expected}")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[D]):
    """One page of documents, and where the next one begins (None: there is none)."""

    items: tuple[D, ...]
    following: str | None = None


def page_of(found: Iterable[tuple[Any, T]], document: Callable[[T], D | None], *, limit: int) -> Page[D]:
    """Take a page from pairs of place and record; a record whose document is None is passed over."""
    items: list[D] = []
    place: Any = None
    for looked_at, (at, record) in enumerate(found):
        if len(items) == limit or looked_at == _LOOKED_AT:
            return Page(items=tuple(items), following=cursor(place))
        shown = document(record)
        if shown is not None:
            items.append(shown)
        place = at
    return Page(items=tuple(items))


def cursor(place: Any) -> str:
    """Spell a place in a list as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(text: str) -> Any:
    """Read a cursor back; raises `QueryInvalid` for one that was not made by `cursor`."""
    if not text:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(text[:_LONGEST_CURSOR].encode("ascii") + b"=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise QueryInvalid("cursor", "what `next` of the page before said") from error
    listed = place if isinstance(place, list) else [place]
    if not all(isinstance(part, str) for part in listed) or cursor(place) != text:
        raise QueryInvalid("cursor", "what `next` of the page before said")
    return place


def limit_of(query: Mapping[str, str]) -> int:
    """Read how many items a page shall have."""
    text = query.get("limit", str(PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 0 < int(text) <= LARGEST_PAGE):
        raise QueryInvalid("limit", f"a whole number from 1 to {LARGEST_PAGE}")
    return int(text)


def choice_of(query: Mapping[str, str], name: str, options: Iterable[C]) -> C | Literal[""]:
    """Read a parameter that may have a few values; empty where it is absent."""
    if name not in query:
        return ""
    options = list(options)
    for option in options:
        if query[name] == option:
            return option
    raise QueryInvalid(name, f"one of {', '.join(options)}")


def time_of(query: Mapping[str, str], name: str) -> datetime | None:
    """Read a time; None where it is absent."""
    if name not in query:
        return None
    try:
        at = datetime.fromisoformat(query[name].replace(" ", "+"))  # a `+` in a query may arrive as a space
    except ValueError as error:
        raise QueryInvalid(name, "a time as 2026-11-23T10:11:12Z") from error
    if at.tzinfo is None or not 1971 <= at.year <= 2200:
        raise QueryInvalid(name, "a time from 1971 to 2200 with its zone, as 2026-11-23T10:11:12Z")
    return at.astimezone(UTC)
