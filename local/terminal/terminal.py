"""The command line of `python -m local status|files|runs|rejects|datasets|reprocess`.

| it ends in | when |
| --- | --- |
| 0 | what was asked is told, or done |
| 1 | the app could not be asked, said no, or a person did |
| 2 | the command line is wrong |
| 3 | something waits for a person (`status`), or a job that was followed did not succeed (`reprocess --follow`) |
| 130 | it was stopped by Ctrl-C |
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import msgspec
from rich.console import Console, RenderableType

from local.terminal import answers
from local.terminal.client import KEY_VARIABLE, Client, Connect, TerminalError, connect, document_of
from local.terminal.options import asked, read
from shared.api.details.rejected_records import RejectedDocument, RejectedQuery
from shared.api.documents import ReprocessJobDocument
from shared.api.queries import FilesQuery, QueryInvalid, RejectsQuery, RunsQuery, read_query
from shared.api.reprocess import ReprocessBody

T = TypeVar("T")

DONE, REFUSED, MISTAKEN, WAITS = range(4)
STOPPED = 130  # as a shell tells it

_POLL_SECONDS = 2


def run(
    arguments: Sequence[str],
    console: Console,
    environment: Mapping[str, str],
    *,
    connecting: Connect = connect,
    confirm: Callable[[str], str] = input,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Run one command, and return what it ends in."""
    given = read(arguments)
    terminal = Terminal(
        client=connecting(given.url, environment.get(KEY_VARIABLE, "")),
        given=given,
        console=console,
        confirm=confirm,
        wait=wait,
    )
    try:
        return terminal()
    except QueryInvalid as error:
        terminal.say(f"--{error}")
        return MISTAKEN
    except TerminalError as error:
        terminal.say(str(error))
        return REFUSED
    except KeyboardInterrupt:  # what was asked for goes on by itself
        return STOPPED


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """Asks, shows, and acts where that is asked for."""

    client: Client
    given: argparse.Namespace
    console: Console
    confirm: Callable[[str], str]
    wait: Callable[[float], None]

    def __call__(self) -> int:
        """Do what the command says."""
        command: Callable[[], int] = getattr(self, f"_{self.given.command}")
        return command()

    def say(self, line: str) -> None:
        """Print as it is: to be copied, so neither wrapped nor cut."""
        self.console.print(line, soft_wrap=True, markup=False, highlight=False)

    def _status(self) -> int:
        found = self.client.overview()
        self._show((found,), answers.overview(found))
        return WAITS if found.attention else DONE

    def _files(self) -> int:
        if self.given.file:
            found = self.client.story(self.given.file)
            return self._show((found,), answers.story(found))
        return self._list(self.client.files(self._query(FilesQuery)), answers.files)

    def _runs(self) -> int:
        given = self.given
        if given.act:
            acted = self.client.act_on(given.batch, given.act)
            return self._show((acted,), answers.batches((acted,)))
        if given.batch:
            found = self.client.run(given.batch)
            return self._show((found,), answers.batch(found))
        return self._list(self.client.runs(self._query(RunsQuery)), answers.batches)

    def _rejects(self) -> int:
        if self.given.file:
            return self._list(self._records(self.given.file), answers.rejected_records)
        return self._list(self.client.rejects(self._query(RejectsQuery)), answers.rejects)

    def _records(self, file: str) -> Iterator[RejectedDocument]:
        """Yield the rejected records of a file, part after part."""
        found = self.client.story(file)
        for part in found.parts:
            if part.rejects:
                query = RejectedQuery(file=file, generation=found.file.generation, start=part.start)
                yield from self.client.rejected_records(query)

    def _datasets(self) -> int:
        if self.given.name:
            found = self.client.data_set(self.given.name)
            self._show((found,), answers.data_set(found))
            if not self.given.json:
                self.say(f"To pin it, paste into customer360.toml in place of what is there of the data set:\n\n{found.toml}")
            return DONE
        listed = self.client.data_sets().datasets
        return self._show(listed, answers.data_sets(listed))

    def _reprocess(self) -> int:
        given = self.given
        if given.job:
            job = self.client.cancel(given.job) if given.cancel else self.client.reprocess_job(given.job)
            return self._follow(job)
        body = msgspec.convert(asked(given, ReprocessBody), ReprocessBody)
        if given.dry_run or not given.yes:
            extent = self.client.extent(body)
            self._show((extent,), answers.extent(extent))
            if given.dry_run:
                return DONE
            if not self._agreed():
                self.say("Nothing was done.")
                return REFUSED
        return self._follow(self.client.reprocess(body))

    def _agreed(self) -> bool:
        try:
            return self.confirm("Do it? [y/N] ").strip().lower() in {"y", "yes"}
        except EOFError:
            self.say("Nobody is there to be asked: --yes does it all the same.")
            return False

    def _follow(self, job: ReprocessJobDocument) -> int:
        """Show how far a job is: now, or when it has ended."""
        if self.given.follow:
            with self.console.status("") as progress:
                while job.state == "running":
                    progress.update(f"{job.files:,} files, {job.records:,} records, {job.batches_in_all:,} batches …")
                    self.wait(_POLL_SECONDS)
                    job = self.client.reprocess_job(job.reprocess_id)
        self._show((job,), answers.job(job))
        return WAITS if self.given.follow and job.state != "succeeded" else DONE

    def _query(self, kind: type[Any]) -> Any:
        return read_query(asked(self.given, kind), kind)

    def _list(self, items: Iterator[T], view: Callable[[Iterable[T]], Iterator[RenderableType]]) -> int:
        """Show a list, or as much of it as is wanted; as JSON it is written as it comes."""
        wanted = items if self.given.all else islice(items, self.given.most)
        if self.given.json:
            return self._show(wanted, ())
        found = list(wanted)
        self._show((), view(found))
        if next(items, None) is not None:
            self.say(f"There are more than these {len(found)}: --all shows them.")
        return DONE

    def _show(self, documents: Iterable[Any], tables: Iterable[RenderableType]) -> int:
        if self.given.json:
            for document in documents:
                self.say(document_of(document))
        else:
            for table in tables:
                self.console.print(table)
        return DONE
