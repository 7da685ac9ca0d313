"""Children of the stack end with it, ports that are taken are named, and the example settings fit the app."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local.functions_host.functions import AppRefusedError, resolve
from local.stack.azurite import connection_string
from local.stack.child import ChildError, start
from local.stack.ports import PortTakenError, check_port, free_ports
from local.stack.settings import Ports, check_settings, settings
from local.stack.stack import Stack
from local.toolchain import ROOT
from shared.config.settings import read_settings
from shared.errors import Misconfigured

if TYPE_CHECKING:
    from pathlib import Path


def test_a_taken_port_is_named_with_who_wants_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"Port {port}, wanted by Azurite, is taken"):
            check_port(port, "Azurite")


def test_a_program_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    child = start("Broken", [sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "log", cwd=tmp_path)
    with pytest.raises(ChildError, match=r"Broken ended at once \(exit 3\); see .*log"):
        child.wait_until(lambda: False)


def test_stopping_a_child_ends_what_it_started_too(tmp_path: Path) -> None:
    script = "import subprocess, sys; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); p.wait()"
    child = start("Parent", [sys.executable, "-c", script], log=tmp_path / "log", cwd=tmp_path)
    child.wait_until(lambda: (tmp_path / "log").read_text().endswith("\n"))
    grandchild = int((tmp_path / "log").read_text())
    child.stop()
    wait_until_gone(grandchild)  # nobody but the system waits for it, and on a busy machine that takes a moment


def test_a_tethered_child_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    """What a SIGKILL of `make up` leaves behind would hold its ports."""
    starter = """
import pathlib, sys, time
from local.stack.child import start
here = pathlib.Path(sys.argv[1])
child = start("C", [sys.executable, "-c", "from local.stack.child import tether; tether(); import time; time.sleep(600)"],
              log=here / "child.log", cwd=pathlib.Path(sys.argv[2]))
print(child.process.pid, flush=True)
time.sleep(600)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", starter, str(tmp_path), str(ROOT)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    wait_until_gone(child)


def test_the_example_settings_are_all_that_the_app_asks_for() -> None:
    values = settings(Ports())
    assert read_settings(values).landing_containers == ("dataverse-contoso-sales", "finance")
    for name in ("SWEEP_SCHEDULE", "RECONCILE_SCHEDULE", "HINT_QUEUE"):
        assert resolve(f"%{name}%", values, "the app")
    with pytest.raises(AppRefusedError):
        resolve("%NOT_THERE%", values, "the app")


@pytest.mark.parametrize(
    ("told", "configuration", "sentence"),
    [
        (
            {},
            "[gold]\nkez = ['cid']",
            "customer360.toml, section [gold], key kez: is not known; known here: "
            "compaction_share, grace_days, layout, phone_region",
        ),
        ({"CONFIGURATION": "b.toml"}, "", "b.toml: there is no such file, which the setting CONFIGURATION names"),
        (
            {"DATABRICKS_JOB_ID": "x"},
            "",
            "local.settings.json.example, section Values, key DATABRICKS_JOB_ID: expected a whole number",
        ),
        (
            {"SWEEP_SCHEDULE": ""},
            "",
            "local.settings.json.example, section Values, key SWEEP_SCHEDULE: expected a value: a trigger is bound to it",
        ),
    ],
)
def test_a_mistake_is_said_before_anything_is_started(
    tmp_path: Path, told: dict[str, str], configuration: str, sentence: str
) -> None:
    (tmp_path / "customer360.toml").write_text(configuration)
    with pytest.raises(Misconfigured) as caught:
        check_settings({**settings(Ports()), **told}, root=tmp_path)
    assert str(caught.value) == sentence


def test_the_example_settings_point_to_the_fixed_points() -> None:
    """`func start` uses the example as it is, without the stack's help."""
    standard = settings(Ports())
    text = (ROOT / "local.settings.json.example").read_text()
    for value in (connection_string(), standard["DATABRICKS_HOST"], standard["CUSTOMER_INSIGHTS_ROOT"]):
        assert value in text
    assert standard["LAKE_FOR_SPARK"] in text


def test_other_ports_change_addresses_only(tmp_path: Path) -> None:
    ports = Ports(azurite=(1, 2, 3), functions=4, jobs=5, customer_insights=6)
    stack = Stack(folder=tmp_path, ports=ports, overrides={"DISPATCH_QUIET_SECONDS": "1"})
    changed = {key for key, value in settings(Ports()).items() if stack.settings[key] != value}
    addresses = {"AzureWebJobsStorage", "LakeStorage", "DATABRICKS_HOST", "CUSTOMER_INSIGHTS_ROOT"}
    assert changed == addresses | {"DISPATCH_QUIET_SECONDS"}


def test_free_ports_are_all_different() -> None:
    assert len(set(free_ports(6))) == 6


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def wait_until_gone(pid: int) -> None:
    signal.alarm(20)  # the test fails by it if the process stays
    try:
        while is_running(pid):
            pass
    finally:
        signal.alarm(0)
