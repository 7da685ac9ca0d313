"""The webhook that tells of a run: sent at most once, unsigned, with basic authentication, string ids.

Delivery promises nothing (reference: Databricks, section 2), so there is no retry here: who listens must poll too.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.jobs_emulator.faults import JobsFaults
    from local.jobs_emulator.running.definition import Definitions, Job
    from local.jobs_emulator.running.runs import Run

log = logging.getLogger(__name__)
SECONDS_TO_ANSWER = 10


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A notification destination as the workspace keeps it: url, username, password and nothing else."""

    url: str
    username: str
    password: str

    def __repr__(self) -> str:
        """Show it without the password."""
        return f"Destination(url={self.url!r}, username={self.username!r})"


class Webhooks:
    """Sends what a job's `webhook_notifications` ask for to the one destination, whatever the id that they name it by."""

    def __init__(
        self, *, definitions: Definitions, workspace_id: str, destination: Destination | None, faults: JobsFaults
    ) -> None:
        self._definitions, self._workspace_id = definitions, workspace_id
        self._destination, self._faults = destination, faults

    def notify(self, event: str, run: Run) -> None:
        """Send `jobs.<event>` in the background, unless the job asks for none or a fault says otherwise."""
        job = self._definitions.get(run.job_id)
        if self._destination is None or job is None or event not in job.notified:
            return
        fault = self._faults.take("webhook")
        action = fault.action if fault else "send"
        if action == "drop":
            return
        for _ in range(2 if action == "duplicate" else 1):
            delay = fault.seconds if fault and action == "delay" else 0
            timer = threading.Timer(delay, self._send, (self._destination, self._payload(event, run, job)))
            timer.daemon = True
            timer.start()

    def _payload(self, event: str, run: Run, job: Job) -> bytes:
        return json.dumps(
            {
                "event_type": f"jobs.{event}",
                "workspace_id": self._workspace_id,
                "run": {"run_id": str(run.run_id)},
                "job": {"job_id": str(run.job_id), "name": job.name},
            }
        ).encode()

    def _send(self, to: Destination, payload: bytes) -> None:
        basic = base64.b64encode(f"{to.username}:{to.password}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {basic}"}
        request = urllib.request.Request(to.url, data=payload, headers=headers)  # noqa: S310 - our own http address
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER) as answer:  # noqa: S310 - likewise
                log.info("webhook answered %s", answer.status)
        except (urllib.error.URLError, OSError) as error:
            log.warning("webhook not delivered: %s", error)
