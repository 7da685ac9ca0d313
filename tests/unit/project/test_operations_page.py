"""`docs/operations.md` has an entry for whatever may ask for a person, and none besides; read from the code, both ways."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from local.terminal.options import read
from shared.formats.rejects import RecordReason
from shared.ledger import states
from shared.ports import Termination
from shared.telemetry.log_events import EVENTS, FIELDS
from shared.telemetry.measures import MEASURES
from tests.unit.project.test_infrastructure import TEMPLATES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """Return what stands below a heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", PAGE, re.MULTILINE)
    assert found, f"the page has no section {heading}"
    rest = PAGE[found.end() :]
    following = re.search(rf"^#{{2,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def rows(heading: str, table: int = 0) -> list[list[str]]:
    """Return the cells of a table of a section, but for its head; `table` is the how-manieth."""
    tables = re.findall(r"(?:^\|.*\n)+", section(heading), re.MULTILINE)
    lines = tables[table].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(heading: str, table: int = 0, *, column: int = 0) -> list[str]:
    """Return what a table names in a column; a row may name several."""
    return [name for row in rows(heading, table) for name in re.findall(r"`([^`]+)`", row[column])]


FILES = ("Files that wait", "Files that need nothing", "Tails that are held back", "Rejected files")


def flat(of: Any) -> set[str]:
    """Return all texts of a `Literal`, those of `Literal`s within it too."""
    return {text for one in get_args(of) for text in (flat(one) if get_args(one) else {one})}


def test_every_kind_of_attention_has_an_entry_in_its_order() -> None:
    assert names("Attention") == list(get_args(states.AttentionKind))


def test_every_reason_of_a_file_has_an_entry_where_it_belongs() -> None:
    expected = {
        "Files that wait": flat(states.WaitReason) | flat(states.StepReason),
        "Files that need nothing": flat(states.WholeReason) | flat(states.IgnoreReason),
        "Tails that are held back": flat(states.TailReason),
        "Rejected files": (flat(states.RejectReason) | {"poison"}) - flat(states.WaitReason),
    }
    found = {heading: names(heading) for heading in FILES}
    assert {heading: set(listed) for heading, listed in found.items()} == expected
    assert set().union(*expected.values()) == flat(states.FileReason)
    assert all(len(listed) == len(set(listed)) for listed in found.values())


def test_every_reason_of_a_record_has_an_entry() -> None:
    assert sorted(names("Rejected records")) == sorted(flat(RecordReason))


def test_every_check_of_silver_has_an_entry() -> None:
    from dataclasses import fields

    from shared.contracts.entity import Rule

    told = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8").partition("| `_errors` |")[2].partition("\n")[0]
    checks = set(re.findall(r"`(\w+):`", told)) | {field.name for field in fields(Rule)} - {"action"}
    assert set(names("Rejected records", 1)) == checks


def test_every_alert_has_an_entry_and_no_other() -> None:
    assert names("Alerts") == [rule["name"] for rule in TEMPLATES["alerts"].variables["rules"]]


def test_every_cause_of_a_parked_batch_has_an_entry() -> None:
    """Causes are what `conclude` says in words, what `dispatch` parks for, how a run may end, and what the job raises."""
    conclude = ast.parse((ROOT / "shared" / "orchestration" / "conclude.py").read_text(encoding="utf-8"))
    told = set()
    for node in ast.walk(conclude):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_failed":
            cause = node.args[2]
            assert isinstance(cause, ast.JoinedStr)
            words = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in cause.values)
            told.add(re.sub(r": ?….*$", "", words))
    told.discard("…")  # the workspace's own words
    listed = names("Parked batches")
    assert {cause for cause in told if cause not in listed} == set()
    assert {cause for cause in listed if cause not in told} == {"databricks refused", "bronze does not hold the columns"}

    dispatch = ast.parse((ROOT / "shared" / "orchestration" / "dispatch.py").read_text(encoding="utf-8"))
    (park,) = (node for node in ast.walk(dispatch) if isinstance(node, ast.FunctionDef) and node.name == "_park")
    (error,) = (argument.annotation for argument in park.args.args if argument.arg == "error")
    assert set(names("Parked batches", column=1)) == set(re.findall(r"\w+", ast.unparse(error or ast.Constant(""))))

    ends = {name for name in names("Parked batches", 1) if name.islower()}
    assert ends == set(get_args(Termination)) - {"success"}

    raised = ast.parse((ROOT / "spark_jobs" / "errors.py").read_text(encoding="utf-8"))
    classes = {node.name for node in raised.body if isinstance(node, ast.ClassDef)} - {"JobError", "Terminal", "Conflict"}
    assert sorted(names("Parked batches", 2)) == sorted(classes)


def test_every_event_is_in_the_table_with_its_level_and_fields() -> None:
    fields = {row[0]: tuple(re.findall(r"`(\w+)`", row[1])) for row in rows("What is told")}
    assert fields == dict(FIELDS)
    events = {row[0].strip("`"): row[1] for row in rows("What is told", 1)}
    assert events == {event: logging.getLevelName(level).lower() for event, level in EVENTS.items()}


def test_every_metric_is_in_the_table() -> None:
    several = {"customer360.rejects": ("reason",), "customer360.rows": ("outcome",)}
    expected = [[f"`{one.name}`", one.kind, one.unit, ", ".join((*one.by, *several.get(one.name, ())))] for one in MEASURES]
    assert [row[:4] for row in rows("What is measured")] == expected


def test_what_is_asked_of_the_logs_is_what_is_told() -> None:
    query = PAGE.partition("```kusto")[2].partition("```")[0]
    asked = re.findall(r'startswith "([\w.]+) "', query)
    assert set(asked) == {"part.batched", "batch.succeeded"}
    assert {"file", "batch"} <= set(FIELDS["part"])
    assert {"batch", "publication"} <= set(FIELDS["batch"])
    assert "publication" in FIELDS["refresh"]


COMMANDS = sorted(set(re.findall(r"`(?:\.venv/bin/)?python -m local ([^`]+)`", PAGE)) - {"inspect FILE"})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_is_one_that_there_is(command: str) -> None:
    assert read(re.sub(r"<[\w ]+>", "x", command).split()).command


def test_every_view_of_the_page_that_is_named_is_one_of_the_dashboard() -> None:
    app = (ROOT / "dashboard" / "app.js").read_text(encoding="utf-8")
    for view in set(re.findall(r"`#/(\w+)", PAGE)):
        assert f'"{view}"' in app, view


def test_every_entry_says_what_to_do() -> None:
    for heading in ("Attention", "Alerts"):
        for row in rows(heading):
            assert all(row), row
