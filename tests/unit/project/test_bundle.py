"""The bundle as the Databricks CLI reads it, and the wheel of its job (design, section 8; reference: Databricks, section 3)."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from spark_jobs.batch import read_arguments

ROOT = Path(__file__).parents[3]
#: The two ways to run the job; `databricks.yml` includes one of them.
_VARIANTS = ("serverless", "job_cluster")


def read(place: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / place).read_text(encoding="utf-8"))
    return document


@pytest.fixture(params=_VARIANTS)
def job(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The only job of each variant."""
    jobs = read(f"resources/{request.param}/customer360.job.yml")["resources"]["jobs"]
    assert len(jobs) == 1
    found: dict[str, Any] = jobs["customer360"]
    return found


def test_there_are_a_dev_and_a_prod_target_and_each_file_that_is_included_exists() -> None:
    bundle = read("databricks.yml")
    assert (bundle["targets"]["dev"]["mode"], bundle["targets"]["prod"]["mode"]) == ("development", "production")
    assert bundle["targets"]["dev"]["default"] is True
    assert "service_principal_name" in bundle["targets"]["prod"]["run_as"]
    included = {path.relative_to(ROOT).as_posix() for pattern in bundle["include"] for path in ROOT.glob(pattern)}
    assert included == {"resources/external_locations.yml", "resources/serverless/customer360.job.yml"}
    assert bundle["artifacts"]["spark_jobs"]["type"] == "whl"
    text = (ROOT / "databricks.yml").read_text(encoding="utf-8")
    for variable in bundle["variables"]:
        resources = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "resources").rglob("*.yml")))
        assert f"${{var.{variable}}}" in text + resources, f"nobody reads the variable {variable}"


def test_the_job_is_one_queued_run_of_silver_then_gold(job: dict[str, Any]) -> None:
    assert job["max_concurrent_runs"] == 1, "silver has one writer"
    assert job["queue"] == {"enabled": True}
    assert job["timeout_seconds"] > 0
    assert [task["task_key"] for task in job["tasks"]] == ["silver", "gold"]
    assert [task.get("depends_on") for task in job["tasks"]] == [None, [{"task_key": "silver"}]]
    for task in job["tasks"]:
        wheel = task["python_wheel_task"]
        assert (wheel["package_name"], wheel["entry_point"]) == ("spark_jobs", task["task_key"])
        assert wheel["named_parameters"] == {}, "job parameters are pushed down to keyword parameters only"


def test_the_parameters_are_those_that_the_tasks_take(job: dict[str, Any]) -> None:
    defaults = {parameter["name"]: parameter["default"] for parameter in job["parameters"]}
    assert list(defaults) == ["batch_id", "manifest", "lake"]
    assert "{container}" in defaults["lake"]
    assert "${var.storage_account}" in defaults["lake"]
    assert vars(read_arguments([f"--{name}={value or 'x'}" for name, value in defaults.items()])).keys() == defaults.keys()


def test_the_end_of_a_run_is_told_to_a_destination_that_a_variable_names(job: dict[str, Any]) -> None:
    told = job["webhook_notifications"]
    assert set(told) == {"on_success", "on_failure"}
    assert all(destinations == [{"id": "${var.callback_destination}"}] for destinations in told.values())


def test_the_variants_differ_in_their_compute_only() -> None:
    serverless, cluster = (
        read(f"resources/{variant}/customer360.job.yml")["resources"]["jobs"]["customer360"] for variant in _VARIANTS
    )
    (environment,) = serverless.pop("environments")
    assert environment["spec"]["dependencies"] == ["../../dist/*.whl"]
    (compute,) = cluster.pop("job_clusters")
    assert compute["new_cluster"]["data_security_mode"] == "SINGLE_USER", "external locations need Unity Catalog"
    for task in serverless["tasks"]:
        assert task.pop("environment_key") == environment["environment_key"]
    for task in cluster["tasks"]:
        assert task.pop("job_cluster_key") == compute["job_cluster_key"]
        assert task.pop("libraries") == [{"whl": "../../dist/*.whl"}]
    assert serverless == cluster


def test_the_job_may_write_what_it_writes_and_no_landing_container() -> None:
    locations = read("resources/external_locations.yml")["resources"]["external_locations"]
    assert sorted(locations) == ["bronze", "gold", "pipeline", "silver"]
    for container, location in locations.items():
        assert location["url"] == f"abfss://{container}@${{var.storage_account}}.dfs.core.windows.net/"
        assert location["credential_name"] == "${var.storage_credential}"
        assert location.get("read_only", False) is (container == "bronze"), "bronze is append-only, and the functions append"


def test_the_wheel_holds_both_entry_points_every_model_and_of_shared_the_contracts_alone(tmp_path: Path) -> None:
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
    }
    files = [path for pattern in ("*.py", "*.sql") for path in (ROOT / "spark_jobs").rglob(pattern)]
    files += [ROOT / "shared" / "__init__.py", *(ROOT / "shared" / "contracts").glob("*.py")]
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
