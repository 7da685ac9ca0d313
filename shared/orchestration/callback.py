"""The webhook of a Databricks job: who may call it, and what it says.

It is unsigned, may be lost, repeated or forged, and carries no state (reference: Databricks, section 2): so it is only a
hint that a run may have ended.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shared.ledger.ledger import Ledger
from shared.ledger.states import CallbackResult
from shared.ports import Clock, Hints

_ENDED = frozenset({"jobs.on_success", "jobs.on_failure"})
_LARGEST_ID = 2**63 - 1
_RECENT = 10  # batches: a timer may have concluded the run before its webhook came


def is_authorized(header: str | None, username: str, password: str) -> bool:
    """Check a basic authentication header in constant time; False for one that cannot be read."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(given, f"{username}:{password}".encode())


def run_id_of(payload: Mapping[str, Any]) -> int | None:
    """Return the run that a webhook is about, as text or number; None where it names none that can exist."""
    run = payload.get("run")
    value = run.get("run_id") if isinstance(run, Mapping) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= len(str(_LARGEST_ID)) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_ID:
        return None
    return value


def workspace_id_of(host: str) -> str:
    """Return the workspace's id, which Azure puts into its address (`adb-<id>.<n>.azuredatabricks.net`), or nothing."""
    found = re.match(r"https://adb-(\d+)\.", host)
    return found[1] if found else ""


@dataclass(frozen=True, kw_only=True)
class Callback:
    """Turns a webhook into a hint, if it is about the active run; keeps that it came, for who checks a deployment."""

    ledger: Ledger
    hints: Hints
    clock: Clock
    workspace_id: str = ""  # of our workspace, where its address tells

    def __call__(self, payload: Mapping[str, Any]) -> CallbackResult:
        """Say what was done, or why nothing was; never raises for anything in the payload."""
        event = payload.get("event_type")
        if not isinstance(event, str) or event not in _ENDED:
            return CallbackResult.NOT_AN_END
        workspace = payload.get("workspace_id")
        if self.workspace_id and isinstance(workspace, str | int) and str(workspace) != self.workspace_id:
            return CallbackResult.ANOTHER_WORKSPACE
        run_id = run_id_of(payload)
        if run_id is None:
            return CallbackResult.NO_RUN_ID
        active = self.ledger.pipeline().record.active_batch
        batch = self.ledger.batch(active) if active else None
        if batch is None or batch.record.run_id != run_id:
            ended = (one for one in islice(self.ledger.batches(), _RECENT) if one.run_id == run_id)
            for late in ended:
                self.ledger.note_callback(late.batch_id, at=self.clock())
            return CallbackResult.NOT_ACTIVE
        self.hints.send("reconcile")
        self.ledger.note_callback(batch.record.batch_id, at=self.clock())
        return CallbackResult.NOTED
