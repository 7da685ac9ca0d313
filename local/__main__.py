"""`python -m local`: the command line of the local stack, and of the pipeline wherever it runs."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from local import toolchain
from local.stack.azurite import AzuriteMissingError
from local.stack.child import ChildError
from local.stack.ports import PortTakenError
from local.stack.settings import Ports, check_settings, settings
from local.stack.stack import Stack, StackBrokenError, fixed_points
from local.terminal import COMMANDS
from shared.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence

DATA = toolchain.STATE / "data"
LOOK_SECONDS = 0.5
_PIPED = 400  # columns of what is no terminal


def up(folder: Path, console: Console) -> int:
    """Keep the stack running until told to stop."""
    ended = threading.Event()
    for how in (signal.SIGINT, signal.SIGTERM):
        signal.signal(how, lambda *_: ended.set())
    with console.status("Starting the stack …"):
        stack = Stack(folder=folder, core_tools=True, insights=True).__enter__()
    try:
        for label, value in fixed_points(stack):
            say(console, f"{label:18} {value}")
        say(console, f"The stack is up. Ctrl-C stops it; its data stays in {folder}")
        while not ended.wait(LOOK_SECONDS):
            for news in stack.watch():
                say(console, f"{news}: starting it again")
    finally:
        say(console, "Stopping …")
        stack.stop()
    return 0


def demo(folder: Path, console: Console) -> int:
    """Show the whole chain once, from nothing; 0 only if every count adds up."""
    from local.demo.demo import run_demo

    shutil.rmtree(folder, ignore_errors=True)
    with console.status("Starting the stack …"):
        stack = Stack(folder=folder).__enter__()
    try:
        report = folder.parent / "insights.html"
        return run_demo(
            base_url=stack.functions_url,
            connection_string=stack.storage,
            before_last=stack.preview_insights,  # once is enough to see it, and it takes as long as all else in a run
            report=report,
        )
    finally:
        stack.stop()


def check(console: Console, *, as_json: bool, canary: bool) -> int:
    """Check the stack that `make up` started, as `python -m deploy check` does an environment in Azure."""
    from deploy.check.report import tell
    from local.verification.laptop import Laptop, check_of, destination_of

    ports = Ports()
    stack = Stack(folder=DATA, ports=ports)
    told = settings(ports)
    laptop = Laptop(settings=told, functions_url=stack.functions_url, bridge_url=stack.bridge_url, storage=stack.storage)
    write = print if as_json else lambda line: say(console, line)
    return tell(check_of(laptop, destination_of(told))(canary=canary), as_json=as_json, write=write)


def say(console: Console, line: str) -> None:
    """Print one line as it is: to be copied, so neither wrapped nor cut."""
    console.print(line, soft_wrap=True, markup=False, highlight=False)


def main(arguments: Sequence[str]) -> int:
    """Run one command; what the user can mend is told in one sentence."""
    # What reads us has no width of its own, and names that are cut cannot be searched for.
    console = Console() if sys.stdout.isatty() or "COLUMNS" in os.environ else Console(width=_PIPED)
    if arguments[:1] == ["inspect"]:
        from local.inspection.command import run

        return run(arguments[1:], console)
    if arguments[:1] == ["sql"]:
        from local.spark_worker.by_name import run as query

        return query(arguments[1:], console)
    if arguments and arguments[0] in COMMANDS:
        from local.terminal.terminal import run as ask

        return ask(arguments, console, os.environ)
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument(
        "command",
        choices=["up", "demo", "check", "doctor", "inspect", "sql", *COMMANDS],
        metavar="COMMAND",
        help="one of %(choices)s",
    )
    parser.add_argument("--folder", type=Path, default=DATA, help="keeps the stack's data; the demo empties it first")
    parser.add_argument("--json", action="store_true", help="of a check: tell it as JSON")
    parser.add_argument("--no-canary", action="store_true", help="of a check: look only, and land nothing")
    given = parser.parse_args(arguments)
    if given.command == "doctor":
        return toolchain.main(["doctor"])
    if given.command == "check":
        return check(console, as_json=given.json, canary=not given.no_canary)
    if missing := toolchain.lacks():
        say(console, "\n".join(missing))
        return 1
    folder = given.folder.resolve()
    try:
        check_settings({**os.environ, **settings(Ports())})
        return up(folder, console) if given.command == "up" else demo(folder, console)
    except (AzuriteMissingError, ChildError, Misconfigured, PortTakenError, StackBrokenError) as error:
        say(console, str(error))
        return 1
    except KeyboardInterrupt:  # what was started is stopped by now
        return 130


sys.exit(main(sys.argv[1:]))
