"""The canary: a tiny data set of its own, followed from landing to Customer Insights.

One file of one row lands as `canary/canary.csv` and replaces what an earlier check left: silver and gold (`canary.sql`) hold
one row of it at most, bronze keeps all. The row names the check, so that it is found again in gold. What this decides is
pure: `Journey` takes what the app answers and tells how far the file is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.check.verdicts import Fault

ENTITY = "canary"  # the data set, its entity in silver, and its table in gold
PATH = f"{ENTITY}/{ENTITY}.csv"
MANIFEST = "default.manifest.cdm.json"
_TAKEN = frozenset({"ingested", "held_back"})
_GIVEN_UP = frozenset({"rejected", "ignored", "poison"})
_ENDED_BADLY = frozenset({"parked", "discarded", "cancelled"})


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long each step may take, in seconds."""

    bronze: float = 120  # an event arrives within seconds; the sweep, which needs none, comes every five minutes
    batch: float = 600  # parts are dispatched after half a minute of quiet, or after five minutes; another run may be active
    run: float = 1800  # a cluster takes five minutes to start; serverless compute seconds
    gold: float = 180  # the timer comes every minute
    callback: float = 30
    refresh: float = 900


def row_of(check: str, at: datetime) -> bytes:
    """Return the file: one row, which names the check and says when it was."""
    return f"check_name,landed_at\r\n{check},{at:%Y-%m-%dT%H:%M:%SZ}\r\n".encode()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the app answers at one moment."""

    file: Mapping[str, Any] | None = None  # of GET /api/files
    runs: Sequence[Mapping[str, Any]] = ()  # of GET /api/runs, newest first
    detail: Mapping[str, Any] | None = None  # of GET /api/runs/{batch_id} of the canary's batch
    status: Mapping[str, Any] = field(default_factory=dict)  # of GET /api/status


@dataclass(frozen=True, kw_only=True)
class Journey:
    """One canary on its way; each step is told (done, and what of it), not yet (None), or raised as a `Stranded`."""

    landed_in: str  # container
    before: frozenset[str]  # batches that were there before it landed
    since: datetime

    def batch_of(self, runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """Return the newest batch that has the canary, None where there is none yet."""
        ours = (one for one in runs if one["batch_id"] not in self.before and ENTITY in one["entities"])
        return next((one for one in ours if one["state"] != "dissolved"), None)

    def bronze(self, seen: Seen) -> str | None:
        """Whether the file was taken."""
        file = seen.file
        if file is None or not file["changed_at"] or datetime.fromisoformat(file["changed_at"]) < self.since:
            return None
        if file["state"] in _GIVEN_UP:
            raise Stranded(f"The file is {file['state']}: {file['reason']} {file['detail']}".rstrip() + ".", _LOG)
        return f"{file['records']} record" if file["state"] in _TAKEN else None

    def batch(self, seen: Seen) -> str | None:
        """Whether a run was started for it."""
        batch = self.batch_of(seen.runs)
        if batch is None:
            return None
        if batch["state"] in _ENDED_BADLY:
            raise Stranded(f"The batch {batch['batch_id']} is {batch['state']}: {batch['cause']}.", _UNPARK)
        if batch["state"] == "open" and batch["cause"]:
            raise Stranded(f"The workspace does not take the run: {batch['cause']}.", _JOB)
        return f"{batch['batch_id']}, run {batch['run_id']}" if batch["run_id"] else None

    def run(self, seen: Seen) -> str | None:
        """Whether the run came to its end, and what silver holds."""
        batch = self.batch_of(seen.runs)
        if batch is None:
            return None
        if batch["state"] in _ENDED_BADLY:
            page = f" {batch['run_url']}" if batch["run_url"] else ""
            raise Stranded(f"The run failed: {batch['cause']}.", f"Its page shows the output of each task:{page} {_UNPARK}")
        if batch["state"] != "succeeded" or seen.detail is None:
            return None
        counts = seen.detail["counts"].get(ENTITY)
        if not counts:
            raise Stranded("The run succeeded, and silver did not get the row.", _LOG)
        if failed := seen.detail["failed"].get(ENTITY):
            raise Stranded(
                f"The gold model {ENTITY} failed: {failed}.", "The bundle is older or newer than the app: deploy both."
            )
        return f"attempt {batch['attempt']}, silver holds {counts['current']} row"

    def gold(self, seen: Seen) -> str | None:
        """Whether its publication is the one that gold shows."""
        batch, shown = self.batch_of(seen.runs), seen.status.get("publication")
        if batch is None or not shown:
            return None
        newer = datetime.fromisoformat(shown["published_at"]) >= self.since if shown["published_at"] else False
        return str(batch["publication"]) if shown["batch_id"] == batch["batch_id"] or (newer and batch["publication"]) else None

    def callback(self, seen: Seen) -> str | None:
        """Whether the workspace told that the run ended."""
        if seen.detail is None or not seen.detail["called_back_at"] or not seen.detail["ended_at"]:
            return None
        told, ended = (datetime.fromisoformat(seen.detail[name]) for name in ("called_back_at", "ended_at"))
        return f"{max(0.0, (told - ended).total_seconds()):.1f} s after the run's end"

    def refresh(self, seen: Seen) -> str | None:
        """Whether Customer Insights was refreshed."""
        refresh = seen.status.get("refresh")
        batch = self.batch_of(seen.runs)
        if refresh is None or batch is None:
            return None
        if batch["publication"] and refresh["publication"] < batch["publication"]:
            return None  # that of an older one is under way; the canary's waits behind it
        if refresh["publication"] != batch["publication"]:
            return "a newer publication is refreshed in its stead" if self.gold(seen) else None
        if refresh["state"] == "failed":
            raise Stranded(
                f"Customer Insights was not refreshed: {refresh['detail'] or 'it does not say why'}.",
                "Look at its instance id, its key in the vault, and whether the app's identity is a user there.",
            )
        if refresh["state"] == "disabled":
            return "is not configured"
        if refresh["state"] == "requested" and refresh.get("begins_at"):
            return f"waits until {refresh['begins_at']}"
        return str(refresh["state"]) if refresh["state"] in {"successful", "skipped"} else None


def gold_place(manifest: Mapping[str, Any]) -> str | None:
    """Return where gold holds the canary's row: the file of its table; nothing where none is named, None without table."""
    for entity in manifest.get("entities", ()):
        if entity["entityName"] == ENTITY:
            listed = entity.get("dataPartitions") or [{"location": ""}]
            return str(listed[-1]["location"])
    return None


class Stranded(Exception):
    """The canary will not come any further."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.fault = Fault(what=what, remedy=remedy)


_LOG = "The app's log says more: `az webapp log tail`, or the workbook Customer 360."
_UNPARK = "Once that is mended: POST /api/runs/<batch>/unpark, then check again."
_JOB = "Look at DATABRICKS_JOB_ID, and whether the app's identity has CAN_MANAGE_RUN on the job."

LATE: Mapping[str, Fault] = {
    "bronze": Fault(
        what="The file landed, and the app did not take it in time.",
        remedy="No event came: look at the subscription's metrics and at the container deadletter, then at the app's log.",
    ),
    "batch": Fault(
        what="The row is in bronze, and no run was started for it in time.",
        remedy="GET /api/status says what is active or held; the timer `reconcile` has to run.",
    ),
    "run": Fault(what="The run did not end in time.", remedy="GET /api/runs names its page in the workspace."),
    "gold": Fault(what="The run succeeded, and gold does not show its publication.", remedy=_LOG),
    "callback": Fault(
        what="The run ended, and the workspace did not call back: the timer found its end.",
        remedy="The notification destination has another address, key or password: `azd hooks run postdeploy` renews it.",
    ),
    "refresh": Fault(
        what="Customer Insights did not finish its refresh in time.", remedy="Its own page System, Status shows the tasks."
    ),
}
"""What to say of a step that did not come to its end in time."""
