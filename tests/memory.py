"""How much memory Python's objects take at their peak, told by a process of its own.

Until Python 3.12.9 `tracemalloc.stop` may end the process in which another thread allocates, as those of libraries do
(https://github.com/python/cpython/issues/128679).
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def peak_of(work: Callable[[bytes], object], data: bytes, *, before: bytes) -> int:
    """Return the bytes that some work on data takes; `before` is worked on first, so that imports are none of it."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_traced, work, data, before).result()


def _traced(work: Callable[[bytes], object], data: bytes, before: bytes) -> int:
    work(before)
    tracemalloc.start()  # and never stopped: the process ends
    work(data)
    return tracemalloc.get_traced_memory()[1]
