"""What a check tells: a table where rich is installed and somebody looks, plain lines elsewhere, or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from deploy.check.sequence import Step

_MARKS = {"ok": ("green", "ok"), "failed": ("red", "FAILED"), "skipped": ("yellow", "skipped")}


def tell(steps: Iterable[Step], *, as_json: bool, write: Callable[[str], None] = print) -> int:
    """Tell each step as it is done; return 0 where all is well, else 1."""
    if as_json:
        return _json(list(steps), write)
    line = _rich_line() if sys.stdout.isatty() else _plain_line
    failed, seconds = 0, 0.0
    for step in steps:
        write(line(step))
        for fault in step.faults:
            write(f"         {fault.what}")
            write(f"         → {fault.remedy}" if fault.remedy else "")
        failed += step.state == "failed"
        seconds += step.seconds
    write(f"{f'{failed} of the steps failed' if failed else 'All is well'}, after {seconds:.0f} s.")
    return int(failed > 0)


def document(steps: Iterable[Step]) -> dict[str, Any]:
    """Return a check as a document."""
    done = list(steps)
    return {
        "ok": all(step.state == "ok" for step in done),
        "steps": [
            {
                "name": step.name,
                "state": step.state,
                "seconds": round(step.seconds, 3),
                "said": step.said,
                "faults": [{"what": fault.what, "remedy": fault.remedy} for fault in step.faults],
            }
            for step in done
        ],
    }


def _json(steps: list[Step], write: Callable[[str], None]) -> int:
    told = document(steps)
    write(json.dumps(told, indent=2, ensure_ascii=False))
    return 0 if told["ok"] else 1


def _plain_line(step: Step) -> str:
    _, mark = _MARKS[step.state]
    return f"{mark:<8} {step.seconds:7.1f} s  {step.name:<20} {step.said}".rstrip()


def _rich_line() -> Callable[[Step], str]:
    """Return how a line is coloured; plain where rich is not installed: this runs before anything is."""
    try:
        from rich.console import Console  # noqa: PLC0415 - it may be missing
        from rich.text import Text  # noqa: PLC0415 - likewise
    except ImportError:
        return _plain_line
    console = Console(soft_wrap=True)

    def line(step: Step) -> str:
        colour, mark = _MARKS[step.state]
        text = Text.assemble((f"{mark:<8}", colour), f" {step.seconds:7.1f} s  ", (f"{step.name:<20}", "bold"), f" {step.said}")
        with console.capture() as captured:
            console.print(text, end="")
        return captured.get()

    return line
