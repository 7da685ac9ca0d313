"""`python -m local status|files|runs|rejects|datasets|reprocess` asks the app's own API, and reads its answers as its types."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests
from rich.console import Console
from werkzeug.test import Client as Wsgi

from local.stack.ports import free_ports
from local.terminal import COMMANDS
from local.terminal.client import KEY_VARIABLE, Client, connect
from local.terminal.options import parser
from local.terminal.terminal import DONE, MISTAKEN, REFUSED, STOPPED, WAITS, run
from shared.api.documents import FileDocument
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact
from tests.web import WEB, over

Answer = tuple[int, Mapping[str, str], bytes]


class Wire(requests.adapters.BaseAdapter):
    """Hands requests to the app in this process; remembers them, and may answer something else."""

    def __init__(self, answer: Callable[[requests.PreparedRequest], Answer] | None = None) -> None:
        super().__init__()
        self.asked: list[requests.PreparedRequest] = []
        self.answer = answer or of_the_app

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.asked.append(request)
        response = requests.Response()
        status, headers, body = self.answer(request)
        response.status_code, response.raw, response.request = status, io.BytesIO(body), request
        response.headers.update(headers)
        return response

    def close(self) -> None:
        pass


def of_the_app(request: requests.PreparedRequest) -> Answer:
    answer = Wsgi(WEB).open(request.path_url, method=request.method, data=request.body, headers=list(request.headers.items()))
    return answer.status_code, dict(answer.headers), answer.get_data()


class Told:
    """What a command printed, and what it ended in."""

    def __init__(self, *arguments: str, wire: Wire | None = None, key: str = "", **options: Any) -> None:
        self.wire = wire or Wire()
        console = Console(file=io.StringIO(), width=300)
        self.code = run(arguments, console, {KEY_VARIABLE: key}, connecting=self.client, **options)
        assert isinstance(console.file, io.StringIO)
        self.text = console.file.getvalue()

    def client(self, url: str, key: str) -> Client:
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, self.wire)
        return Client(url=url, key=key, session=session)

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    """Something of everything: a run, rejects, a refused file, more files than a page."""
    pipeline = Pipeline()
    with over(pipeline):
        pipeline.land_contacts(contact(1), b'2,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n')
        pipeline.land(FINANCE, "invoice/2026-11.csv", b"id,amount\r\n1,10.50\r\n")
        pipeline.land(FINANCE, "broken.csv.gz", b"no gzip")
        pipeline.settle()
        yield pipeline


@pytest.fixture(autouse=True)
def _running(pipeline: Pipeline) -> None:
    """Every test asks it."""


def test_every_command_is_there_and_named_before_anything_else_is_imported() -> None:
    commands = next(action for action in parser()._actions if action.dest == "command")
    assert tuple(commands.choices or ()) == COMMANDS


def test_status_tells_the_flow_and_what_waits_for_a_person_and_ends_in_3_where_something_does() -> None:
    told = Told("status")
    assert told.code == WAITS
    for said in ("finance/broken.csv.gz", "rejected", "landing", "bronze", "insights", "refresh", "successful"):
        assert said in told.text


def test_a_file_is_told_with_its_way_to_customer_insights() -> None:
    told = Told("files", f"{FINANCE}/invoice/2026-11.csv")
    assert told.code == DONE
    for said in ("file.ingested", "succeeded", "in gold", "landing to gold"):
        assert said in told.text


def test_lists_are_filtered_as_the_api_filters_and_their_pages_are_followed() -> None:
    files = Told("files", "--status", "rejected", "--json").documents
    assert [file["file"] for file in files] == ["finance/broken.csv.gz"]
    wire = Wire()
    everything = Told("files", "--all", "--json", wire=wire).documents
    assert len(everything) > 3
    (asked,) = wire.asked
    assert "limit=100" in str(asked.url)
    paged = Wire(lambda request: of_the_app(with_limit(request, 1)))
    assert Told("files", "--all", "--json", wire=paged).documents == everything
    assert len(paged.asked) > len(everything) - 1, "a page for each"


def with_limit(request: requests.PreparedRequest, limit: int) -> requests.PreparedRequest:
    small = request.copy()
    small.url = str(small.url).replace("limit=100", f"limit={limit}")
    return small


def test_a_list_that_is_cut_says_so() -> None:
    told = Told("files", "--most", "1")
    assert "There are more than these 1: --all shows them." in told.text
    assert "There are more" not in Told("files", "--all").text


def test_runs_rejects_and_data_sets_are_told_as_a_list_and_each_in_full() -> None:
    (batch,) = Told("runs", "--json").documents
    assert "batch.succeeded" in Told("runs", batch["batch_id"]).text
    (part,) = Told("rejects", "--json").documents
    told = Told("rejects", part["file"])
    assert "too_wide" in told.text
    assert "2,wide" not in told.text.replace(" ", ""), "place and reason, and never what the record holds"
    (data_set,) = [one for one in Told("datasets", "--json").documents if one["name"] == "invoice"]
    assert data_set["contract_version"] == 1
    assert "[finance.invoice]" in Told("datasets", "invoice").text


def test_names_are_shown_as_they_are_and_never_as_a_style(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "[bold]x[/bold].pdf", b"%PDF")
    assert "[bold]x[/bold].pdf" in Told("files", "--status", "rejected").text


def test_a_reprocess_is_measured_asked_for_followed_and_ends_in_0(pipeline: Pipeline) -> None:
    asked: list[str] = []

    def settle(seconds: float) -> None:
        asked.append(f"waited {seconds}")
        pipeline.settle()

    told = Told("reprocess", "--table", "invoice", "--follow", confirm=lambda _: "y", wait=settle)
    assert told.code == DONE, told.text
    assert asked, "it was not over at once"
    for said in ("To be done again", "Reprocess job", "succeeded"):
        assert said in told.text


@pytest.mark.parametrize("answer", ["", "n", "no", "nonsense"])
def test_nothing_is_done_again_unless_a_person_agrees(answer: str) -> None:
    told = Told("reprocess", "--table", "invoice", confirm=lambda _: answer)
    assert (told.code, "Nothing was done." in told.text) == (REFUSED, True)
    assert all(json.loads(request.body or b"{}")["dry_run"] for request in told.wire.asked)


def test_where_nobody_can_be_asked_nothing_is_done_without_yes() -> None:
    def nobody(text: str) -> str:
        raise EOFError

    told = Told("reprocess", "--table", "invoice", confirm=nobody)
    assert (told.code, "--yes" in told.text) == (REFUSED, True)


def test_a_job_is_looked_at_and_cancelled_by_its_id(pipeline: Pipeline) -> None:
    (job,) = Told("reprocess", "--table", "contact", "--yes", "--json").documents
    assert Told("reprocess", job["reprocess_id"], "--json").documents[0]["state"] == "running"
    followed = Told("reprocess", job["reprocess_id"], "--cancel", "--follow")
    assert (followed.code, "cancelled" in followed.text) == (WAITS, True), "it did not succeed"
    pipeline.settle()


def test_who_stops_to_follow_is_told_nothing_more_and_the_job_goes_on(pipeline: Pipeline) -> None:
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    assert Told("reprocess", "--table", "contact", "--yes", "--follow", wait=stop).code == STOPPED
    (job,) = pipeline.context.ledger.backlog((DATAVERSE, FINANCE)).reprocess
    assert Told("reprocess", job, "--json").documents[0]["state"] == "running"
    pipeline.settle()


def test_a_batch_that_is_not_parked_cannot_be_unparked_and_the_app_says_why() -> None:
    (batch, *_) = Told("runs", "--json").documents
    told = Told("runs", batch["batch_id"], "--unpark")
    assert told.code == REFUSED
    assert told.text.startswith("409 Conflict: ")
    assert "only a parked batch" in told.text


def test_what_there_is_not_is_told_as_the_app_tells_it() -> None:
    assert "404 Not Found: there is no such batch" in Told("runs", "b20260101T000000Z_00000000").text
    assert "400 Bad Request: " in Told("reprocess", "--yes").text


@pytest.mark.parametrize(
    "mistake",
    [
        ["files", "--status", "lost"],
        ["files", "--most", "0"],
        ["runs", "--unpark"],
        ["reprocess", "--cancel"],
        ["reprocess", "--table", "invoice", "--json"],
        ["nonsense"],
    ],
)
def test_a_wrong_command_line_ends_in_2(mistake: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Told(*mistake)
    assert ended.value.code == MISTAKEN
    assert capsys.readouterr().err


def test_a_time_that_is_none_ends_in_2_and_says_what_was_expected() -> None:
    told = Told("files", "--since", "yesterday")
    assert (told.code, told.text.startswith("--since: expected a time")) == (MISTAKEN, True)


def test_where_nobody_answers_it_is_told_what_to_look_at() -> None:
    (port,) = free_ports(1)
    console = Console(file=io.StringIO(), width=300)
    assert run(["status", "--url", f"http://127.0.0.1:{port}"], console, {}, connecting=connect) == REFUSED
    assert isinstance(console.file, io.StringIO)
    assert "make up" in console.file.getvalue()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, {}, b""), KEY_VARIABLE),  # as the host answers where the key is wrong
        ((302, {"Location": "https://login.microsoftonline.com/"}, b""), "sign-in page"),
        ((502, {"Content-Type": "text/html"}, b"<html>"), "502, and no document"),
        ((200, {}, b"<html>"), "use the one that is deployed"),
        ((200, {}, b'{"datasets": [], "more": 1}'), "unknown field `more`"),
        ((200, {}, b"{}"), "missing required field `datasets`"),
        ((500, {"Content-Type": "application/problem+json"}, b"{}"), "missing required field"),
    ],
)
def test_an_answer_of_another_form_is_told_and_never_shown_as_if_it_were_one(answer: Answer, said: str) -> None:
    told = Told("datasets", wire=Wire(lambda _: answer))
    assert (told.code, said in told.text) == (REFUSED, True), told.text
    assert len(told.wire.asked) == 1, "a redirection is not followed"


def test_the_key_goes_into_a_header_of_https_and_nowhere_else() -> None:
    told = Told("datasets", "--url", "https://func.example.net", key="secret")
    (asked,) = told.wire.asked
    assert asked.headers["x-functions-key"] == "secret"
    assert "secret" not in f"{asked.url}{told.text}"
    assert "secret" not in repr(told.client("https://func.example.net", "secret"))
    in_clear = Told("datasets", "--url", "http://func.example.net", key="secret")
    assert (in_clear.code, in_clear.wire.asked) == (REFUSED, [])


def test_what_comes_out_as_json_reads_back_as_the_type() -> None:
    import msgspec

    for line in Told("files", "--json").text.splitlines():
        assert msgspec.json.decode(line, type=FileDocument).file
