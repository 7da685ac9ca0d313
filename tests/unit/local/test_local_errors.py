"""One tree of errors: whatever the local stack raises on purpose descends from one root, and the docstring draws it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from local import errors

ROOM = Path(errors.__file__).parent


def defined() -> dict[str, tuple[str, str]]:
    """Each error's base and its module, read without importing: some modules are processes."""
    found = {}
    for path in sorted(ROOM.rglob("*.py")):
        module = ".".join(path.relative_to(ROOM).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and re.search(r"(Error|Failed|Exception)$", " ".join([node.name, *bases(node)])):
                found[node.name] = (bases(node)[0], module)
    return found


def bases(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(base) for base in node.bases]


def test_every_error_of_the_local_stack_descends_from_one_root() -> None:
    known = defined()
    assert len(known) > 12
    outside = {name for name, (base, _) in known.items() if base not in known} - {"LocalStackError"}
    assert outside == set()


def test_the_docstring_draws_what_stands_under_the_root() -> None:
    drawn = set(re.findall(r"── (\w+) +([\w.]+):", errors.__doc__ or ""))
    assert drawn == {(name, module) for name, (base, module) in defined().items() if base == "LocalStackError"}
