"""Fixtures that several kinds of test share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from local.stack.azurite import start_azurite
from local.toolchain import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("tests.left_out",)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a real Azurite: own ports, own data folder, ended with the test session."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "azurite").exists():
        pytest.skip("Azurite is not installed: make setup")
    folder = tmp_path_factory.mktemp("azurite")
    server = start_azurite(folder / "data", log=folder / "azurite.log")
    yield server.connection_string
    server.child.kill()  # it would wait for the connections that clients of this process keep open
