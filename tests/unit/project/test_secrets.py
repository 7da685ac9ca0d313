"""Secrets and row content stay out of everything that is written for people: logs, errors, answers, the ledger."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
from werkzeug.test import Client

from shared.api.queries import FilesQuery, PageQuery, RejectsQuery, RunsQuery
from shared.context import Context, context
from shared.errors import PipelineError
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
