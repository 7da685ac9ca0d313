"""What the emulator remembers: runs and idempotency tokens, kept in one file that survives a restart."""

from __future__ import annotations

import json
import threading
import uuid
from typing import TYPE_CHECKING

from local.jobs_emulator.running.runs import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST_RUN_ID = 1001


class Runs:
    """The runs of one workspace; every change is on disk before it is seen."""

    def __init__(self, file: Path) -> None:
        self.lock = threading.RLock()  # handlers hold it over look-then-add
        self._file = file
        self._runs: dict[int, Run] = {}
        self._tokens: dict[str, int] = {}
        self._next = FIRST_RUN_ID
        if file.exists():
            kept = json.loads(file.read_text(encoding="utf-8"))
            self._runs = {record["run_id"]: Run.parse(record) for record in kept["runs"]}
            self._tokens, self._next = kept["tokens"], kept["next"]

    def new_id(self) -> int:
        """Draw an id that no run, task run or repair has."""
        with self.lock:
            self._next += 1
            return self._next - 1

    def put(self, run: Run) -> Run:
        """Keep a run, new or changed."""
        with self.lock:
            self._runs[run.run_id] = run
            if run.token:
                self._tokens[run.token] = run.run_id
            self._save()
            return run

    def change(self, run_id: int, change: Callable[[Run], Run]) -> Run:
        """Replace a run by what `change` makes of it."""
        with self.lock:
            return self.put(change(self._runs[run_id]))

    def get(self, run_id: int) -> Run | None:
        """Return the run, or None."""
        with self.lock:
            return self._runs.get(run_id)

    def of_task(self, run_id: int) -> Run | None:
        """Return the run that has this task run."""
        with self.lock:
            return next((run for run in self._runs.values() if run_id in {task.run_id for task in run.tasks}), None)

    def of_token(self, token: str) -> int | None:
        """Return the run id this idempotency token started, even if that run was deleted since."""
        with self.lock:
            return self._tokens.get(token)

    def all(self) -> list[Run]:
        """Return all runs, newest first."""
        with self.lock:
            return sorted(self._runs.values(), key=lambda run: -run.run_id)

    def delete(self, run_id: int) -> None:
        """Forget a run; its token is remembered."""
        with self.lock:
            del self._runs[run_id]
            self._save()

    def _save(self) -> None:
        document = {"next": self._next, "tokens": self._tokens, "runs": [run.record() for run in self._runs.values()]}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(f".{uuid.uuid4().hex}")  # its own: one that is stopped may still write
        draft.write_text(json.dumps(document), encoding="utf-8")
        draft.replace(self._file)
