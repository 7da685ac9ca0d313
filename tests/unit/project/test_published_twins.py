"""A clone on its own proves everything: whatever a published file shows, a made one shows too."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
PUBLISHED = TESTS / "published"
TWIN = re.compile(r"Twin: tests/([\w/]+\.py)::(test_\w+)\.")


def functions_in(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


PUBLISHED_TESTS = {
    f"{path.stem}::{name}": node for path in PUBLISHED.glob("test_*.py") for name, node in functions_in(path).items()
}


@pytest.mark.parametrize("test", PUBLISHED_TESTS.values(), ids=PUBLISHED_TESTS.keys())
def test_a_test_on_published_bytes_is_left_out_without_them_and_names_a_twin_that_is_there(test: ast.FunctionDef) -> None:
    assert "published" in {argument.arg for argument in test.args.args}, "it would fail where the folder is not there"
    twins = TWIN.findall(ast.get_docstring(test) or "")
    assert twins, "its docstring names no `Twin: tests/<module>.py::<test>.`"
    for module, name in twins:
        path = TESTS / module
        assert PUBLISHED not in path.parents, "its twin needs the folder as well"
        assert name in functions_in(path), f"{module} has no {name}"


def test_there_are_tests_on_published_bytes() -> None:
    assert PUBLISHED_TESTS


def test_nothing_but_the_tests_on_files_of_others_looks_beside_the_clone() -> None:
    """Those in `tests/official` can have no twin: what they ask is what others say."""
    folder = "shared/" + "fixtures"
    looking = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("*.py") if folder in path.read_text(encoding="utf-8")}
    assert looking == {"official", "published"}
