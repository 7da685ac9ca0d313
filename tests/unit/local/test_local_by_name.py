"""`python -m local sql` says in one sentence what keeps it from answering; `tests/spark/test_registration.py` tries names."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from local.spark_worker import by_name


def test_without_a_lake_it_says_what_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_name, "accepts_connections", lambda _: False)
    written = io.StringIO()
    assert by_name.run(["select 1"], Console(file=written)) == 1
    assert written.getvalue() == "The lake does not answer: is `make up` running?\n"
