"""What the app is told, and what it reaches: settings, the time, and clients of services, each made when it is first needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from shared.config.settings import Connection, Settings, StorageService, read_settings
from shared.config.tables import Configuration, open_configuration
from shared.telemetry.exporting import AZURE_MONITOR, Exporting, Route, Sink, route

if TYPE_CHECKING:
    from shared.ports import Clock, CustomerInsights, Hints, Jobs, Lake, Tables

_ROOT = Path(__file__).resolve().parents[2]  # where host.json lies


class Outside:
    """The adapters that the settings name."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment

    def replace(self, **collaborators: Any) -> Self:
        """Use these in place of what would be built; only before they were first used."""
        for name, collaborator in collaborators.items():
            if not isinstance(getattr(type(self), name, None), cached_property):
                raise AttributeError(f"the context has no {name}")  # noqa: TRY004 - there is no such attribute
            self.__dict__[name] = collaborator
        return self

    # What the app is told -----------------------------------------------------------------------------------------

    @cached_property
    def settings(self) -> Settings:
        """The checked settings."""
        return read_settings(self._environment)

    @cached_property
    def configuration(self) -> Configuration:
        """What `customer360.toml` says of tables and data sets."""
        return open_configuration(_ROOT, self.settings.configuration)

    def check(self) -> None:
        """Read the settings and `customer360.toml`; raises `Misconfigured`. What is mended is read anew, with no restart."""
        self.settings  # noqa: B018 - reading them is the check
        self.configuration  # noqa: B018 - likewise

    @cached_property
    def clock(self) -> Clock:
        """The time."""
        return lambda: datetime.now(UTC)

    def export(self) -> None:
        """Export what the pipeline tells of itself, where the environment says to whom; nothing is imported before it tells."""
        to = route(self._environment, sys.version_info[:2])
        if to is not None:
            Exporting(lambda: self._sink(to)).attach()

    def _sink(self, to: Route) -> Sink:
        from shared.adapters import open_telemetry

        if to.to == "azure_monitor":
            return open_telemetry.azure_monitor(self._environment[AZURE_MONITOR], with_logs=to.with_logs)
        return open_telemetry.otlp() if to.to == "otlp" else open_telemetry.of_the_worker()

    # Adapters -----------------------------------------------------------------------------------------------------

    @cached_property
    def credential(self) -> Any:
        """What azure-identity finds: managed identity, service principal, Azure CLI."""
        from azure.identity import DefaultAzureCredential

        client_id = self.settings.lake.client_id
        return DefaultAzureCredential(managed_identity_client_id=client_id or None)

    @cached_property
    def lake(self) -> Lake:
        """Blob storage."""
        from shared.adapters.blob_lake import BlobLake, blob_service

        return BlobLake(blob_service(self._reach(self.settings.lake, "blob")))

    @cached_property
    def tables(self) -> Tables:
        """Table storage."""
        from shared.adapters.table_store import TableStore, table_service

        return TableStore(table_service(self._reach(self.settings.ledger, "table")), self.settings.ledger_table)

    @cached_property
    def hints(self) -> Hints:
        """The hint queue."""
        from shared.adapters.queue_hints import QueueHints, queue_client

        return QueueHints(queue_client(self._reach(self.settings.host, "queue"), self.settings.hint_queue))

    @cached_property
    def jobs(self) -> Jobs:
        """The Databricks job."""
        from shared.adapters.databricks_jobs import DatabricksJobs, workspace_client

        settings = self.settings
        return DatabricksJobs(
            lambda: workspace_client(settings.databricks_host, settings.databricks_token, lambda: self.credential),
            settings.databricks_job_id,
        )

    @cached_property
    def customer_insights(self) -> CustomerInsights:
        """Customer Insights' refresh call."""
        from shared.adapters.customer_insights_api import CustomerInsightsApi, RefreshCall
        from shared.adapters.customer_insights_http import StaticToken

        settings = self.settings
        token = settings.customer_insights_token
        return CustomerInsightsApi(
            RefreshCall(
                root=settings.customer_insights_root,
                instance_id=settings.customer_insights_instance_id,
                data_source_id=settings.refreshing.data_source_id if settings.refreshing.scope == "data_source" else "",
                subscription_key=settings.customer_insights_subscription_key,
            ),
            StaticToken(token) if token else self.credential,
        )

    def _reach(self, connection: Connection, service: StorageService) -> str | tuple[str, Any]:
        if connection.connection_string:
            return connection.connection_string
        return connection.endpoint(service), self.credential
