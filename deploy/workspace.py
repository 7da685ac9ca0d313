"""Databricks: who may act, how the lake is reached, whom the job tells that it ended, and the job itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from deploy.commands import Commands, private_file
from deploy.environment import Environment
from deploy.errors import CommandFailed, DeploymentError

_SCIM = "urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"
_DESTINATIONS = "/api/2.0/notification-destinations"
_PRINCIPALS = "/api/2.0/preview/scim/v2/ServicePrincipals"
_CREDENTIALS = "/api/2.1/unity-catalog/storage-credentials"
_GRANTS = "/api/2.1/unity-catalog/permissions/catalog"
CALLBACK_USERNAME = "databricks"
#: What the job needs to make its two schemas; what it makes in them is its own.
_MAKES_SCHEMAS = ("USE_CATALOG", "CREATE_SCHEMA")


class Workspace:
    """One workspace, as the Databricks CLI reaches it with the login of az."""

    def __init__(self, commands: Commands, environment: Environment) -> None:
        self._commands, self._environment = commands, environment
        self._env = {"DATABRICKS_HOST": environment.databricks_host, "DATABRICKS_AUTH_TYPE": "azure-cli"}

    @property
    def credential_name(self) -> str:
        """The storage credential of this lake."""
        return f"customer360_{self._environment.lake_name}"

    def admit(self, application_id: str, name: str) -> None:
        """Make an identity of Azure known as a service principal."""
        asked = quote(f'applicationId eq "{application_id}"')
        known = self._api("get", f"{_PRINCIPALS}?filter={asked}") or {}
        if not known.get("Resources"):
            self._api("post", _PRINCIPALS, {"schemas": [_SCIM], "applicationId": application_id, "displayName": name})

    def make_credential(self) -> None:
        """Make the storage credential over the access connector, where there is none."""
        listed = self._api("get", _CREDENTIALS) or {}
        if self.credential_name not in {one["name"] for one in listed.get("storage_credentials", [])}:
            connector = {"access_connector_id": self._environment.access_connector_id}
            self._api("post", _CREDENTIALS, {"name": self.credential_name, "azure_managed_identity": connector})

    def open_catalog(self) -> list[str]:
        """Let the job give names in the catalog; return what the catalog's owner has to do where the login may not."""
        catalog, job = self._environment.catalog, self._environment.job_client_id
        change = {"changes": [{"principal": job, "add": list(_MAKES_SCHEMAS)}]}
        try:
            self._api("patch", f"{_GRANTS}/{quote(catalog, safe='')}", change)
        except CommandFailed:
            rights = ", ".join(right.replace("_", " ") for right in _MAKES_SCHEMAS)
            return [f"GRANT {rights} ON CATALOG `{catalog}` TO `{job}`; until then runs warn of not_registered"]
        return []

    def make_destination(self, *, url: str, password: str) -> str:
        """Make or renew the notification destination; return its id."""
        name = f"customer360 {self._environment.functions_name}"
        webhook = {"url": url, "username": CALLBACK_USERNAME, "password": password}
        body = {"display_name": name, "config": {"generic_webhook": webhook}}
        listed = self._api("get", f"{_DESTINATIONS}?page_size=1000") or {}
        known = [one["id"] for one in listed.get("results", []) if one.get("display_name") == name]
        if known:
            self._api("patch", f"{_DESTINATIONS}/{known[0]}", body)
            return str(known[0])
        return str(self._api("post", _DESTINATIONS, body)["id"])

    def deploy_bundle(self, destination_id: str) -> int:
        """Deploy the bundle; return the id of its job."""
        env = {**self._env, **self.bundle_variables(destination_id)}
        target = self._environment.target
        self._commands("databricks", "bundle", "deploy", "-t", target, env=env)
        summary = self._commands.json("databricks", "bundle", "summary", "-t", target, "-o", "json", env=env) or {}
        job = summary.get("resources", {}).get("jobs", {}).get("customer360", {})
        if not str(job.get("id", "")).isdigit():
            raise DeploymentError("The bundle is deployed, and its summary names no job: run `databricks bundle summary`.")
        return int(job["id"])

    def bundle_variables(self, destination_id: str) -> dict[str, str]:
        """Return what `databricks.yml` asks for, as the CLI reads it."""
        told = {
            "storage_account": self._environment.lake_name,
            "storage_credential": self.credential_name,
            "callback_destination": destination_id,
            "functions_principal": self._environment.functions_client_id,
            "job_principal": self._environment.job_client_id,
            "catalog": self._environment.catalog,
            "schema": self._environment.schema,
            "insights": self._environment.insights,
        }
        return {f"BUNDLE_VAR_{name}": value for name, value in told.items()}

    def _api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        if body is None:
            return self._commands.json("databricks", "api", method, path, env=self._env)
        with private_file(json.dumps(body)) as file:
            return self._commands.json("databricks", "api", method, path, "--json", f"@{file}", env=self._env)
