"""What one call may hold of Azure Table Storage, kept by the real store and by its memory twin alike.

Source: learn.microsoft.com, "Understanding the Table service data model" and "Performing entity group transactions". A write
that is too large is refused before it is sent: it will not get smaller by being tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.errors import ServiceRefused
from shared.ports import Value, Write

MOST_WRITES = 100  # in one transaction
MOST_PROPERTIES = 252  # of one row, beside its keys and its time
LARGEST_TEXT = 64 << 10  # bytes of UTF-16, of one property
LARGEST_ROW = 1 << 20
LARGEST_TRANSACTION = 4 << 20
LARGEST_KEY = 1 << 10  # bytes of UTF-16
_FORBIDDEN = frozenset("/\\#?") | {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}
_NAME_COSTS = 8  # bytes that a property costs beside its name and value


def check(partition: str, writes: Sequence[Write]) -> None:
    """Refuse what the service would refuse; raises `ServiceRefused` that names the row, the property and the limit."""
    if len(writes) > MOST_WRITES or len({write.key for write in writes}) < len(writes):
        raise ValueError(f"a transaction holds {MOST_WRITES} writes at most, and each row once")
    total = 0
    for write in writes:
        for key in (partition, write.key):
            if _utf16(key) > LARGEST_KEY or not _FORBIDDEN.isdisjoint(key):
                raise _refused("KeyInvalid", f"a key of {len(key)} characters")
        if len(write.values) > MOST_PROPERTIES:
            raise _refused("TooManyProperties", f"{len(write.values)} properties in row {write.key}")
        for name, value in write.values.items():
            if isinstance(value, str) and _utf16(value) > LARGEST_TEXT:
                raise _refused("PropertyValueTooLarge", f"{_utf16(value)} bytes in {name} of row {write.key}")
        size = _utf16(partition + write.key) + sum(_size(name, value) for name, value in write.values.items())
        if size > LARGEST_ROW:
            raise _refused("EntityTooLarge", f"{size} bytes in row {write.key}")
        total += size
    if total > LARGEST_TRANSACTION:
        raise _refused("RequestBodyTooLarge", f"{total} bytes in {len(writes)} writes")


def _refused(reason: str, detail: str) -> ServiceRefused:
    return ServiceRefused("table storage", reason, detail)


def _size(name: str, value: Value) -> int:
    held = _utf16(value) + 4 if isinstance(value, str) else 1 if isinstance(value, bool) else 8
    return _NAME_COSTS + _utf16(name) + (held if not isinstance(value, datetime) else 8)


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass"))
