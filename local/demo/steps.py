"""What the demo shows while a wave goes through: the API's documents read as the steps of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

State = Literal["waits", "active", "done", "failed"]
RUN: Final = "Databricks run"


@dataclass(frozen=True, kw_only=True)
class Documents:
    """What the public API answers at one moment."""

    status: dict[str, Any]  # GET /api/status
    runs: tuple[dict[str, Any], ...] = ()  # GET /api/runs, newest first

    @property
    def is_running(self) -> bool:
        """Whether the workspace has a run in hand: all that changes meanwhile stands in `runs`."""
        return any(run["state"] in {"submitted", "running"} for run in self.runs)

    @property
    def records(self) -> int:
        """Records that ingest has read, in all."""
        return int(self.status["files"]["records"])


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Where the pipeline stood before the wave landed."""

    batches: frozenset[str] = frozenset()
    records: int = 0


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What landed."""

    files: int
    size: int  # bytes
    records: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """One link of the chain."""

    name: str
    state: State
    detail: str


def steps(goal: Goal, before: Baseline, now: Documents) -> tuple[Step, ...]:
    """Tell where a wave stands, link by link."""
    batch = newest_batch(before, now)
    return (
        Step(name="landing", state="done", detail=f"{goal.files} files, {goal.size:,} bytes, {goal.records:,} records"),
        _bronze(goal, before, now),
        _batch(batch),
        _run(batch),
        _verdict(batch),
        _publication(batch, now.status),
        _refresh(batch, now.status),
    )


def run_seconds(batch: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, float]:
    """Return what the seconds of a run went into: its tasks as they tell it, and what is left."""
    submitted, ended = (datetime.fromisoformat(batch[at]) for at in ("submitted_at", "ended_at"))
    told = {name: float(outcome["seconds"][name]) for name in ("silver", "gold")}
    return {**told, "Spark's start; preview": max(0.0, (ended - submitted).total_seconds() - sum(told.values()))}


def newest_batch(before: Baseline, now: Documents) -> dict[str, Any] | None:
    """Return the newest batch that was not there before the wave; None until it is dispatched."""
    return next((batch for batch in now.runs if batch["batch_id"] not in before.batches), None)


def failure(found: Sequence[Step]) -> Step | None:
    """Return the step at which the wave cannot go on by itself."""
    return next((step for step in found if step.state == "failed"), None)


def awaited(found: Sequence[Step]) -> str:
    """Return what is not done yet, for the sentence that says what was waited for in vain."""
    step = next((step for step in found if step.state != "done"), None)
    return f"{step.name} ({step.detail})" if step else "the pipeline to say that it is idle"


def _bronze(goal: Goal, before: Baseline, now: Documents) -> Step:
    read = now.records - before.records
    waiting = int(now.status["files"]["waiting"])
    detail = f"{read:,} of {goal.records:,} records read"
    done = read >= goal.records and not waiting
    return Step(name="bronze", state="done" if done else "active", detail=detail if done else f"{detail}, {waiting} files wait")


def _batch(batch: dict[str, Any] | None) -> Step:
    if batch is None:
        return Step(name="batch", state="waits", detail="until landing is quiet")
    state: State = "active" if batch["state"] == "open" else "done"
    return Step(name="batch", state=state, detail=f"{batch['batch_id']}: {batch['parts']} parts, {batch['rows']:,} rows")


def _run(batch: dict[str, Any] | None) -> Step:
    if batch is None or not batch["run_id"]:
        return Step(name=RUN, state="waits", detail="")
    ended = batch["state"] == "succeeded"
    detail = f"run {batch['run_id']}, attempt {batch['attempt']}"
    if batch["state"] == "parked":
        return Step(name=RUN, state="failed", detail=f"{detail}: {batch['cause']}")
    return Step(name=RUN, state="done" if ended else "active", detail=detail if ended else f"{detail}: running")


def _verdict(batch: dict[str, Any] | None) -> Step:
    if batch is None or batch["state"] != "succeeded":
        return Step(name="webhook, counts verified", state="waits", detail="")
    ended, recorded = (datetime.fromisoformat(batch[at]) for at in ("ended_at", "recorded_at"))
    detail = f"known {max(0.0, (recorded - ended).total_seconds()):.1f} s after the run's end"
    return Step(name="webhook, counts verified", state="done", detail=detail)


def _publication(batch: dict[str, Any] | None, status: dict[str, Any]) -> Step:
    published = status["publication"]
    if batch is None or not published or published["batch_id"] != batch["batch_id"]:
        return Step(name="publication", state="waits", detail="")
    return Step(name="publication", state="done", detail=published["id"])


def _refresh(batch: dict[str, Any] | None, status: dict[str, Any]) -> Step:
    refresh = status["refresh"]
    name = "Customer Insights refresh"
    if batch is None or not refresh or not batch["publication"] or refresh["publication"] != batch["publication"]:
        return Step(name=name, state="waits", detail="")
    states: dict[str, State] = {"successful": "done", "failed": "failed", "skipped": "failed", "disabled": "failed"}
    job = f"job {refresh['job_id']}: " if refresh["job_id"] else ""
    why = f", {refresh['detail']}" if refresh["detail"] not in {"", refresh["state"]} else ""
    return Step(name=name, state=states.get(refresh["state"], "active"), detail=f"{job}{refresh['state']}{why}")
