"""What a command may be told, made from what the API may be asked: an option is a field of the query."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from local.terminal.client import KEY_VARIABLE
from shared.api.queries import FilesQuery, RejectsQuery, RunsQuery, parameters_of
from shared.api.reprocess import ReprocessBody

LAPTOP: Final = "http://127.0.0.1:7071"
MOST: Final = 50
"""Lines of a list, unless told otherwise."""

_PAGING = frozenset({"limit", "cursor"})  # the client's own business


def read(arguments: Sequence[str]) -> argparse.Namespace:
    """Read a command line; one that cannot be understood ends the program in 2, with what is wrong."""
    options = parser()
    given = options.parse_args(arguments)
    if given.command == "runs" and given.act and not given.batch:
        options.error(f"--{given.act} wants a batch: runs BATCH --{given.act}")
    if given.command == "reprocess" and given.cancel and not given.job:
        options.error("--cancel wants a job: reprocess JOB --cancel")
    if given.command == "reprocess" and given.json and not (given.job or given.dry_run or given.yes):
        options.error("--json leaves nobody to be asked: say --dry-run or --yes")
    return given


def parser() -> argparse.ArgumentParser:
    """Return the command line of all these commands."""
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument(
        "--url", default=LAPTOP, help=f"of the app; left out: that of `make up`. A deployed one wants its key in {KEY_VARIABLE}"
    )
    everywhere.add_argument("--json", action="store_true", help="documents of the API, one on each line")
    found = argparse.ArgumentParser(prog="python -m local", description="Ask the pipeline, on this laptop or deployed.")
    commands = found.add_subparsers(dest="command", required=True)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[everywhere])

    command("status", "Is data flowing, how fresh is gold, what waits for a person? Ends in 3 where something does.")
    files = command("files", "Landed files and where each stands, last changed first; or one file's way to Customer Insights.")
    files.add_argument("file", nargs="?", help="<container>/<path>")
    _listing(files, FilesQuery)
    runs = command("runs", "Batches and their runs, newest first; or all of one batch.")
    runs.add_argument("batch", nargs="?", help="a batch, to be told in full or acted on")
    act = runs.add_mutually_exclusive_group()
    act.add_argument("--unpark", dest="act", action="store_const", const="unpark", help="give the batch its next attempt")
    act.add_argument("--discard", dest="act", action="store_const", const="discard", help="set its parts aside")
    _listing(runs, RunsQuery)
    rejects = command("rejects", "Where records were rejected, and of what; or the rejected records of one landed file.")
    rejects.add_argument("file", nargs="?", help="<container>/<path>: its rejected records, each with place and reason")
    _listing(rejects, RejectsQuery)
    data_sets = command("datasets", "Finance data sets; or how one is read, and why.")
    data_sets.add_argument("name", nargs="?", help="a data set, to be told in full")
    again = command("reprocess", "Do something again, or see how far that is. Says how much it is, and asks, before it does.")
    again.add_argument("job", nargs="?", help="a reprocess job that was asked for before")
    again.add_argument("--cancel", action="store_true", help="stop that job where it is")
    again.add_argument("--follow", action="store_true", help="wait for its end; ends in 3 where it does not succeed")
    again.add_argument("--yes", action="store_true", help="do not ask")
    again.add_argument("--dry-run", action="store_true", help="say how much it is, and do nothing")
    _fields(again, ReprocessBody, frozenset({"dry_run"}))
    return found


def asked(given: argparse.Namespace, kind: type[msgspec.Struct]) -> Mapping[str, str]:
    """Return what a command was told of a query."""
    names = [field.name for field in msgspec.structs.fields(kind)]
    return {name: value for name in names if isinstance(value := getattr(given, name, None), str)}


def _listing(command: argparse.ArgumentParser, query: type[msgspec.Struct]) -> None:
    command.add_argument("--most", type=_lines, default=MOST, help=f"lines of a list; left out: {MOST}")
    command.add_argument("--all", action="store_true", help="the whole list, however long")
    _fields(command, query, _PAGING)


def _fields(command: argparse.ArgumentParser, kind: type[msgspec.Struct], without: frozenset[str]) -> None:
    for name, schema in parameters_of(kind):
        if name in without:
            continue
        choices: list[Any] = [choice for choice in schema.get("enum", []) if choice]
        hint = "a time with its zone" if name in {"since", "until"} else None
        command.add_argument(f"--{name.replace('_', '-')}", choices=choices or None, help=hint)


def _lines(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number from 1")
    return int(text)
