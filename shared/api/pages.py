"""Pages of long lists, and the opaque cursor that says where the next page begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.api.queries import QueryInvalid

T = TypeVar("T")
D = TypeVar("D")

_LOOKED_AT = 5000  # records behind one page at most: a filter that few pass gives short pages instead of long waits
_LONGEST_CURSOR = 4096


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
