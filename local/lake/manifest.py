"""The files of one table of gold, as its entity in the CDM manifest names them: one by one, or by a folder and a pattern."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def locations(entity: Mapping[str, Any], below: Callable[[str], Iterable[str]]) -> list[str]:
    """Return where the files lie; `below` lists a folder of the container. Raises KeyError where the manifest lacks something.

    Only expressions are known here, not globs: the manifests that the job writes have none.
    """
    named = [partition["location"] for partition in entity.get("dataPartitions", ())]
    for pattern in entity.get("dataPartitionPatterns", ()):
        root, wanted = pattern["rootLocation"], re.compile(pattern["regularExpression"])
        named += sorted(path for path in below(root) if wanted.fullmatch(path.removeprefix(root)))
    return named
