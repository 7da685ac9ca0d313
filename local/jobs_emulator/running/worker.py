"""The task runner of the local stack: one long-lived process with a warm Spark, started again when it dies."""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import TYPE_CHECKING

from local.jobs_emulator.running.execution import TaskResult
from local.jobs_emulator.running.runs import DRIVER_LOST, SUCCESS, WORKLOAD_FAILED
from local.stack.child import Child, start_module

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

POLL_SECONDS = 0.02


class SparkWorker:
    """Hands entry points to `local.spark_worker`, one at a time, and waits for the file in which each answers.

    A process of its own, because a job may take it down (memory, `os._exit`, a JVM that dies): that is a failed run,
    not the end of the workspace.
    """

    def __init__(self, *, root: Path, folder: Path, arguments: list[str], env: Mapping[str, str] | None = None) -> None:
        self._root, self._folder, self._arguments, self._env = root, folder, arguments, env
        self._lock = threading.Lock()
        self._child: Child | None = None

    def start(self) -> None:
        """Begin to warm up."""
        with self._lock:
            self._living()

    def stop(self) -> None:
        """End the process, and its JVM with it."""
        with self._lock:
            if self._child is not None:
                self._child.stop()
                self._child = None

    def interrupt(self) -> None:
        """End what runs now."""
        child = self._child
        if child is not None:
            child.kill()

    def run(self, *, package: str, entry_point: str, argv: list[str], log: Path) -> TaskResult:
        """Run one entry point of the installed wheel."""
        answer = self._folder / f"answer-{uuid.uuid4().hex}.json"
        order = {"package": package, "entry_point": entry_point, "argv": argv, "log": str(log), "answer": str(answer)}
        with self._lock:
            child = self._living()
            pipe = child.process.stdin
            if pipe is None:
                raise RuntimeError("The Spark worker was started without a pipe.")
            try:
                pipe.write(json.dumps(order).encode() + b"\n")
                pipe.flush()
            except OSError:
                return TaskResult(termination=DRIVER_LOST)
        while not answer.exists():
            if not child.running and not answer.exists():
                return TaskResult(termination=DRIVER_LOST, error=f"The driver ended with {child.process.returncode}.")
            time.sleep(POLL_SECONDS)
        told = json.loads(answer.read_text(encoding="utf-8"))
        answer.unlink()
        if told["succeeded"]:
            return TaskResult(termination=SUCCESS)
        return TaskResult(termination=WORKLOAD_FAILED, error=told["error"], error_trace=told["error_trace"])

    def _living(self) -> Child:
        if self._child is None or not self._child.running:
            if self._child is not None:
                self._child.kill()
            self._folder.mkdir(parents=True, exist_ok=True)
            self._child = start_module(
                "local.spark_worker",
                *self._arguments,
                name="Spark worker",
                log=self._folder / "spark-worker.log",
                root=self._root,
                env=self._env,
            )
        return self._child
