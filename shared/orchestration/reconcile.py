"""One look at everything that goes on: what the timer does, and what every hint comes down to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.contracts.errors import ContractError
from shared.errors import PipelineError
from shared.landing.sweep import Sweep
from shared.landing.tails import ReportTails
from shared.ledger.ledger import Ledger
from shared.ledger.told.pipeline_steps import tell_waiting
from shared.orchestration.conclude import Conclude
from shared.orchestration.dispatch import Dispatch
from shared.orchestration.erasure.steps import ErasureSteps
from shared.orchestration.refresh import FollowRefresh
from shared.orchestration.reprocess_steps import ReprocessSteps
from shared.ports import Clock


@dataclass(frozen=True, kw_only=True)
class Reconcile:
    """Concludes the run, follows the refresh, takes files that wait, dispatches, does again, erases, reports tails."""

    ledger: Ledger
    conclude: Conclude
    follow_refresh: FollowRefresh
    sweep: Sweep
    dispatch: Dispatch
    reprocess: ReprocessSteps
    erasures: ErasureSteps
    report_tails: ReportTails
    clock: Clock
    containers: tuple[str, ...]

    def __call__(self) -> None:
        """Do what there is to do, each step even where another one failed; raises the last error after all had their turn.

        Costs a call for the pipeline and one for each container where nothing goes on, whatever happened before.
        """
        steps: list[Callable[[], object]] = []
        pipeline = self.ledger.pipeline().record
        if pipeline.active_batch:
            steps.append(self.conclude)
        if pipeline.active_refresh or pipeline.active_batch:
            steps.append(self.follow_refresh)
        backlog = self.ledger.backlog(self.containers)
        tell_waiting(pipeline, backlog, self.clock())
        if backlog.files:
            steps.append(lambda: self.sweep.again(backlog.files, backlog.tried))
        if backlog or pipeline.active_batch:
            steps.append(self.dispatch)
        if backlog.reprocess:
            steps.append(lambda: self.reprocess(backlog.reprocess))
        if backlog.erasures:
            steps.append(lambda: self.erasures(backlog.erasures))
        if due := self.report_tails.due(backlog.tails):
            steps.append(lambda: self.report_tails(due))
        failed: Exception | None = None
        for step in steps:
            try:
                step()
            except (PipelineError, ContractError) as error:
                failed = error
        if failed is not None:
            raise failed
