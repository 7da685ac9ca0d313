"""How tests run (lanes, seeds, temporary folders), and fixtures that several kinds of test share.

The lanes are for `pytest -n 2 --dist loadgroup`: each group of tests stays in one process and is done in order, and a lane that
is done takes the next group. So the stack of the e2e tests and Azurite start once, and Spark once in each lane; the groups that
take longest begin first, and small ones fill up what is left of either lane.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from local.stack.azurite import start_azurite
from local.toolchain import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("tests.left_out",)

#: Tests with one of these markers are one group, as are those that name theirs; of all others each module is one.
_GROUPS = ("e2e", "azurite")
#: What begins first: programs that are gone before a lane starts its Spark, then Spark.
_LONGEST = ("e2e", "connect", "azurite", "spark")

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


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its group, and let the groups that take longest begin."""
    begins = {}
    for item in items:
        kinds = [mark.name for mark in item.iter_markers()]
        if named := item.get_closest_marker("xdist_group"):
            group = named.args[0]
        else:
            group = next((kind for kind in _GROUPS if kind in kinds), item.nodeid.partition("::")[0])
            item.add_marker(pytest.mark.xdist_group(group))
        begins[item] = min((_LONGEST.index(kind) for kind in (group, *kinds) if kind in _LONGEST), default=len(_LONGEST))
    items.sort(key=begins.__getitem__)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a real Azurite: own ports, own data folder, ended with the test session."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "azurite").exists():
        pytest.skip("Azurite is not installed: make setup")
    folder = tmp_path_factory.mktemp("azurite")
    server = start_azurite(folder / "data", log=folder / "azurite.log")
    yield server.connection_string
    server.child.kill()  # it would wait for the connections that clients of this process keep open
