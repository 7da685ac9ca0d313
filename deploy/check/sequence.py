"""The check, step by step: each step with how long it took, and where it fails with what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from deploy.check import verdicts
from deploy.check.canary import ENTITY, LATE, MANIFEST, PATH, Journey, Patience, Seen, Stranded, gold_place, row_of
from deploy.check.facts import Deployed, Setting
from deploy.check.verdicts import Fault
from deploy.errors import DeploymentError

_CALLBACK = "/api/callback/databricks"
_LOOK_SECONDS = 1.0
_RUNS = 20  # batches that are looked through for the canary's

State = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the check, done."""

    name: str
    state: State
    seconds: float
    said: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of one environment. `seconds` is a monotonic clock, `now` the time of day, `pause` lets time pass."""

    deployed: Deployed
    name: str  # of this check; nothing else is called so
    credentials: Callable[[Mapping[str, Setting]], str]  # what the notification destination is given: a header's value
    patience: Patience
    seconds: Callable[[], float]
    now: Callable[[], datetime]
    pause: Callable[[float], None]

    def __call__(self, *, canary: bool) -> Iterator[Step]:
        """Yield the steps as they are done; the canary flies only where nothing that it needs is broken."""
        settings: dict[str, Setting] = {}
        broken = False
        for step in self._looks(settings):
            broken |= step.state == "failed" and step.name not in {"dead letters", "attention"}
            yield step
        if not canary:
            return
        if broken:
            yield Step(name="canary", state="skipped", seconds=0, said="it would fail for what is told above")
            return
        *_, finance = verdicts.landing_of(settings)
        yield from self._fly(finance)

    def _looks(self, settings: dict[str, Setting]) -> Iterator[Step]:
        see = self.deployed

        def look_at_settings() -> Iterable[Fault]:
            settings.update(see.settings())
            return verdicts.setting_faults(settings)

        def look_at_job() -> Iterable[Fault]:
            job_id = settings["DATABRICKS_JOB_ID"].value.strip() if "DATABRICKS_JOB_ID" in settings else ""
            return verdicts.job_faults(job_id, see.job(job_id) if job_id.isdigit() else None)

        def post_callback() -> Iterable[Fault]:
            header = {"Authorization": self.credentials(settings)}
            return verdicts.callback_faults(see.ask("POST", _CALLBACK, headers=header))

        yield self._step("settings", look_at_settings)
        landing = verdicts.landing_of(settings)
        yield self._step("ready", lambda: verdicts.ready_faults(see.ask("GET", "/api/ready")))
        yield self._step("rights", lambda: verdicts.right_faults(landing, see.rights()))
        yield self._step("subscriptions", lambda: verdicts.subscription_faults(landing, see.subscriptions()))
        yield self._step("job", look_at_job)
        yield self._step("callback", post_callback)
        yield self._step("dead letters", lambda: verdicts.dead_letter_faults(see.dead_letters()))
        yield self._step("attention", lambda: verdicts.attention_faults(see.ask("GET", "/api/status")))

    def _step(self, name: str, look: Callable[[], Iterable[Fault]]) -> Step:
        started = self.seconds()
        try:
            faults = tuple(look())
        except DeploymentError as error:
            faults = (Fault(what=str(error), remedy=""),)
        return Step(name=name, state="failed" if faults else "ok", seconds=self.seconds() - started, faults=faults)

    def _fly(self, container: str) -> Iterator[Step]:
        since = self.now()
        try:
            before = frozenset(one["batch_id"] for one in self._get(f"/api/runs?limit={_RUNS}")["runs"])
            started = self.seconds()
            self.deployed.land(container, PATH, row_of(self.name, since))
            yield Step(name="canary: landing", state="ok", seconds=self.seconds() - started, said=f"{container}/{PATH}")
            journey = Journey(landed_in=container, before=before, since=since.replace(microsecond=0))
            for name in LATE:
                step = self._wait(name, journey)
                yield step
                if step.state == "failed" and name != "callback":  # the timer is there for one that is lost
                    break
        except DeploymentError as error:
            yield Step(name="canary", state="failed", seconds=0, faults=(Fault(what=str(error), remedy=""),))
        finally:
            self.deployed.remove(container, PATH)
        yield Step(
            name="canary: cleaned up",
            state="ok",
            seconds=0,
            said=f"{container}/{PATH} is gone; the next check replaces its row",
        )

    def _wait(self, name: str, journey: Journey) -> Step:
        started, limit = self.seconds(), float(getattr(self.patience, name))
        while True:
            try:
                said = getattr(journey, name)(self._see(journey))
                if said is not None and name == "gold":
                    said = self._found_in_gold(str(said))
            except Stranded as stranded:
                return self._canary(name, started, faults=(stranded.fault,))
            if said is not None:
                return self._canary(name, started, said=said)
            if self.seconds() - started > limit:
                return self._canary(name, started, faults=(LATE[name],))
            self.pause(_LOOK_SECONDS)

    def _canary(self, name: str, started: float, *, said: str = "", faults: tuple[Fault, ...] = ()) -> Step:
        state: State = "failed" if faults else "ok"
        return Step(name=f"canary: {name}", state=state, seconds=self.seconds() - started, said=said, faults=faults)

    def _see(self, journey: Journey) -> Seen:
        listed = self._get(f"/api/files?container={journey.landed_in}&prefix={PATH}&limit=1")["files"]
        runs = self._get(f"/api/runs?limit={_RUNS}")["runs"]
        batch = journey.batch_of(runs)
        detail = self._get(f"/api/runs/{batch['batch_id']}") if batch else None
        return Seen(file=listed[0] if listed else None, runs=runs, detail=detail, status=self._get("/api/status"))

    def _found_in_gold(self, publication: str) -> str | None:
        """Look for the row: a parquet file holds a text that it has once as it is, in its statistics if nowhere else."""
        manifest = self.deployed.read("gold", MANIFEST)
        place = gold_place(json.loads(manifest)) if manifest else None
        if place == "":
            return publication  # whole folders, whose files no manifest names
        data = self.deployed.read("gold", place) if place else None
        if data is None:
            return None
        if self.name.encode() not in data:
            raise Stranded(
                f"Gold's table {ENTITY} does not hold the row of this check.",
                "Another check ran at the same time: check again.",
            )
        return publication

    def _get(self, path: str) -> Any:
        status, document = self.deployed.ask("GET", path)
        if status != 200:
            detail = document.get("detail") if isinstance(document, Mapping) else ""
            raise DeploymentError(f"GET {path.partition('?')[0]} answered {status}: {detail or 'it says nothing'}.")
        return document


def name_of(at: datetime, salt: str) -> str:
    """Name a check: no number or date could be read into it, so that the column stays a text."""
    return f"check-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{salt}"
