"""One tree of errors: whatever the job raises on purpose descends from `JobError`, and the docstring draws it as it is."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import spark_jobs
from spark_jobs import errors
from spark_jobs.errors import Conflict, ConservationError, IdentityConflictError, JobError, ModelError, Terminal
from tests.contracts import make_counts

_BRANCHES = {Terminal, Conflict}
#: What Python itself expects of a function that is called wrongly.
_OF_PYTHON = {"ValueError"}


def _modules() -> list[str]:
    return sorted(module.name for module in pkgutil.walk_packages(spark_jobs.__path__, "spark_jobs."))


def _defined() -> set[type[BaseException]]:
    found: set[type[BaseException]] = set()
    for name in _modules():
        if name.endswith(".__main__"):
            continue
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if issubclass(kind, BaseException) and kind.__module__.startswith("spark_jobs"):
                found.add(kind)
    return found


def test_every_error_that_the_job_defines_descends_from_one_root() -> None:
    assert len(_modules()) > 25
    assert {kind for kind in _defined() if not issubclass(kind, JobError)} == set()
    assert {kind.__module__ for kind in _defined()} == {"spark_jobs.errors"}


def test_what_to_do_about_an_error_is_told_by_its_branch_alone() -> None:
    leaves = _defined() - _BRANCHES - {JobError}
    assert leaves
    assert all(len(_BRANCHES & set(kind.__mro__)) == 1 for kind in leaves)


def test_the_job_raises_no_other_errors_on_purpose() -> None:
    raised: set[str] = set()
    for file in sorted(Path(spark_jobs.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                raised.add(node.exc.func.id)
    own = {kind.__name__ for kind in _defined()}
    assert {name for name in raised if hasattr(builtins, name)} <= _OF_PYTHON
    assert {name for name in raised if name[0].isupper()} - _OF_PYTHON <= own


def test_the_docstring_draws_the_tree_as_it_is() -> None:
    drawn, line_of = {}, re.compile(r"^([│ ]*(?:[├└]── )?)(\w+)")
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").partition("```\n")[2].partition("```")[0].splitlines():
        found = line_of.match(line)
        assert found
        depth = len(found[1])
        above = [one for one in above if one[0] < depth]
        drawn[found[2]] = above[-1][1] if above else "Exception"
        above.append((depth, found[2]))
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in _defined()}


def test_an_error_carries_its_evidence_and_forms_its_sentence_from_it() -> None:
    counts = make_counts(read=4, applied=3)
    lost = ConservationError("customer", 5, counts)
    assert (lost.entity, lost.expected, lost.got) == ("customer", 5, counts)
    assert str(lost) == "customer: the parts hold 5 rows, the job read 4 and accounted for 3"
    other = IdentityConflictError("orders", "order", {"b", "a"}, {"a"})
    assert (other.entity, other.table, *map(sorted, (other.stored, other.configured))) == ("orders", "order", ["a", "b"], ["a"])
    assert "apart by a, b, and the configuration now by a. Put the configuration back" in str(other)
    assert str(ModelError("customer", "has no query")) == "gold model customer: has no query"
