"""The command line of `python -m local inspect`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from local.inspection.file import inspect
from local.inspection.printed import tables
from local.toolchain import ROOT
from shared.config.tables import FILE, open_configuration
from shared.errors import Misconfigured, shown
from shared.formats.finance.errors import FinanceError


def run(arguments: Sequence[str], console: Console) -> int:
    """Tell how a file would be read: 0 where it would be taken, 1 where it would be refused, or cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m local inspect", description=__doc__)
    parser.add_argument("file", type=Path, help="a finance file that has not landed")
    parser.add_argument("--data-set", help="the folder that it would land in; left out: the file's name up to its first point")
    parser.add_argument("--after", type=Path, metavar="FIRST", help="a file that landed first: its contract counts")
    parser.add_argument("--configuration", type=Path, default=ROOT / FILE, help=f"left out: {FILE} of this repository")
    given = parser.parse_args(arguments)
    for path in filter(None, (given.file, given.after)):
        if not path.is_file():
            say(console, f"there is no file {path}")
            return 1
    data_set = given.data_set or given.file.name.split(".")[0]
    try:
        configuration = open_configuration(given.configuration.parent, given.configuration.name)
        found = inspect(given.file, data_set, configuration, after=given.after)
    except FinanceError as error:
        say(console, f"refused: {error.reason}: {shown(error.what)}")
        if error.toml:
            say(console, f"To read it so, paste into {FILE}:\n\n{error.toml}")
        return 1
    except Misconfigured as error:
        say(console, str(error))
        return 1
    for table in tables(found):
        console.print(table)
    say(console, f"To pin all of it, paste into {FILE} in place of what is there of the data set:\n\n{found.toml}")
    return 0


def say(console: Console, line: str) -> None:
    """Print as it is: to be copied, so neither wrapped nor cut."""
    console.print(line, soft_wrap=True, markup=False, highlight=False)
