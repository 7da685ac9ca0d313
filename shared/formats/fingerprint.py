"""Tells a file that grew from one that was written anew, by the bytes before the place where reading stopped.

Size cannot: an exporter, or a copy tool, may grow a file by uploading it again as a whole, and a table that is exported again
may soon be longer than it was. What storage tells beside it (`is_written_anew` in `shared/landing/plan.py`) comes first.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator

COVERED = 4096  # bytes: several records, each with its own version number and time
_KEPT_CHUNKS = 3


def fingerprint(data: bytes) -> str:
    """Return the fingerprint of bytes that end at an offset."""
    return hashlib.sha256(data).hexdigest()[:32]


class Tail:
    """Passes a stream on and remembers its last bytes, so that a slice's end is fingerprinted without reading it again."""

    def __init__(self, chunks: Iterable[bytes], *, start: int, hashed: bool = False) -> None:
        self._chunks = chunks
        self._at = start
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=_KEPT_CHUNKS)
        self._content = hashlib.sha256() if hashed else None

    def __iter__(self) -> Iterator[bytes]:
        """Yield the chunks as they come."""
        for chunk in self._chunks:
            self._kept.append((self._at, chunk))
            self._at += len(chunk)
            if self._content:
                self._content.update(chunk)
            yield chunk

    @property
    def content(self) -> str:
        """The hash of everything that was passed on so far, where one was asked for."""
        return self._content.hexdigest()[:32] if self._content else ""

    def before(self, end: int) -> bytes | None:
        """Return the bytes that a fingerprint at `end` covers, or None where they are not all kept any more."""
        if not self._kept or self._at < end:
            return None
        first = self._kept[0][0]
        wanted = max(0, end - COVERED)
        if first > wanted:
            return None
        return b"".join(chunk for _, chunk in self._kept)[wanted - first : end - first]
