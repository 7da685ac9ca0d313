"""The demo: lands the sample in two waves, shows what becomes of it, and counts everything again at the end.

An outside client: it writes into landing, asks the public API how things stand, and reads the lake.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient, BlobType
from rich.console import Console
from rich.live import Live

from local.demo.check import Observed, only_new_bytes, problems
from local.demo.steps import Baseline, Documents, Goal, Step, awaited, failure, newest_batch, run_seconds, steps
from local.demo.tables import landed_table, layers_table, line, preview_table, progress_table, rejects_table, steps_table
from local.errors import LocalStackError
from local.lake.view import GoldUnreadableError, bronze_parts, gold, outcome, preview, publication, rejects
from local.sample.waves import DATAVERSE, FINANCE, Landing, Wave, make_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from local.lake.view import Preview

LIMIT_SECONDS: Final = 300.0  # for everything, Spark's first start on a slow machine included
POLL_SECONDS: Final = 0.5
DUPLICATES: Final = 150  # customers who are there twice, so that unification has something to find
_NAMES: Final = ("First wave: initial load", "Second wave: changes, appended")


class DemoError(LocalStackError):
    """The demo cannot go on; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A wave that went through."""

    wave: Wave
    steps: tuple[Step, ...]
    seconds: dict[str, float]  # since the wave began to land, by step
    batch: dict[str, Any]
    outcome: dict[str, Any]
    observed: Observed = field(repr=False)
    preview: Preview | None = field(repr=False)


class Demo:
    """One demo against a running stack. `seconds` is a monotonic clock, `pause` lets time pass."""

    def __init__(
        self,
        *,
        base_url: str,
        service: BlobServiceClient,
        console: Console,
        before_last: Callable[[], None],
        report: Path | None,
        limit: float,
        seconds: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:
        self._before_last, self._report = before_last, report
        self._base_url, self._service, self._console = base_url, service, console
        self._limit, self._seconds, self._pause = limit, seconds, pause
        self._deadline = seconds() + limit
        self._sizes: dict[str, int] = {}  # bytes of each landed file

    def __call__(self) -> list[str]:
        """Show both waves and return what does not add up."""
        if any(next(iter(self._service.get_container_client(name).list_blobs()), None) for name in (DATAVERSE, FINANCE)):
            raise DemoError("Landing is not empty, so nothing could be counted: stop the stack and run `make demo`.")
        shown: list[Shown] = []
        wrong: list[str] = []
        for name, wave in zip(_NAMES, make_sample(duplicates=DUPLICATES), strict=True):
            before = {part.path for part in shown[-1].observed.parts} if shown else set()
            sizes = dict(self._sizes)
            if name == _NAMES[-1]:
                self._before_last()
            shown.append(self._show(name, wave))
            added = [part for part in shown[-1].observed.parts if part.path not in before]
            found = [*problems(wave.expected, shown[-1].observed), *only_new_bytes(wave.landings, sizes, added)]
            wrong += [f"{name}: {problem}" for problem in found]
        self._summary(shown)
        return wrong

    def _show(self, name: str, wave: Wave) -> Shown:
        self._console.print(f"\n[bold]{name}[/bold]")
        documents = self._documents()
        before = Baseline(batches=frozenset(run["batch_id"] for run in documents.runs), records=documents.records)
        started = self._seconds()
        land(self._service, wave.landings)
        for landing in wave.landings:
            self._sizes[landing.file] = self._sizes.get(landing.file, 0) + len(landing.data)
        goal = Goal(
            files=len(wave.landings),
            size=sum(len(landing.data) for landing in wave.landings),
            records=sum(wave.expected.records.values()) - before.records,
        )
        followed, seconds = self._follow(goal, before, started)
        batches = [batch for batch in self._documents().runs if batch["batch_id"] not in before.batches]
        if len(batches) != 1:
            raise DemoError(f"{name}: one run was expected for all that landed, and there were {len(batches)}.")
        previewed = preview(self._service)
        observed = Observed(
            parts=bronze_parts(self._service),
            rejects=rejects(self._service),
            gold=gold(self._service, "customer"),
            profiles=previewed.profiles if previewed is not None else None,
        )
        if publication(self._service) != batches[0]["publication"]:
            raise DemoError(f"{name}: the manifest of gold does not show publication {batches[0]['publication']}.")
        done = outcome(self._service, batches[0]["batch_id"])
        return Shown(
            wave=wave, steps=followed, seconds=seconds, batch=batches[0], outcome=done, observed=observed, preview=previewed
        )

    def _follow(self, goal: Goal, before: Baseline, started: float) -> tuple[tuple[Step, ...], dict[str, float]]:
        """Show the steps until the pipeline is idle; raises DemoError where it cannot become so, or not in time."""
        seconds: dict[str, float] = {}
        lively = self._console.is_terminal
        now = None
        with Live(console=self._console, auto_refresh=lively, transient=False) if lively else _Lines(self._console) as view:
            while True:
                now = self._documents(now)
                found = steps(goal, before, now)
                for step in found:
                    if step.state == "done":
                        seconds.setdefault(step.name, self._seconds() - started)
                if isinstance(view, Live):
                    view.update(progress_table(found, seconds, self._seconds() - started))
                else:
                    view.update(found, seconds)
                if (failed := failure(found)) is not None:
                    raise DemoError(f"{failed.name} failed: {failed.detail}.")
                if now.status["idle"] and newest_batch(before, now) is not None:
                    return found, seconds
                if self._seconds() > self._deadline:
                    raise DemoError(f"Not done after {self._limit:.0f} s: waited for {awaited(found)}.")
                self._pause(POLL_SECONDS)

    def _documents(self, before: Documents | None = None) -> Documents:
        """Ask the API; while a run goes on that `before` tells of, for the runs alone.

        A run wants every core, and to say how everything stands takes a dozen calls of storage, to list the runs one.
        """
        if before is not None and before.is_running:
            now = replace(before, runs=self._runs())
            if now.is_running:
                return now
        return Documents(status=self._ask("status"), runs=self._runs())

    def _runs(self) -> tuple[dict[str, Any], ...]:
        return tuple(self._ask("runs")["runs"])

    def _ask(self, name: str) -> Any:
        """Ask for one document, for as long as the time limit lets us."""
        while True:
            try:
                return _json(f"{self._base_url}/api/{name}")
            except (urllib.error.URLError, OSError) as error:
                if self._seconds() > self._deadline:
                    raise DemoError(f"Not done after {self._limit:.0f} s: the API does not answer ({error}).") from error
                self._pause(POLL_SECONDS)

    def _summary(self, shown: list[Shown]) -> None:
        last = shown[-1]
        self._console.print()
        self._console.print(landed_table(last.wave.expected, last.observed, self._sizes))
        self._console.print(layers_table([(wave.wave.expected, wave.observed, wave.outcome) for wave in shown]))
        self._console.print(rejects_table(last.observed.rejects))
        if last.preview is not None:
            self._console.print(preview_table(last.preview, last.wave.expected))
        runs = [run_seconds(wave.batch, wave.outcome) for wave in shown]
        self._console.print(steps_table([wave.seconds for wave in shown], runs))
        if last.preview is not None and self._report is not None:
            self._report.write_text(last.preview.page, encoding="utf-8")
            self._console.print(f"Customer Insights, previewed, as a page: {self._report}", soft_wrap=True)
        self._console.print("Where to look, with `make up`:")
        urls = [(f"run of wave {number}", wave.batch["run_url"]) for number, wave in enumerate(shown, 1)]
        api = [(name, f"{self._base_url}/api/{name}") for name in ("status", "runs", "files")]
        for name, place in (*api, *urls, ("gold", f"{self._service.url.rstrip('/')}/gold/default.manifest.cdm.json")):
            self._console.print(f"  {name:<14}{place}")


class _Lines:
    """Tells each step once, in plain lines, where nobody looks at a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: set[str] = set()

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, found: Iterable[Step], seconds: dict[str, float]) -> None:
        """Print the steps that are done and were not told of."""
        for step in found:
            if step.state in {"done", "failed"} and step.name not in self._told:
                self._told.add(step.name)
                self._console.print(line(step, seconds.get(step.name)), highlight=False)


def land(service: BlobServiceClient, landings: Iterable[Landing]) -> None:
    """Write into landing; a growing file is an append blob, so that its earlier bytes are not written again."""
    for landing in landings:
        blob = service.get_blob_client(landing.container, landing.path)
        grows = landing.container == DATAVERSE
        if grows:
            blob.upload_blob(landing.data, blob_type=BlobType.APPENDBLOB, overwrite=not landing.appends)
        else:
            blob.upload_blob(landing.data, overwrite=True)


def run_demo(
    *,
    base_url: str,
    connection_string: str,
    before_last: Callable[[], None] = lambda: None,
    report: Path | None = None,
    limit: float = LIMIT_SECONDS,
    console: Console | None = None,
    seconds: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Show the chain; 0 if everything adds up, else 1 after saying what does not.

    `limit` is in seconds and for the whole demo. `before_last` is called before the second wave lands, to switch on the preview
    of Customer Insights; `report` is where its page is put. What is no terminal is given plain lines.
    """
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=160, color_system=None)  # a log has no width of its own
    began = seconds()
    with BlobServiceClient.from_connection_string(connection_string) as service:
        demo = Demo(
            base_url=base_url.rstrip("/"),
            service=service,
            console=console,
            before_last=before_last,
            report=report,
            limit=limit,
            seconds=seconds,
            pause=pause,
        )
        try:
            wrong = demo()
        except (DemoError, GoldUnreadableError) as error:
            wrong = [str(error)]
        except AzureError as error:
            wrong = [f"Storage does not answer as it should ({type(error).__name__}): is the stack up?"]
    for problem in wrong:
        console.print(f"[red]Wrong:[/red] {problem}")
    if wrong:
        console.print(f"The demo failed after {seconds() - began:.0f} s.")
        return 1
    console.print(f"[green]Everything adds up[/green], in {seconds() - began:.0f} s: nothing lost, nothing counted twice.")
    return 0


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - the stack's own address
        return json.load(answer)
