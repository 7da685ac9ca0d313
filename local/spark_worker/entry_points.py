"""The entry points of the installed wheel, run as a cluster would: `sys.argv` set, modules fresh, output in a log."""

from __future__ import annotations

import contextlib
import sys
import traceback
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.errors import LocalStackError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


class EntryPointMissingError(LocalStackError):
    """The wheel is not installed, or does not have the entry point that the job names."""

    def __init__(self, *, package: str, entry_point: str) -> None:
        super().__init__(f"{package} has no entry point {entry_point}: run `make setup`, or correct databricks.yml.")
        self.package, self.entry_point = package, entry_point


def find(package: str, entry_point: str) -> EntryPoint:
    """Find the console script of the installed wheel."""
    try:
        scripts = distribution(package).entry_points.select(group="console_scripts", name=entry_point)
    except PackageNotFoundError as error:
        raise EntryPointMissingError(package=package, entry_point=entry_point) from error
    for script in scripts:
        return script
    raise EntryPointMissingError(package=package, entry_point=entry_point)


def execute(order: dict[str, Any]) -> dict[str, Any]:
    """Run one entry point; what it prints goes to the order's log, how it ended is returned."""
    log = Path(order["log"])
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a", encoding="utf-8", buffering=1) as sink,
        contextlib.redirect_stdout(sink),
        contextlib.redirect_stderr(sink),
    ):
        try:
            script = find(order["package"], order["entry_point"])
            _forget({script.module.partition(".")[0], *_packages_of(order["package"])})
            sys.argv = order["argv"]
            _checked_exit(script.load())
        except BaseException as error:  # whatever a job raises is its own failure, not the worker's
            trace = traceback.format_exc()
            sink.write(trace)
            last = traceback.format_exception_only(error)[-1].strip()
            return {"succeeded": False, "error": last, "error_trace": trace}
    return {"succeeded": True}


def _checked_exit(main: Callable[[], object]) -> None:
    try:
        main()
    except SystemExit as ending:
        if ending.code not in {None, 0}:
            raise


def _packages_of(wheel: str) -> list[str]:
    """Return the packages that a wheel brings: the job's own, and the contracts that it shares with the functions."""
    return (distribution(wheel).read_text("top_level.txt") or "").split()


def _forget(packages: Collection[str]) -> None:
    """Have the next import read the files as they are now: a cluster starts every run with a new process."""
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
