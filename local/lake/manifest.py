"""One table of gold: its files as its entity in the CDM manifest names them, one by one or by a pattern, and its rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shared.contracts.publication import PUBLISHED_AT, is_of_deletes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def locations(entity: Mapping[str, Any], below: Callable[[str], Iterable[str]]) -> list[str]:
    """Return where the files lie; `below` lists a folder of the container. Raises KeyError where the manifest lacks something.

    Only expressions are known here, not globs: the manifests that the job writes have none.
    """
    named = [one["location"] for kind in ("dataPartitions", "incrementalPartitions") for one in entity.get(kind, ())]
    for pattern in entity.get("dataPartitionPatterns", ()):
        root, wanted = pattern["rootLocation"], re.compile(pattern["regularExpression"])
        named += sorted(path for path in below(root) if wanted.fullmatch(path.removeprefix(root)))
    return named


def counting(key: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """Return the rows that count where there are increments, of all rows with the places of their files.

    Of one key it is the one that was published last, unless that takes the key away.
    """
    latest: dict[Any, tuple[str, Mapping[str, Any]]] = {}
    for place, row in rows:
        before = latest.get(row[key])
        if before is None or before[1][PUBLISHED_AT] <= row[PUBLISHED_AT]:
            latest[row[key]] = place, row
    return [row for place, row in latest.values() if not is_of_deletes(place)]
