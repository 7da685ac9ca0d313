"""Asks the API, and reads every answer into the type that the app made it from (`shared/api`), so that the two cannot drift.

TerminalError
├── AppUnreachableError    nobody answers at the URL
├── KeyRefusedError        the function key is absent, wrong, or would be readable on its way
├── ProblemError           the app says what is wrong (RFC 9457)
└── AnswerUnreadableError  an answer of another form than this checkout knows
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import requests
from msgspec import Struct

from local.errors import LocalStackError
from shared.api.data_sets import DataSetDetailDocument, DataSetsDocument
from shared.api.details.rejected_records import RejectedDocument, RejectedPage, RejectedQuery
from shared.api.details.story import StoryDocument, StoryQuery
from shared.api.documents import (
    BatchDetailDocument,
    BatchDocument,
    Document,
    ExtentDocument,
    FileDocument,
    FilesPage,
    ProblemDocument,
    RejectsDocument,
    RejectsPage,
    ReprocessJobDocument,
    RunsPage,
    StatusDocument,
)
from shared.api.overview.documents import OverviewDocument
from shared.api.queries import FilesQuery, PageQuery, RejectsQuery, RunsQuery
from shared.api.reprocess import ReprocessBody
from shared.errors import shown

D = TypeVar("D", bound=Document)
P = TypeVar("P", FilesPage, RunsPage, RejectsPage, RejectedPage)

KEY_VARIABLE: Final = "CUSTOMER360_KEY"
"""The variable of the environment that holds a function key: an argument would stand in the shell's history."""

_SECONDS = (5, 120)  # to connect, and to answer: a dry run looks at a hundred thousand records
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class TerminalError(LocalStackError):
    """The app cannot be asked, or its answer cannot be used."""


class AppUnreachableError(TerminalError):
    """Nobody answers at the URL."""

    def __init__(self, url: str, why: str) -> None:
        self.url = url
        self.why = why
        super().__init__(f"no answer from {url} ({why}): is it up (`make up`), and is the URL right (`--url`)?")


class KeyRefusedError(TerminalError):
    """The function key is absent, wrong, or would be readable on its way."""

    def __init__(self, url: str, why: str) -> None:
        self.url = url
        super().__init__(f"{url}: {why}; {KEY_VARIABLE} has to hold a function key of this app")


class ProblemError(TerminalError):
    """The app says what is wrong."""

    def __init__(self, problem: ProblemDocument) -> None:
        self.problem = problem
        super().__init__(f"{problem.status} {shown(problem.title)}: {shown(problem.detail)}")


class AnswerUnreadableError(TerminalError):
    """An answer of another form than this checkout knows."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"{where} answers something else than this checkout knows ({why}): use the one that is deployed")


@dataclass(frozen=True, kw_only=True)
class Client:
    """Asks one app."""

    url: str
    key: str = field(default="", repr=False)
    session: requests.Session = field(default_factory=requests.Session)

    def overview(self) -> OverviewDocument:
        """Ask whether data flows, how fresh gold is, and what is stuck."""
        return self._get("overview", OverviewDocument)

    def status(self) -> StatusDocument:
        """Ask what is going on."""
        return self._get("status", StatusDocument)

    def files(self, query: FilesQuery) -> Iterator[FileDocument]:
        """Yield landed files, page after page."""
        for page in self._pages("files", FilesPage, query):
            yield from page.files

    def story(self, file: str) -> StoryDocument:
        """Ask for one landed file's way to Customer Insights."""
        return self._get("story", StoryDocument, StoryQuery(file=file))

    def runs(self, query: RunsQuery) -> Iterator[BatchDocument]:
        """Yield batches, newest first, page after page."""
        for page in self._pages("runs", RunsPage, query):
            yield from page.runs

    def run(self, batch_id: str) -> BatchDetailDocument:
        """Ask for all of one batch, with the first page of its parts."""
        return self._get(f"runs/{_spelled(batch_id)}", BatchDetailDocument)

    def act_on(self, batch_id: str, act: Literal["unpark", "discard"]) -> BatchDocument:
        """Give a parked batch its next attempt, or set its parts aside."""
        return self._ask("POST", f"runs/{_spelled(batch_id)}/{act}", {202: BatchDocument})

    def rejects(self, query: RejectsQuery) -> Iterator[RejectsDocument]:
        """Yield parts that have rejects, page after page."""
        for page in self._pages("rejects", RejectsPage, query):
            yield from page.rejects

    def rejected_records(self, query: RejectedQuery) -> Iterator[RejectedDocument]:
        """Yield the rejected records of a part, page after page: places and reasons."""
        for page in self._pages("rejects/records", RejectedPage, query):
            yield from page.records

    def data_sets(self) -> DataSetsDocument:
        """Ask for the finance data sets."""
        return self._get("datasets", DataSetsDocument)

    def data_set(self, name: str) -> DataSetDetailDocument:
        """Ask for all of one data set."""
        return self._get(f"datasets/{_spelled(name)}", DataSetDetailDocument)

    def extent(self, body: ReprocessBody) -> ExtentDocument:
        """Ask how much a request for reprocessing comes to; nothing is done."""
        return self._ask("POST", "reprocess", {200: ExtentDocument}, body=msgspec.structs.replace(body, dry_run=True))

    def reprocess(self, body: ReprocessBody) -> ReprocessJobDocument:
        """Ask for something to be done again."""
        return self._ask("POST", "reprocess", {202: ReprocessJobDocument}, body=msgspec.structs.replace(body, dry_run=False))

    def reprocess_job(self, reprocess_id: str) -> ReprocessJobDocument:
        """Ask how far a reprocess job is."""
        return self._get(f"reprocess/{_spelled(reprocess_id)}", ReprocessJobDocument)

    def cancel(self, reprocess_id: str) -> ReprocessJobDocument:
        """Stop a reprocess job where it is."""
        return self._ask("POST", f"reprocess/{_spelled(reprocess_id)}/cancel", {202: ReprocessJobDocument})

    def _pages(self, path: str, kind: type[P], query: PageQuery) -> Iterator[P]:
        while True:
            page = self._get(path, kind, query)
            yield page
            if page.next is None:
                return
            query = msgspec.structs.replace(query, cursor=page.next)

    def _get(self, path: str, kind: type[D], query: Struct | None = None) -> D:
        return self._ask("GET", path, {200: kind}, query=query)

    def _ask(
        self,
        method: Literal["GET", "POST"],
        path: str,
        kinds: Mapping[int, type[D]],
        *,
        query: Struct | None = None,
        body: Struct | None = None,
    ) -> D:
        address = urlsplit(self.url)
        if self.key and address.scheme != "https" and address.hostname not in _LOOPBACK:
            raise KeyRefusedError(self.url, "the key would be readable on its way: use https")
        headers = {"Content-Type": "application/json"} | ({"x-functions-key": self.key} if self.key else {})
        try:
            answer = self.session.request(
                method,
                f"{self.url.rstrip('/')}/api/{path}",
                params=_parameters(query) if query else {},
                data=msgspec.json.encode(body) if body else None,
                headers=headers,
                timeout=_SECONDS,
                allow_redirects=False,  # to a sign-in page at best; the key goes nowhere else
            )
        except requests.RequestException as error:
            raise AppUnreachableError(self.url, type(error).__name__) from error
        return _read(self.url, f"/api/{path}", answer, kinds)


def _read(url: str, path: str, answer: requests.Response, kinds: Mapping[int, type[D]]) -> D:
    """Read an answer, or raise what it says."""
    kind = kinds.get(answer.status_code)
    try:
        if kind is not None:
            return msgspec.json.decode(answer.content, type=kind)
        if "problem+json" in answer.headers.get("Content-Type", ""):
            raise ProblemError(msgspec.json.decode(answer.content, type=ProblemDocument))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AnswerUnreadableError(path, shown(str(error))) from error
    if answer.status_code in {401, 403}:
        raise KeyRefusedError(url, f"answers {answer.status_code}")
    if answer.is_redirect:
        raise AnswerUnreadableError(path, f"{answer.status_code}, a redirection: a sign-in page stands before it")
    raise AnswerUnreadableError(path, f"{answer.status_code}, and no document")


def _parameters(query: Struct) -> dict[str, str]:
    """Spell a query as parameters of a URL; what is not asked for is left out."""
    asked = {name: value for name, value in msgspec.structs.asdict(query).items() if value not in {None, ""}}
    return {name: value.isoformat() if isinstance(value, datetime) else str(value) for name, value in asked.items()}


def _spelled(name: str) -> str:
    return quote(name, safe="")


Connect = Callable[[str, str], Client]
"""How a client of a URL is made, with its key."""


def connect(url: str, key: str) -> Client:
    """Make a client that speaks HTTP."""
    return Client(url=url, key=key)


def document_of(answer: Any) -> str:
    """Spell an answer as JSON, on one line."""
    return msgspec.json.encode(answer).decode()
