"""The workflows do what CI does, and what needs the internet beside it; nothing here can run them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import toolchain
from tests.unit.project.test_infrastructure import TEMPLATES

ROOT = Path(__file__).parents[3]
WORKFLOWS = ROOT / ".github" / "workflows"


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    return document


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_the_tests_job_is_what_ci_runs() -> None:
    job = read("ci.yml")["jobs"]["tests"]
    assert [step["run"] for step in job["steps"] if "run" in step][-1] == "bash .ci/run"
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.13"], "the oldest and the newest that are supported"
    assert "OFFICIAL_SCHEMAS" in job["steps"][-1]["env"], "else the checks against what others publish are left out"


def test_the_lane_on_the_oldest_python_has_the_runtime_on_a_second_one_as_contributors_make_it() -> None:
    steps = read("ci.yml")["jobs"]["tests"]["steps"]
    (other,) = [step for step in steps if step.get("id") == "other"]
    assert other["uses"].startswith("actions/setup-python@")
    assert other["with"] == {"python-version": ".".join(map(str, toolchain.OTHER_WANTED)), "update-environment": False}
    (made,) = [step for step in steps if "steps.other.outputs.python-path" in step.get("run", "")]
    command = made["run"].partition(" -m ")[2]
    assert f"python3.13 -m {command}" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert command == "local.toolchain other-python"
    assert other["if"] == made["if"] == "matrix.python == '3.11'"
    assert steps.index(made) < len(steps) - 1, "before the tests, which look for it"


@pytest.mark.parametrize(
    ("job", "command"),
    [
        ("bicep", "az bicep build --file infra/main.bicep"),
        ("functions", "func start"),
        ("bundle", "databricks bundle validate --strict"),
        ("audit", "pip-audit -r requirements.txt"),
    ],
)
def test_what_needs_the_internet_has_a_job_of_its_own(job: str, command: str) -> None:
    assert command in commands(read("ci.yml")["jobs"][job])


def test_the_bundle_is_validated_with_every_target_and_every_variable() -> None:
    bundle = yaml.safe_load((ROOT / "databricks.yml").read_text(encoding="utf-8"))
    job = read("ci.yml")["jobs"]["bundle"]
    assert job["strategy"]["matrix"]["target"] == list(bundle["targets"])
    given = {name.removeprefix("BUNDLE_VAR_") for name in job["env"] if name.startswith("BUNDLE_VAR_")}
    assert given == set(bundle["variables"])


def test_a_release_locks_by_hash_for_the_python_of_the_app_and_lists_what_is_in_it() -> None:
    told = commands(read("release.yml")["jobs"]["release"])
    assert "uv pip compile requirements.txt --generate-hashes" in told
    version = re.search(r"--python-version (\S+)", told)
    assert version
    assert version[1] == TEMPLATES["main"].parameters["pythonVersion"]["default"]
    assert "bash .ci/pack build/functions.zip build/requirements.txt" in told
    assert "pip wheel" in told
    assert "cyclonedx-py requirements build/requirements.txt" in told


@pytest.mark.parametrize("name", ["ci.yml", "release.yml"])
def test_a_workflow_may_no_more_than_it_has_to_and_names_the_version_of_each_action(name: str) -> None:
    workflow = read(name)
    assert workflow["permissions"] == {"contents": "read" if name == "ci.yml" else "write"}
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert "uses" not in step or "@" in step["uses"]
            assert "secrets." not in json.dumps(step), "a log-in is by identity"


def test_dependabot_looks_after_everything_that_is_pinned() -> None:
    told = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    assert {update["package-ecosystem"] for update in told["updates"]} == {"pip", "npm", "github-actions"}
