"""Events have the fields that the table says, wherever they are told; a test reads the code, since they are told by name."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.ledger.states import PoisonResult
from shared.telemetry.log_events import EVENTS, FIELDS, LOGGER, line_of, tell, thing_of

ROOT = Path(__file__).parents[3]


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield each place of the code that tells an event."""
    for folder in ("function_app", "shared"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)) if " tell(" in text else ():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tell" and node.args:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def events_of(name: ast.expr, path: str) -> set[str]:
    """Return which events a call may tell, by the first argument: a name, or, in the ledger, any of a thing."""
    if isinstance(name, ast.Constant):
        return {str(name.value)}
    if isinstance(name, ast.JoinedStr):
        assert "poison" in path
        return {f"poison.{result.replace(' ', '_')}" for result in PoisonResult}
    assert path.startswith("shared/ledger/told/"), f"{path} tells what nobody can look up"
    return set()


def test_whatever_the_code_tells_is_in_the_table_and_nothing_else_is() -> None:
    told: set[str] = set()
    for path, call in calls():
        given = {keyword.arg for keyword in call.keywords} - {"exc_info"}
        for event in events_of(call.args[0], path):
            assert event in EVENTS, f"{path} tells {event}"
            assert given <= set(FIELDS[thing_of(event)]), f"{path} tells fields that {event} has not"
            told.add(event)
    steps = {event for event in EVENTS if thing_of(event) in {"file", "part", "batch", "refresh", "reprocess", "erasure"}}
    assert told | steps == EVENTS.keys(), "tests/unit/ledger/test_told.py is about the steps"


def test_nobody_logs_in_any_other_way() -> None:
    for folder in ("function_app", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert "getLogger" not in text or "telemetry" in path.parts, path


def test_every_field_and_every_thing_is_some_events() -> None:
    assert {thing_of(event) for event in EVENTS} == FIELDS.keys()
    assert all(len(fields) == len(set(fields)) for fields in FIELDS.values())


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"error": "x"}, "http.failed error=x"),
        ({"function": "files", "error": 'a "quoted" thing'}, r'http.failed function=files error="a \"quoted\" thing"'),
        ({"error": "two words"}, 'http.failed error="two words"'),
        ({"error": "a=b"}, 'http.failed error="a=b"'),
        ({"error": "line\nbreak"}, r"http.failed error=line\nbreak"),
        ({"error": None}, "http.failed"),
        ({"error": ""}, "http.failed"),
        ({"error": 0}, "http.failed error=0"),
        ({"error": 0.5}, "http.failed error=0.5"),
        ({"error": {"b": 2, "a": 1}}, "http.failed error=a:1,b:2"),
        ({"error": {}}, "http.failed"),
        ({"error": datetime(2026, 11, 23, 10, tzinfo=UTC)}, "http.failed error=2026-11-23T10:00:00.000Z"),
    ],
)
def test_a_line_is_the_events_name_and_its_fields(fields: dict[str, Any], line: str, caplog: pytest.LogCaptureFixture) -> None:
    tell("http.failed", **fields)
    (record,) = caplog.records
    assert (record.getMessage(), record.levelno) == (line, logging.ERROR)
    told = line_of(record)
    assert told is not None
    assert (told.event, set(told.fields), record.name) == (
        "http.failed",
        {name for name in fields if f" {name}=" in line},
        f"{LOGGER}.http",
    )
    assert record.module == "test_log_events", "a line names the place that told it"


def test_fields_are_exported_under_names_that_are_nobody_elses(caplog: pytest.LogCaptureFixture) -> None:
    tell("http.failed", function="files", error="name")
    (record,) = caplog.records
    assert vars(record)["customer360.function"] == "files"
    assert record.name == "customer360.http"


def test_what_is_in_no_table_cannot_be_told() -> None:
    with pytest.raises(KeyError):
        tell("http.forgotten")
