"""A mistake in the settings or in `customer360.toml` is told once and over HTTP, and no landed file is blamed for it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import azure.functions as func
import pytest
from msgspec import structs
from werkzeug.test import Client

from function_app import landing, poison, timers
from function_app.misconfigured import Told, told
from shared.context import context, outside
from shared.errors import SettingsInvalid
from shared.telemetry.log_events import line_of
from tests.pipeline import DATAVERSE, FINANCE, SETTINGS, Pipeline, contact
from tests.web import WEB

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
KNOWN = "compaction_share, grace_days, layout, phone_region"
SENTENCE = f"customer360.toml, section [gold], key kez: is not known; known here: {KNOWN}"


class World:
    """The app over memory twins, in a folder whose `customer360.toml` a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pipeline = Pipeline()

    def tell(self, text: str | None) -> None:
        file = self.folder / "customer360.toml"
        if text is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(text)

    def land(self, container: str, path: str, data: bytes) -> None:
        """Land a file and let its trigger fire."""
        self.pipeline.lake.put(container, path, data)
        trigger = landing.on_finance_landed if container == FINANCE else landing.on_dataverse_landed
        called(trigger)(SimpleNamespace(container_name=container, blob_name=path))

    def give_up(self, container: str, path: str) -> None:
        """Let the host say that it gave up on a file."""
        blob = self.pipeline.lake.head(container, path)
        assert blob is not None
        body = {"ContainerName": container, "BlobName": path, "ETag": f'"{blob.etag}"', "FunctionId": "Host.Functions.x"}
        called(poison.on_poison)(func.QueueMessage(body=json.dumps(body).encode()))

    def tick(self) -> None:
        for timer in (timers.sweep, timers.reconcile):
            called(timer)(SimpleNamespace(past_due=False))

    def states(self) -> dict[str, int]:
        counted: dict[str, int] = structs.asdict(self.pipeline.fresh_context().status().files)
        return {name: count for name, count in counted.items() if count}


def called(function: Any) -> Any:
    """The plain function below a trigger's decorators."""
    return function._function.get_user_function() if hasattr(function, "_function") else function


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(outside, "_ROOT", tmp_path)
    monkeypatch.setattr(told, "_told", "")
    world = World(tmp_path)
    before = dict(vars(context))
    vars(context).clear()
    vars(context).update(vars(world.pipeline.context))
    yield world
    vars(context).clear()
    vars(context).update(before)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[gold]\nkez = ['cid']", SENTENCE),
        ("[gold]\nlayout = 'parquet'", "customer360.toml, section [gold], key layout: expected one of publications"),
        (
            "[gold]\ngrace_days = '7'",
            "customer360.toml, section [gold], key grace_days: expected a whole number that is not negative",
        ),
        ("not toml", "customer360.toml: is not TOML: "),
        (None, "customer360.toml: there is no such file"),
    ],
)
def test_a_mistake_is_a_problem_document_of_ready_and_of_what_needs_the_configuration(
    world: World, text: str | None, sentence: str
) -> None:
    world.tell(text)
    answer = Client(WEB).get("/api/ready")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.get_json(force=True)["detail"].startswith(sentence)
    assert Client(WEB).get("/api/health").status_code == 200


def test_a_setting_that_is_absent_is_a_problem_document_of_ready(world: World) -> None:
    vars(context)["_environment"] = {name: value for name, value in SETTINGS.items() if name != "DATABRICKS_JOB_ID"}
    answer = Client(WEB).get("/api/ready")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.get_json(force=True)["detail"] == (
        "app settings (local.settings.json, section Values), key DATABRICKS_JOB_ID: expected a value; it has no default"
    )


@pytest.mark.parametrize("text", ["[finance.spend]\nkez = ['cid']", "not toml", None])
def test_a_landed_file_is_left_alone_and_taken_once_the_mistake_is_mended(world: World, text: str | None) -> None:
    world.tell(text)
    world.land(FINANCE, "spend.csv", b"cid,spend\n1,10\n")
    world.give_up(FINANCE, "spend.csv")
    world.tick()
    assert world.states() == {"waiting": 1}
    world.tell("[finance.spend]\nkeys = ['cid']")
    world.tick()
    assert world.states() == {"ingested": 1, "records": 1}


def test_a_mistake_that_shows_while_a_file_is_taken_is_not_the_files(world: World) -> None:
    # The connection is used first when a blob is opened.
    pipeline = world.pipeline
    world.tell("")
    pipeline.lake.put(FINANCE, "spend.csv", b"cid,spend\n1,10\n")

    def refuse(*_arguments: Any, **_options: Any) -> Any:
        raise SettingsInvalid("LakeStorage__blobServiceUri", "an endpoint")

    pipeline.lake.__dict__["open"] = refuse
    world.tick()
    assert world.states() == {"waiting": 1}
    del pipeline.lake.__dict__["open"]
    world.tick()
    assert world.states() == {"ingested": 1, "records": 1}


def test_a_mistake_is_told_once_and_another_one_once_more(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.tell("[gold]\nkez = ['cid']")
    world.land(FINANCE, "spend.csv", b"cid,spend\n1,10\n")
    world.land(DATAVERSE, "contact/2024.csv", contact(1))
    for _ in range(3):
        world.tick()
    assert [line.fields for record in caplog.records if (line := line_of(record))] == [{"error": SENTENCE}]
    world.tell(None)
    world.tick()
    world.tick()
    assert len(caplog.records) == 2
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_the_app_starts_and_says_at_once_what_is_wrong() -> None:
    program = """
import logging, sys
logging.basicConfig(format="%(levelname)s %(message)s")
sys.path.insert(0, sys.argv[1])
import function_app
print(len(function_app.app.get_functions()))
"""
    environment = {**SETTINGS, "CONFIGURATION": "nowhere.toml", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program, str(ROOT)], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stderr.splitlines() == [
        'ERROR configuration.invalid error="nowhere.toml: there is no such file, which the setting CONFIGURATION names"'
    ]
    assert int(done.stdout) > 10


def test_nothing_is_told_where_nothing_is_wrong(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.tell("")
    Told().look(context)
    assert not caplog.records
