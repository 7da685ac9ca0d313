"""Every answer of the HTTP API is one that its description documents: Schemathesis makes the requests up."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from werkzeug.test import Client

from shared.api.openapi import description
from tests.examples import examples
from tests.pipeline import FINANCE, Pipeline, contact
from tests.web import WEB, over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

schemathesis: Any = pytest.importorskip("schemathesis", reason="schemathesis is not installed: make setup")

_SCHEMA = schemathesis.openapi.from_wsgi("/api/openapi.json", WEB)


@pytest.fixture(scope="module", autouse=True)
def pipeline() -> Iterator[Pipeline]:
    """A pipeline with something of everything in it."""
    pipeline = Pipeline()
    with over(pipeline):
        pipeline.land_contacts(contact(1), b'2,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n')
        pipeline.land(FINANCE, "broken.csv.gz", b"no gzip")
        pipeline.settle()
        pipeline.land_contacts(contact(2), path="contact/2025.csv")
        pipeline.tick(10)
        yield pipeline


_for_each_operation: Callable[[Callable[..., None]], Callable[..., None]] = _SCHEMA.parametrize()


@_for_each_operation
@settings(max_examples=examples(30), suppress_health_check=list(HealthCheck))
def test_every_answer_is_documented(case: Any) -> None:
    from schemathesis.specs.openapi import checks

    if case.path == "/callback/databricks":
        case.headers = {**(case.headers or {}), "Authorization": _basic("databricks:correct horse")}
    case.call_and_validate(
        checks=[
            schemathesis.checks.not_a_server_error,
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_headers_conformance,
            checks.response_schema_conformance,
            checks.unsupported_method,
        ]
    )


def _basic(user: str) -> str:
    return "Basic " + base64.b64encode(user.encode()).decode()


@pytest.mark.parametrize(
    "user", ["", "databricks", "databricks:", ":correct horse", "databricks:correct horse ", "\u00e9:\u00e9"]
)
def test_who_is_not_the_webhook_is_told_as_documented(user: str) -> None:
    answer = Client(WEB).post("/api/callback/databricks", json={}, headers={"Authorization": _basic(user)})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert "401" in description()["paths"]["/callback/databricks"]["post"]["responses"]
