"""Child processes of the local stack: started in their own group, told apart by log file, never left behind.

A child is *tethered*: it holds the reading end of a pipe whose other end only its parent has. When the parent goes, in
whatever way (SIGKILL included), the pipe closes and the child ends itself. So nothing has to be looked for and killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.errors import LocalStackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

POLL_SECONDS = 0.05


class ChildError(LocalStackError):
    """A program of the stack did not come up; says which, why and where its log is."""

    def __init__(self, *, name: str, reason: str, log: Path) -> None:
        super().__init__(f"{name} {reason}; see {log}")
        self.name, self.reason, self.log = name, reason, log


@dataclass(kw_only=True)
class Child:
    """One started program."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 60) -> None:
        """Return when `ready()` holds; raise ChildError when the program ends first or the time is over."""
        give_up = time.monotonic() + seconds
        while not ready():
            if not self.running:
                self.stop()  # what it left behind, and the tether
                raise ChildError(name=self.name, reason=f"ended at once (exit {self.process.returncode})", log=self.log)
            if time.monotonic() > give_up:
                self.stop()
                raise ChildError(name=self.name, reason=f"was not ready within {seconds:.0f} s", log=self.log)
            time.sleep(POLL_SECONDS)

    def stop(self, *, seconds: float = 10) -> None:
        """End it and all that it started: politely first, then not."""
        for how in (signal.SIGTERM, signal.SIGKILL):  # the second also meets what the program left behind in its group
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        if self.process.stdin is not None:
            self.process.stdin.close()

    def kill(self) -> None:
        """End it as a crash would: at once, with nothing tidied up."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


def start(name: str, command: Sequence[str | Path], *, log: Path, cwd: Path, env: Mapping[str, str] | None = None) -> Child:
    """Start a program, tethered to this process, with both its outputs appended to `log`.

    The tether is its standard input, so the program must call `tether()` (or be told in another way) to notice.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            start_new_session=True,
        )
    return Child(name=name, log=log, process=process)


def start_module(module: str, *arguments: str, name: str, log: Path, root: Path, env: Mapping[str, str] | None = None) -> Child:
    """Start `python -m module` of this project with the interpreter that runs now."""
    environment = {**(os.environ if env is None else env), "PYTHONUNBUFFERED": "1"}
    return start(name, [sys.executable, "-m", module, *arguments], log=log, cwd=root, env=environment)


def tether() -> None:
    """Make this process, and all that it started, end when its starter does. Call it first thing in a child's `main`.

    Without a farewell: every part has to survive a crash anyway, and a Spark that lost its lake may not end by itself.
    """

    def hold() -> None:
        while os.read(0, 1024):
            pass
        os.killpg(0, signal.SIGKILL)

    if not os.isatty(0):
        threading.Thread(target=hold, name="tether", daemon=True).start()
