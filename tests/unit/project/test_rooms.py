"""Rooms: a package holds at most a dozen modules of at most 300 lines, and its `__init__` is a true page of contents."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MOST_LINES = 300
MOST_MODULES = 12
ROOMS = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for deployable in ("function_app", "shared", "spark_jobs", "customer_insights", "local", "deploy")
    for path in (ROOT / deployable).rglob("__init__.py")
)


def modules(room: str) -> list[Path]:
    return sorted(path for path in (ROOT / room).glob("*.py") if path.stem != "__init__")


def contents(room: str) -> list[str]:
    """What the table in a room's docstring names, in its order."""
    page = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))) or ""
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def test_every_folder_of_code_is_a_room() -> None:
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for deployable in ("function_app", "shared", "spark_jobs", "customer_insights", "local", "deploy")
        for path in (ROOT / deployable).rglob("*.py")
    }
    assert folders == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_holds_at_most_a_dozen_modules(room: str) -> None:
    behind_the_door = [path.stem for path in modules(room) if path.stem != "__main__"]
    assert len(behind_the_door) <= MOST_MODULES, behind_the_door


@pytest.mark.parametrize("room", ROOMS)
def test_a_module_has_at_most_300_lines(room: str) -> None:
    lines = {path.stem: len(path.read_text(encoding="utf-8").splitlines()) for path in modules(room)}
    assert {module: count for module, count in lines.items() if count > MOST_LINES} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_the_contents_page_of_a_room_names_each_module_and_room_in_it_once(room: str) -> None:
    rooms = [path.parent.name for path in (ROOT / room).glob("*/__init__.py")]
    assert sorted(contents(room)) == sorted([path.stem for path in modules(room)] + rooms)


def test_the_picture_shows_the_layers_that_import_linter_holds() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (contract["layers"] for contract in linter["contracts"] if contract.get("containers") == ["shared"])
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.findall(r"^ +[├└]─ (\w+)", page.partition("shared/ ")[2].partition("spark_jobs/ ")[0], re.MULTILINE)
    assert drawn == [room.strip() for layer in layers for room in layer.split("|")]


def test_test_modules_have_names_of_their_own() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, times in names.items() if times > 1] == [], "pytest imports a module by its name alone"
