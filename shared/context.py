"""The one place where ports meet adapters: every collaborator is made on first use, and a test may replace any of them.

Importing this module, and so the function app, makes no client and no call.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.api.attention import Attention
from shared.api.files import Files
from shared.api.runs import Runs
from shared.api.status import Status
from shared.config.settings import Connection, Settings, StorageService, read_settings
from shared.config.tables import Configuration, open_configuration
from shared.landing.bronze import Bronze
from shared.landing.column_sources import ColumnSources
from shared.landing.event import Landing
from shared.landing.ingest import Ingest
from shared.landing.labels import LabelKeeping
from shared.landing.poison import Poison
from shared.landing.repeats import Repeats
from shared.landing.sweep import Sweep
from shared.landing.tails import ReportTails
from shared.landing.unsettled import Survey
from shared.ledger.identities import Identities
from shared.ledger.ledger import Ledger
from shared.orchestration.callback import Callback, workspace_id_of
from shared.orchestration.conclude import Conclude
from shared.orchestration.dispatch import Dispatch
from shared.orchestration.hints import SparseHints
from shared.orchestration.manifests import Listing
from shared.orchestration.reconcile import Reconcile
from shared.orchestration.refresh import FollowRefresh
from shared.orchestration.reprocess import Reprocess
from shared.orchestration.reprocess_steps import ReprocessSteps

if TYPE_CHECKING:
    from shared.ports import Clock, CustomerInsights, Hints, Jobs, Lake, Tables

_ROOT = Path(__file__).resolve().parent.parent  # where host.json lies


class Context:
    """Builds the use cases over the adapters that the settings name."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment

    def replace(self, **collaborators: Any) -> Context:
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
        from shared.adapters.customer_insights_api import CustomerInsightsApi, RefreshCall, StaticToken

        settings = self.settings
        token = settings.customer_insights_token
        return CustomerInsightsApi(
            RefreshCall(
                root=settings.customer_insights_root,
                instance_id=settings.customer_insights_instance_id,
                data_source_id=settings.customer_insights_data_source_id,
                subscription_key=settings.customer_insights_subscription_key,
            ),
            StaticToken(token) if token else self.credential,
        )

    # Use cases ----------------------------------------------------------------------------------------------------

    @cached_property
    def ledger(self) -> Ledger:
        """The record of everything."""
        return Ledger(self.tables)

    @cached_property
    def bronze(self) -> Bronze:
        """The bronze container."""
        return Bronze(self.lake, self.clock)

    @cached_property
    def labels(self) -> LabelKeeping:
        """The labels of choices and states."""
        return LabelKeeping(lake=self.lake, ledger=self.ledger, clock=self.clock)

    @cached_property
    def identities(self) -> Identities:
        """Which table each entity is."""
        return Identities(lake=self.lake, configuration=self.configuration)

    @cached_property
    def ingest(self) -> Ingest:
        """Landed bytes to bronze."""
        return Ingest(
            lake=self.lake,
            ledger=self.ledger,
            bronze=self.bronze,
            labels=self.labels,
            repeats=Repeats(lake=self.lake, ledger=self.ledger),
            column_sources=ColumnSources(self.lake, self.clock, model_wait=self.settings.model_wait),
            clock=self.clock,
            configuration=self.configuration,
            identities=self.identities,
            finance_container=self.settings.finance_container,
            slice_bytes=self.settings.slice_bytes,
        )

    @cached_property
    def hinting(self) -> SparseHints:
        """The hint queue, without a flood."""
        return SparseHints(self.hints, self.clock)

    @cached_property
    def landing(self) -> Landing:
        """What a landing event causes."""
        settings = self.settings
        return Landing(
            ingest=self.ingest, hints=self.hinting, containers=settings.landing_containers, quiet=settings.dispatching.quiet
        )

    @cached_property
    def survey(self) -> Survey:
        """The landed files, and what this process knows to be settled."""
        return Survey(self.lake, self.ledger, self.settings.landing_containers)

    @cached_property
    def sweep(self) -> Sweep:
        """What events missed."""
        return Sweep(
            survey=self.survey,
            lake=self.lake,
            ledger=self.ledger,
            ingest=self.ingest,
            poison=self.poison,
            clock=self.clock,
            containers=self.settings.landing_containers,
        )

    @cached_property
    def poison(self) -> Poison:
        """What the Functions host gave up on."""
        return Poison(lake=self.lake, ledger=self.ledger, clock=self.clock, containers=self.settings.landing_containers)

    @cached_property
    def reconcile(self) -> Reconcile:
        """One look at everything that goes on."""
        settings, containers = self.settings, self.settings.landing_containers
        return Reconcile(
            ledger=self.ledger,
            conclude=Conclude(
                lake=self.lake,
                ledger=self.ledger,
                jobs=self.jobs,
                clock=self.clock,
                settings=settings.dispatching,
                refresh_enabled=bool(settings.customer_insights_root),
            ),
            follow_refresh=FollowRefresh(ledger=self.ledger, customer_insights=self.customer_insights, clock=self.clock),
            sweep=self.sweep,
            dispatch=Dispatch(
                ledger=self.ledger,
                listing=Listing(
                    lake=self.lake,
                    ledger=self.ledger,
                    bronze=self.bronze,
                    labels=self.labels,
                    identities=self.identities,
                    containers=containers,
                ),
                containers=containers,
                jobs=self.jobs,
                hints=self.hinting,
                clock=self.clock,
                settings=settings.dispatching,
                lake_for_spark=settings.lake_for_spark,
            ),
            reprocess=ReprocessSteps(
                ledger=self.ledger, ingest=self.ingest, hints=self.hinting, clock=self.clock, containers=containers
            ),
            report_tails=ReportTails(lake=self.lake, ledger=self.ledger, clock=self.clock, wait=settings.tail_wait),
            containers=containers,
        )

    @cached_property
    def callback(self) -> Callback:
        """The webhook."""
        host = workspace_id_of(self.settings.databricks_host)
        return Callback(ledger=self.ledger, hints=self.hinting, workspace_id=host)

    @cached_property
    def reprocess(self) -> Reprocess:
        """Doing things again."""
        new_id, containers = lambda: uuid.uuid4().hex[:16], self.settings.landing_containers
        return Reprocess(ledger=self.ledger, hints=self.hinting, clock=self.clock, new_id=new_id, containers=containers)

    @cached_property
    def status(self) -> Status:
        """What is going on."""
        containers = self.settings.landing_containers
        attention = Attention(ledger=self.ledger, containers=containers)
        return Status(ledger=self.ledger, survey=self.survey, attention=attention, check=self.check, containers=containers)

    @cached_property
    def runs(self) -> Runs:
        """Batches and their runs."""
        return Runs(lake=self.lake, ledger=self.ledger, hints=self.hinting, clock=self.clock)

    @cached_property
    def files(self) -> Files:
        """Landed files and rejects."""
        return Files(ledger=self.ledger, containers=self.settings.landing_containers)

    def _reach(self, connection: Connection, service: StorageService) -> str | tuple[str, Any]:
        if connection.connection_string:
            return connection.connection_string
        return connection.endpoint(service), self.credential


context = Context()
"""The app's context; tests make their own."""
