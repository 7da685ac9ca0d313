"""Every use case, built over the adapters on first use."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import cached_property

from shared.api.attention import Attention
from shared.api.data_sets import DataSets
from shared.api.details.rejected_records import RejectedRecords
from shared.api.details.silver_table import SilverTables
from shared.api.details.story import Stories
from shared.api.files import Files
from shared.api.overview.overview import Overview
from shared.api.overview.rebuild import Rebuild
from shared.api.runs import Runs
from shared.api.status import Status
from shared.context.outside import Outside
from shared.landing.bronze import Bronze
from shared.landing.column_sources import ColumnSources
from shared.landing.dataverse_files import DataverseFiles
from shared.landing.event import Landing
from shared.landing.finance.finance_files import FinanceFiles
from shared.landing.finance.repeats import Repeats
from shared.landing.ingest import Ingest
from shared.landing.labels import LabelKeeping
from shared.landing.poison import Poison
from shared.landing.sweep import Sweep
from shared.landing.tails import ReportTails
from shared.landing.unsettled import Survey
from shared.ledger.contract_keeping import ContractKeeping
from shared.ledger.identities import Identities
from shared.ledger.ledger import Ledger
from shared.ledger.silver_types import SilverTypes
from shared.orchestration.callback import Callback, workspace_id_of
from shared.orchestration.conclude import Conclude
from shared.orchestration.dispatch import Dispatch
from shared.orchestration.erasure.request import Erase
from shared.orchestration.erasure.steps import ErasureSteps
from shared.orchestration.hints import SparseHints
from shared.orchestration.listing import Listing
from shared.orchestration.reconcile import Reconcile
from shared.orchestration.refresh import FollowRefresh
from shared.orchestration.reprocess import Reprocess
from shared.orchestration.reprocess_steps import ReprocessSteps


class Context(Outside):
    """Builds the use cases."""

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
    def contract_keeping(self) -> ContractKeeping:
        """How the files of each finance data set are read."""
        return ContractKeeping(lake=self.lake)

    @cached_property
    def ingest(self) -> Ingest:
        """Landed bytes to bronze."""
        return Ingest(
            lake=self.lake,
            ledger=self.ledger,
            bronze=self.bronze,
            labels=self.labels,
            dataverse_files=DataverseFiles(
                lake=self.lake,
                bronze=self.bronze,
                column_sources=ColumnSources(self.lake, self.clock, model_wait=self.settings.model_wait),
                slice_bytes=self.settings.slice_bytes,
                limits=self.configuration.limits.of_records(),
            ),
            finance_files=FinanceFiles(
                repeats=Repeats(lake=self.lake, ledger=self.ledger),
                contract_keeping=self.contract_keeping,
                configuration=self.configuration,
                clock=self.clock,
                quiet=self.settings.write_quiet,
                slice_bytes=self.settings.slice_bytes,
            ),
            clock=self.clock,
            configuration=self.configuration,
            identities=self.identities,
            finance_container=self.settings.finance_container,
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
            ingest=self.ingest,
            hints=self.hinting,
            containers=settings.landing_containers,
            quiet=settings.dispatching.quiet,
            write_quiet=settings.write_quiet,
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
                refresh_enabled=settings.refreshing.scope != "off",
            ),
            follow_refresh=FollowRefresh(
                ledger=self.ledger,
                customer_insights=self.customer_insights,
                clock=self.clock,
                settings=settings.refreshing,
            ),
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
            erasures=self.erasure_steps,
            report_tails=ReportTails(lake=self.lake, ledger=self.ledger, clock=self.clock, wait=settings.tail_wait),
            clock=self.clock,
            containers=containers,
        )

    @cached_property
    def callback(self) -> Callback:
        """The webhook."""
        host = workspace_id_of(self.settings.databricks_host)
        return Callback(ledger=self.ledger, hints=self.hinting, clock=self.clock, workspace_id=host)

    @cached_property
    def reprocess(self) -> Reprocess:
        """Doing things again."""
        new_id, containers = lambda: uuid.uuid4().hex[:16], self.settings.landing_containers
        return Reprocess(ledger=self.ledger, hints=self.hinting, clock=self.clock, new_id=new_id, containers=containers)

    @cached_property
    def erase(self) -> Erase:
        """Erasing."""
        return Erase(
            lake=self.lake,
            ledger=self.ledger,
            identities=self.identities,
            hints=self.hints,
            clock=self.clock,
            new_id=lambda: uuid.uuid4().hex[:16],
        )

    @cached_property
    def erasure_steps(self) -> ErasureSteps:
        """Carrying erasures on."""
        kept = max(self.configuration.silver.retention_days, self.configuration.gold.grace_days)
        return ErasureSteps(
            lake=self.lake,
            ledger=self.ledger,
            survey=self.survey,
            hints=self.hinting,
            clock=self.clock,
            containers=self.settings.landing_containers,
            kept_for=timedelta(days=kept, hours=1),
        )

    @cached_property
    def attention(self) -> Attention:
        """What waits for a person."""
        return Attention(ledger=self.ledger, containers=self.settings.landing_containers)

    @cached_property
    def status(self) -> Status:
        """What is going on."""
        ledger, survey, containers = self.ledger, self.survey, self.settings.landing_containers
        return Status(ledger=ledger, survey=survey, attention=self.attention, check=self.check, containers=containers)

    @cached_property
    def overview(self) -> Overview:
        """What the dashboard polls."""
        return Overview(
            ledger=self.ledger, attention=self.attention, configuration=lambda: self.configuration, clock=self.clock
        )

    @cached_property
    def rebuild(self) -> Rebuild:
        """What counts all that the dashboard shows again."""
        containers = self.settings.landing_containers
        return Rebuild(ledger=self.ledger, lake=self.lake, clock=self.clock, containers=containers)

    @cached_property
    def runs(self) -> Runs:
        """Batches and their runs."""
        return Runs(lake=self.lake, ledger=self.ledger, hints=self.hinting, clock=self.clock)

    @cached_property
    def data_sets(self) -> DataSets:
        """How finance data sets are read."""
        return DataSets(
            lake=self.lake,
            ledger=self.ledger,
            keeping=self.contract_keeping,
            identities=self.identities,
            silver_types=SilverTypes(lake=self.lake),
            configuration=self.configuration,
            container=self.settings.finance_container,
        )

    @cached_property
    def silver_table(self) -> SilverTables:
        """What a table of silver is made of."""
        return SilverTables(
            lake=self.lake,
            ledger=self.ledger,
            identities=self.identities,
            silver_types=SilverTypes(lake=self.lake),
            configuration=self.configuration,
        )

    @cached_property
    def story(self) -> Stories:
        """One landed file in full."""
        return Stories(ledger=self.ledger, containers=self.settings.landing_containers)

    @cached_property
    def rejected(self) -> RejectedRecords:
        """The rejected records of a part."""
        return RejectedRecords(lake=self.lake, ledger=self.ledger, containers=self.settings.landing_containers)

    @cached_property
    def files(self) -> Files:
        """Landed files and rejects."""
        return Files(ledger=self.ledger, containers=self.settings.landing_containers)
