"""Makes a publication visible: one conditional PUT of the CDM manifest that readers begin with.

Spark stages the manifest and cannot write conditionally; this can. Whoever comes second finds it done.
"""

from __future__ import annotations

import json
from enum import Enum

from shared.contracts.outcome import Outcome
from shared.contracts.places import GOLD, GOLD_MANIFEST, divided
from shared.errors import LandedFileChanged
from shared.ports import Lake

_LOOKS = 3


class Published(Enum):
    """How an attempt to publish ended."""

    DONE = "done"  # visible, by this call or an earlier one
    BASE_MOVED = "base_moved"  # gold is not what the run built on: the run has to be repeated
    NOT_STAGED = "not_staged"  # the run promised a manifest and left none


def publish(lake: Lake, outcome: Outcome) -> Published:
    """Swap the manifest if gold is still what the run was built on."""
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
            staged = b"".join(lake.read(*divided(outcome.staged_manifest)))
        except LandedFileChanged:
            return Published.NOT_STAGED
        if lake.replace(GOLD, GOLD_MANIFEST, staged, if_match=current.etag if current else None):
            return Published.DONE
        # Refused: somebody swapped in between, and most likely to the very publication that we are about to make visible.
    return Published.BASE_MOVED


def publication_of(manifest: bytes) -> str:
    """Return the id of the publication that a CDM manifest shows."""
    return str(json.loads(manifest).get("explanation", ""))
