"""Secrets and row content stay out of everything that is written for people: logs, errors, answers, the ledger."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, get_args

import azure.functions as func
import pytest
from werkzeug.test import Client

from function_app.landing import on_finance_landed
from function_app.operations import overview
from function_app.poison import on_poison
from function_app.timers import reconcile, sweep
from shared.api.queries import FilesQuery, PageQuery, RejectsQuery, RunsQuery
from shared.context import Context, context
from shared.errors import PipelineError
from shared.formats.finance.errors import FinanceReason
from tests.pipeline import FINANCE, SETTINGS, Pipeline, contact
from tests.web import WEB

KEY = base64.b64encode(b"key-of-the-account").decode()
STORAGE = (
    f"DefaultEndpointsProtocol=http;AccountName=lake;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:9/lake;"
    "QueueEndpoint=http://127.0.0.1:9/lake;TableEndpoint=http://127.0.0.1:9/lake;"
)
SECRETS = {
    "LakeStorage": STORAGE,
    "AzureWebJobsStorage": STORAGE,
    "DATABRICKS_TOKEN": "dapi-a-token-of-databricks",
    "CALLBACK_PASSWORD": "the-password-of-the-callback",
    "CUSTOMER_INSIGHTS_ROOT": "http://127.0.0.1:9/v1",
    "CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY": "the-key-of-the-subscription",
    "CUSTOMER_INSIGHTS_TOKEN": "a-token-of-customer-insights",
    "DATABRICKS_HOST": "http://127.0.0.1:9",
}
WORDS = (KEY, "dapi-a-token", "password-of-the-callback", "key-of-the-subscription", "token-of-customer")


def words_of(error: BaseException | None) -> str:
    """Everything that a traceback of an error of ours shows."""
    return "" if error is None else f"{error!r} {error} {vars(error)}"


def refuse_secrets(*texts: str) -> None:
    for text in texts:
        for word in WORDS:
            assert word not in text


def test_no_secret_is_in_what_fails(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.adapters import databricks_jobs

    monkeypatch.setattr(databricks_jobs, "_RETRY_SECONDS", 1)
    caplog.set_level(logging.DEBUG, logger="customer360")
    broken = Context(SETTINGS | SECRETS)
    refuse_secrets(repr(broken.settings), repr(vars(broken.settings.lake)["name"]))
    calls: list[Any] = [
        lambda: broken.jobs.start({"batch_id": "b"}, token="t"),  # the token of a run, which is no secret
        lambda: broken.customer_insights.refresh(since=broken.clock()),
    ]
    for call in calls:
        with pytest.raises(PipelineError) as raised:
            call()
        refuse_secrets(words_of(raised.value), str(raised.value.__cause__))
    refuse_secrets(caplog.text)


def test_no_secret_is_in_an_answer() -> None:
    before = dict(vars(context))
    vars(context).clear()
    vars(context)["_environment"] = SETTINGS | SECRETS | {"DATABRICKS_JOB_ID": "not a number"}
    try:
        for path in ("/api/ready", "/api/status", "/api/runs"):
            answer = Client(WEB).get(path)
            assert answer.status_code == 503
            refuse_secrets(answer.get_data(as_text=True))
        wrong = base64.b64encode(b"databricks:a guess").decode()
        vars(context)["_environment"] = SETTINGS | SECRETS
        vars(context).pop("settings", None)
        told = Client(WEB).post("/api/callback/databricks", headers={"Authorization": f"Basic {wrong}"})
        assert told.status_code == 401
        refuse_secrets(told.get_data(as_text=True), str(told.headers))
        assert "guess" not in told.get_data(as_text=True)
    finally:
        vars(context).clear()
        vars(context).update(before)


def test_no_row_content_is_in_logs_ledger_or_answers(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1, "Very Private"), b'2,"6/28/2021 4:34:35 PM","Very Private","wide",1,,\r\n')
    pipeline.land(FINANCE, "customer_finance.csv", b'cid,income\n1,"Very Private\n')
    pipeline.land(FINANCE, "broken.csv.gz", b"Very Private")
    pipeline.settle()
    context = pipeline.context
    answers: list[Any] = [context.status(), context.files.page(FilesQuery()), context.files.rejects(RejectsQuery())]
    answers += [context.runs.page(RunsQuery())]
    answers += [context.runs.detail(batch.batch_id, PageQuery()) for batch in context.ledger.batches()]
    stored = [entity for partition in pipeline.tables.partitions for entity in pipeline.tables.range(partition, "", "~")]
    assert len(stored) > 20
    for text in (caplog.text, str(answers), str(stored)):
        assert "Private" not in text


ROWS = b"1,2,3\n4,5,6\n"
REFUSED = (
    ("names/twice.csv", b"Privatus,PRIVATUS,amount\n" + ROWS, "header_unusable"),
    ("names/lack.csv", b"Privatus,,\n" + ROWS, "header_unusable"),
    ("names/few.csv", b"Privatus,amount\n" + ROWS, "header_unusable"),
    ("names/reserved.csv", b"Privatus,__START_AT,amount\n" + ROWS, "header_unusable"),
    ("names/cut.csv", b'Privatus,"amount\n' + ROWS, "header_unusable"),
    ("names/several.csv", b"Privatus,,Privata,\nX,Y,X,Y\n4.4,0.1,4.8,2.0\n4.6,1.0,5.1,3.0\n", "layout_unclear"),
    ("names/again.csv", b"Privatus,amount,tax\nPrivatus,amount,tax\n" + ROWS, "layout_unclear"),
    ("names/above.csv", b"Privatus,\nPrivatus,amount,tax\na,b,c\nd,e,f\n", "header_unusable"),
    ("lost/values.csv", b"Privatus 1,10.00\nPrivatus 2,20.00\n", "header_missing"),
    ("lost/text.csv", b"Privatus,blah\nPrivata,blub\n", "header_missing"),
    ("lost/mail.csv", b"Privatus@example.org,blah\nPrivata,blub\n", "header_missing"),
    ("lost/above.csv", b"Privatus report\n1,2,Privatus\n4,5,Privatus\n", "header_missing"),
    ("odd/widths.csv", b"Privatus\nPrivatus,1\nPrivatus,1,2\nPrivatus;1;2;3\n", "layout_unclear"),
    ("odd/mark.csv", b"Privatus~1\nPrivata~2\nPriva~3\n", "layout_unclear"),
    ("odd/fixed.csv", b"Privatus   1\nPrivata    22\nPrivus     3\n", "layout_unclear"),
    ("odd/quotes.csv", b"cid,name\n1,'Privatus'\n2,x\n", "layout_unclear"),
    ("odd/escapes.csv", b"cid,name\n1,Privatus\\\\x\n2,x\n", "layout_unclear"),
    ("odd/tables.csv", b"cid,a,b\n1,2,3\n4,5,6\n\nPrivatus,Privata,Privus\n1,2,3\n", "layout_unclear"),
    ("odd/letters.csv", b"cid,name\n1,Privatus \x81\x8d\x90\n", "encoding_unclear"),
    ("odd/mixed.csv", "cid,name\n1,Privatus \u00e9\u00e8\n".encode() + b"2,Privatus \xe9\n", "encoding_unclear"),
    ("odd/page.csv", b"<html><body>Privatus</body></html>", "encoding_unclear"),
    ("odd/empty.csv", b"\xef\xbb\xbf\n", "no_header"),
    ("odd/header.csv", b"Privatus,amount\n", "no_records"),
    ("odd/rejects.csv", b"cid,amount\n" + b"1,2\n" * 60 + b"5,Privatus,x\n" * 99, "too_many_rejects"),
    ("form/plain.csv.gz", b"Privatus", "not_gzip"),
    ("form/cut.csv.gz", gzip.compress(b"Privatus,amount\n1,2\n", mtime=0)[:-9], "not_gzip"),
    ("form/plain.zip", b"Privatus", "not_a_zip"),
    ("form/plain.xlsx", b"Privatus", "not_a_workbook"),
    ("customer_finance/key.csv", b"Privatus,income\n1,10\n", "key_column_missing"),
    ("known/names.csv", b"Privatus,Privata,Privus\n" + ROWS, "contract_broken"),
    ("known/some.csv", b"cid,Privatus\n1,2\n3,4\n", "contract_broken"),
    ("known/values.csv", b"Privatus,1,2\nPrivata,3,4\n", "header_missing"),
    ("known/text.csv", b"Privatus,blah,x\nPrivata,blub,y\n", "header_missing"),
    ("known/twice.csv", b"cid,income,tax,Privatus,privatus\n1,2,3,4,5\n", "header_unusable"),
    ("known/again.csv", b"cid,income,tax\n1,2,3\n4,5,6\n", "duplicate_content"),
)
"""Files of finance data sets with a mark wherever one may stand, and why each is refused."""


def test_a_refusal_tells_nothing_of_what_landed_whether_it_stands_in_a_header_or_in_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    pipeline = Pipeline()
    pipeline.land(FINANCE, "known/first.csv", b"cid,income,tax\n1,2,3\n4,5,6\n")
    for path, data, _ in REFUSED:
        pipeline.land(FINANCE, path, data)
    records = {path: pipeline.context.ledger.file(FINANCE, path).record for path, _, _ in REFUSED}
    found = {path: (record.state, record.reason) for path, record in records.items()}
    assert found == {path: ("rejected", reason) for path, _, reason in REFUSED}
    assert {reason for _, _, reason in REFUSED if reason} == {*get_args(FinanceReason)} - {"not_readable"}
    context = pipeline.context
    answers = [context.status(), context.files.page(FilesQuery(limit=200)), context.files.rejects(RejectsQuery())]
    stored = [entity for partition in pipeline.tables.partitions for entity in pipeline.tables.range(partition, "", "~")]
    assert len(stored) > len(REFUSED)
    for text in (caplog.text, str(answers), str(stored)):
        for mark in ("priv", "blah"):
            assert mark not in text.casefold()


def test_what_nobody_foresaw_is_logged_by_its_kind_and_where_it_was_raised(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(*_: object, **__: object) -> object:
        return int("Privatus")

    pipeline = Pipeline()
    pipeline.lake.put(FINANCE, "names/broken.csv", b"cid,income\n1,2\n")
    pipeline.lake.__dict__["open"] = raising
    pipeline.settle()
    assert pipeline.context.ledger.file(FINANCE, "names/broken.csv").record.state == "poison"
    errors = [next(record.exc_info[1] for record in caplog.records if record.exc_info)]
    for name in ("landing", "sweep", "reconcile", "poison", "overview"):
        monkeypatch.setitem(vars(context), name, raising)
    monkeypatch.setitem(vars(context), "check", lambda: None)
    timer: Any = None
    client: Any = SimpleNamespace(container_name=FINANCE, blob_name="names/broken.csv")
    poison: Any = SimpleNamespace(get_body=lambda: json.dumps({"ContainerName": FINANCE, "BlobName": "a", "FunctionId": "f"}))
    triggers: list[Callable[[], object]] = [
        lambda: on_finance_landed(client),
        lambda: sweep(timer),
        lambda: reconcile(timer),
        lambda: on_poison(poison),
        lambda: overview(func.HttpRequest(method="GET", url="/api/overview", body=b"")),
    ]
    for trigger in triggers:
        with pytest.raises(RuntimeError, match="ValueError") as raised:
            trigger()
        errors.append(raised.value)
    for text in ("".join(traceback.format_exception(error)) for error in errors):
        assert "ValueError" in text
        assert "in raising" in text
        assert "Privatus" not in text.replace('int("Privatus")', ""), "a line of code is none of a row"
    assert not any("Privatus" in record.getMessage() for record in caplog.records)
