"""The command lines of others: az, azd and databricks, as they are logged in. Secrets go through files, not arguments.

Arguments show in the list of processes and in what a CI prints; a file that only its owner may read does not.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from deploy.errors import CommandFailed, DeploymentError, NotThere

Found = TypeVar("Found")

#: Seconds between two looks: RBAC takes up to ten minutes to spread, a cold app a minute to index its functions.
WAITS = (2, 4, 8, 15, 30, 30, 60, 60, 60, 120, 120, 120)
_WORDS_TOLD = 4  # of a command, in an error: the rest may be long


class Command(Protocol):
    """Runs one command line and returns what it wrote."""

    def __call__(self, command: list[str], env: Mapping[str, str]) -> str:
        """Raise `CommandFailed` where it ends with an error."""


def run(command: list[str], env: Mapping[str, str]) -> str:
    """Run a command line for real."""
    program = shutil.which(command[0])
    if program is None:
        raise CommandFailed(command[0], "it is not installed, or not on the PATH")
    done = subprocess.run(
        [program, *command[1:]], env={**os.environ, **env}, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise CommandFailed(" ".join(command[:_WORDS_TOLD]), done.stderr.strip()[-2000:])
    return done.stdout


class Commands:
    """Runs command lines, and keeps what is secret out of what they say when they fail."""

    def __init__(self, command: Command = run, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._command, self._sleep = command, sleep
        self._secrets: set[str] = set()

    def hide(self, secret: str) -> str:
        """Remember a secret, so that no error shows it; return it."""
        if secret:
            self._secrets.add(secret)
        return secret

    def __call__(self, *command: str, env: Mapping[str, str] | None = None) -> str:
        """Return what a command line wrote; raises `CommandFailed`."""
        try:
            return self._command(list(command), env or {})
        except CommandFailed as error:
            said = error.said
            for secret in self._secrets:
                said = said.replace(secret, "***")
            raise CommandFailed(error.command, said) from None

    def json(self, *command: str, env: Mapping[str, str] | None = None) -> Any:
        """Return what a command line wrote, as JSON; None where it wrote nothing."""
        text = self(*command, env=env)
        return json.loads(text) if text.strip() else None

    def wait_for(self, what: str, look: Callable[[], Found | None], *, hint: str) -> Found:
        """Look until something is there, waiting longer each time; raises `NotThere`.

        A look that fails is one that found nothing: what was just made may be refused for minutes.
        """
        last = ""
        for seconds in (0, *WAITS):
            if seconds:
                self._sleep(seconds)
            try:
                found = look()
            except DeploymentError as error:
                last = str(error)
                continue
            if found is not None:
                return found
        raise NotThere(what, f"{hint} {last}".strip())


@contextmanager
def private_file(text: str) -> Iterator[str]:
    """Give a text as a file that only its owner may read, for as long as it is needed."""
    descriptor, name = tempfile.mkstemp(prefix="customer360-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        yield name
    finally:
        Path(name).unlink()
