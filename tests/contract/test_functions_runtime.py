"""Azure's own runtime library finds the functions of this layout: a package `function_app/` beside a file of that name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local import toolchain

pytest.importorskip("azure_functions_runtime", reason="the Functions runtime is not installed: make setup")

ROOT = Path(__file__).parents[2]
_INDEX = """
import json, sys
from pathlib import Path
root = Path(sys.argv[1])
sys.path.insert(0, str(root))
sys.path.append(sys.argv[2])
from local.functions_host.functions import AppRefusedError
from local.functions_host.runtime import Runtime
values = json.loads((Path(sys.argv[2]) / "local.settings.json.example").read_text())["Values"]
try:
    print(json.dumps([function.name for function in Runtime.start(root, values).functions]))
except AppRefusedError as error:
    print(json.dumps(str(error)))
"""


#: Another Python with the app's requirements in it, of a version from 3.13 on: there azure-functions is 2.x (CONTRIBUTING.md).
OTHER_PYTHON = Path(os.environ.get("OTHER_PYTHON") or toolchain.OTHER_PYTHON / "bin" / "python")


def indexed(root: Path, python: Path = Path(sys.executable)) -> object:
    # In a process of its own: the library keeps one global registry (Azure Functions, section 14.5).
    command = [str(python), "-c", _INDEX, str(root), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    return json.loads(done.stdout.splitlines()[-1])


def copied(folder: Path) -> Path:
    for name in ("function_app", "shared"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("function_app.py", "host.json", "customer360.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_the_runtime_finds_every_function_of_the_app() -> None:
    found = indexed(ROOT)
    assert isinstance(found, list)
    assert {"on_dataverse_landed", "on_finance_landed", "sweep", "reconcile", "on_hint", "databricks_callback"} <= set(found)


@pytest.mark.skipif(not OTHER_PYTHON.exists(), reason="no second Python: CONTRIBUTING.md says how to make it")
def test_the_runtime_of_another_python_finds_the_same_functions() -> None:
    version = "import sys, azure.functions; print(sys.version_info >= (3, 13), azure.functions.__version__.split('.')[0])"
    told = subprocess.run([str(OTHER_PYTHON), "-c", version], capture_output=True, text=True, check=True).stdout.split()
    assert told == ["True", "2"], "else it tells nothing that .venv does not"
    found = indexed(ROOT, OTHER_PYTHON)
    assert isinstance(found, list), found
    assert found == indexed(ROOT)


def test_without_the_file_the_runtime_finds_nothing(tmp_path: Path) -> None:
    # Azure Functions, section 13: the package alone is indexed as zero functions, with success and no error.
    folder = copied(tmp_path / "app")
    (folder / "function_app.py").unlink()
    assert "No functions found" in str(indexed(folder))


def test_the_file_itself_is_never_executed(tmp_path: Path) -> None:
    folder = copied(tmp_path / "app")
    (folder / "function_app.py").write_text("raise SystemExit('executed')\n", encoding="utf-8")
    assert isinstance(indexed(folder), list)
