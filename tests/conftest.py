"""How tests run (lanes, seeds, temporary folders), and fixtures that several kinds of test share.

The lanes are for `pytest -n 3 --no-loadscope-reorder`: a module stays in one process and is done in order, and a lane that is
done takes the next one. The end-to-end tests are one lane's, in one stack; the tests of the jobs are any lane's, in one JVM.
What takes longest begins first, and three lanes work on two cores, since each waits now and then.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from local.stack.azurite import start_azurite
from local.toolchain import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("tests.left_out",)

#: What stays together, since it shares what is dear to start.
_TOGETHER = ("tests/e2e/",)
#: What begins first; and what ends the tests of the jobs, since its Spark compiles expressions, best by a JVM that is warm.
_LONGEST = ("tests/e2e/", "tests/spark/", "tests/contract/")
_WANTS_WARMTH = "tests/spark/test_connect.py"

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder that Linux keeps in memory, and pytest makes private folders in it
_ENOUGH = 2 << 30  # bytes; a run leaves some hundred megabytes until it ends

# Each run of `make test` tries the same examples, so that a failure is the change's; `make test-random` tries ten times as
# many, others each time, and prints the seed that repeats them.
settings.register_profile("same", derandomize=True, database=None, deadline=None, max_examples=100)
settings.register_profile("random", database=None, deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary folders in memory where there is room."""
    if "PYTEST_DEBUG_TEMPROOT" not in os.environ and _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ENOUGH:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(_IN_MEMORY)


class Lanes(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Deals out whole modules, and as one what shares a Spark or a stack."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return next((folder for folder in _TOGETHER if module.startswith(folder)), module)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    """Deal the tests out (its own `loadgroup` needs a pytest before 9.2: it renames tests in a way that is gone)."""
    return Lanes(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes longest begin."""

    def place(item: pytest.Item) -> tuple[int, bool]:
        begins = (place for place, start in enumerate(_LONGEST) if item.nodeid.startswith(start))
        return next(begins, len(_LONGEST)), item.nodeid.startswith(_WANTS_WARMTH)

    items.sort(key=place)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a real Azurite: own ports, own data folder, ended with the test session."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "azurite").exists():
        pytest.skip("Azurite is not installed: make setup")
    folder = tmp_path_factory.mktemp("azurite")
    server = start_azurite(folder / "data", log=folder / "azurite.log")
    yield server.connection_string
    server.child.kill()  # it would wait for the connections that clients of this process keep open
