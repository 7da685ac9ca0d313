"""Who may say that a run ended."""

from __future__ import annotations

import base64

import pytest

from shared.orchestration.callback import is_authorized, run_id_of


def basic(text: str, *, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(text.encode(encoding)).decode()


def test_the_right_user_and_password_may_call() -> None:
    assert is_authorized(basic("databricks:pässwörd:with:colons"), "databricks", "pässwörd:with:colons")
    assert is_authorized(basic("databricks:secret").replace("Basic", "bAsIc"), "databricks", "secret")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic not base64!",
        "Basic " + base64.b64encode(b"databricks").decode(),
        "Bearer " + base64.b64encode(b"databricks:secret").decode(),
        basic("databricks:Secret"),
        basic("databricks:secret "),
        basic("someone:secret"),
        basic(":"),
        basic("databricks:secret", encoding="utf-16"),
        "Basic " + base64.b64encode(b"\xff\xfe:\x00").decode(),
        "Basic ZGF0YWJyaWNrczpzZWNyZXQ=\u00e9",
        "Basic ZGF0YWJy!aWNrczpzZWNyZXQ=",  # the right ones, but for a character that base64 does not have
    ],
)
def test_nobody_else_may(header: str | None) -> None:
    assert not is_authorized(header, "databricks", "secret")


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ({"run_id": "41847992357943"}, 41847992357943),  # the vendor's page shows text
        ({"run_id": 41847992357943}, 41847992357943),  # other consumers saw numbers
        ({"run_id": str(2**63 - 1)}, 2**63 - 1),
        ({"run_id": 2**63}, None),
        ({"run_id": "9" * 400}, None),
        ({"run_id": 0}, None),
        ({"run_id": -5}, None),
        ({"run_id": 1.0}, None),
        ({"run_id": True}, None),
        ({"run_id": "１２"}, None),  # digits, but not of ASCII
        ({"run_id": None}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_run_id_is_text_or_number_and_can_exist(run: object, expected: int | None) -> None:
    assert run_id_of({"event_type": "jobs.on_success", "run": run}) == expected
