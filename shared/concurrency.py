"""Many calls at a time, in order and in bounds; knows nothing of what is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")

_CALLS_AT_ONCE = 8  # the SDK's connection pool holds ten
_FEW = 8  # calls that are not worth a thread each


def in_parallel(call: Callable[[T], U], items: Iterable[T]) -> list[U]:
    """Make a call for each item, several at a time where there are many; results in order; raises what a call raised."""
    listed = list(items)
    if len(listed) <= _FEW:
        return [call(item) for item in listed]
    with ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE) as pool:
        return list(pool.map(call, listed))


def chunks(items: Iterable[T], size: int) -> list[list[T]]:
    """Cut items into lists of at most `size`."""
    listed = list(items)
    return [listed[first : first + size] for first in range(0, len(listed), size)]
