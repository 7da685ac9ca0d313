"""The lake's twin takes many threads at once, as the lake does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from shared.adapters.memory import MemoryLake

#: How long somebody who writes is given to come in between; where listing keeps others out, it passes in vain.
CHANCE = 0.05


def test_a_listing_is_of_one_moment_while_others_write() -> None:
    lake, written = MemoryLake(), threading.Event()

    def write() -> None:
        lake.put("bronze", "c", b"")
        written.set()

    class Interrupted(dict[Any, Any]):
        def items(self) -> Iterator[tuple[Any, Any]]:  # type: ignore[override] # one after the other
            writer.start()
            for item in super().items():
                written.wait(CHANCE)
                yield item

    for path in ("a", "b"):
        lake.put("bronze", path, b"")
    lake._blobs = Interrupted(lake._blobs)
    writer = threading.Thread(target=write)
    assert [blob.path for blob in lake.list("bronze")] == ["a", "b"]
    writer.join()
    assert lake.head("bronze", "c") is not None
