"""An environment in Azure as the check sees it: through `az` and `databricks`, as whoever checks is logged in.

What the app's identity may do is read from its role assignments: nobody else can try it in its stead, and the canary does.
Written from the services' references; none of it ran against Azure (docs/deploy.md).
"""

from __future__ import annotations

import json
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from deploy.check.facts import Answer, JobSeen, Right, Setting, SubscriptionSeen
from deploy.check.verdicts import WRITTEN
from deploy.commands import Commands
from deploy.environment import Environment
from deploy.errors import CommandFailed, DeploymentError
from deploy.subscriptions import API_VERSION, DEAD_LETTERS

_SITES_VERSION = "2024-11-01"
_MANAGEMENT = "https://management.azure.com"
_MAY_RUN = frozenset({"CAN_MANAGE_RUN", "CAN_MANAGE", "IS_OWNER"})
_READS = frozenset({"Storage Blob Data Reader"})
_WRITES = frozenset({"Storage Blob Data Contributor", "Storage Blob Data Owner"})
_SERVICE_ROLES = {"queues": "Storage Queue Data Contributor", "tables": "Storage Table Data Contributor"}

Call = Callable[[str, str, Mapping[str, str], bytes | None], Answer]


def call(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    """Call over HTTPS; raises `DeploymentError` where nobody answers."""
    request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310 - the app's own URL
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - likewise
            return answer.status, _document(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, _document(error.read())
    except OSError as error:
        raise DeploymentError(f"The app does not answer ({error}): is it started, and is the network open to it?") from error


def rights_of(assignments: Iterable[Mapping[str, Any]], *, lake_id: str, containers: Iterable[str]) -> frozenset[Right]:
    """Return what role assignments give in a lake; one on the account, or above it, is one on each container."""
    found: set[Right] = set()
    containers = tuple(containers)
    for one in assignments:
        role, scope = str(one["roleDefinitionName"]), str(one["scope"]).rstrip("/").lower()
        whole = (lake_id.lower() + "/").startswith(scope + "/")
        for service, needed in _SERVICE_ROLES.items():
            if whole and role == needed:
                found.add(Right(place=service, action="write"))
        for container in containers:
            if whole or scope == f"{lake_id}/blobServices/default/containers/{container}".lower():
                if role in _READS:
                    found.add(Right(place=container, action="read"))
                elif role in _WRITES:
                    found.add(Right(place=container, action="write"))
    return frozenset(found)


def subscription_of(document: Mapping[str, Any], url: str) -> SubscriptionSeen:
    """Read an event subscription as Azure's resource manager shows it; its whole address is asked for apart, being secret."""
    told = document["properties"]
    filtered = told.get("filter") or {}
    calls = [one["values"] for one in filtered.get("advancedFilters") or () if one.get("key") == "data.api"]
    subject = str(filtered.get("subjectBeginsWith") or "")
    return SubscriptionSeen(
        container=subject.removeprefix("/blobServices/default/containers/").partition("/")[0],
        function=url.partition("functionName=Host.Functions.")[2].partition("&")[0],
        calls=frozenset(calls[0]) if calls else frozenset(),
        is_active=told.get("provisioningState") == "Succeeded",
        keeps_dead_letters=bool(told.get("deadLetterWithResourceIdentity") or told.get("deadLetterDestination")),
    )


class AzureDeployment:
    """One environment that `azd up` made. `key` is a function key."""

    def __init__(self, commands: Commands, environment: Environment, *, key: str, call: Call = call) -> None:
        self._commands, self._environment, self._key, self._call = commands, environment, key, call

    def settings(self) -> Mapping[str, Setting]:
        """Return the app settings; whether a reference resolves is asked of the site."""
        where = ("-g", self._environment.resource_group, "-n", self._environment.functions_name)
        listed = self._json("az", "functionapp", "config", "appsettings", "list", *where) or []
        site = str((self._json("az", "functionapp", "show", *where) or {}).get("id", ""))
        asked = f"{_MANAGEMENT}{site}/config/configreferences/appsettings?api-version={_SITES_VERSION}"
        references = (self._json("az", "rest", "--method", "get", "--url", asked) or {}).get("value", [])
        faults = {one["name"]: one["properties"] for one in references if one["properties"].get("status") != "Resolved"}
        return {
            one["name"]: Setting(
                value=str(one.get("value") or ""),
                fault=str(faults[one["name"]].get("details") or faults[one["name"]].get("status"))
                if one["name"] in faults
                else "",
            )
            for one in listed
        }

    def rights(self) -> frozenset[Right]:
        """Return what the roles of the app's identity give."""
        asked = ("--assignee", self._environment.functions_client_id, "--all", "--include-inherited")
        landing = (*self._environment.dataverse_containers, self._environment.finance_container)
        return rights_of(
            self._json("az", "role", "assignment", "list", *asked) or [],
            lake_id=self._environment.lake_id,
            containers=(*landing, *WRITTEN),
        )

    def subscriptions(self) -> tuple[SubscriptionSeen, ...]:
        """Return the subscriptions of the system topic."""
        url = f"{_MANAGEMENT}{self._environment.topic_id}/eventSubscriptions?api-version={API_VERSION}"
        listed = (self._json("az", "rest", "--method", "get", "--url", url) or {}).get("value", [])
        hooks = [one for one in listed if one["properties"]["destination"].get("endpointType") == "WebHook"]
        return tuple(subscription_of(one, self._address_of(one["id"])) for one in hooks)

    def dead_letters(self) -> int:
        """Count the blobs of the dead-letter container."""
        return len(self._json("az", "storage", "blob", "list", *self._at(DEAD_LETTERS), "--query", "[].name") or [])

    def job(self, job_id: str) -> JobSeen | None:
        """Return the job, and whether the app's identity may run it."""
        try:
            document = self._databricks(f"/api/2.2/jobs/get?job_id={job_id}")
        except CommandFailed as error:
            if "does not exist" in error.said:  # the CLI tells no status
                return None
            raise
        settings = document.get("settings", {})
        listed = self._databricks(f"/api/2.0/permissions/jobs/{job_id}").get("access_control_list", [])
        ours = [one for one in listed if one.get("service_principal_name") == self._environment.functions_client_id]
        levels = {level["permission_level"] for one in ours for level in one.get("all_permissions", [])}
        return JobSeen(
            name=str(settings.get("name", job_id)),
            parameters=frozenset(one["name"] for one in settings.get("parameters", [])),
            notified=frozenset(event for event, whom in settings.get("webhook_notifications", {}).items() if whom),
            may_be_run=bool(levels & _MAY_RUN),
        )

    def ask(self, method: Literal["GET", "POST"], path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Call the app with the function key."""
        told = {"x-functions-key": self._key, "Content-Type": "application/json", **(headers or {})}
        return self._call(method, f"{self._environment.functions_url}{path}", told, b"{}" if method == "POST" else None)

    def land(self, container: str, path: str, data: bytes) -> None:
        """Upload as whoever checks: that takes the role Storage Blob Data Contributor on the container."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "canary.csv"
            file.write_bytes(data)
            asked = ("--name", path, "--file", str(file), "--overwrite", "-o", "none")
            self._commands("az", "storage", "blob", "upload", *self._at(container), *asked)

    def read(self, container: str, path: str) -> bytes | None:
        """Download a blob."""
        found = self._json("az", "storage", "blob", "exists", *self._at(container), "--name", path) or {}
        if not found.get("exists"):
            return None
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "read"
            self._commands(
                "az", "storage", "blob", "download", *self._at(container), "--name", path, "--file", str(file), "-o", "none"
            )
            return file.read_bytes()

    def remove(self, container: str, path: str) -> None:
        """Delete a blob."""
        self._commands("az", "storage", "blob", "delete", *self._at(container), "--name", path, "-o", "none")

    def _address_of(self, subscription: str) -> str:
        url = f"{_MANAGEMENT}{subscription}/getFullUrl?api-version={API_VERSION}"
        return str((self._json("az", "rest", "--method", "post", "--url", url) or {}).get("endpointUrl", ""))

    def _at(self, container: str) -> tuple[str, ...]:
        return ("--account-name", self._environment.lake_name, "--container-name", container, "--auth-mode", "login")

    def _json(self, *command: str) -> Any:
        return self._commands.json(*command, "-o", "json")

    def _databricks(self, path: str) -> Any:
        env = {"DATABRICKS_HOST": self._environment.databricks_host, "DATABRICKS_AUTH_TYPE": "azure-cli"}
        return self._commands.json("databricks", "api", "get", path, env=env) or {}


def _document(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
