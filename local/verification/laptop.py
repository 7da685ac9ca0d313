"""The local stack as the check of a deployment sees it, and that check with a laptop's patience.

There are no roles here, but a connection may be one that only reads: so what the app may do is tried with its own
connection, by writes that storage has to refuse for another reason (no blob has the tag that they are bound to).
"""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, Literal

import requests
from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from deploy.check.canary import Patience
from deploy.check.facts import Answer, JobSeen, Right, Setting, SubscriptionSeen
from deploy.check.sequence import Check, name_of
from deploy.check.verdicts import WRITTEN, landing_of
from deploy.errors import DeploymentError
from deploy.subscriptions import COMMITTING_CALLS, DEAD_LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 60
_PROBE = "_check/probe"
_REFUSED = frozenset({401, 403})
#: Timers tick every second here; only Spark's first start takes its time.
PATIENCE: Final = Patience(bronze=60, batch=120, run=300, gold=30, callback=15, refresh=120)


class Laptop:
    """One local stack. `settings` are the app's; `storage` may do everything, as whoever checks."""

    def __init__(self, *, settings: Mapping[str, str], functions_url: str, bridge_url: str, storage: str) -> None:
        self._settings, self._functions_url, self._bridge_url = settings, functions_url, bridge_url
        self._service = BlobServiceClient.from_connection_string(storage, retry_total=0)

    def settings(self) -> Mapping[str, Setting]:
        """Return the app settings."""
        return {name: Setting(value=value) for name, value in self._settings.items()}

    def rights(self) -> frozenset[Right]:
        """Return what the app's connection may do."""
        connection = self._settings.get("LakeStorage", "")
        ledger = self._settings.get("LedgerStorage") or connection
        blobs = BlobServiceClient.from_connection_string(connection, retry_total=0)
        queues = QueueServiceClient.from_connection_string(self._settings.get("AzureWebJobsStorage") or connection)
        tables = TableServiceClient.from_connection_string(ledger)
        landing = landing_of(self.settings())
        tries = [
            *((Right(place=one, action="read"), lambda one=one: _read(blobs, one)) for one in landing),
            *((Right(place=one, action="write"), lambda one=one: _write(blobs, one)) for one in WRITTEN),
            (Right(place="queues", action="write"), lambda: next(iter(queues.list_queues()), None)),
            (Right(place="tables", action="write"), lambda: next(iter(tables.list_tables()), None)),
        ]
        return frozenset(right for right, attempt in tries if _is_allowed(attempt))

    def subscriptions(self) -> tuple[SubscriptionSeen, ...]:
        """Return whom the bridge tells of what is committed, and again until it is taken; nobody where it does not run."""
        try:
            told = requests.get(f"{self._bridge_url}/eventSubscriptions", timeout=_SECONDS).json()
        except requests.ConnectionError:
            return ()
        return tuple(
            SubscriptionSeen(
                container=one["container"],
                function=one["function"],
                calls=frozenset(COMMITTING_CALLS),
                is_active=True,
                keeps_dead_letters=True,
            )
            for one in told["value"]
        )

    def dead_letters(self) -> int:
        """Count the blobs of the dead-letter container, which only a test makes here."""
        try:
            return sum(1 for _ in self._service.get_container_client(DEAD_LETTERS).list_blobs())
        except ResourceNotFoundError:
            return 0

    def job(self, job_id: str) -> JobSeen | None:
        """Return the job of the emulated workspace."""
        document = self._databricks("2.2/jobs/get", {"job_id": job_id})
        if document is None:
            return None
        settings = document["settings"]
        return JobSeen(
            name=str(settings["name"]),
            parameters=frozenset(one["name"] for one in settings.get("parameters", [])),
            notified=frozenset(event for event, whom in settings.get("webhook_notifications", {}).items() if whom),
            may_be_run=True,  # the emulated workspace knows one user
        )

    def ask(self, method: Literal["GET", "POST"], path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Call the app."""
        body: dict[str, Any] | None = {} if method == "POST" else None
        try:
            answer = requests.request(
                method, f"{self._functions_url}{path}", headers=dict(headers or {}), json=body, timeout=_SECONDS
            )
        except requests.ConnectionError as error:
            raise DeploymentError("The app does not answer: is `make up` running?") from error
        try:
            return answer.status_code, answer.json()
        except requests.JSONDecodeError:
            return answer.status_code, None

    def land(self, container: str, path: str, data: bytes) -> None:
        """Write a file into landing."""
        try:
            self._service.get_blob_client(container, path).upload_blob(data, overwrite=True)
        except AzureError as error:
            raise DeploymentError(f"{container} cannot be written: {type(error).__name__}.") from error

    def read(self, container: str, path: str) -> bytes | None:
        """Read a blob."""
        try:
            return bytes(self._service.get_blob_client(container, path).download_blob().readall())
        except ResourceNotFoundError:
            return None

    def remove(self, container: str, path: str) -> None:
        """Delete a blob, if it is there."""
        try:
            self._service.get_blob_client(container, path).delete_blob()
        except ResourceNotFoundError:
            return

    def _databricks(self, call: str, parameters: Mapping[str, str]) -> Any:
        token = self._settings.get("DATABRICKS_TOKEN", "")
        url = f"{self._settings['DATABRICKS_HOST']}/api/{call}"
        try:
            answer = requests.get(url, params=dict(parameters), headers={"Authorization": f"Bearer {token}"}, timeout=_SECONDS)
        except requests.ConnectionError as error:
            raise DeploymentError("The workspace does not answer: is `make up` running?") from error
        if answer.ok:
            return answer.json()
        message = str(answer.json().get("message", ""))
        if answer.status_code == 404 or "does not exist" in message:
            return None
        raise DeploymentError(f"The workspace refuses the job ({answer.status_code}): {message.rstrip('.')}.")


def _read(blobs: BlobServiceClient, container: str) -> object:
    return next(iter(blobs.get_container_client(container).list_blobs()), None)


def _write(blobs: BlobServiceClient, container: str) -> object:
    blob = blobs.get_blob_client(container, _PROBE)
    return blob.upload_blob(b"", overwrite=True, etag='"0x0"', match_condition=MatchConditions.IfNotModified)


def _is_allowed(attempt: Any) -> bool:
    try:
        attempt()
    except ResourceModifiedError:
        return True  # allowed, and refused for the tag
    except ResourceNotFoundError:
        return False  # no such container
    except HttpResponseError as error:
        if error.status_code in _REFUSED:
            return False
        raise DeploymentError(f"Storage does not answer as it should: {error.status_code}.") from error
    except AzureError as error:
        raise DeploymentError(f"Storage does not answer: {type(error).__name__}.") from error
    return True


def check_of(laptop: Laptop, destination: tuple[str, str], patience: Patience = PATIENCE) -> Check:
    """Return a check of a local stack; `destination` is what its workspace was given to call back with: user and password."""
    basic = base64.b64encode(":".join(destination).encode()).decode()
    return Check(
        deployed=laptop,
        name=name_of(datetime.now(UTC), token_hex(4)),
        credentials=lambda _: f"Basic {basic}",
        patience=patience,
        seconds=time.monotonic,
        now=lambda: datetime.now(UTC),
        pause=time.sleep,
    )


def destination_of(settings: Mapping[str, str]) -> tuple[str, str]:
    """Return user and password of the callback as the stack gives them to its workspace."""
    return settings["CALLBACK_USERNAME"], settings["CALLBACK_PASSWORD"]
