"""Makes a publication visible: one conditional PUT of the CDM manifest that readers begin with.

Spark stages the manifest and cannot write conditionally; this can. Whoever comes second finds it done. What is staged is made
visible only if it is the publication that the outcome claims, of tables and files that are there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from shared.contracts.errors import ContractError
from shared.contracts.outcome import Outcome
from shared.contracts.places import GOLD, GOLD_MANIFEST, divided
from shared.errors import LandedFileChanged
from shared.ports import Lake

_LOOKS = 3
_LARGEST = 64 << 20  # bytes of a manifest; a thousand files are named in some hundred thousand
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Published(Enum):
    """How an attempt to publish ended."""

    DONE = "done"  # visible, by this call or an earlier one
    BASE_MOVED = "base_moved"  # gold is not what the run built on: the run has to be repeated
    NOT_STAGED = "not_staged"  # the run promised a manifest and left none


def publish(lake: Lake, outcome: Outcome) -> Published:
    """Swap the manifest if gold is still what the run was built on.

    Raises `ContractError` where what is staged is not the publication that the outcome claims.
    """
    if outcome.publication is None or outcome.staged_manifest is None:
        return Published.DONE
    for _ in range(_LOOKS):
        try:
            current = lake.head(GOLD, GOLD_MANIFEST)
            visible = publication_of(b"".join(lake.read(GOLD, GOLD_MANIFEST, if_match=current.etag))) if current else ""
        except LandedFileChanged:
            continue
        if visible == outcome.publication:
            return Published.DONE
        if visible != (outcome.base_publication or ""):
            return Published.BASE_MOVED
        try:
            staged = read_whole(lake, outcome.staged_manifest, most=_LARGEST, document=_document(outcome))
        except LandedFileChanged:
            return Published.NOT_STAGED
        check_staged(lake, outcome, staged)
        if lake.replace(GOLD, GOLD_MANIFEST, staged, if_match=current.etag if current else None):
            return Published.DONE
        # Refused: somebody swapped in between, and most likely to the very publication that we are about to make visible.
    return Published.BASE_MOVED


def publication_of(manifest: bytes) -> str | None:
    """Return the id of the publication that a CDM manifest shows; None where it shows none of ours: nobody may replace it."""
    try:
        document = json.loads(manifest)
    except (ValueError, RecursionError):
        return None
    name = document.get("explanation") if isinstance(document, dict) else None
    return name if isinstance(name, str) and name else None


def read_whole(lake: Lake, place: str, *, most: int, document: str) -> bytes:
    """Read a document that a run left; raises `ContractError` beyond `most` bytes, `LandedFileChanged` if gone."""
    data = bytearray()
    for chunk in lake.read(*divided(place)):
        data += chunk
        if len(data) > most:
            raise ContractError(document, "", expected=f"at most {most} bytes", got="more")
    return bytes(data)


def check_staged(lake: Lake, outcome: Outcome, staged: bytes) -> None:
    """Raise `ContractError` unless a staged manifest is the outcome's publication, of its tables, with files that are there."""
    document = _document(outcome)

    def refuse(place: str, expected: str, got: str) -> ContractError:
        return ContractError(document, place, expected=expected, got=got)

    name = publication_of(staged)
    if name != outcome.publication:
        raise refuse("explanation", str(outcome.publication), name or "nothing of the kind")
    entities = json.loads(staged).get("entities")
    if not isinstance(entities, list) or not all(isinstance(one, dict) for one in entities):
        raise refuse("entities", "a list of objects", "something else")
    names = [str(one.get("entityName")) for one in entities]
    if sorted(names) != sorted(outcome.gold):
        raise refuse("entities", ", ".join(sorted(outcome.gold)) or "none", ", ".join(sorted(names)) or "none")
    for table, entity in zip(names, entities, strict=True):
        if not _NAME.fullmatch(table):
            raise refuse("entities", "names of letters, digits and `_`", table)
        there = {blob.path for blob in lake.list(GOLD, f"{table}/")}
        path = entity.get("entityPath")
        if not isinstance(path, str) or path.rpartition("/")[0] not in there:
            raise refuse(f"entities.{table}.entityPath", f"an entity document of gold/{table}", str(path))
        places = list(_places(entity))
        for place in places:
            if place not in there and not (place.endswith("/") and any(one.startswith(place) for one in there)):
                raise refuse(f"entities.{table}", f"files that are there, in gold/{table}", place)
        if entity.get("dataPartitions") is not None and len(places) != outcome.gold[table].files:
            raise refuse(f"entities.{table}.dataPartitions", f"{outcome.gold[table].files} files", str(len(places)))


def _document(outcome: Outcome) -> str:
    return f"staged manifest of batch {outcome.batch_id}"


def _places(entity: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files that an entity of a manifest names, and the folders, which end in a slash."""
    kinds = (("dataPartitions", "location"), ("incrementalPartitions", "location"), ("dataPartitionPatterns", "rootLocation"))
    for key, place in kinds:
        partitions = entity.get(key) or []
        for one in partitions if isinstance(partitions, list) else [partitions]:
            found = one.get(place) if isinstance(one, dict) else None
            ends = place == "rootLocation" and isinstance(found, str) and not found.endswith("/")
            yield f"{found}/" if ends else str(found)
