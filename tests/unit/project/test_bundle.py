"""The bundle as the Databricks CLI reads it, and the wheel of its job (design, section 8; reference: Databricks, section 3)."""

from __future__ import annotations

import ast
import copy
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml
from databricks.bundles.external_locations import ExternalLocation
from databricks.bundles.jobs import Job

from shared.contracts.arguments import read_arguments

if TYPE_CHECKING:
    from databricks.bundles.jobs import JobDict

ROOT = Path(__file__).parents[3]
#: What says where each target runs its tasks.
_COMPUTE = {"dev": "environment_key", "prod": "environment_key", "prod_cluster": "job_cluster_key"}
_PRODUCTION = ("prod", "prod_cluster")
_PARAMETERS = ["batch_id", "attempt", "manifest", "lake", "catalog", "schema"]
#: Variables that a deployment may leave out: without a catalog the lake has folders, and no names.
_DEFAULTS = {"catalog": "", "schema": "customer360", "insights": "off"}


def read(place: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / place).read_text(encoding="utf-8"))
    return document


BUNDLE = read("databricks.yml")


def locations(target: str) -> dict[str, Any]:
    found: dict[str, Any] = BUNDLE["targets"][target]["resources"].get("external_locations", {})
    return found


def merged(target: str) -> dict[str, Any]:
    """Return the job as a target deploys it: the CLI puts the target's fields over the job's, tasks by their key."""
    job = read("resources/customer360.job.yml")["resources"]["jobs"]["customer360"]
    own = BUNDLE["targets"][target]["resources"]["jobs"]["customer360"]
    of_task = {task["task_key"]: task for task in own["tasks"]}
    assert of_task.keys() == {task["task_key"] for task in wheel_tasks(job)}, "a task that the job lacks would be added to it"
    return {**job, **own, "tasks": [{**task, **of_task.get(task["task_key"], {})} for task in job["tasks"]]}


def wheel_tasks(job: dict[str, Any]) -> list[dict[str, Any]]:
    return [task for task in job["tasks"] if "python_wheel_task" in task]


@pytest.fixture(params=_COMPUTE)
def job(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The job of each target."""
    return merged(request.param)


def test_there_are_a_dev_and_two_prod_targets_and_each_file_that_is_included_exists() -> None:
    targets = BUNDLE["targets"]
    assert {name: target["mode"] for name, target in targets.items()} == {
        "dev": "development",
        "prod": "production",
        "prod_cluster": "production",
    }
    assert targets["dev"]["default"] is True
    included = {path.relative_to(ROOT).as_posix() for pattern in BUNDLE["include"] for path in ROOT.glob(pattern)}
    assert included == {"resources/customer360.job.yml"}
    assert BUNDLE["artifacts"]["spark_jobs"]["type"] == "whl"


def test_the_job_brings_each_library_that_no_runtime_has_in_the_version_that_its_wheel_and_the_tests_take() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    brought = [one for one in project["dependencies"] if not one.startswith("pydantic")]  # which every runtime has
    assert brought == ["phonenumbers==9.0.43"]
    for place in ("databricks.yml", ".github/workflows/release.yml"):
        build = next(line for line in (ROOT / place).read_text(encoding="utf-8").splitlines() if "pip wheel" in line)
        assert build.partition(" . ")[2].partition(" #")[0].split() == brought, place
    assert brought[0] in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")


def test_it_needs_a_cli_that_knows_external_locations() -> None:
    assert BUNDLE["bundle"]["engine"] == "direct"
    assert BUNDLE["bundle"]["databricks_cli_version"] == ">=1.3.0"


def test_every_variable_is_read_and_none_has_a_default_that_would_deploy_something_half_told() -> None:
    texts = "".join((ROOT / place).read_text(encoding="utf-8") for place in ("databricks.yml", "resources/customer360.job.yml"))
    for name, variable in BUNDLE["variables"].items():
        assert f"${{var.{name}}}" in texts, f"nobody reads the variable {name}"
        assert set(variable) - {"default"} == {"description"}
        assert variable.get("default") == _DEFAULTS.get(name)
    assert set(re.findall(r"\$\{var\.(\w+)\}", texts)) == set(BUNDLE["variables"])


def test_only_what_the_job_is_made_of_goes_into_the_workspace_and_only_its_owner_may_write_there() -> None:
    assert BUNDLE["sync"] == {"paths": ["spark_jobs"]}
    for target in _PRODUCTION:
        place = BUNDLE["targets"][target]["workspace"]["root_path"]
        assert place.startswith("/Workspace/Users/${workspace.current_user.userName}/"), "all users may write to Shared"
        assert "${var.storage_account}" in place, "else a second environment replaces the first"
        assert BUNDLE["targets"][target]["run_as"] == {"service_principal_name": "${var.job_principal}"}


def test_the_job_is_one_queued_run_of_silver_then_gold(job: dict[str, Any]) -> None:
    assert job["max_concurrent_runs"] == 1, "silver has one writer"
    assert job["queue"] == {"enabled": True}
    assert job["timeout_seconds"] > 0
    assert [task["task_key"] for task in job["tasks"][:2]] == ["silver", "gold"]
    assert [task.get("depends_on") for task in job["tasks"][:2]] == [None, [{"task_key": "silver"}]]
    for task in wheel_tasks(job):
        wheel = task["python_wheel_task"]
        assert (wheel["package_name"], wheel["entry_point"]) == ("spark_jobs", task["task_key"])


def test_a_preview_comes_after_gold_where_it_is_wanted_and_is_left_out_elsewhere(job: dict[str, Any]) -> None:
    wanted, preview = job["tasks"][2:]
    assert wanted["depends_on"] == [{"task_key": "gold"}]
    assert wanted["condition_task"] == {"op": "EQUAL_TO", "left": "{{job.parameters.insights}}", "right": "on"}
    assert preview["task_key"] == "insights"
    assert preview["depends_on"] == [{"task_key": wanted["task_key"], "outcome": "true"}]


def test_every_task_names_each_parameter_of_the_job_and_takes_it(job: dict[str, Any]) -> None:
    defaults = {parameter["name"]: parameter["default"] for parameter in job["parameters"]}
    assert defaults.pop("insights") == "${var.insights}", "read by the condition alone"
    assert list(defaults) == _PARAMETERS
    assert "{container}" in defaults["lake"]
    assert "${var.storage_account}" in defaults["lake"]
    given = read_arguments([f"--{name}={value or '1'}" for name, value in defaults.items()])
    assert given.parameters().keys() == defaults.keys()
    for task in wheel_tasks(job):
        named = {name: f"{{{{job.parameters.{name}}}}}" for name in _PARAMETERS}
        assert task["python_wheel_task"]["named_parameters"] == named


def test_the_end_of_a_run_is_told_to_a_destination_that_a_variable_names(job: dict[str, Any]) -> None:
    told = job["webhook_notifications"]
    assert set(told) == {"on_success", "on_failure"}
    assert all(destinations == [{"id": "${var.callback_destination}"}] for destinations in told.values())


def test_the_functions_may_start_the_job_and_not_change_it(job: dict[str, Any]) -> None:
    assert job["permissions"] == [{"service_principal_name": "${var.functions_principal}", "level": "CAN_MANAGE_RUN"}]


def test_nothing_of_the_job_is_lost_on_its_way_to_the_service(job: dict[str, Any]) -> None:
    """Through Databricks' own types, which refuse unknown fields, wrong enums and what lacks, and drop what is empty."""
    assert passed_on(job) == job


@pytest.mark.parametrize("target", _PRODUCTION)
def test_nothing_of_the_locations_is_lost_on_its_way_to_the_service(target: str) -> None:
    for location in locations(target).values():
        assert ExternalLocation.from_dict(location).as_dict() == location


def passed_on(job: dict[str, Any]) -> dict[str, Any]:
    """Return what of a job reaches the service."""
    return dict(Job.from_dict(cast("JobDict", job)).as_dict())


def changed(path: list[Any], value: Any, job: dict[str, Any]) -> dict[str, Any]:
    found = copy.deepcopy(job)
    inner = found
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["max_concurent_runs"], 1),  # a field that is not known
        (["queue", "enable"], True),
        (["tasks", 0, "python_wheel_task", "named_parameters"], {}),  # dropped: nothing would arrive
        (["tasks", 1, "python_wheel_task", "entry_point"], None),  # required
        (["tasks", 0, "task_key"], None),
        (["permissions", 0, "level"], "CAN_RUN"),  # an enum of the service
        (["tasks", 1, "run_if"], "ALWAYS"),
        (["environments", 0, "specification"], {}),
    ],
)
def test_a_planted_fault_in_the_job_is_found(path: list[Any], value: Any) -> None:
    planted = changed(path, value, merged("prod"))
    try:
        told = passed_on(planted)
    except (ValueError, TypeError):
        return
    assert told != planted


def test_the_targets_differ_in_their_compute_only() -> None:
    serverless, dev, cluster = (merged(target) for target in ("prod", "dev", "prod_cluster"))
    assert dev == serverless
    (environment,) = serverless.pop("environments")
    assert environment["spec"]["dependencies"] == ["./dist/*.whl"]
    (compute,) = cluster.pop("job_clusters")
    assert compute["new_cluster"]["data_security_mode"] == "SINGLE_USER", "external locations need Unity Catalog"
    for task in wheel_tasks(serverless):
        assert task.pop("environment_key") == environment["environment_key"]
    for task in wheel_tasks(cluster):
        assert task.pop("job_cluster_key") == compute["job_cluster_key"]
        assert task.pop("libraries") == [{"whl": "./dist/*.whl"}]
    assert serverless == cluster


def test_an_account_has_its_external_locations_once() -> None:
    """Unity Catalog refuses one that overlaps another: so dev makes none, and the two prod targets are one deployment."""
    assert not locations("dev")
    assert locations("prod") == locations("prod_cluster")
    assert BUNDLE["targets"]["prod"]["workspace"] == BUNDLE["targets"]["prod_cluster"]["workspace"]
    assert all("${var.storage_account}" in location["url"] for location in locations("prod").values())
    assert all("${var.storage_account}" in location["name"] for location in locations("prod").values())


def test_the_job_may_write_what_it_writes_and_no_landing_container() -> None:
    assert sorted(locations("prod")) == ["bronze", "gold", "pipeline", "silver"]
    for container, location in locations("prod").items():
        assert location["url"] == f"abfss://{container}@${{var.storage_account}}.dfs.core.windows.net/"
        assert location["credential_name"] == "${var.storage_credential}"
        reads_only = container == "bronze"
        assert location.get("read_only", False) is reads_only, "bronze is append-only, and the functions append"
        rights = ["READ_FILES"] if reads_only else ["READ_FILES", "WRITE_FILES", "CREATE_EXTERNAL_TABLE"]
        assert location["grants"] == [{"principal": "${var.job_principal}", "privileges": rights}]


def test_the_wheel_holds_every_entry_point_and_model_and_of_shared_the_contracts_alone(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for package in ("spark_jobs", "shared"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / name, source / name)
    build = "import setuptools.build_meta as backend; backend.build_wheel('..')"
    done = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = tmp_path.glob("spark_jobs-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "alone")
        entry_points = ConfigParser()
        entry_points.read_string(archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode())
    assert dict(entry_points["console_scripts"]) == {
        "silver": "spark_jobs.silver.task:main",
        "gold": "spark_jobs.gold.task:main",
        "insights": "spark_jobs.insights.task:main",
    }
    files = [path for pattern in ("*.py", "*.sql", "*.toml", "chart/*") for path in (ROOT / "spark_jobs").rglob(pattern)]
    files += [ROOT / "shared" / "__init__.py", *(ROOT / "shared" / "contracts").rglob("*.py")]
    assert {name for name in names if ".dist-info/" not in name} == {path.relative_to(ROOT).as_posix() for path in files}
    assert not ast.parse((ROOT / "shared" / "__init__.py").read_text(encoding="utf-8")).body[1:], "it is a docstring"
    # What it holds is enough for both tasks.
    load = "import sys; sys.path.insert(0, '.'); import spark_jobs.silver.task, spark_jobs.gold.task, shared.contracts as found"
    load += "; print(found.__file__)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", load], cwd=tmp_path / "alone", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert Path(done.stdout.strip()).resolve().is_relative_to(tmp_path / "alone")
