"""The zip that is deployed to Azure holds what the app needs, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pathspec
import pytest

ROOT = Path(__file__).parents[3]
_IGNORED = pathspec.PathSpec.from_lines("gitignore", (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines())


def tracked() -> list[str]:
    """Return the files of the repository; those that a checkout was left without git are read from the folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def packed() -> set[str]:
    return {name for name in tracked() if not _IGNORED.match_file(name)}


def test_the_zip_holds_exactly_what_the_app_needs(packed: set[str]) -> None:
    code = {
        path.relative_to(ROOT).as_posix() for folder in ("function_app", "shared") for path in (ROOT / folder).rglob("*.py")
    }
    assert "shared/contracts/manifest.py" in code
    page = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dashboard").rglob("*") if path.is_file()}
    page -= {name for name in page if name.endswith((".mjs", ".d.ts", "tsconfig.json"))}  # what only checks it
    assert {"dashboard/index.html", "dashboard/vendor/preact.js", "dashboard/vendor/preact.licence.txt"} <= page
    assert packed == code | page | {"function_app.py", "host.json", "requirements.txt", "customer360.toml"}


@pytest.mark.parametrize(
    "name",
    [".azure/prod/.env", "local.settings.json", ".venv/bin/python", "infra/main.bicep", "azure.yaml", "dist/x.whl", "LICENSE",
     ".github/workflows/ci.yml", "shared/__pycache__/x.pyc", "deploy/steps.py", ".local/state.json"],
)  # fmt: skip
def test_what_a_working_folder_also_holds_stays_out(name: str) -> None:
    assert _IGNORED.match_file(name)


def test_what_a_release_packs_is_the_same_with_the_lock_file_in_place_of_the_pins(packed: set[str], tmp_path: Path) -> None:
    """What is committed, that is: files of a change that is under way are not in it yet."""
    locked = tmp_path / "locked" / "requirements.txt"
    locked.parent.mkdir()
    locked.write_text("a==1 --hash=sha256:0\n", encoding="utf-8")
    subprocess.run(["bash", ".ci/pack", str(tmp_path / "functions.zip"), str(locked)], cwd=ROOT, check=True)
    committed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(tmp_path / "functions.zip") as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        assert archive.read("requirements.txt").decode() == locked.read_text(encoding="utf-8")
    assert names & packed == packed & set(committed.stdout.splitlines())
    assert not any(_IGNORED.match_file(name) for name in names)


def test_what_the_zip_holds_is_enough_to_index_every_function(packed: set[str], tmp_path: Path) -> None:
    for name in packed:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    code = "import sys; sys.path.insert(0, '.'); import function_app as found"
    code += "; print(len(found.app.get_functions()), found.__file__)"
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    count, place = done.stdout.split()
    assert int(count) >= 19
    assert Path(place).is_relative_to(tmp_path)
