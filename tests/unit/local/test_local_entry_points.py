"""A task of the local job runs what the files say now, as a cluster would: in every package that the wheel brings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path

import pytest

from local.spark_worker.entry_points import execute


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with an installed wheel of two packages, of which one uses the other."""
    metadata = tmp_path / "two_packages-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: two-packages\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[console_scripts]\ntell = wheel_task:main\n")
    (metadata / "top_level.txt").write_text("wheel_shared\nwheel_task\n")
    (tmp_path / "wheel_task.py").write_text("import wheel_shared\n\n\ndef main():\n    print(wheel_shared.WORD)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # else a file changed within one second is not read again
    monkeypatch.setattr(sys, "argv", [])
    yield tmp_path
    for name in ("wheel_task", "wheel_shared"):
        sys.modules.pop(name, None)


def test_a_change_of_any_package_of_the_wheel_is_seen_by_the_next_task(site: Path) -> None:
    log = site / "log"
    for word in ("before", "after"):
        (site / "wheel_shared.py").write_text(f"WORD = {word!r}\n")
        invalidate_caches()
        assert execute({"package": "two-packages", "entry_point": "tell", "argv": ["x"], "log": str(log)})["succeeded"]
    assert log.read_text().split() == ["before", "after"]
