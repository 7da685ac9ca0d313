"""How records become rows of the ledger's table, and rows become records: keys, values, guards.

Table Storage orders rows by key within a partition, so a key decides which questions are ranges: what begins with a state
is found by state, what holds a time spelled newest first is listed newest first.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast, get_origin, get_type_hints
from urllib.parse import quote

from shared.ledger.states import LogEntry
from shared.ports import Row, Value, Write

R = TypeVar("R")

FIRST = " "  # sorts before every other character that a key can hold
AFTER = "~"  # sorts after every character that a key can hold
AT_ONCE = 100  # writes in one transaction
_LONGEST_KEY = 400  # Table Storage allows 1 KiB of UTF-16 in a row key; two keys are joined in some rows
LONGEST_TEXT = 8000  # characters of a text; as few as two bytes each, as many as four
_LONGEST_LIST = 15_000  # characters of names in one property
_SEVERAL = "_"
_COMMA = ","  # no entity and no batch has one in its name
_NEWEST_FIRST = str.maketrans("0123456789", "9876543210")


@dataclass(frozen=True, kw_only=True)
class Known(Generic[R]):
    """A record as it was read, with the tag that guards its next change (empty: not written yet)."""

    record: R
    etag: str = ""
    stored: R | None = None  # what the tag stands for; `record` may have been taken further since


def key(path: str) -> str:
    r"""Spell a path as part of a row key: Table Storage forbids `/ \ # ?` and control characters; long ones are hashed."""
    quoted = _quoted(path)
    if len(quoted) <= _LONGEST_KEY:
        return quoted
    return f"{quoted[: _LONGEST_KEY - 41]}={hashlib.sha256(path.encode()).hexdigest()[:40]}"


def key_prefix(path: str) -> str:
    """Spell what the keys of all paths begin with that begin with `path`; others may begin so too."""
    return _quoted(path)[: _LONGEST_KEY - 41]


def newest_first(text: str) -> str:
    """Turn the digits of a sortable text over, so that it sorts the other way round."""
    return text.translate(_NEWEST_FIRST)


def time_key(at: datetime) -> str:
    """Spell a time, to the millisecond, so that later ones sort first."""
    return newest_first(f"{int(at.timestamp() * 1000):014d}")


def values_of(record: Any) -> Mapping[str, Value]:
    """Spell a record as properties; None is left out, names of a tuple stand in one text, or several, with commas between them.

    A text that is too long for people is cut: no list that anybody relies on is held in one.
    """
    values: dict[str, Value] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, tuple):
            values |= _listed(field.name, value)
        elif isinstance(value, str) and len(value) > LONGEST_TEXT:
            values[field.name] = f"{value[: LONGEST_TEXT - 1]}…"
        elif value is not None:
            values[field.name] = value
    return values


def known_as(kind: type[R], row: Row) -> Known[R]:
    """Read a record back; properties that it does not have are passed over."""
    is_tuple = _fields(cast(Any, kind))
    values: dict[str, Any] = {
        name: tuple(_names(name, row.values)) if is_tuple[name] else value
        for name, value in row.values.items()
        if name in is_tuple
    }
    record = kind(**values)
    return Known(record=record, etag=row.etag, stored=record)


def guarded(key: str, record: Any, etag: str) -> Write:
    """Write a record if it is still the version that was read, or, without a tag, if it is not there yet."""
    return Write(kind="replace" if etag else "insert", key=key, values=values_of(record), etag=etag)


def logged(prefix: str, entry: LogEntry) -> Write:
    """Append to a log; the number of the step makes two writers of the same step collide."""
    return Write(kind="insert", key=f"{prefix}-{entry.step:08d}", values=values_of(entry))


def _listed(field: str, names: tuple[str, ...]) -> dict[str, Value]:
    """Spell names, in as many properties as they need: the first has the field's name, the others a number behind it."""
    if not all(name and _COMMA not in name for name in names):
        raise ValueError(f"{field}: a name that is empty or has a comma cannot be told from others")
    texts = [""]
    for name in names:
        if len(texts[-1]) + len(name) > _LONGEST_LIST:
            texts.append("")
        texts[-1] += f"{_COMMA if texts[-1] else ''}{name}"
    return {f"{field}{_SEVERAL}{number}" if number else field: text for number, text in enumerate(texts)}


def _names(field: str, values: Mapping[str, Value]) -> Iterator[str]:
    text: Value | None = values[field]
    number = 0
    while text is not None:
        yield from filter(None, str(text).split(_COMMA))
        number += 1
        text = values.get(f"{field}{_SEVERAL}{number}")


@functools.cache
def _fields(kind: type[Any]) -> Mapping[str, bool]:
    """Return the fields of a record, and whether each is a tuple."""
    kinds = get_type_hints(kind)
    return {field.name: get_origin(kinds[field.name]) is tuple for field in dataclasses.fields(kind)}


def _quoted(path: str) -> str:
    return quote(path, safe=" !$&'()*+,;@").replace("-", "%2D").replace("~", "%7E").replace("%", "=")
