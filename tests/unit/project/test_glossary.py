"""One word per thing: what the glossary names is one class in each deployable, and what it rules out names nothing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
#: What is deployed, or started, together.
DEPLOYABLES = {"functions": ("function_app", "shared"), "job": ("spark_jobs", "shared/contracts"), "local": ("local",)}
#: Modules that may share a name within a deployable, and why.
SHARED = {
    "callback": "a trigger is named like the use case that it calls",
    "data_sets": "likewise",
    "landing": "likewise, like the room",
    "poison": "likewise",
    "rebuild": "a command is named like the use case that it calls",
    "finance": "what its files are, and what is found out of one that landed",
    "task": "silver, gold and insights are each a task of the job",
    "rules": "of a column in silver, of unification in insights",
    "erasure": "likewise, and what is asked for over HTTP",
    "reprocess": "what is asked for over HTTP, and what is done",
    **dict.fromkeys(
        ("documents", "errors", "faults", "handlers", "routes", "server", "state"),
        "both emulators have one split, and local/emulation what they share of it",
    ),
}
#: Names that differ by their ending alone, and why.
ENDINGS = {
    ("Job", "Jobs"): "one, and the calls that are about jobs",
    ("Run", "Runs"): "one, and all that the emulator remembers",
    ("Refresh", "Refreshes"): "likewise",
    ("DataSet", "DataSets"): "what is configured of one, and what is told of all",
    ("data_set", "data_sets"): "the contract of one, and what is told of all",
    ("FinanceFile", "FinanceFiles"): "what a path says, and what looks at the files",
    ("schema", "schemas"): "what editors check the rules of unification by, and those of a catalog",
}
GLOSSARY = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| word |", "| --- |"))
]


def modules(deployable: str) -> Iterator[tuple[Path, ast.Module]]:
    for room in DEPLOYABLES[deployable]:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def places(deployable: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Where each name of a module (or room) and of a public class is defined; the first module of a room may have its name."""
    named: dict[str, set[str]] = defaultdict(set)
    classes: dict[str, set[str]] = defaultdict(set)
    for path, tree in modules(deployable):
        module = path.parent if path.stem == "__init__" else path
        if not module.stem.startswith("__") and module.stem != module.parent.name:
            named[module.stem].add(module.as_posix())
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].add(path.as_posix())
    return named, classes


def words(tree: ast.Module, module: str) -> set[str]:
    """The words of every identifier that a module defines."""
    names = {module}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return {word.lower() for name in names for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


@pytest.mark.parametrize("deployable", DEPLOYABLES)
def test_no_two_public_classes_of_a_deployable_share_a_name(deployable: str) -> None:
    _, classes = places(deployable)
    assert {name: sorted(where) for name, where in classes.items() if len(where) > 1} == {}


@pytest.mark.parametrize("deployable", DEPLOYABLES)
def test_no_two_modules_of_a_deployable_share_a_name_without_a_reason(deployable: str) -> None:
    named, _ = places(deployable)
    assert {name: sorted(where) for name, where in named.items() if len(where) > 1 and name not in SHARED} == {}


@pytest.mark.parametrize("deployable", DEPLOYABLES)
def test_no_two_names_differ_by_their_ending_alone_without_a_reason(deployable: str) -> None:
    for names in places(deployable):
        alike: dict[str, set[str]] = defaultdict(set)
        for name in names:
            alike[re.sub(r"(ings?|ies|es|ed|s|e)$", "", name.lower())].add(name)
        assert [pair for pair in map(sorted, alike.values()) if len(pair) > 1 and tuple(pair) not in ENDINGS] == []


def test_every_class_that_the_glossary_names_is_there() -> None:
    known = {name for deployable in DEPLOYABLES for name in places(deployable)[1]}
    for word, _, code, _ in GLOSSARY:
        for name in re.findall(r"`(\w+)`", code):
            assert name in known, f"{word}: no class is called {name}"


def test_no_word_stands_twice_and_none_is_ruled_out() -> None:
    listed = [word for word, *_ in GLOSSARY]
    assert len(listed) == len(set(listed))
    assert not set(listed) & ruled_out().keys()


def ruled_out() -> dict[str, str]:
    """Each word that is not to be used, and the word to use."""
    return {other: word for word, _, _, others in GLOSSARY for other in re.findall(r"\w+", others)}


@pytest.mark.parametrize("deployable", DEPLOYABLES)
def test_no_identifier_uses_a_word_that_the_glossary_rules_out(deployable: str) -> None:
    out = ruled_out()
    for path, tree in modules(deployable):
        for used in words(tree, path.stem) & out.keys():
            pytest.fail(f"{path} says {used}; the word is {out[used]}")
