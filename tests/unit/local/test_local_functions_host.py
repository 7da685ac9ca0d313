"""The pure parts of the local functions host: routes, schedules, messages, settings."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.test import create_environ
from werkzeug.wrappers import Request

from local.emulation.routes import find
from local.functions_host.functions import AppRefusedError, connection, read_functions, resolve
from local.functions_host.host import read_host_settings
from local.functions_host.messages import Message
from local.functions_host.queues import blob_message, decode, encode
from local.functions_host.routes import function_rules, host_map, parameters
from local.functions_host.timers import next_tick
from local.functions_host.web import blob_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from werkzeug.routing import Rule

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("route", "path", "params"),
    [
        ("status", "/api/status", {}),
        ("status", "/API/Status/", {}),  # the real host does not tell upper from lower case
        ("runs/{batch_id}", "/api/runs/b1", {"batch_id": "b1"}),
        ("runs/{number:int}", "/api/runs/7", {"number": "7"}),
        ("runs/{batch_id?}", "/api/runs", {}),
        ("files/{*path}", "/api/files/a/b.csv", {"path": "a/b.csv"}),
    ],
)
def test_a_route_finds_its_path(route: str, path: str, params: dict[str, str]) -> None:
    assert matched("GET", path, function_rules("f", route, prefix="api")) == ("f", params)


def test_a_parameter_takes_one_segment_only() -> None:
    with pytest.raises(NotFound):
        matched("GET", "/api/runs/b1/parts", function_rules("f", "runs/{batch_id}", prefix="api"))


def test_a_fixed_segment_goes_before_a_parameter() -> None:
    rules = [*function_rules("one", "runs/{batch_id}", prefix="api"), *function_rules("open", "runs/open", prefix="api")]
    assert matched("GET", "/api/runs/Open", rules) == ("open", {})


@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_a_method_that_a_function_does_not_name_is_not_allowed(method: str) -> None:
    with pytest.raises(MethodNotAllowed):
        matched(method, "/api/status", function_rules("f", "status", prefix="api", methods=["get"]))


def test_an_empty_prefix_serves_at_the_root() -> None:
    assert matched("GET", "/status", function_rules("f", "status", prefix="")) == ("f", {})


def matched(method: str, path: str, rules: Iterable[Rule]) -> tuple[str, dict[str, str]]:
    name, values = find(host_map(rules), Request(create_environ(path, method=method)))
    return name, parameters(values)


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ("*/2 * * * * *", NOON.replace(second=2)),  # seconds come first
        ("0 */5 * * * *", NOON.replace(minute=5)),
        ("0 30 9 * * 1-5", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("*/5 * * * *", NOON.replace(minute=5)),  # five fields: no seconds
        ("00:00:02", NOON.replace(second=2)),  # an interval
    ],
)
def test_a_schedule_says_when_it_is_due(schedule: str, due: datetime) -> None:
    assert next_tick(schedule, NOON) == due


def test_a_setting_is_put_in_and_a_missing_one_is_named() -> None:
    assert resolve("%WHEN%", {"WHEN": "* * * * * *"}, "function sweep") == "* * * * * *"
    with pytest.raises(AppRefusedError, match="Setting WHEN, which function sweep uses, is missing"):
        resolve("%WHEN%", {}, "function sweep")
    with pytest.raises(AppRefusedError, match="LakeStorage"):
        connection("LakeStorage", {})


def test_a_binding_that_is_not_reproduced_is_refused() -> None:
    raw: list[dict[str, Any]] = [{"type": "eventHubTrigger", "name": "x"}]
    with pytest.raises(AppRefusedError, match="eventHubTrigger"):
        read_functions([Message(name="f", function_id="1", raw_bindings=[json.dumps(one) for one in raw])], {})


def test_an_event_names_a_blob_whatever_its_host() -> None:
    """reference: Azure Functions, section 2: container and blob come from the path of data.url."""
    event = {
        "data": {
            "url": "https://lake.dfs.core.windows.net/finance/a%20b/c.csv",
            "blobType": "BlockBlob",
            "eTag": '"0x1"',
        }
    }
    assert blob_of(event) == ("finance", "a b/c.csv", "0x1")


def test_an_event_without_a_blob_is_an_error() -> None:
    """reference: Azure Functions, section 2: BlobRenamed has no data.url."""
    with pytest.raises(ValueError, match="without data"):
        blob_of({"data": {"destinationUrl": "https://lake/finance/x.csv"}})


def test_messages_are_base64_and_plain_text_is_taken_too() -> None:
    text = blob_message("on_finance_landed", "finance", "ü.csv", "0x1")
    assert json.loads(decode(encode(text))) == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.on_finance_landed",
        "BlobType": "BlockBlob",
        "ContainerName": "finance",
        "BlobName": "ü.csv",
        "ETag": '"0x1"',
    }
    assert decode("sweep, please") == b"sweep, please"


def test_host_json_is_respected_and_absent_values_are_the_real_hosts(tmp_path: Path) -> None:
    """reference: Azure Functions, sections 3 and 9."""
    file = tmp_path / "host.json"
    file.write_text('{"version": "2.0"}')
    plain = read_host_settings(file, cores=2)
    assert (plain.prefix, plain.blobs.parallel, plain.blobs.tries, plain.queues.parallel) == ("api", 16, 5, 16)
    file.write_text('{"extensions": {"http": {"routePrefix": ""}, "blobs": {"maxDegreeOfParallelism": 3}}}')
    set_by_us = read_host_settings(file, cores=2)
    assert (set_by_us.prefix, set_by_us.blobs.parallel) == ("", 3)
